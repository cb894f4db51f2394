package translate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
)

// outline writes each item that came, and the end, as a line.
func outline(events []streamcheck.Event) []string {
	var lines []string
	var open string
	for _, event := range events {
		switch {
		case event.Type == "response.output_item.added":
			open = "open: " + describe(event.Item())
		case event.Type == "response.output_item.done":
			open = ""
			lines = append(lines, describe(event.Item()))
		case event.Terminal():
			if open != "" {
				lines = append(lines, open)
			}
			response := event.Response()
			cause := response.Get("incomplete_details.reason").String() + response.Get("error.code").String()
			lines = append(lines, strings.TrimSpace(strings.TrimPrefix(event.Type, "response.")+" "+cause))
		}
	}
	return lines
}

func describe(item gjson.Result) string {
	words := []string{item.Get("type").String()}
	if status := item.Get("status").String(); status != "" && status != "completed" {
		words = append(words, status)
	}
	for _, path := range []string{"namespace", "name", "call_id", "arguments", "input", "summary.0.text", "content.0.text"} {
		if value := item.Get(path); value.Exists() {
			words = append(words, value.String())
		}
	}
	return strings.Join(words, " ")
}

// declared is a request with tools of all kinds.
const declared = `{"model":"m","input":"hi","tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null},{"type":"custom","name":"x"}]},` +
	`{"type":"tool_search","execution":"client"}]}`

// speak plays a script into a stream and holds the result against all rules.
func speak(t testing.TB, body string, script func(s *translate.Stream)) []streamcheck.Event {
	t.Helper()
	stream, sink := newStream(t, body)
	script(stream)
	return streamcheck.Require(t, sink.body.Bytes())
}

// call makes a call with its arguments in pieces.
func call(s *translate.Stream, id, name string, pieces ...string) *translate.CallItem {
	item := s.Call(id, name)
	for _, piece := range pieces {
		item.Arguments([]byte(piece))
	}
	return item
}

func text(s *translate.Stream, pieces ...string) {
	for _, piece := range pieces {
		s.Text([]byte(piece))
	}
}

func reasoning(s *translate.Stream, pieces ...string) {
	for _, piece := range pieces {
		s.Reasoning([]byte(piece))
	}
}

