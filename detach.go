package codexresponses

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

// Not every exchange answers the HTTP request that brought it about: those of a WebSocket connection are many for one, and those in the
// background outlive it. Such an exchange has a request of its own, derived from that one, and a client that takes the event stream apart.

// derive makes a request for one exchange of the client that has sent r. Its context is ctx, with what Caddy and its handlers expect there:
// placeholders have the values that they have for r, and what is set for this exchange is not seen by others.
func derive(ctx context.Context, r *http.Request, body []byte) *http.Request {
	out := r.Clone(ctx)
	out.Method = http.MethodPost
	for _, name := range [...]string{"Connection", "Upgrade", "Content-Encoding", "Content-Length"} {
		out.Header.Del(name)
	}
	for name := range out.Header {
		if strings.HasPrefix(name, "Sec-Websocket-") {
			delete(out.Header, name)
		}
	}
	out.Header.Set("Content-Type", "application/json")
	out.Body, out.ContentLength, out.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	server, _ := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	original, _ := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	vars, _ := r.Context().Value(caddyhttp.VarsCtxKey).(map[string]any)
	if server == nil || original == nil {
		return out
	}
	repl := caddy.NewReplacer()
	out = caddyhttp.PrepareRequest(out, repl, nothingWritten{}, server)
	if own, ok := out.Context().Value(caddyhttp.VarsCtxKey).(map[string]any); ok {
		maps.Copy(own, vars)
	}
	repl.Map(func(key string) (any, bool) {
		if strings.HasPrefix(key, "http.reverse_proxy.") || strings.HasPrefix(key, "http.codex_responses.") {
			return nil, false
		}
		return original.Get(key)
	})
	return out
}

// contain runs an exchange for which no server stands behind us to catch what it panics with. That becomes an error.
func (h *Handler) contain(exchange func() error) (err error) {
	defer func() {
		p := recover()
		if cause, ok := p.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
			err = cause // the reverse proxy says so of a reply that it could not copy to its end
		} else if p != nil {
			err = fmt.Errorf("panic: %v", p)
			h.logger.Error("an exchange panicked", zap.Error(err), zap.ByteString("stack", debug.Stack()))
		}
	}()
	return exchange()
}

// nothingWritten is the response of a derived request to those who ask for placeholders: there is none.
type nothingWritten struct{}

func (nothingWritten) Header() http.Header         { return http.Header{} }
func (nothingWritten) Write(p []byte) (int, error) { return len(p), nil }
func (nothingWritten) WriteHeader(int)             {}

// eventWriter is the client of an exchange that is not to be answered as HTTP: it takes apart the event stream that the exchange writes.
type eventWriter struct {
	// event is given the data of each event: a JSON object on one line, valid during the call only.
	event func(data []byte)

	header  http.Header
	status  int
	body    []byte // of an answer that is no stream
	partial []byte // of an event
}

func newEventWriter(event func(data []byte)) *eventWriter {
	return &eventWriter{event: event, header: make(http.Header)}
}

// Header implements http.ResponseWriter.
func (w *eventWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *eventWriter) WriteHeader(status int) { w.status = status }

// Write implements http.ResponseWriter.
func (w *eventWriter) Write(p []byte) (int, error) {
	if !strings.HasPrefix(w.header.Get("Content-Type"), "text/event-stream") {
		w.body = append(w.body, p...)
		return len(p), nil
	}
	text := p
	if len(w.partial) > 0 {
		w.partial = append(w.partial, p...)
		text = w.partial
	}
	for {
		frame, rest, whole := bytes.Cut(text, []byte("\n\n"))
		if !whole {
			break
		}
		if _, data, ok := bytes.Cut(frame, []byte("data: ")); ok {
			w.event(data)
		}
		text = rest
	}
	w.partial = append(w.partial[:0], text...)
	return len(p), nil
}

// Flush implements http.Flusher.
func (w *eventWriter) Flush() {}
