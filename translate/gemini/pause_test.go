package gemini_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/wiretest"
)

func TestPausedReplies(t *testing.T) {
	pause := func(token string) string {
		return `{"candidates":[{"finishReason":"CONTINUATION","continuationToken":"` + token + `"}],` + usage + `}`
	}
	checkpoint := `{"candidates":[{"continuationToken":"REVG"}]}`
	malformed := ends("MALFORMED_FUNCTION_CALL")
	tests := map[string]struct {
		answers [][]string
		asked   []string
		want    []string
		usage   string
	}{
		"a text that goes on": {
			[][]string{{says("Hel"), pause("QUJD")}, {says("lo"), finish("STOP")}},
			[]string{"QUJD"},
			[]string{"message Hello", "completed"},
			"18/0/0/14/4",
		},
		"a text that goes on twice": {
			[][]string{{says("a"), pause("QUJD")}, {says("b"), pause("REVG")}, {says("c"), finish("STOP")}},
			[]string{"QUJD", "REVG"},
			[]string{"message abc", "completed"},
			"27/0/0/21/6",
		},
		"a text that goes on from a checkpoint": {
			[][]string{{says("a"), checkpoint}, {says("b"), finish("STOP")}}, []string{"REVG"}, []string{"message ab", "completed"}, "",
		},
		"a signature behind a pause": {
			[][]string{{thinks("t"), says("a"), pause("QUJD")}, {parts(`{"text":"b","thoughtSignature":"QUJD"}`), finish("STOP")}},
			[]string{"QUJD"},
			[]string{"reasoning t", "message ab", `reasoning {"texts":[{"from":1,"to":2,"signature":"QUJD"}]}`, "completed"},
			"",
		},
		"a pause without a token": {[][]string{{says("a"), ends("CONTINUATION")}, {}}, nil, []string{"message incomplete a", "incomplete max_output_tokens"}, ""},
		"a pause without a new token": {
			[][]string{{says("a"), pause("QUJD")}, {says("b"), pause("QUJD")}, {}}, []string{"QUJD"}, []string{"message incomplete ab", "incomplete max_output_tokens"}, "",
		},
		"a token of a reply that is whole": {[][]string{{says("a"), checkpoint, finish("STOP")}, {}}, nil, []string{"message a", "completed"}, ""},
		"a token of a prompt that is blocked": {
			[][]string{{checkpoint, `{"promptFeedback":{"blockReason":"SAFETY"}}`}, {}},
			nil,
			[]string{"failed withheld its answer: its content filter objects (block reason SAFETY)"},
			"",
		},
		"a call that came out wrong": {
			[][]string{{malformed}, {callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}},
			[]string{""},
			[]string{`reasoning {"call":"QUJD"}`, callF, "completed"},
			"",
		},
		"a call that came out wrong behind thoughts": {
			[][]string{{thinks("t"), parts(`{"thought":true,"thoughtSignature":"REVG"}`), strings.TrimSuffix(ends("UNEXPECTED_TOOL_CALL"), "}") + "," + usage + "}"}, {callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}},
			[]string{""},
			[]string{"reasoning t", `reasoning {"call":"QUJD"}`, callF, "completed"},
			"18/0/0/14/4",
		},
		"a call that came out wrong twice": {
			[][]string{{malformed}, {malformed}, {}}, []string{""}, []string{"failed ended its reply with the finish reason MALFORMED_FUNCTION_CALL"}, "",
		},
		"a call that came out wrong behind text": {
			[][]string{{says("a"), malformed}, {}}, nil, []string{"open: message in_progress", "failed ended its reply with the finish reason MALFORMED_FUNCTION_CALL"}, "",
		},
		"a call that came out wrong behind another": {
			[][]string{{callOf("call_1", "f", `{"a":1}`, ""), malformed}, {}}, nil, []string{"open: function_call in_progress f call_1 ", "failed ended its reply with the finish reason MALFORMED_FUNCTION_CALL"}, "",
		},
		"an answer that breaks off behind a pause": {
			[][]string{{says("a"), pause("QUJD")}, {says("b")}}, []string{"QUJD"}, []string{"open: message in_progress", "failed broke off its reply"}, "",
		},
		"an error behind a pause": {
			[][]string{{says("a"), pause("QUJD")}, {aFailed(503, "UNAVAILABLE", "x")}}, []string{"QUJD"}, []string{"open: message in_progress", "failed x"}, "",
		},
	}
	p := with(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bodies := make([]io.Reader, len(test.answers))
			for i, frames := range test.answers {
				bodies[i] = strings.NewReader(bodyOf(frames...))
			}
			o := play(t, p, bodies...)
			one := wiretest.Reply{Want: test.want, Usage: test.usage}
			one.Check(t, o)
			if !slices.Equal(o.Continuations, test.asked) {
				t.Errorf("it was asked to go on with %q, want %q", o.Continuations, test.asked)
			}
		})
	}
	t.Run("a connection that breaks is not a pause", func(t *testing.T) {
		body := io.MultiReader(strings.NewReader(bodyOf(says("a"), checkpoint)), iotest.ErrReader(errors.New("reset")))
		if o := play(t, p, body, strings.NewReader("")); o.Fault == nil || o.Fault.Kind != fault.Truncated || o.Continuations != nil {
			t.Errorf("got %v", o.Lines())
		}
	})
}