func TestStreamWritesItems(t *testing.T) {
	tests := map[string]struct {
		script func(s *translate.Stream)
		want   []string
	}{
		"nothing": {(*translate.Stream).Complete, []string{"completed"}},
		"text": {func(s *translate.Stream) {
			text(s, "Hel", "lo", `\n\"x\"`)
			s.Complete()
		}, []string{"message Hello\n\"x\"", "completed"}},
		"reasoning, then text": {func(s *translate.Stream) {
			reasoning(s, "a", "b")
			text(s, "c")
			s.Complete()
		}, []string{"reasoning ab", "message c", "completed"}},
		"reasoning that is only state": {func(s *translate.Stream) {
			reasoning(s, "")
			text(s, "c")
			s.Complete()
		}, []string{"reasoning", "message c", "completed"}},
		"reasoning again after text": {func(s *translate.Stream) {
			text(s, "a")
			reasoning(s, "b")
			text(s, "c")
			s.Complete()
		}, []string{"message a", "reasoning b", "message c", "completed"}},

		"a function call": {func(s *translate.Stream) {
			call(s, "call_1", "f", `{\"a\":`, `1}`)
			s.Complete()
		}, []string{`function_call f call_1 {"a":1}`, "completed"}},
		"F03 F52 a call in a namespace": {func(s *translate.Stream) {
			call(s, "call_1", "ns__n", `{}`)
			s.Complete()
		}, []string{`function_call ns n call_1 {}`, "completed"}},
		"F08 a custom call": {func(s *translate.Stream) {
			call(s, "call_1", "c", `{\"input\":\"`, `say \\\"hi\\\"`, `\\n\"}`)
			s.Complete()
		}, []string{"custom_tool_call c call_1 say \"hi\"\n", "completed"}},
		"F08 a custom call in a namespace": {func(s *translate.Stream) {
			call(s, "call_1", "ns__x", `{\"input\":\"a\"}`)
			s.Complete()
		}, []string{"custom_tool_call ns x call_1 a", "completed"}},
		"F96 a search for tools": {func(s *translate.Stream) {
			call(s, "call_1", "tool_search", `{\"query\":`, `\"add\",\n\"limit\":2}`)
			s.Complete()
		}, []string{`tool_search_call call_1 {"query":"add","limit":2}`, "completed"}},
		"a search for tools that is no object": {func(s *translate.Stream) {
			call(s, "call_1", "tool_search", `add`)
			s.Complete()
		}, []string{"tool_search_call call_1 {}", "completed"}},
		"a call of a tool that nobody declared": {func(s *translate.Stream) {
			call(s, "call_1", "rm -rf", `{}`)
			s.Complete()
		}, []string{"function_call rm -rf call_1 {}", "completed"}},
		"F56 empty arguments": {func(s *translate.Stream) {
			call(s, "call_1", "f")
			call(s, "call_2", "f", "")
			s.Complete()
		}, []string{"function_call f call_1 {}", "function_call f call_2 {}", "completed"}},
		"F48 a call without an id": {func(s *translate.Stream) {
			call(s, "", "f", "{}")
			s.Complete()
		}, []string{"function_call f call_2 {}", "completed"}},
		"F44 an id that is used twice": {func(s *translate.Stream) {
			call(s, "call_1", "f", "{}")
			call(s, "call_1", "f", "{}")
			s.Complete()
		}, []string{"function_call f call_1 {}", "function_call f call_3 {}", "completed"}},
		"arguments that are no JSON are the client's to judge": {func(s *translate.Stream) {
			call(s, "call_1", "f", `{\"a\":`)
			s.Complete()
		}, []string{`function_call f call_1 {"a":`, "completed"}},

		"text before a call": {func(s *translate.Stream) {
			text(s, "a")
			call(s, "call_1", "f", "{}")
			s.Complete()
		}, []string{"message a", "function_call f call_1 {}", "completed"}},
		"text after a call": {func(s *translate.Stream) {
			call(s, "call_1", "f", "{}")
			text(s, "a")
			s.Complete()
		}, []string{"function_call f call_1 {}", "message a", "completed"}},
		"blank text before a call": {func(s *translate.Stream) {
			text(s, " ", `\n`, `\t\r `)
			call(s, "call_1", "f", "{}")
			s.Complete()
		}, []string{"function_call f call_1 {}", "completed"}},
		"blank text before a call does not turn up after it": {func(s *translate.Stream) {
			text(s, `\n\n`)
			call(s, "call_1", "f", "{}")
			text(s, "a")
			s.Complete()
		}, []string{"function_call f call_1 {}", "message a", "completed"}},
		"blank text before words": {func(s *translate.Stream) {
			text(s, " ", `\n`, "a", " ", `\n`)
			s.Complete()
		}, []string{"message  \na \n", "completed"}},
		"blank text alone": {func(s *translate.Stream) {
			text(s, " ", `\n`)
			s.Complete()
		}, []string{"completed"}},

		"calls whose arguments alternate": {func(s *translate.Stream) {
			a, b := s.Call("call_1", "f"), s.Call("call_2", "f")
			a.Arguments([]byte(`{\"a\"`))
			b.Arguments([]byte(`{\"b\"`))
			a.Arguments([]byte(`:1}`))
			b.Arguments([]byte(`:2}`))
			s.Complete()
		}, []string{`function_call f call_1 {"a":1}`, `function_call f call_2 {"b":2}`, "completed"}},
		"text that has to wait for a call": {func(s *translate.Stream) {
			a := call(s, "call_1", "c", `{\"input\":\"x`)
			text(s, "hel")
			a.Arguments([]byte(`y\"`))
			text(s, "lo")
			a.Arguments([]byte(`}`))
			call(s, "call_2", "f", "{}")
			s.Complete()
		}, []string{"custom_tool_call c call_1 xy", "message hello", "function_call f call_2 {}", "completed"}},
		"arguments for a call that is closed": {func(s *translate.Stream) {
			a := call(s, "call_1", "f", `{}`)
			call(s, "call_2", "f", `{}`)
			a.Arguments([]byte(`{}`))
			s.Complete()
		}, []string{"function_call f call_1 {}", "function_call f call_2 {}", "completed"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sameLines(t, outline(speak(t, declared, test.script)), test.want...)
		})
	}
}

