package codexresponses

import (
	"bytes"

	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// eventSink gathers events as frames of an event stream until they are written.
type eventSink struct {
	buf   []byte
	taken int
}

// Event implements translate.Sink.
func (s *eventSink) Event(typ string, data []byte) {
	s.buf = sse.AppendEvent(s.buf, typ, data)
}

// read moves frames to p.
func (s *eventSink) read(p []byte) int {
	n := copy(p, s.buf[s.taken:])
	s.taken += n
	if s.taken == len(s.buf) {
		s.buf, s.taken = s.buf[:0], 0
	}
	return n
}

func (s *eventSink) pending() int { return len(s.buf) - s.taken }

// take returns all frames. They hold until the next event.
func (s *eventSink) take() []byte {
	frames := s.buf[s.taken:]
	s.buf, s.taken = s.buf[:0], 0
	return frames
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
