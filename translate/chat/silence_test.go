package chat_test

import (
	"strings"
	"testing"
)

// A model that has run its tools may have nothing more to say; one that was asked may not.
func TestSilenceIsAnAnswerToResultsAlone(t *testing.T) {
	silence := bodyOf(finish("stop"), done)
	for request, want := range map[string]string{
		`{"model":"m","input":"hi"}`: "ended its reply without an answer",
		`{"model":"m","input":[{"role":"user","content":"hi"},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"},` +
			`{"type":"function_call_output","call_id":"1","output":"done"}]}`: "",
	} {
		got := ""
		if o := plain().read(t, request, strings.NewReader(silence)); o.Fault != nil {
			got = o.Fault.Message
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", request, got, want)
		}
	}
}
