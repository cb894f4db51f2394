package codexresponses

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/tidwall/gjson"
	"go.uber.org/zap"
)

// bubble is a connection whose exchanges are played by the test, in a bubble of synctest, where the clock moves by itself. It is a pipe without
// any buffer.
type bubble struct {
	t      *testing.T
	socket *socket
	client *websocket.Conn
	pipe   net.Conn // the client's end
	served chan struct{}
}

// newBubble opens a connection. respond plays its exchanges.
func newBubble(t *testing.T, h *Handler, respond func(w http.ResponseWriter, r *http.Request, m *memory) error) *bubble {
	t.Helper()
	h.logger, h.now = zap.NewNop(), time.Now
	if h.MaxBody == 0 {
		h.MaxBody = defaultMaxBody
	}
	b := &bubble{t: t, served: make(chan struct{})}
	ours, theirs := net.Pipe()
	b.pipe = theirs
	listener := &onePipe{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	listener.conn <- ours
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(b.served)
		b.socket = newSocket(h, r)
		b.socket.respond = respond
		if b.socket.accept(w) && h.sockets.add(b.socket) {
			defer h.sockets.remove(b.socket)
			b.socket.serve()
		}
	})}
	go func() { _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return theirs, nil }}
	var err error
	b.client, _, err = websocket.Dial(t.Context(), "ws://gateway.example/v1/responses", &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.client.CloseNow()
		_ = server.Close()
	})
	return b
}

// onePipe is a listener for one connection.
type onePipe struct {
	conn   chan net.Conn
	closed chan struct{}
}

func (l *onePipe) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conn:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *onePipe) Close() error   { close(l.closed); return nil }
func (l *onePipe) Addr() net.Addr { return &net.TCPAddr{} }

// read returns the next message, or how the connection ended.
func (b *bubble) read() (gjson.Result, error) {
	_, data, err := b.client.Read(context.Background())
	return gjson.ParseBytes(data), err
}

func (b *bubble) send(message string) {
	b.t.Helper()
	if err := b.client.Write(context.Background(), websocket.MessageText, []byte(message)); err != nil {
		b.t.Fatal(err)
	}
}

// ended waits until the handler has returned, and reports how long that took.
func (b *bubble) ended() time.Duration {
	start := time.Now()
	<-b.served
	return time.Since(start)
}

// hears reads what the client is sent, in the background, so that it answers pings. The channel is closed at the end.
func (b *bubble) hears() <-chan gjson.Result {
	heard := make(chan gjson.Result, 1000)
	go func() {
		defer close(heard)
		for {
			message, err := b.read()
			if err != nil {
				return
			}
			heard <- message
		}
	}()
	return heard
}

// events is an answer of events, each after a pause.
func events(pause time.Duration, count int) func(w http.ResponseWriter, r *http.Request, m *memory) error {
	return func(w http.ResponseWriter, r *http.Request, _ *memory) error {
		eventStreamHead(w.Header())
		for range count {
			select {
			case <-time.After(pause):
			case <-r.Context().Done():
				return nil
			}
			_, _ = io.WriteString(w, "event: x\ndata: {\"type\":\"x\"}\n\n")
		}
		return nil
	}
}

const create = `{"type":"response.create"}`
