package translate

import (
	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Complete ends the response as completed.
func (s *Stream) Complete() {
	if s.req.condensing.whole != nil {
		s.condense()
		return
	}
	s.sealSummary()
	s.tellSummary()
	s.end("response.completed", "completed", nil, true)
}

// Incomplete ends the response as cut short. The reason is max_output_tokens or content_filter.
func (s *Stream) Incomplete(reason string) {
	if !blank(s.summed) && reason == "max_output_tokens" {
		s.Complete() // what there is of a summary is better than none: a client has no other way to go on
		return
	}
	s.tellSummary()
	s.end("response.incomplete", "incomplete", func(dst []byte) []byte {
		return append(append(append(dst, `{"reason":"`...), reason...), `"}`...)
	}, false)
}

// Fail ends the response as failed. Items under way are not closed, for clients keep what is closed and run calls that are.
func (s *Stream) Fail(f *fault.Fault) {
	s.abandon()
	s.end("response.failed", "failed", func(dst []byte) []byte { return appendFailure(dst, f) }, false)
}

// appendFailure appends the error of a failed response.
func appendFailure(dst []byte, f *fault.Fault) []byte {
	dst = append(dst, `{"code":`...)
	dst = jsonscan.AppendString(dst, f.FailedCode())
	dst = append(dst, `,"message":`...)
	dst = jsonscan.AppendString(dst, f.FailedMessage())
	return append(dst, '}')
}

// end closes what is open and writes the terminal event, once.
func (s *Stream) end(event, status string, detail func([]byte) []byte, whole bool) {
	if s.phase == ended {
		return
	}
	s.Begin()
	s.closeItems(whole)
	s.abandon()
	s.phase = ended
	s.terminal = event
	s.state(event, status, detail)
}

// closeItems finishes what is under way. In a response that was cut short, a call whose arguments are not whole is never finished: a
// client would run it. It stays open where it was opened, and what waits behind it is lost.
func (s *Stream) closeItems(whole bool) {
	for i, item := range s.queue {
		status := "completed"
		switch cut := !whole && !item.whole(); {
		case cut && item.opened:
			return
		case cut:
			continue
		case !whole && !item.isCall() && i == len(s.queue)-1:
			status = "incomplete"
		}
		s.openItem(item)
		item.closed = true
		s.finish(item, status)
	}
}

// abandon drops what is under way.
func (s *Stream) abandon() {
	for _, item := range s.queue {
		item.closed = true
	}
	s.queue = nil
}

// kept has the response object stored, where that is wanted. False for one that says it is stored and is not.
func (s *Stream) kept(object []byte) bool {
	if s.Keep == nil || s.Keep(object) || !s.req.State.Keeps {
		return true
	}
	s.req.State.Keeps, s.echoed = false, nil
	return false
}
