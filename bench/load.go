package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// requestTimeout ends a request that hangs; it then counts as a failure.
const requestTimeout = 30 * time.Second

// transport keeps a connection for each worker. One is shared by all loads.
var transport = &http.Transport{
	MaxIdleConnsPerHost: 1024,
	DisableCompression:  true,
	ReadBufferSize:      64 << 10,
	WriteBufferSize:     96 << 10, // a request goes out in one write
}

// A target is what is asked of a server: a model on a wire.
type target struct {
	name   string // of the side, the wire and the model
	url    *url.URL
	header http.Header
	body   []byte
	*reading

	threads *threads // to which the requests belong in turn; nil where all are one
	pieces  [][]byte // of the body, between which the thread's id stands
}

// A client makes requests one after the other. Its buffer is reused.
type client struct{ buffer []byte }

func newClient() *client { return &client{buffer: make([]byte, 64<<10)} }

// A reply is what is measured of one request, from the moment before it was sent.
type reply struct {
	first time.Duration // to the first bytes of the body
	text  time.Duration // to the first event with text
}

// request is the next one.
func (t *target) request() *http.Request {
	request := &http.Request{
		Method: http.MethodPost, URL: t.url, Host: t.url.Host, Header: t.header,
		Body: io.NopCloser(bytes.NewReader(t.body)), ContentLength: int64(len(t.body)),
	}
	if t.threads != nil {
		t.threads.next().put(request, t.pieces)
	}
	return request
}

// open sends the request and waits for the headers of its reply. The caller closes the body.
func (t *target) open(ctx context.Context) (*http.Response, error) {
	response, err := transport.RoundTrip(t.request().WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return nil, fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	return response, nil
}

// do makes one request and reads all of its reply, which is also written to copyTo unless that is nil.
func (c *client) do(ctx context.Context, t *target, copyTo io.Writer) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()

	var r reply
	start := time.Now()
	response, err := t.open(ctx)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()

	whole := false
	kept := 0 // bytes of the last read that are still in the buffer: a mark may lie across two reads
	for {
		n, err := response.Body.Read(c.buffer[kept:])
		seen := c.buffer[:kept+n]
		if n > 0 {
			if r.first == 0 {
				r.first = time.Since(start)
			}
			if r.text == 0 && bytes.Contains(seen, t.text) {
				r.text = time.Since(start)
			}
			whole = whole || bytes.Contains(seen, t.whole)
			if copyTo != nil {
				_, _ = copyTo.Write(seen[kept:])
			}
			kept = copy(c.buffer, seen[max(0, len(seen)-len(t.text)-len(t.whole)):])
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return r, fmt.Errorf("reading the reply: %w", err)
		}
	}
	if !whole {
		return r, fmt.Errorf("the reply ended without %s", t.whole)
	}
	return r, nil
}

// failures counts requests by what went wrong with them. The zero value is ready.
type failures struct {
	mu     sync.Mutex
	counts map[string]int
}

func (f *failures) add(t *target, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = make(map[string]int)
	}
	f.counts[fmt.Sprintf("%s: %v", t.name, err)]++
}

func (f *failures) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	total := 0
	for _, n := range f.counts {
		total += n
	}
	return total
}

// load keeps connections busy for a while, each with at least one request, and returns how many were answered whole, and in what time.
func load(ctx context.Context, t *target, connections int, duration time.Duration, failed *failures) (done int, took time.Duration) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		start = time.Now()
	)
	for range connections {
		wg.Go(func() {
			c, n := newClient(), 0
			for first := true; first || time.Since(start) < duration && ctx.Err() == nil; first = false {
				if _, err := c.do(ctx, t, nil); err != nil {
					failed.add(t, err)
					continue
				}
				n++
			}
			mu.Lock()
			defer mu.Unlock()
			done += n
		})
	}
	wg.Wait()
	return done, time.Since(start)
}
