package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

var (
	png  = []byte("\x89PNG\r\n\x1a\n and the rest of a picture")
	pdf  = []byte("%PDF-1.7\nand the rest of a document")
	bmp  = []byte("BM and the rest of a picture")
	heic = []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic and the rest of a picture")
)

func dataURL(typ string, content []byte) string {
	return "data:" + typ + ";base64," + base64.StdEncoding.EncodeToString(content)
}

// clock is a time that tests move.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time           { return time.Unix(c.seconds.Load(), 0) }
func (c *clock) advance(by time.Duration) { c.seconds.Add(int64(by / time.Second)) }
func local(t *testing.T, l Limits) *Fetcher {
	t.Helper()
	l.Private = true
	return fetcher(t, l, new(clock))
}

func fetcher(t *testing.T, l Limits, c *clock) *Fetcher {
	t.Helper()
	f := NewFetcher(l, c.now)
	t.Cleanup(f.Close)
	return f
}

// site serves documents and counts how often it is asked.
type site struct {
	*httptest.Server
	asked atomic.Int64
}

func serve(t *testing.T, handle http.HandlerFunc) *site {
	t.Helper()
	s := new(site)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func serveBytes(t *testing.T, content []byte) *site {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(content) })
}

func one(ctx context.Context, f *Fetcher, url string, more ...string) Result {
	return f.Fetch(ctx, []string{url}, more...)[0]
}

// refusedWith asserts that a result is a fault of the request which says all of this.
func refusedWith(t *testing.T, r Result, words ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(r.Err, &f) || f.Kind != fault.Invalid || f.Param != "input" || r.DataURL != nil || r.Type != "" {
		t.Fatalf("got %+v, want a fault of the request", r)
	}
	for _, w := range words {
		if !strings.Contains(f.Message, w) {
			t.Errorf("the message %q does not say %q", f.Message, w)
		}
	}
}

func TestDocumentsBecomeDataURLs(t *testing.T) {
	tests := map[string]struct {
		content []byte
		said    string // Content-Type of the server
		more    []string
		typ     string
	}{
		"a picture":                            {png, "image/png", nil, "image/png"},
		"a PDF":                                {pdf, "application/pdf", nil, "application/pdf"},
		"a type that the server gets wrong":    {png, "image/jpeg", nil, "image/png"},
		"a type that the server does not know": {pdf, "application/octet-stream", nil, "application/pdf"},
		"a rare type that is allowed":          {heic, "text/plain", []string{"image/bmp", "image/heic"}, "image/heic"},
		"more than one read":                   {append(png, bytes.Repeat([]byte("0123456789"), 20_000)...), "", nil, "image/png"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.said)
				w.Write(test.content)
			})
			r := one(t.Context(), local(t, Limits{}), s.URL+"/document?signature=x", test.more...)
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			if want := dataURL(test.typ, test.content); string(r.DataURL) != want || r.Type != test.typ {
				t.Errorf("got %s %.80q, want %.80q", r.Type, r.DataURL, want)
			}
		})
	}
}

func TestOtherContentIsRefused(t *testing.T) {
	tests := map[string]struct {
		content string
		says    string
	}{
		"a page":                       {"<!DOCTYPE html><html><body>Sign in</body></html>", "is text/html by its content; allowed are image/jpeg, image/png, image/gif, image/webp, application/pdf"},
		"SVG":                          {`<svg xmlns="http://www.w3.org/2000/svg"/>`, "is image/svg+xml"},
		"SVG in XML":                   {`<?xml version="1.0"?><!-- x --><svg/>`, "is image/svg+xml"},
		"text":                         {"nothing to see", "is text/plain"},
		"a rare type that none wants":  {string(bmp), "is image/bmp"},
		"AVIF":                         {"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", "is image/avif"},
		"nothing":                      {"", "is empty"},
		"a compressed picture, unsaid": {"\x1f\x8b\x08 and so on", "is application/x-gzip"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "image/png")
				w.Write([]byte(test.content))
			})
			r := one(t.Context(), local(t, Limits{}), s.URL)
			refusedWith(t, r, "the document at "+s.Listener.Addr().String(), test.says)
		})
	}
}

func TestWhatAServerIsTold(t *testing.T) {
	var got http.Header
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			http.SetCookie(w, &http.Cookie{Name: "tracked", Value: "1"})
			http.Redirect(w, r, "/second", http.StatusFound)
			return
		}
		got = r.Header.Clone()
		w.Write(png)
	})
	if r := one(t.Context(), local(t, Limits{}), s.URL+"/first?signature=secret"); r.Err != nil {
		t.Fatal(r.Err)
	}
	want := http.Header{"User-Agent": {userAgent}, "Accept": {accept}, "Accept-Encoding": {"identity"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v and neither cookies nor a referrer", got, want)
	}
}

