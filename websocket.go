package codexresponses

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap"
	"golang.org/x/net/http/httpguts"
	"golang.org/x/sync/semaphore"

	"github.com/caddy-codex/responses/fault"
)

// WebSocket mode: a client opens a connection with GET /responses and sends on it what it would else have sent with POST, request after
// request. See https://developers.openai.com/api/docs/guides/websocket-mode

// connectionLimit is how long a connection lasts, as in OpenAI's API.
const connectionLimit = time.Hour

func checkWebSocket(value string) error {
	if value == "" || value == "on" || value == "off" {
		return nil
	}
	return fmt.Errorf("websocket is one of on, off, not %q", value)
}

// serveUpgrade handles a handshake at a path.
func (h *Handler) serveUpgrade(w http.ResponseWriter, r *http.Request, path string) error {
	if path != "/responses" || h.WebSocket == "off" || !isHandshake(r) {
		refuseUpgrade(w)
		return nil
	}
	s := newSocket(h, r)
	if !s.accept(w) {
		return nil
	}
	if !h.sockets.add(s) {
		s.part(reloading)
		return nil
	}
	defer h.sockets.remove(s)
	s.serve()
	return nil
}

// isHandshake reports whether an upgrade is one of HTTP/1.1 that has come whole: proxies that know nothing of WebSocket take away parts.
func isHandshake(r *http.Request) bool {
	return r.Method == http.MethodGet && r.ProtoMajor == 1 && r.ProtoAtLeast(1, 1) &&
		httpguts.HeaderValuesContainsToken(r.Header["Connection"], "Upgrade") &&
		httpguts.HeaderValuesContainsToken(r.Header["Upgrade"], "websocket")
}

// socket is the connection of a client that sends its requests as messages. Each of them is an exchange of its own.
type socket struct {
	handler *Handler
	request *http.Request // the handshake
	conn    *websocket.Conn
	respond func(w http.ResponseWriter, r *http.Request, m *memory) error
	ctx     context.Context //nolint:containedctx // it is the connection's life, which no caller shares
	cancel  context.CancelFunc
	leave   chan time.Duration // says that the connection is to end, and how long its responses have for their end

	lanes
	room *semaphore.Weighted // bounds what waits in lanes, in bytes
	full atomic.Bool         // nothing is read because there is no room

	heard   atomic.Bool   // the client has sent something since it was last asked
	writing chan struct{} // holds a value while a message is written
	wg      sync.WaitGroup
}

func newSocket(h *Handler, r *http.Request) *socket {
	s := &socket{
		handler: h, request: r, respond: h.respond, leave: make(chan time.Duration, 1), lanes: newLanes(),
		room: semaphore.NewWeighted(h.MaxBody), writing: make(chan struct{}, 1),
	}
	s.ctx, s.cancel = context.WithCancel(r.Context())
	return s
}

// accept answers the handshake. False where it is not as it should be, or comes from a page that may not.
func (s *socket) accept(w http.ResponseWriter) bool {
	var err error
	s.conn, err = websocket.Accept(w, s.request, &websocket.AcceptOptions{
		InsecureSkipVerify: s.handler.shares(s.request.Header.Get("Origin")), // else the page has to be of this host
		OnPingReceived:     func(context.Context, []byte) bool { return s.mayPong() },
		OnPongReceived:     func(context.Context, []byte) { s.heard.Store(true) },
	})
	if err != nil { // which the client has been told
		s.cancel()
		s.handler.logger.Debug("a WebSocket was refused", zap.Error(err))
		return false
	}
	s.conn.SetReadLimit(-1) // read has a limit of its own, beyond which the client can be told in peace
	return true
}

// farewell is how a connection ends.
type farewell struct {
	last   []byte // a message before the end; nil for none
	code   websocket.StatusCode
	reason string
}

var (
	reloading    = farewell{code: websocket.StatusGoingAway, reason: "server is reloading"}
	timeUp       = farewell{last: limitMessage(), code: websocket.StatusNormalClosure, reason: "the connection has lasted for 60 minutes"}
	unreadable   = farewell{code: websocket.StatusProtocolError, reason: "the connection cannot be read"}
	tooLarge     = farewell{code: websocket.StatusMessageTooBig, reason: "the message is larger than max_body"}
	errLargeness = errors.New("the message is too large")
)

// serve answers requests until the connection ends.
func (s *socket) serve() {
	gone := make(chan error, 1)
	s.wg.Go(func() { gone <- s.read() })
	s.wg.Go(s.keepAlive)
	s.part(s.await(gone))
	s.wg.Wait()
}

// await returns when the connection is to end: the client is gone, the hour is over, or the gateway has another configuration. The last two
// let the responses that run come to their end.
func (s *socket) await(gone <-chan error) farewell {
	limit := time.NewTimer(connectionLimit)
	defer limit.Stop()
	end, patience := timeUp, leavePatience
	select {
	case err := <-gone:
		return ending(err)
	case <-limit.C:
	case patience = <-s.leave:
		end = reloading
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-gone:
		return ending(err)
	case <-s.drain():
	case <-late.C:
	}
	return end
}

func ending(err error) farewell {
	if errors.Is(err, errLargeness) {
		return tooLarge
	}
	return unreadable // which a client that has said goodbye does not hear
}

// part ends the connection and all exchanges.
func (s *socket) part(f farewell) {
	s.cancel()
	if f.last != nil {
		s.send(f.last)
	}
	_ = s.conn.Close(f.code, f.reason) // it is closed, also where the client says nothing to it
}

// read handles the client's messages. The error says why there are no more.
func (s *socket) read() error {
	for {
		typ, r, err := s.conn.Reader(context.Background()) // for the end of a context would break the connection off
		if err != nil {
			return err
		}
		data, err := io.ReadAll(io.LimitReader(hearing{r, &s.heard}, s.handler.MaxBody+1))
		switch {
		case err != nil:
			return err
		case int64(len(data)) > s.handler.MaxBody:
			return errLargeness
		}
		s.handle(typ, data)
	}
}

// handle does what a message says.
func (s *socket) handle(typ websocket.MessageType, data []byte) {
	if typ != websocket.MessageText {
		s.send(complain("", &complaint{code: "invalid_message", text: "the message is binary; messages are JSON objects as text"}))
		return
	}
	m, c := readMessage(data)
	switch {
	case c != nil:
		s.send(complain(m.lane, c))
	case m.typ == "response.steer":
		s.send(m.notSteered())
	default:
		s.enqueue(m)
	}
}

// limitMessage says that a connection ends because of its age.
func limitMessage() []byte {
	return complain("", &complaint{
		code: "websocket_connection_limit_reached",
		text: "a WebSocket connection lasts 60 minutes; open another one to go on",
	})
}

// complaint is what is wrong with a message of a client.
type complaint struct{ code, param, text string }

// complain is the message that tells a client of it.
func complain(lane string, c *complaint) []byte {
	f := fault.New(fault.Invalid, "%s", c.text)
	f.Param = c.param
	return errorMessage(f.HTTPStatus(), f.AppendError(nil, c.code), nil, lane)
}
