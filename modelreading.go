package codexresponses

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/catalog"
	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

const (
	defaultReadModels = time.Hour

	// readAgain is how long a provider is left alone whose list could not be read.
	readAgain = 5 * time.Minute

	// readingTime bounds a reading with all its pages.
	readingTime = 10 * time.Second

	// maxListBytes bounds one page, maxPages their number, and maxRead the models of all.
	maxListBytes = 8 << 20
	maxPages     = 10
	maxRead      = 5000

	// maxListed bounds how many models GET /models lists only because a provider does. Each comes with the instructions for Codex.
	maxListed = 200
)

// listPaths are where providers list their models, by wire. The other wires have no such list, or none with anything in it that matters.
var listPaths = map[string]string{
	chatWire: "/models", "responses": "/models", "messages": "/v1/models?limit=1000", "gemini": "/models?pageSize=1000",
}

// readings are what providers say of their models, by the address of the list. They live as long as the process: a reload does not ask
// again.
var readings sync.Map // of *reading

// reading is what one provider says.
type reading struct {
	listing atomic.Pointer[catalog.Listing]
	asked   atomic.Int64 // when it was asked for last, in Unix nanoseconds
	failed  atomic.Bool  // it could not be read then
	busy    atomic.Bool  // it is being read
}

// modelReader reads a provider's list of models, in the background: nothing waits for it.
type modelReader struct {
	*reading
	upstream *upstream
	inner    http.RoundTripper
	hosts    []string // with ports; the first that answers is asked
	path     string
	dialect  *dialect.Dialect
	interval time.Duration
	ctx      context.Context // ends with the configuration
	logger   *zap.Logger
}

// newModelReader makes the reader of a provider, nil where there is nothing to read.
func newModelReader(ctx caddy.Context, u *upstream, inner http.RoundTripper, interval time.Duration) (*modelReader, error) {
	d := dialect.Default()
	for _, settings := range [...]dialect.Settings{u.preset.Dialect, u.custom} {
		if err := d.Apply(settings); err != nil {
			return nil, err
		}
	}
	if interval == 0 {
		interval = defaultReadModels
	}
	path := listPaths[u.wireName]
	if interval < 0 || path == "" || d.Path != "" || d.Identity != "none" {
		return nil, nil
	}
	r := &modelReader{upstream: u, inner: inner, path: path, dialect: &d, interval: interval, ctx: ctx.Context, logger: ctx.Logger()}
	for _, host := range u.proxy.Upstreams {
		if !strings.ContainsAny(host.Dial, "/{") { // a socket, or a placeholder that only a request can fill
			r.hosts = append(r.hosts, host.Dial)
		}
	}
	if len(r.hosts) == 0 {
		return nil, nil
	}
	kept, _ := readings.LoadOrStore(u.base.String()+" "+path, new(reading))
	r.reading = kept.(*reading)
	return r, nil
}

// readModels has the provider's list read in the background if that is due.
func (u *upstream) readModels(keys []string) {
	r := u.reader
	if r == nil || !r.due(time.Now()) || len(keys) == 0 && len(u.wanted) > 0 && !u.ownHeaders["Authorization"] {
		return
	}
	if r.busy.CompareAndSwap(false, true) {
		go r.read(slices.Clone(keys))
	}
}

// listing is what the provider says of its models, nil as long as it has not been read.
func (u *upstream) listing() *catalog.Listing {
	if u.reader == nil {
		return nil
	}
	return u.reader.listing.Load()
}

func (r *modelReader) due(now time.Time) bool {
	wait := r.interval
	if r.failed.Load() {
		wait = readAgain
	}
	asked := r.asked.Load()
	return asked == 0 || now.Sub(time.Unix(0, asked)) >= wait
}

// read reads the list and puts it in the place of the former one.
func (r *modelReader) read(keys []string) {
	defer r.busy.Store(false)
	before := r.asked.Swap(time.Now().UnixNano())
	models, err := r.ask(keys)
	switch {
	case r.ctx.Err() != nil:
		r.asked.Store(before) // nobody has refused; the next configuration may ask
	case err == nil:
		r.failed.Store(false)
		r.listing.Store(catalog.NewListing(models))
		r.logger.Debug("read a provider's list of models", zap.String("provider", r.upstream.name), zap.Int("models", len(models)))
	case !r.failed.Swap(true):
		r.logger.Debug("could not read a provider's list of models", zap.String("provider", r.upstream.name), zap.String("cause", blot(reason(err), keys)))
	}
}

// blot leaves keys out of a text.
func blot(text string, keys []string) string {
	for _, key := range keys {
		if len(key) >= minSecret {
			text = strings.ReplaceAll(text, key, "[redacted]")
		}
	}
	return fault.Redact(text)
}

// ask asks one host after the other. A transport of another module may rely on what only the reverse proxy gives it: its panic must not
// end the server.
func (r *modelReader) ask(keys []string) (models []catalog.Model, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the transport panicked: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(r.ctx, readingTime)
	defer cancel()
	ctx = context.WithValue(ctx, caddy.ReplacerCtxKey, caddy.NewReplacer())
	for _, host := range r.hosts {
		if models, err = r.pages(ctx, host, keys); err == nil {
			return models, nil
		}
	}
	return nil, err
}

func (r *modelReader) pages(ctx context.Context, host string, keys []string) ([]catalog.Model, error) {
	var models []catalog.Model
	path := r.path
	for range maxPages {
		page, err := r.page(ctx, host, path, keys)
		if err != nil {
			return nil, err
		}
		models = append(models, page.Models...)
		if page.Next == "" || len(models) >= maxRead {
			break
		}
		path = r.path + "&" + page.Next // the lists that have pages have a query
		if !strings.Contains(r.path, "?") {
			path = r.path + "?" + page.Next
		}
	}
	return models[:min(len(models), maxRead)], nil
}

func (r *modelReader) page(ctx context.Context, host, path string, keys []string) (catalog.Page, error) {
	req, err := r.request(ctx, host, path, keys)
	if err != nil {
		return catalog.Page{}, err
	}
	res, err := r.inner.RoundTrip(req)
	if err != nil {
		return catalog.Page{}, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return catalog.Page{}, fmt.Errorf("the answer is %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxListBytes+1))
	switch {
	case err != nil:
		return catalog.Page{}, err
	case len(body) > maxListBytes:
		return catalog.Page{}, errors.New("the list is too long")
	}
	return catalog.ReadPage(body)
}

// request is what an attempt sends, as far as it goes for a list: header_up and the dialect's headers, and the key.
func (r *modelReader) request(ctx context.Context, host, path string, keys []string) (*http.Request, error) {
	u := r.upstream
	target := u.wire.upstreamURL(u.base, path)
	target.Scheme, target.Host = u.base.Scheme, host
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[u.base.Scheme])
	req.Header = http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"identity"}, "User-Agent": {userAgent}}
	for name, value := range r.dialect.Headers {
		req.Header.Set(name, value)
	}
	if len(keys) > 0 {
		setKey(req.Header, r.dialect.Auth, keys[0])
	}
	u.wire.header(req.Header, new(translate.Request), r.dialect)
	if ops := u.proxy.Headers; ops != nil && ops.Request != nil {
		ops.Request.ApplyToRequest(req)
	}
	return req, nil
}

// setKey puts a key where a provider wants it.
func setKey(h http.Header, auth, key string) {
	switch auth {
	case "none":
	case "x-api-key", "api-key", "x-goog-api-key":
		h.Set(auth, key)
	default:
		h.Set("Authorization", "Bearer "+key)
	}
}