func TestAnswersThatAreNoDocument(t *testing.T) {
	tests := map[string]struct {
		handle http.HandlerFunc
		says   string
	}{
		"not found":  {http.NotFound, "the server answered 404"},
		"no content": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "the server answered 204"},
		"a redirection to nowhere": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }, "the server answered 302",
		},
		"a coding that was not asked for": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(png)
		}, "allowed is identity"},
		"a document that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(png)+1))
			w.Write(png)
		}, "the connection failed"},
		"a document that breaks off late": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			w.Write(append(png, make([]byte, 90_000)...))
		}, "the connection failed"},
		"headers without an end": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Much", strings.Repeat("x", headerBytes+1))
			w.Write(png)
		}, "the connection failed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.handle)
			refusedWith(t, one(t.Context(), local(t, Limits{}), s.URL), test.says)
		})
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	s := serveBytes(t, png)
	s.Close()
	refusedWith(t, one(t.Context(), local(t, Limits{}), s.URL), "connection refused")
}

func TestDocumentsHaveASizeLimit(t *testing.T) {
	const limit = 4096
	picture := func(size int) []byte { return append(bytes.Clone(png), make([]byte, size-len(png))...) }
	endless := func(w http.ResponseWriter, r *http.Request) {
		w.Write(png)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1024)); err != nil {
				return
			}
		}
	}
	sized := func(size int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(size))
			w.Write(picture(size))
		}
	}
	unsized := func(size int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.Write(picture(size))
		}
	}
	tests := map[string]struct {
		handle http.HandlerFunc
		passes bool
	}{
		"at the limit":                          {sized(limit), true},
		"at the limit, without Content-Length":  {unsized(limit), true},
		"over the limit":                        {sized(limit + 1), false},
		"over the limit, no Content-Length":     {unsized(limit + 1), false},
		"without an end":                        {endless, false},
		"over the limit by Content-Length only": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "1000000000000") }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := one(t.Context(), local(t, Limits{Bytes: limit}), serve(t, test.handle).URL)
			if !test.passes {
				refusedWith(t, r, "is too large; at most 4.0 KiB are allowed")
			} else if want := dataURL("image/png", picture(limit)); string(r.DataURL) != want {
				t.Errorf("got %v, %d bytes, want %d", r.Err, len(r.DataURL), len(want))
			}
		})
	}
}

// Those that come later in a conversation are about what is asked now.
func TestTheLastDocumentsAreTakenWhereTheyAreTooMuch(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(strings.TrimLeft(r.URL.Path, "/abcdefgh"))
		w.Write(append(bytes.Clone(png), make([]byte, size-len(png))...))
	})
	tests := map[string]struct {
		limits Limits
		paths  string
		want   string // of each: taken, one of too many, one of too much
	}{
		"all fit":                             {Limits{Total: 300, Documents: 3}, "a100 b100 c100", "ttt"},
		"too many":                            {Limits{Documents: 2}, "a100 b100 c100 d100", "mmtt"},
		"too large together":                  {Limits{Total: 300}, "a100 b100 c100 d100 e100", "sSttt"},
		"a large one leaves no room before":   {Limits{Total: 300}, "a100 b250 c100", "sst"},
		"too many and too large":              {Limits{Total: 150, Documents: 2}, "a100 b100 c100", "mst"},
		"more than are fetched at once":       {Limits{Total: 250}, "a100 b100 c100 d100 e100 f100 g100 h100 aa100 bb100 cc100 dd100", "sssssssssstt"},
		"one that names the same thing twice": {Limits{Total: 150}, "a100 a100", "st"},
		"one that fails takes no room":        {Limits{Total: 200, Bytes: 120}, "a100 b150 c100", "tft"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var urls []string
			for path := range strings.FieldsSeq(test.paths) {
				urls = append(urls, s.URL+"/"+path)
			}
			results := local(t, test.limits).Fetch(t.Context(), urls)
			for i, want := range test.want {
				switch r := results[i]; want {
				case 't':
					if r.Err != nil || len(r.DataURL) == 0 {
						t.Errorf("document %d is refused: %v", i, r.Err)
					}
				case 'm':
					refusedWith(t, r, "at most "+strconv.Itoa(test.limits.Documents)+" documents")
				case 'f':
					refusedWith(t, r, "is too large")
				default:
					refusedWith(t, r, fmt.Sprintf("may have %d B together", test.limits.Total))
				}
			}
		})
	}
}

