// Package upstreamtest plays a provider on loopback for tests.
//
// A test scripts the replies, byte by byte where it matters, and looks at the requests that came. The provider takes everything,
// unless it is made to refuse what strict ones refuse: see [Upstream.Strict]. It has no behavior of its own beyond that.
package upstreamtest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for something that is sure to happen soon.
const patience = 10 * time.Second

// Request is a request as it arrived.
type Request struct {
	Method  string
	Path    string
	Query   url.Values
	Header  http.Header
	Host    string
	Body    []byte
	Refusal string // why a strict upstream refused it, "" if it did not
}

// Upstream is a scripted provider.
type Upstream struct {
	// URL is the root of the server, such as http://127.0.0.1:1234. It answers on every path below.
	URL string

	t      testing.TB
	gone   chan struct{}
	quit   chan struct{}
	mu     sync.Mutex
	came   *sync.Cond // signals a change of requests
	script []Reply
	refuse func(Request) (why string, answer Reply)

	requests []Request
}

// New starts an upstream that gives the replies in order, one a request; the last one repeats. It ends with the test.
func New(t testing.TB, replies ...Reply) *Upstream {
	t.Helper()
	u := &Upstream{t: t, gone: make(chan struct{}, 1024), quit: make(chan struct{}), script: replies}
	u.came = sync.NewCond(&u.mu)
	server := httptest.NewUnstartedServer(u)
	server.Listener = newListener(t, server.Listener)
	server.Start()
	u.URL = server.URL
	t.Cleanup(func() {
		close(u.quit)
		server.CloseClientConnections()
		server.Close()
	})
	return u
}

// used are the addresses of all upstreams of this process. Gateways keep what they learn of a provider by its URL, for as long as the
// process lives, so no two upstreams may have the same.
var used sync.Map

func newListener(t testing.TB, listener net.Listener) net.Listener {
	t.Helper()
	for {
		if _, taken := used.LoadOrStore(listener.Addr().String(), true); !taken {
			return listener
		}
		next, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = listener.Close() // after the other has its port, so that this one is not found again
		listener = next
	}
}

// Strict makes the upstream refuse what a strict Chat Completions provider refuses, with status 400 and an error body that says why. A
// refused request is recorded and uses up no reply.
func (u *Upstream) Strict(options ...Option) *Upstream {
	r := newRules(options)
	return u.StrictBy(func(request Request) (string, Reply) {
		if !strings.HasSuffix(request.Path, "/chat/completions") {
			return "", Reply{}
		}
		why := r.refusal(request.Body)
		return why, Error(http.StatusBadRequest, "invalid_request_error", "invalid_request_error", why)
	})
}

// StrictBy makes the upstream refuse the POST requests for which refuse gives a reason, with the answer that it gives.
func (u *Upstream) StrictBy(refuse func(Request) (why string, answer Reply)) *Upstream {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refuse = refuse
	return u
}

// Script replaces the replies that are still to come.
func (u *Upstream) Script(replies ...Reply) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.script = replies
}

// Requests returns the requests that have come so far.
func (u *Upstream) Requests() []Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.requests)
}

// Request returns the nth request, counted from 0. It waits for it, and fails the test if it does not come.
func (u *Upstream) Request(n int) Request {
	u.t.Helper()
	deadline := time.Now().Add(patience)
	timer := time.AfterFunc(patience, u.came.Broadcast)
	defer timer.Stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	for len(u.requests) <= n {
		if !time.Now().Before(deadline) {
			u.t.Fatalf("the upstream got %d requests, want one more than %d", len(u.requests), n)
		}
		u.came.Wait()
	}
	return u.requests[n]
}

// Closed returns a channel that receives a value each time a client goes away from a request before its reply has ended.
func (u *Upstream) Closed() <-chan struct{} { return u.gone }

// WaitClosed waits until a client goes away, and fails the test if none does.
func (u *Upstream) WaitClosed() {
	u.t.Helper()
	select {
	case <-u.gone:
	case <-time.After(patience):
		u.t.Fatal("no client went away from the upstream")
	}
}

// ServeHTTP records a request and answers it.
func (u *Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		u.clientGone()
		return
	}
	reply, ok := u.take(Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(), Host: r.Host, Body: body,
	})
	if !ok {
		u.t.Errorf("the upstream has no reply for %s %s", r.Method, r.URL)
		http.Error(w, "no reply is scripted", http.StatusInternalServerError)
		return
	}
	// The server ends the context when the handler has returned: only what comes before is the client's doing.
	stop := context.AfterFunc(r.Context(), u.clientGone)
	defer func() {
		// A reply that saw the end of the context itself may be here before the function has run.
		if stop() && r.Context().Err() != nil {
			u.clientGone()
		}
	}()
	reply.serve(w, r, u.quit)
}

func (u *Upstream) clientGone() {
	select {
	case u.gone <- struct{}{}:
	default: // nobody has looked for a long time
	}
}

// take records a request and returns its reply.
func (u *Upstream) take(request Request) (reply Reply, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	defer u.came.Broadcast()
	if u.refuse != nil && request.Method == http.MethodPost {
		request.Refusal, reply = u.refuse(request)
	}
	u.requests = append(u.requests, request)
	switch {
	case request.Refusal != "":
		return reply, true
	case len(u.script) == 0:
		return Reply{}, false
	}
	reply = u.script[0]
	if len(u.script) > 1 {
		u.script = u.script[1:]
	}
	return reply, true
}
