package codexresponses

import (
	"bytes"

	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// eventSink gathers events as frames of an event stream until they are written. While it holds none it holds no buffer.
type eventSink struct {
	buf   []byte
	taken int
}

// usualFrames is room for the frames that go out together.
const usualFrames = 8 << 10

// Event implements translate.Sink.
func (s *eventSink) Event(typ string, data []byte) {
	if s.buf == nil {
		s.buf = borrow(usualFrames)
	}
	s.buf = sse.AppendEvent(s.buf, typ, data)
}

// read moves frames to p.
func (s *eventSink) read(p []byte) int {
	n := copy(p, s.buf[s.taken:])
	s.taken += n
	if s.taken == len(s.buf) {
		s.reset()
	}
	return n
}

func (s *eventSink) reset() {
	giveBack(s.buf)
	s.buf, s.taken = nil, 0
}

func (s *eventSink) pending() int { return len(s.buf) - s.taken }

// sendTo writes all frames to a client at once.
func (s *eventSink) sendTo(c *client) {
	if s.pending() > 0 {
		c.send(s.buf[s.taken:])
		s.reset()
	}
}

// finalSink keeps the response object of the terminal event.
type finalSink struct {
	response []byte
}

// Event implements translate.Sink.
func (s *finalSink) Event(typ string, data []byte) {
	switch typ {
	case "response.completed", "response.incomplete", "response.failed":
	default:
		return
	}
	c := jsonscan.New(data)
	for key := range c.Members() {
		if key == "response" {
			s.response = bytes.Clone(c.Raw())
		}
	}
}
