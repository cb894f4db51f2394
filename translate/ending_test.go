package translate_test

import (
	"errors"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
)

func TestRepliesEndAsTheirProvidersSay(t *testing.T) {
	reasons := translate.Reasons{
		translate.Completed: {"stop"}, translate.CutByLength: {"length"}, translate.Filtered: {"filter"}, translate.Broken: {"error"},
		translate.Overloaded: {"busy"},
	}
	tests := map[string]struct {
		said, word  string
		event       string // the last
		kind        fault.Kind
		explanation string
	}{
		"a whole reply":                   {"a", "stop", "response.completed", 0, ""},
		"a word that nobody knows":        {"a", "eternity", "response.completed", 0, ""},
		"a reply without an answer":       {"", "stop", "", fault.BadReply, "ended its reply without an answer"},
		"a limit":                         {"a", "length", "response.incomplete", 0, ""},
		"a limit before anything is said": {"", "length", "response.incomplete", 0, ""},
		"a filter":                        {"a", "filter", "response.incomplete", 0, ""},
		"a filter of all":                 {"", "filter", "", fault.Filtered, "withheld its answer: its content filter objects (stop reason filter)"},
		"an error":                        {"a", "error", "", fault.Unavailable, "ended its reply with the stop reason error"},
		"no capacity":                     {"a", "busy", "", fault.Overloaded, "ended its reply with the stop reason busy"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var last lastEvent
			out := translate.NewStream(wiretest.Parse(t, []byte(wiretest.Ask())), wiretest.Ring, &last, wiretest.Counted(), wiretest.Clock)
			if test.said != "" {
				out.Text([]byte(test.said))
			}
			target := &translate.Target{Provider: "p"}
			err := target.End(reasons.Ending(test.word), "stop reason "+test.word, out)
			if test.event != "" {
				if err != nil || string(last) != test.event {
					t.Errorf("got %v, and the stream ends in %s", err, last)
				}
				return
			}
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != test.kind || f.Message != test.explanation || f.Provider != "p" || out.Ended() {
				t.Errorf("got %#v, and ended is %v", err, out.Ended())
			}
		})
	}
}

// lastEvent is a sink that keeps the type of the last event.
type lastEvent string

// Event implements translate.Sink.
func (l *lastEvent) Event(typ string, _ []byte) { *l = lastEvent(typ) }

func TestIDsOfCallsInTheFormsThatProvidersTake(t *testing.T) {
	long := "a23456789_a23456789_a23456789_a23456789_a23456789_a23456789_a234"
	for id, kept := range map[string]bool{"toolu_1-A": true, long: true, long + "x": false, "": false, "f:0": false, "é": false} {
		if got := translate.PlainID(id, "call_"); (got == id) != kept || len(got) > 64 || got == "" {
			t.Errorf("PlainID makes %q of %q", got, id)
		}
	}
	for id, kept := range map[string]bool{"a23456789": true, "a2345678_": false, "a2345678": false, "a234567890": false} {
		if got := translate.MistralID(id); (got == id) != kept || len(got) != 9 {
			t.Errorf("MistralID makes %q of %q", got, id)
		}
	}
}
