package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// recorder stands between clients and a gateway, and holds all that the gateway answers against OpenAI's schemas and the rules of streams.
type recorder struct {
	// URL is the base URL for clients.
	URL string

	t       *testing.T
	running sync.WaitGroup
	mu      sync.Mutex
	streams map[string][]streamcheck.Event // what has been seen of each response that was streamed, by its id
	awaited []*awaited
}

// awaited is a request that something waits for.
type awaited struct {
	is   func(*http.Request) bool
	left int // how many are to come
	came chan struct{}
}

// record starts a recorder before a gateway. It ends with the test.
func record(t *testing.T, gateway string) *recorder {
	t.Helper()
	target, err := url.Parse(strings.TrimSuffix(gateway, "/v1"))
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t, streams: make(map[string][]streamcheck.Event)}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(target) },
		ModifyResponse: r.watch,
		FlushInterval:  -1,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.running.Add(1)
		defer r.running.Done()
		r.notice(request)
		request.Header.Set("Accept-Encoding", "identity")
		proxy.ServeHTTP(w, request)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		r.running.Wait() // also for connections of WebSockets, of which the server knows nothing
	})
	r.URL = server.URL + "/v1"
	return r
}

// after is a channel that is closed when so many requests of a kind have come, before the gateway gets the last of them.
func (r *recorder) after(count int, is func(*http.Request) bool) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &awaited{is: is, left: count, came: make(chan struct{})}
	r.awaited = append(r.awaited, a)
	return a.came
}

func (r *recorder) notice(request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.awaited {
		if a.left > 0 && a.is(request) {
			if a.left--; a.left == 0 {
				close(a.came)
			}
		}
	}
}

// watch has an answer checked as soon as it has been passed on.
func (r *recorder) watch(response *http.Response) error {
	body := &watched{ReadCloser: response.Body, ended: func(body []byte) { r.check(response, body) }}
	response.Body = body
	if socket, ok := body.ReadCloser.(io.Writer); ok {
		response.Body = struct {
			*watched
			io.Writer
		}{body, socket}
	}
	return nil
}

// watched is a body that is kept while it is read.
type watched struct {
	io.ReadCloser
	ended func(body []byte)
	once  sync.Once
	mu    sync.Mutex
	read  bytes.Buffer
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read.Write(p[:n])
	return n, err
}

// Close comes at the end of the body, and before it where the client has gone away.
func (w *watched) Close() error {
	err := w.ReadCloser.Close()
	w.once.Do(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ended(w.read.Bytes())
	})
	return err
}

func (r *recorder) check(response *http.Response, body []byte) {
	request := response.Request
	var err error
	switch kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";"); {
	case response.StatusCode == http.StatusSwitchingProtocols:
		body, err = checkMessages(body)
	case kind == "text/event-stream":
		err = r.checkStream(request, body)
	case kind == "application/json":
		if gjson.ValidBytes(body) { // or the client has not waited for the rest
			err = checkBody(request, response.StatusCode, body)
		}
	default:
		err = fmt.Errorf("the answer is of type %q", kind)
	}
	if err != nil {
		r.t.Errorf("%s %s: %v\n%s", request.Method, request.URL, err, body)
	}
}

// checkBody checks a body by what the endpoint answers with.
func checkBody(request *http.Request, status int, body []byte) error {
	if status >= http.StatusBadRequest {
		return streamcheck.CheckObject("ErrorResponse", body)
	}
	switch path := strings.Split(strings.TrimPrefix(request.URL.Path, "/v1/"), "/"); {
	case path[0] == "models":
		return streamcheck.CheckObject("ListModelsResponse", body)
	case path[0] == "conversations":
		return checkConversation(request.Method, len(path), body)
	case path[len(path)-1] == "input_items":
		return streamcheck.CheckObject("ResponseItemList", body)
	case path[len(path)-1] == "input_tokens":
		return streamcheck.CheckObject("TokenCountsResource", body)
	case path[len(path)-1] == "compact":
		return streamcheck.CheckObject("CompactResource", body)
	case request.Method == http.MethodDelete:
		return nil // of which OpenAI's document says nothing
	default:
		return streamcheck.CheckResponse(body)
	}
}

// checkConversation checks what is answered below /conversations, by the number of the path's segments.
func checkConversation(method string, segments int, body []byte) error {
	switch {
	case segments == 2 && method == http.MethodDelete:
		return streamcheck.CheckObject("DeletedConversationResource", body)
	case segments == 3:
		return streamcheck.CheckObject("ConversationItemList", body)
	case segments == 4 && method == http.MethodGet:
		return streamcheck.CheckObject("ConversationItem", body)
	default:
		return streamcheck.CheckObject("ConversationResource", body)
	}
}

// checkStream checks a stream. One that goes on from where the client was is checked with what came before. Only one that has a terminal
// event is whole: a client may go away, and a cancelled response has none.
func (r *recorder) checkStream(request *http.Request, body []byte) error {
	frames := bytes.SplitAfter(body, []byte("\n\n"))
	events, err := streamcheck.Parse(bytes.Join(frames[:len(frames)-1], nil)) // behind which there is nothing, or a part of one
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	id := request.URL.Path[strings.LastIndexByte(request.URL.Path, '/')+1:]
	if after, resumes := request.URL.Query()["starting_after"]; resumes {
		n, err := strconv.Atoi(after[0])
		if err != nil || n >= len(r.streams[id]) {
			return err
		}
		events = append(r.streams[id][:n+1:n+1], events...)
	}
	if len(events) == 0 {
		return nil
	}
	if id = events[0].Response().Get("id").Str; len(events) > len(r.streams[id]) {
		r.streams[id] = events
	}
	if events[len(events)-1].Terminal() {
		return streamcheck.CheckEvents(events)
	}
	return streamcheck.CheckBegun(events)
}
