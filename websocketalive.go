package codexresponses

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	// pingPace is how often a client is asked whether it is there. Proxies on the way give up on a silent connection after a minute.
	pingPace = 25 * time.Second
	// pongPatience is how long it has for its answer.
	pongPatience = 20 * time.Second
	// writePatience is how long one message to a client may take that does not read.
	writePatience = time.Minute
	// pongDelay is how long a client waits at the most for the answer to a ping of its own while it does not read. The library gives up
	// on the connection after five seconds.
	pongDelay = 3 * time.Second
)

// send writes a message. While the client does not read, it waits, and with it the exchange and its provider.
func (s *socket) send(data []byte) {
	s.writing <- struct{}{}
	defer func() { <-s.writing }()
	ctx, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, data); err != nil {
		s.cancel()
		_ = s.conn.CloseNow() // so that read notices
	}
}

// mayPong waits until the answer to a client's ping can be written. False where that takes too long: a client that does not read must not
// lose its connection for asking.
func (s *socket) mayPong() bool {
	s.heard.Store(true)
	late := time.NewTimer(pongDelay)
	defer late.Stop()
	select {
	case s.writing <- struct{}{}:
		<-s.writing
		return true
	case <-late.C:
		return false
	}
}

// keepAlive asks the client again and again whether it is there, and ends the connection where it is not.
func (s *socket) keepAlive() {
	pace := time.NewTicker(pingPace)
	defer pace.Stop()
	for {
		select {
		case <-pace.C:
		case <-s.ctx.Done():
			return
		}
		if s.full.Load() || len(s.writing) > 0 {
			continue // neither it nor its answer would get through
		}
		s.heard.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), pongPatience)
		err := s.conn.Ping(ctx)
		cancel()
		if err != nil && !s.alive() {
			s.cancel()
			_ = s.conn.CloseNow() // so that read notices
			return
		}
	}
}

// alive reports whether a client that has not answered a ping may be there after all: it has sent something else, its answer waits behind
// what is not read, or the ping waits behind what it does not read, which writePatience ends.
func (s *socket) alive() bool {
	return s.heard.Load() || s.full.Load() || len(s.writing) > 0
}

// hearing reads what a client sends and notes that something came: within a large message, no answer to a ping can come. It reads little at
// a time, because the library returns when it has all that it was asked for.
type hearing struct {
	io.Reader
	heard *atomic.Bool
}

func (h hearing) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p[:min(len(p), 4<<10)])
	if n > 0 {
		h.heard.Store(true)
	}
	return n, err
}
