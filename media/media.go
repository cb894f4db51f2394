// Package media fetches what a request names by URL, images and PDFs, for providers that take only data.
//
// It asks public addresses only, unless told otherwise, and knows nothing of requests or providers: it makes data URLs of URLs.
package media

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/caddy-codex/responses/fault"
)

// Limits bound what is fetched. A field that is zero has its default.
type Limits struct {
	// Bytes is the largest document. Default 20 MiB.
	Bytes int64

	// Total is the most bytes of one request's documents together. Default 64 MiB.
	Total int64

	// Documents is how many one request may name. Default 64.
	Documents int

	// Timeout is the time for all of one request's documents together. Default 15 s.
	Timeout time.Duration

	// Private allows addresses that are not public: loopback, private and link-local networks, and the like. Default false.
	Private bool
}

const (
	// perRequest and inAll bound how many documents are being fetched at once.
	perRequest = 8
	inAll      = 64
)

// Fetcher fetches documents, and keeps them for a while: a client sends its whole history each turn. It is safe for concurrent use.
type Fetcher struct {
	limits  Limits
	dialer  *net.Dialer
	client  *http.Client
	cache   *cache
	flights singleflight.Group
	slots   chan struct{} // taken by each download
}

// NewFetcher makes a fetcher. The clock is what documents age by.
func NewFetcher(limits Limits, now func() time.Time) *Fetcher {
	def := Limits{Bytes: 20 << 20, Total: 64 << 20, Documents: 64, Timeout: 15 * time.Second}
	limits.Bytes = positive(limits.Bytes, def.Bytes)
	limits.Total = positive(limits.Total, def.Total)
	limits.Documents = positive(limits.Documents, def.Documents)
	limits.Timeout = positive(limits.Timeout, def.Timeout)

	f := &Fetcher{limits: limits, cache: newCache(now), slots: make(chan struct{}, inAll)}
	f.dialer = &net.Dialer{Timeout: limits.Timeout, Control: f.control}
	f.client = newClient(f.dialer)
	return f
}

func positive[T int | int64 | time.Duration](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

// Close closes idle connections.
func (f *Fetcher) Close() { f.client.CloseIdleConnections() }

// Result is what became of one URL.
type Result struct {
	// Type is the media type of the document, by its content. It is set where Err is nil.
	Type string

	// DataURL is the document as the inside of a JSON string. It is shared: do not write to it.
	DataURL []byte

	// Err is a *fault.Fault, which names the URL's host alone: the rest of a URL may be a secret.
	Err error
}

// Fetch fetches the documents behind URLs, several at once, and returns one result for each. JPEG, PNG, GIF, WebP and PDF are taken,
// and of image/bmp, image/heic and image/heif those that are named as more.
//
// URLs stand in the order in which the request names them. Where they are too many, or too large together, the newest ones are
// fetched. Which ones that are depends on nothing but the documents.
func (f *Fetcher) Fetch(ctx context.Context, urls []string, more ...string) []Result {
	ctx, cancel := context.WithTimeout(ctx, f.limits.Timeout)
	defer cancel()
	types := slices.Concat(usualTypes, more)
	docs := make([]document, len(urls))
	oldest := max(0, len(urls)-f.limits.Documents)
	for i := range oldest {
		docs[i].why = f.tooMany()
	}
	var (
		group errgroup.Group
		taken atomic.Int64
	)
	group.SetLimit(perRequest)
	// What is not begun for want of room is older than all that was, so the sum below refuses it too.
	for i := len(urls) - 1; i >= oldest && taken.Load() <= f.limits.Total; i-- {
		group.Go(func() error {
			docs[i] = f.document(ctx, urls[i]).of(types)
			taken.Add(docs[i].size)
			return nil
		})
	}
	_ = group.Wait() // each document has its own error

	results := make([]Result, len(urls))
	sum := int64(0)
	for i := len(urls) - 1; i >= 0; i-- {
		if sum += docs[i].size; sum > f.limits.Total && i >= oldest {
			docs[i] = document{why: f.tooMuch()}
		}
		results[i] = docs[i].result(urls[i])
	}
	return results
}

// document gives what is kept of a URL, else fetches it. Callers that want one URL at one time share one download, which goes on
// when one of them leaves.
func (f *Fetcher) document(ctx context.Context, rawURL string) document {
	if doc, ok := f.cache.get(rawURL); ok {
		return doc
	}
	if ctx.Err() != nil {
		return f.left(ctx)
	}
	flight := f.flights.DoChan(rawURL, func() (any, error) {
		if doc, ok := f.cache.get(rawURL); ok { // of a flight that ended since
			return doc, nil
		}
		return f.download(rawURL), nil
	})
	select {
	case <-ctx.Done():
		return f.left(ctx)
	case done := <-flight:
		return done.Val.(document)
	}
}

// left is the document of a caller that did not wait for it.
func (f *Fetcher) left(ctx context.Context) document {
	if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
		return document{why: "was not fetched: the client is gone", cause: err}
	}
	return document{why: f.late(), cause: context.DeadlineExceeded}
}

func (f *Fetcher) late() string {
	return "did not arrive in time; all documents of a request may take " + f.limits.Timeout.String()
}

func (f *Fetcher) tooMany() string {
	return "was not fetched: at most " + humanize.Comma(int64(f.limits.Documents)) + " documents are fetched for one request, the last ones"
}

func (f *Fetcher) tooMuch() string {
	return "is left out: the documents of one request may have " + humanize.IBytes(uint64(f.limits.Total)) + " together, and the last ones go first"
}

func (f *Fetcher) tooLarge() string {
	return "is too large; at most " + humanize.IBytes(uint64(f.limits.Bytes)) + " are allowed"
}

// document is what is known of a URL.
type document struct {
	typ     string
	dataURL []byte
	size    int64  // bytes of the content, 0 without a data URL
	why     string // why there is none, a predicate to the document
	cause   error  // the end of a caller's context
}

// of refuses a document that is of none of these types.
func (d document) of(types []string) document {
	if d.why != "" || d.dataURL != nil && slices.Contains(types, d.typ) {
		return d
	}
	return document{why: notTaken(d.typ, types)}
}

func (d document) result(rawURL string) Result {
	if d.why != "" {
		return Result{Err: d.fault(rawURL)}
	}
	return Result{Type: d.typ, DataURL: slices.Clip(d.dataURL)}
}

func (d document) fault(rawURL string) *fault.Fault {
	kind := fault.Invalid
	if errors.Is(d.cause, context.Canceled) {
		kind = fault.ClientGone
	}
	subject := "a document"
	if u, err := url.Parse(rawURL); err == nil && u.Host != "" && len(u.Host) <= longestHost {
		subject = "the document at " + u.Host
	}
	f := fault.New(kind, "%s %s", subject, d.why)
	f.Param, f.Err = "input", d.cause
	return f
}