func TestSlowServersAreLeft(t *testing.T) {
	tests := map[string]func(w http.ResponseWriter){
		"before its answer": func(http.ResponseWriter) {},
		"within its answer": func(w http.ResponseWriter) {
			w.Write(append(bytes.Clone(png), make([]byte, 4096)...))
			w.(http.Flusher).Flush()
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				begin(w)
				<-r.Context().Done()
			})
			r := one(t.Context(), local(t, Limits{Timeout: 50 * time.Millisecond}), s.URL)
			refusedWith(t, r, "did not arrive in time; all documents of a request may take 50ms")
		})
	}
}

func TestTheTimeIsForAllDocumentsTogether(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/quick" {
			w.Write(png)
			return
		}
		<-r.Context().Done()
	})
	urls := make([]string, 3*perRequest)
	for i := range urls {
		urls[i] = s.URL + "/slow/" + strconv.Itoa(i)
	}
	urls[len(urls)-1] = s.URL + "/quick"
	results := local(t, Limits{Timeout: 300 * time.Millisecond}).Fetch(t.Context(), urls)
	for _, r := range results[:len(urls)-1] {
		refusedWith(t, r, "did not arrive in time")
	}
	if r := results[len(urls)-1]; r.Err != nil {
		t.Errorf("one that came in time was refused: %v", r.Err)
	}
	if asked := s.asked.Load(); asked > 2*perRequest+1 { // a second round may begin just before the end
		t.Errorf("%d were asked for, want those that fit into the time", asked)
	}
}

func TestNoDocumentsAreNoWork(t *testing.T) {
	if results := local(t, Limits{}).Fetch(t.Context(), nil); len(results) != 0 {
		t.Errorf("got %v", results)
	}
}

func TestCallersShareADownload(t *testing.T) {
	s := serveBytes(t, png)
	f := local(t, Limits{})
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			r := f.Fetch(t.Context(), []string{s.URL, s.URL})
			if string(r[0].DataURL) != dataURL("image/png", png) || r[0].Err != nil || r[1].Err != nil {
				t.Errorf("got %+v", r)
			}
		})
	}
	group.Wait()
	if asked := s.asked.Load(); asked != 1 {
		t.Errorf("the document was asked for %d times", asked)
	}
}

func TestACallerThatLeavesDoesNotFailOthers(t *testing.T) {
	arrived, released := make(chan struct{}), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-released
		w.Write(png)
	})
	f := local(t, Limits{})
	leaving, leave := context.WithCancel(t.Context())
	first, second := make(chan Result, 1), make(chan Result, 1)
	go func() { first <- one(leaving, f, s.URL) }()
	<-arrived
	go func() { second <- one(t.Context(), f, s.URL) }()
	leave()
	var gone *fault.Fault
	if r := <-first; !errors.As(r.Err, &gone) || gone.Kind != fault.ClientGone || !errors.Is(r.Err, context.Canceled) {
		t.Errorf("who left got %+v", r)
	}
	close(released)
	if r := <-second; r.Err != nil || string(r.DataURL) != dataURL("image/png", png) {
		t.Errorf("who stayed got %+v", r)
	}
	if asked := s.asked.Load(); asked != 1 {
		t.Errorf("the document was asked for %d times", asked)
	}
}

func TestSecretsOfURLsAreNotTold(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			w.Header().Set("Location", "http://user:hidden@[hidden/?hidden")
			w.WriteHeader(http.StatusFound)
			return
		}
		http.NotFound(w, r)
	})
	closed := serveBytes(t, png)
	closed.Close()
	urls := []string{
		s.URL + "/hidden?hidden=hidden", s.URL + "/away?hidden", closed.URL + "/?hidden", "ftp://127.0.0.1/hidden", "http://127.0.0.1:x/hidden",
		"http://hidden:hidden@127.0.0.1/", "http://hid\x7fden/", "http://127.0.0.1/%zzhidden", "http://2130706433/hidden", "data:hidden", ":hidden",
		"http://127.0.0.1/" + strings.Repeat("hidden", longestURL),
	}
	for i, r := range local(t, Limits{}).Fetch(t.Context(), urls) {
		refusedWith(t, r)
		if r.Err != nil && strings.Contains(r.Err.Error(), "hidden") {
			t.Errorf("URL %d is told in %q", i, r.Err)
		}
	}
}