func TestEventSequences(t *testing.T) {
	const created, part = "created in_progress output_item.added ", "content_part.added "
	tests := map[string]struct {
		body   string
		script func(s *translate.Stream)
		want   string
	}{
		"text": {
			declared, func(s *translate.Stream) { text(s, "a", "b") },
			created + part + "output_text.delta output_text.delta output_text.done content_part.done output_item.done completed",
		},
		"raw reasoning": {
			declared, func(s *translate.Stream) { reasoning(s, "a") },
			created + part + "reasoning_text.delta reasoning_text.done content_part.done output_item.done completed",
		},
		"summarized reasoning": {
			strings.Replace(declared, `"input"`, `"reasoning":{"summary":"auto"},"input"`, 1), func(s *translate.Stream) { reasoning(s, "a") },
			created + "reasoning_summary_part.added reasoning_summary_text.delta reasoning_summary_text.done reasoning_summary_part.done " +
				"output_item.done completed",
		},
		"a function call": {
			declared, func(s *translate.Stream) { call(s, "", "f", "{", "}") },
			created + "function_call_arguments.delta function_call_arguments.delta function_call_arguments.done output_item.done completed",
		},
		"a function call without arguments": {
			declared, func(s *translate.Stream) { call(s, "", "f") },
			created + "function_call_arguments.delta function_call_arguments.done output_item.done completed",
		},
		"a custom call": {
			declared, func(s *translate.Stream) { call(s, "", "c", `{\"input\":\"`, `a`, `b\"}`) },
			created + "custom_tool_call_input.delta custom_tool_call_input.delta custom_tool_call_input.done output_item.done completed",
		},
		"a tool search": {
			declared, func(s *translate.Stream) { call(s, "", "tool_search", `{}`) },
			created + "output_item.done completed",
		},
		"heartbeats": {declared, func(s *translate.Stream) {
			s.Heartbeat()
			s.Heartbeat()
			text(s, "a")
			s.Heartbeat()
		}, "created in_progress in_progress output_item.added " + part + "output_text.delta in_progress " +
			"output_text.done content_part.done output_item.done completed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			events := speak(t, test.body, func(s *translate.Stream) {
				test.script(s)
				s.Complete()
			})
			got := strings.ReplaceAll(strings.Join(streamcheck.Types(events), " "), "response.", "")
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestSpeakingBeginsWithTheFirstItem(t *testing.T) {
	for name, script := range map[string]func(s *translate.Stream){
		"text":      func(s *translate.Stream) { text(s, "a") },
		"reasoning": func(s *translate.Stream) { reasoning(s, "a") },
		"a call":    func(s *translate.Stream) { s.Call("", "f") },
	} {
		t.Run(name, func(t *testing.T) {
			stream, _ := newStream(t, declared)
			stream.Begin()
			stream.Heartbeat()
			text(stream, ` \n`)
			if stream.Speaking() {
				t.Fatal("speaks before there is anything")
			}
			script(stream)
			if !stream.Speaking() {
				t.Error("does not speak")
			}
		})
	}
}

func TestAnAttemptLeavesNothingToTheNext(t *testing.T) {
	events := speak(t, declared, func(s *translate.Stream) {
		s.Attempt(translate.Target{Provider: "one"})
		s.Usage(translate.Usage{Input: 100, Output: 100})
		text(s, `\n\n`)
		s.Attempt(translate.Target{Provider: "two"})
		text(s, "a")
		s.Complete()
	})
	if got := streamcheck.Text(events); got != "a" {
		t.Errorf("text is %q", got)
	}
	if got := streamcheck.Final(events).Get("usage.input_tokens").Int(); got == 100 {
		t.Error("usage is the first attempt's")
	}
}

func TestSurrogatesComeInPairs(t *testing.T) {
	tests := map[string]struct {
		pieces []string
		want   string
	}{
		"a pair in one fragment":                   {[]string{`a\ud83d\ude00b`}, "a😀b"},
		"a pair in two fragments":                  {[]string{`a\ud83d`, `\ude00b`}, "a😀b"},
		"a pair with nothing between its halves":   {[]string{`a\uD83D`, ``, `\uDE00b`}, "a😀b"},
		"a high one alone":                         {[]string{`a\ud83d`, `b`}, "a\ufffdb"},
		"a low one alone":                          {[]string{`a`, `\ude00b`}, "a\ufffdb"},
		"two high ones":                            {[]string{`a\ud83d`, `\ud83d`, `\ude00`}, "a\ufffd😀"},
		"a high one at the end":                    {[]string{`a`, `\ud83d`}, "a"},
		"a backslash and what looks like a high":   {[]string{`a\\ud83d`, `b`}, `a\ud83db`},
		"an emoji in full":                         {[]string{"a😀", "b"}, "a😀b"},
		"a high one first":                         {[]string{`\ud83d`, `\ude00`}, "😀"},
		"a high one behind blanks":                 {[]string{`\n`, `\ud83d`, `\ude00`}, "\n😀"},
		"an escaped letter":                        {[]string{`\u00e9`}, "é"},
		"a zero":                                   {[]string{`a\u0000b`}, "a\x00b"},
		"two halves of different pairs, both lost": {[]string{`\ude00`, `\ud83d`, `x`}, "\ufffd\ufffdx"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for kind, script := range map[string]func(s *translate.Stream){
				"text":      func(s *translate.Stream) { text(s, test.pieces...) },
				"reasoning": func(s *translate.Stream) { reasoning(s, test.pieces...) },
				"arguments": func(s *translate.Stream) { call(s, "", "f", test.pieces...) },
			} {
				events := speak(t, declared, func(s *translate.Stream) {
					script(s)
					s.Complete()
				})
				item := streamcheck.Items(events)[0]
				if got := item.Get("content.0.text").String() + item.Get("arguments").String(); got != test.want {
					t.Errorf("%s: got %q, want %q", kind, got, test.want)
				}
			}
		})
	}
}

