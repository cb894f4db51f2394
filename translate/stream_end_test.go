package translate_test

import (
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

func TestStreamEnds(t *testing.T) {
	gone := fault.New(fault.Truncated, "broke off")
	tests := map[string]struct {
		script func(s *translate.Stream)
		want   []string
	}{
		"F60 text that is cut off": {func(s *translate.Stream) {
			text(s, "Hel")
			s.Incomplete("max_output_tokens")
		}, []string{"message incomplete Hel", "incomplete max_output_tokens"}},
		"F61 text that a filter cut off": {func(s *translate.Stream) {
			text(s, "Hel")
			s.Incomplete("content_filter")
		}, []string{"message incomplete Hel", "incomplete content_filter"}},
		"F60 nothing but the limit": {func(s *translate.Stream) {
			s.Incomplete("max_output_tokens")
		}, []string{"incomplete max_output_tokens"}},
		"reasoning that is cut off": {func(s *translate.Stream) {
			reasoning(s, "hm")
			s.Incomplete("max_output_tokens")
		}, []string{"reasoning hm", "incomplete max_output_tokens"}},
		"F53 a call that is cut off is not done": {func(s *translate.Stream) {
			text(s, "a")
			call(s, "call_1", "f", `{\"a\":`)
			s.Incomplete("max_output_tokens")
		}, []string{"message a", "open: function_call in_progress f call_1 ", "incomplete max_output_tokens"}},
		"F53 a custom call that is cut off is not done": {func(s *translate.Stream) {
			call(s, "call_1", "c", `{\"input\":\"*** Begin`)
			s.Incomplete("max_output_tokens")
		}, []string{"open: custom_tool_call in_progress c call_1 ", "incomplete max_output_tokens"}},
		"F53 a search that is cut off is not done": {func(s *translate.Stream) {
			call(s, "call_1", "tool_search", `{\"query\"`)
			s.Incomplete("max_output_tokens")
		}, []string{"open: tool_search_call in_progress call_1 {}", "incomplete max_output_tokens"}},
		"a call without arguments may be cut off too": {func(s *translate.Stream) {
			s.Call("call_1", "f")
			s.Incomplete("max_output_tokens")
		}, []string{"open: function_call in_progress f call_1 ", "incomplete max_output_tokens"}},
		"a call that is whole is done": {func(s *translate.Stream) {
			call(s, "call_1", "f", `{\"a\":1}`)
			s.Incomplete("max_output_tokens")
		}, []string{`function_call f call_1 {"a":1}`, "incomplete max_output_tokens"}},
		"F53 the first of two calls is cut off": {func(s *translate.Stream) {
			call(s, "call_1", "f", `{\"a\":`)
			call(s, "call_2", "f", `{\"b\":2}`)
			s.Incomplete("max_output_tokens")
		}, []string{"open: function_call in_progress f call_1 ", "incomplete max_output_tokens"}},
		"F53 the second of two calls is cut off": {func(s *translate.Stream) {
			a, b := s.Call("call_1", "f"), s.Call("call_2", "f")
			b.Arguments([]byte(`{\"b\":`))
			a.Arguments([]byte(`{}`))
			s.Incomplete("max_output_tokens")
		}, []string{"function_call f call_1 {}", "incomplete max_output_tokens"}},
		"F58 a failure before anything": {func(s *translate.Stream) {
			s.Fail(gone)
		}, []string{"failed server_error"}},
		"F58 a failure in the midst of text": {func(s *translate.Stream) {
			text(s, "Hel")
			s.Fail(gone)
		}, []string{"open: message in_progress", "failed server_error"}},
		"F58 a failure in the midst of a call": {func(s *translate.Stream) {
			text(s, "a")
			call(s, "call_1", "f", `{\"a\"`)
			s.Fail(gone)
		}, []string{"message a", "open: function_call in_progress f call_1 ", "failed server_error"}},
		"F58 a failure with calls that wait": {func(s *translate.Stream) {
			call(s, "call_1", "f", `{\"a\"`)
			call(s, "call_2", "f", `{}`)
			s.Fail(gone)
		}, []string{"open: function_call in_progress f call_1 ", "failed server_error"}},
		"a failure after a heartbeat": {func(s *translate.Stream) {
			s.Heartbeat()
			s.Heartbeat()
			s.Fail(fault.New(fault.ContextLength, "too long"))
		}, []string{"failed context_length_exceeded"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stream, sink := newStream(t, declared)
			test.script(stream)
			whole := sink.body.String()
			sameLines(t, outline(streamcheck.Require(t, sink.body.Bytes())), test.want...)

			// Nothing follows the end, whatever is still said.
			text(stream, "x")
			reasoning(stream, "x")
			call(stream, "call_9", "f", "{}")
			stream.Heartbeat()
			stream.Complete()
			stream.Fail(gone)
			stream.Incomplete("max_output_tokens")
			if sink.body.String() != whole {
				t.Errorf("after the end came\n%s", sink.body.String()[len(whole):])
			}
			if !stream.Ended() || stream.Outcome() == "" {
				t.Errorf("ended is %v, outcome %q", stream.Ended(), stream.Outcome())
			}
		})
	}
}

func TestArgumentsAfterTheEndGoNowhere(t *testing.T) {
	for name, end := range map[string]func(s *translate.Stream){
		"failed":     func(s *translate.Stream) { s.Fail(fault.New(fault.Truncated, "x")) },
		"incomplete": func(s *translate.Stream) { s.Incomplete("max_output_tokens") },
		"completed":  (*translate.Stream).Complete,
	} {
		t.Run(name, func(t *testing.T) {
			speak(t, declared, func(s *translate.Stream) {
				item := call(s, "call_1", "f", `{`)
				end(s)
				item.Arguments([]byte(`}`))
			})
		})
	}
}
