package translate_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// inputOf makes a call of a custom tool, with arguments as the model wrote them, in pieces of their escaped form, and returns the
// client's input.
func inputOf(t *testing.T, pieces ...string) string {
	t.Helper()
	item := streamcheck.Items(speak(t, declared, func(s *translate.Stream) {
		call(s, "call_1", "c", pieces...)
		s.Complete()
	}))[0]
	if item.Get("type").String() != "custom_tool_call" {
		t.Fatalf("got %s", item.Raw)
	}
	return item.Get("input").String()
}

// nested escapes arguments for the inside of a JSON string, as they are in a chunk.
func nested(arguments string) string { return string(jsonscan.AppendNested(nil, []byte(arguments))) }

func TestF08CustomInputIsTakenOutOfItsArguments(t *testing.T) {
	tests := map[string]struct{ arguments, want string }{
		"as asked for":                              {`{"input":"a"}`, "a"},
		"empty":                                     {`{"input":""}`, ""},
		"white space around":                        {" {\n \"input\" :\t\"a\" }\n", "a"},
		"all escapes":                               {`{"input":"\" \\ \/ \b \f \n \r \t \u00e9 \ud83d\ude00"}`, "\" \\ / \b \f \n \r \t é 😀"},
		"letters of all scripts":                    {`{"input":"größe 日本語 😀"}`, "größe 日本語 😀"},
		"a patch":                                   {`{"input":"*** Begin Patch\n*** Update File: a\n@@\n-x = \"q\"\n+x = \"é\\n\"\n*** End Patch\n"}`, "*** Begin Patch\n*** Update File: a\n@@\n-x = \"q\"\n+x = \"é\\n\"\n*** End Patch\n"},
		"line breaks that are not escaped":          {"{\"input\":\"a\nb\tc\"}", "a\nb\tc"},
		"backslashes that escape nothing":           {`{"input":"\d+\.\w"}`, `\d+\.\w`},
		"a u that begins no escape":                 {`{"input":"\users"}`, `\users`},
		"a surrogate without its partner":           {`{"input":"a\ud83db"}`, "a\ufffdb"},
		"a member more behind it":                   {`{"input":"a","x":1}`, "a"},
		"a member more before it":                   {`{"x":1,"input":"a"}`, "a"},
		"another name for it":                       {`{"patch":"a"}`, "a"},
		"another name for it and more":              {`{"patch":"a","x":"b"}`, `{"patch":"a","x":"b"}`},
		"an object without it":                      {`{}`, ``},
		"an input that is no text":                  {`{"input":{"a":1}}`, `{"input":{"a":1}}`},
		"a bare text":                               {`"a\nb"`, "a\nb"},
		"the text itself":                           {"*** Begin Patch\n\"q\"", "*** Begin Patch\n\"q\""},
		"nothing":                                   {"", ""},
		"a closing brace that is missing":           {`{"input":"a"`, "a"},
		"a closing quote that is missing":           {`{"input":"a`, "a"},
		"half an escape at the end":                 {`{"input":"a\u00`, `a\u00`},
		"something behind the end":                  {`{"input":"a"} and so on`, "a"},
		"a control character that nobody writes":    {"{\"input\":\"a\x01b\"}", "a\x01b"},
		"what looks like a surrogate and is a text": {`{"input":"\\ud83d\\ude00"}`, `\ud83d\ude00`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			escaped := nested(test.arguments)
			if got := inputOf(t, escaped); got != test.want {
				t.Errorf("in one piece: got %q, want %q", got, test.want)
			}
			for _, cut := range cuts(escaped) {
				if got := inputOf(t, escaped[:cut], escaped[cut:]); got != test.want {
					t.Errorf("cut into %q and %q: got %q, want %q", escaped[:cut], escaped[cut:], got, test.want)
				}
			}
			if got := inputOf(t, pieces(escaped)...); got != test.want {
				t.Errorf("byte by byte: got %q, want %q", got, test.want)
			}
		})
	}
}

// cuts lists the places at which an escaped text can be cut into two JSON strings.
func cuts(escaped string) []int {
	var all []int
	for i := 0; i <= len(escaped); i++ {
		left, right := `"`+escaped[:i]+`"`, `"`+escaped[i:]+`"`
		if i < len(escaped) && escaped[i]&0xc0 == 0x80 || !jsonscan.Valid([]byte(left)) || !jsonscan.Valid([]byte(right)) {
			continue
		}
		all = append(all, i)
	}
	return all
}

// pieces cuts an escaped text at all those places.
func pieces(escaped string) []string {
	var all []string
	last := 0
	for _, cut := range cuts(escaped) {
		all = append(all, escaped[last:cut])
		last = cut
	}
	return all
}

func TestCustomInputGrowsWhileItArrives(t *testing.T) {
	stream, sink := newStream(t, declared)
	item := stream.Call("call_1", "c")
	for _, step := range []struct{ piece, want string }{
		{`{\"in`, ""}, {`put\": \"`, ""}, {`a\\n`, "a\n"}, {`\\`, "a\n"}, {`\"`, "a\n\""}, {`b\"`, "a\n\"b"}, {`}`, "a\n\"b"},
	} {
		item.Arguments([]byte(step.piece))
		var grown strings.Builder
		for _, event := range sink.events(t) {
			if event.Type == "response.custom_tool_call_input.delta" {
				grown.WriteString(event.Get("delta").String())
			}
		}
		if grown.String() != step.want {
			t.Errorf("after %q the client has %q, want %q", step.piece, grown.String(), step.want)
		}
	}
}

// What a client sends through a custom tool comes back as it was.
func FuzzCustomInputComesBack(f *testing.F) {
	for _, seed := range []string{"", "a", "*** Begin Patch\n+é \"q\"\n", `\d+`, "😀\x00\u2028", "\\", `"`} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, text string, step int) {
		text = strings.ToValidUTF8(text, "")
		escaped := nested(`{"input":` + string(jsonscan.AppendString(nil, text)) + `}`)
		all := pieces(escaped)
		step = max(1, min(step, len(all)))
		var joined []string
		for len(all) > 0 {
			n := min(step, len(all))
			joined = append(joined, strings.Join(all[:n], ""))
			all = all[n:]
		}
		if got := inputOf(t, joined...); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	})
}

func TestLongInputsAndArgumentsComeWhole(t *testing.T) {
	long := strings.Repeat(`say "é" \ 😀`+"\n", 256<<10/20)
	escaped := nested(`{"input":` + string(jsonscan.AppendString(nil, long)) + `}`)
	for name, size := range map[string]int{"large pieces": 60000, "small pieces": 50} {
		t.Run("F54 "+name, func(t *testing.T) {
			var split []string
			for rest := escaped; rest != ""; {
				n := min(size, len(rest))
				for n < len(rest) && (rest[n]&0xc0 == 0x80 || bytes.HasSuffix([]byte(rest[:n]), []byte(`\`))) {
					n++
				}
				split = append(split, rest[:n])
				rest = rest[n:]
			}
			if got := inputOf(t, split...); got != long {
				t.Errorf("got %d bytes, want %d", len(got), len(long))
			}
		})
	}
}