func TestReasoningIsSealedForWhoAsks(t *testing.T) {
	const encrypted = `{"model":"m","input":"hi","include":["reasoning.encrypted_content"]}`
	state := func(text []byte) *envelope.Payload {
		return &envelope.Payload{Field: "f", Data: []byte("state of " + string(text))}
	}
	script := func(s *translate.Stream) {
		s.Attempt(translate.Target{Provider: "p", Model: "up"})
		s.State = state
		reasoning(s, "a")
		text(s, "b")
		s.Complete()
	}
	content := streamcheck.Items(speak(t, encrypted, script))[0].Get("encrypted_content").String()
	payload, ok := ring.Open(content)
	if !ok || payload.Provider != "p" || payload.Model != "up" || payload.Field != "f" || string(payload.Data) != "state of a" {
		t.Errorf("got %+v, %v", payload, ok)
	}
	if content := streamcheck.Items(speak(t, declared, script))[0].Get("encrypted_content"); content.Exists() {
		t.Errorf("nobody asked for %s", content.Raw)
	}
}

// An item that waits is closed before it is opened.
func TestReasoningThatWaitsIsSealedOnce(t *testing.T) {
	calls := 0
	events := speak(t, `{"model":"m","input":"hi","include":["reasoning.encrypted_content"]}`, func(s *translate.Stream) {
		s.State = func(text []byte) *envelope.Payload {
			calls++
			return &envelope.Payload{Field: "f", Data: []byte(fmt.Sprintf("%d %s", calls, text))}
		}
		a := call(s, "call_1", "f", `{`)
		reasoning(s, "a")
		text(s, "b")
		a.Arguments([]byte(`}`))
		s.Complete()
	})
	sameLines(t, outline(events), "function_call f call_1 {}", "reasoning a", "message b", "completed")
	payload, ok := ring.Open(streamcheck.Items(events)[1].Get("encrypted_content").String())
	if !ok || string(payload.Data) != "1 a" {
		t.Errorf("got %+v, %v", payload, ok)
	}
}

// A call is whole when its arguments are, white space behind them included.
func TestWhole(t *testing.T) {
	tests := map[string]struct {
		arguments string
		want      bool
	}{
		"nothing":                      {``, false},
		"an object":                    {`{\"a\":1}`, true},
		"an object and white space":    {` {\"a\":1} \n\r\n\t`, true},
		"an object that is not closed": {`{\"a\":{\"b\":1}`, false},
		"an object that ends in n":     {`{\"a\":\"n`, false},
		"an object in a text":          {`{\"a\":\"}\\n`, false},
		"two objects":                  {`{}{}`, false},
		"a text":                       {`\"a\"`, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stream, _ := newStream(t, declared)
			if item := call(stream, "", "f", test.arguments); item.Whole() != test.want {
				t.Errorf("got %v", item.Whole())
			}
		})
	}
}
