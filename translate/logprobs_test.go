package translate_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

// likely is a request that asks how likely the tokens are.
var likely = request(`"input":"hi"`, `"include":["message.output_text.logprobs"]`, `"top_logprobs":1`)

// token is a token as Chat Completions has it.
func token(text, bytes, others string) string {
	return `{"token":` + text + `,"logprob":-0.5` + bytes + `,"top_logprobs":[` + others + `]}`
}

// tokens writes the tokens that a list tells of.
func tokens(list gjson.Result) string {
	var all []string
	for _, one := range list.Array() {
		all = append(all, one.Get("token").String())
	}
	return strings.Join(all, "|")
}

func TestLogprobsAreToldWithTheirText(t *testing.T) {
	said := func(texts ...string) string {
		list := make([]string, len(texts))
		for i, text := range texts {
			list[i] = token(`"`+text+`"`, "", "")
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	tests := map[string]struct {
		script func(s *translate.Stream)
		deltas string // the tokens of each delta of text, with spaces between
		whole  string
	}{
		"a token a piece": {func(s *translate.Stream) {
			s.Logprobs([]byte(said("Hel")))
			text(s, "Hel")
			s.Logprobs([]byte(said("lo")))
			text(s, "lo")
		}, "Hel lo", "Hel|lo"},
		"several tokens a piece": {func(s *translate.Stream) {
			s.Logprobs([]byte(said("a", "b")))
			text(s, "ab")
			s.Logprobs([]byte(said("c", "d")))
			text(s, "cd")
		}, "a|b c|d", "a|b|c|d"},
		"some pieces without": {func(s *translate.Stream) {
			text(s, "a")
			s.Logprobs([]byte(said("b")))
			text(s, "b", "c")
		}, "- b -", "b"},
		"white space that waits for the text": {func(s *translate.Stream) {
			s.Logprobs([]byte(said("_")))
			text(s, " ")
			s.Logprobs([]byte(said("a")))
			text(s, "a")
		}, "_|a", "_|a"},
		"white space that no text follows": {func(s *translate.Stream) {
			s.Logprobs([]byte(said("_")))
			text(s, " ")
			s.Call("", "f").Arguments([]byte("{}"))
			s.Logprobs([]byte(said("a")))
			text(s, "a")
		}, "a", "a"},
		"reasoning that came as text": {func(s *translate.Stream) {
			s.Logprobs([]byte(said("t")))
			s.Reasoning([]byte("t"))
			s.Logprobs([]byte(said("u")))
			s.Reasoning([]byte("u"))
			text(s, "a")
		}, "-", ""},
		"a text that waits for a call": {func(s *translate.Stream) {
			call := s.Call("", "f")
			call.Arguments([]byte(`{\"a\"`))
			s.Logprobs([]byte(said("a")))
			text(s, "a")
			s.Logprobs([]byte(said("b")))
			text(s, "b")
			call.Arguments([]byte(`:1}`))
		}, "a|b", "a|b"},
		"half a character": {func(s *translate.Stream) {
			s.Logprobs([]byte(said("a")))
			text(s, "a")
			s.Logprobs([]byte(said("b")))
			text(s, `\ud83d`)
			s.Logprobs([]byte(said("c")))
			text(s, `\ude00`)
		}, "a b|c", "a|b|c"},
		"tokens behind the text": {func(s *translate.Stream) {
			text(s, "a")
			s.Logprobs([]byte(said("a")))
		}, "-", "a"},
		"tokens of an attempt that failed": {func(s *translate.Stream) {
			s.Logprobs([]byte(said("x")))
			s.Attempt(translate.Target{Provider: "p"})
			text(s, "a")
		}, "-", ""},
		"no list": {func(s *translate.Stream) {
			s.Logprobs(nil)
			s.Logprobs([]byte("null"))
			s.Logprobs([]byte(`[null,7,{"token":"x"},{"logprob":-1},{"token":7,"logprob":-1},{"token":"x","logprob":null}]`))
			text(s, "a")
		}, "-", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			events := speak(t, likely, func(s *translate.Stream) {
				test.script(s)
				s.Complete()
			})
			var deltas []string
			for _, event := range events {
				switch event.Type {
				case "response.output_text.delta":
					deltas = append(deltas, cmp.Or(tokens(event.Get("logprobs")), "-"))
				case "response.output_text.done":
					if got := tokens(event.Get("logprobs")); got != test.whole {
						t.Errorf("the text is done with %q", got)
					}
				case "response.content_part.done":
					if got := tokens(event.Get("part.logprobs")); got != test.whole {
						t.Errorf("the part is done with %q", got)
					}
				}
			}
			if got := strings.Join(deltas, " "); got != test.deltas {
				t.Errorf("deltas have %q, want %q", got, test.deltas)
			}
			for _, item := range streamcheck.Items(events) {
				if got := tokens(item.Get("content.0.logprobs")); item.Get("type").String() == "message" && got != test.whole {
					t.Errorf("the message has %q, want %q", got, test.whole)
				}
			}
		})
	}
}

func TestATokenHasTheFormOfTheAPI(t *testing.T) {
	tests := map[string]struct{ said, want string }{
		"whole": {
			token(`"a"`, `,"bytes":[97]`, `{"token":"a","logprob":-0.5,"bytes":[97]},{"token":"b","logprob":-1e-3,"bytes":[98]}`),
			`{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"a","logprob":-0.5,"bytes":[97]},{"token":"b","logprob":-1e-3,"bytes":[98]}]}`,
		},
		"without bytes":         {token(`"ä"`, "", `{"token":"b","logprob":-1}`), `{"token":"ä","logprob":-0.5,"bytes":[195,164],"top_logprobs":[{"token":"b","logprob":-1,"bytes":[98]}]}`},
		"with bytes of null":    {token(`"\n"`, `,"bytes":null`, ""), `{"token":"\n","logprob":-0.5,"bytes":[10],"top_logprobs":[]}`},
		"with half a character": {token(`"\ud83d"`, `,"bytes":[240,159]`, ""), `{"token":"\ufffd","logprob":-0.5,"bytes":[240,159],"top_logprobs":[]}`},
		"with others of null":   {`{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":null}`, `{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}`},
		"with more":             {`{"id":7,"token":"a", "logprob":-0.5,"bytes":[ 97 ],"text_offset":3}`, `{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}`},
		"empty":                 {`{"token":"","logprob":0}`, `{"token":"","logprob":0,"bytes":[],"top_logprobs":[]}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			response := streamcheck.Final(speak(t, likely, func(s *translate.Stream) {
				s.Logprobs([]byte("[" + test.said + "]"))
				text(s, "a")
				s.Complete()
			}))
			if got := response.Get("output.0.content.0.logprobs.0").Raw; got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestLogprobsAreNotReadWhereNobodyAsks(t *testing.T) {
	for name, body := range map[string]string{"nobody asks": request(`"input":"hi"`), "a number alone asks for nothing": request(`"input":"hi"`, `"top_logprobs":3`)} {
		response := streamcheck.Final(speak(t, body, func(s *translate.Stream) {
			s.Logprobs([]byte("[" + token(`"a"`, "", "") + "]"))
			text(s, "a")
			s.Complete()
		}))
		if got := response.Get("output.0.content.0.logprobs").Raw; got != "[]" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
