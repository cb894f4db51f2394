package ollama_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate/ollama"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]}]}`

var (
	says   = upstreamtest.OllamaText
	thinks = upstreamtest.OllamaThinking
	calls  = upstreamtest.OllamaCall
)

func done(reason string) string { return upstreamtest.OllamaDone(reason, 9, 5) }

const callF = `function_call f call_1 {"a":1}`

var tagged = []string{"think_tags", "true"}

var replies = map[string]wiretest.Reply{
	"text":                     {Frames: []string{says("Hel"), says("lo"), done("stop")}, Want: []string{"message Hello", "completed"}, Usage: "9/0/0/5/0"},
	"thinking":                 {Frames: []string{thinks("Let"), thinks(" me"), says("a"), done("stop")}, Want: []string{"reasoning Let me", "message a", "completed"}},
	"F48 calls without ids":    {Frames: []string{calls("", "f", `{"a": 1}`), done("stop")}, Want: []string{`function_call f call_2 {"a":1}`, "completed"}},
	"calls with ids":           {Frames: []string{calls("call_1", "f", `{"a":1}`), calls("call_2", "ns__n", `{}`), done("stop")}, Want: []string{callF, "function_call ns n call_2 {}", "completed"}},
	"several calls in a line":  {Frames: []string{`{"message":{"tool_calls":[{"id":"call_1","function":{"name":"f","arguments":{"a":1}}},{"id":"call_2","function":{"name":"f","arguments":null}}]},"done":false}`, done("stop")}, Want: []string{callF, "function_call f call_2 {}", "completed"}},
	"arguments that are text":  {Frames: []string{calls("call_1", "f", `"{\"a\":1}"`), done("stop")}, Want: []string{callF, "completed"}},
	"F08 a custom tool":        {Frames: []string{says("x"), calls("call_1", "c", `{"input":"a\nb"}`), done("stop")}, Want: []string{"message x", "custom_tool_call c call_1 a\nb", "completed"}},
	"a call without a name":    {Frames: []string{calls("call_1", "", `{}`), done("stop")}, Want: []string{"failed made a tool call without a name"}},
	"F60 a limit":              {Frames: []string{says("a"), done("length")}, Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"no reason to end":         {Frames: []string{says("a"), `{"message":{"content":""},"done":true}`}, Want: []string{"message a", "completed"}},
	"a model that is loaded":   {Frames: []string{`{"message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}`}, Want: []string{"failed did not answer: it was asked to load the model"}},
	"no answer":                {Frames: []string{done("stop")}, Want: []string{"failed ended its reply without an answer"}},
	"lines that say nothing":   {Frames: []string{"", `{}`, `{"message":null,"error":null}`, says("a"), `  `, done("stop")}, Want: []string{"message a", "completed"}},
	"a whole reply":            {Frames: []string{`{"model":"m","message":{"role":"assistant","content":"Hi","thinking":"t"},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":5}`}, Want: []string{"reasoning t", "message Hi", "completed"}, Usage: "9/0/0/5/0"},
	"bytes that are not UTF-8": {Frames: []string{strings.Replace(says("a"), `"a"`, "\"a\xffb\"", 1), done("stop")}, Want: []string{"message a\ufffdb", "completed"}},
	"a line behind the end":    {Frames: []string{says("a"), done("stop"), says("b")}, Want: []string{"message a", "completed"}},

	"F63 an error at once":       {Frames: []string{upstreamtest.OllamaError("boom")}, Want: []string{"failed boom"}},
	"F63 an error behind text":   {Frames: []string{says("a"), upstreamtest.OllamaError("boom")}, Want: []string{"open: message in_progress", "failed boom"}},
	"a line that is no JSON":     {Frames: []string{says("a"), `{"message":{"content":"b`, done("stop")}, Want: []string{"open: message in_progress", "failed sent a line that is not JSON"}},
	"a line that is no object":   {Frames: []string{says("a"), `[]`}, Want: []string{"open: message in_progress", "failed sent a line that is not a JSON object"}},
	"an event stream":            {Frames: []string{`data: {"choices":[]}`, `{}`}, Want: []string{"failed sent a line that is not a JSON object"}},
	"thoughts in the text":       {Knobs: tagged, Frames: []string{says("<thi"), says("nk>a</think>"), says("\n\nb"), done("stop")}, Want: []string{"reasoning a", "message b", "completed"}},
	"a call behind half a tag":   {Knobs: tagged, Frames: []string{says("<thi"), calls("call_1", "f", `{"a":1}`), done("stop")}, Want: []string{"message <thi", callF, "completed"}},
	"thoughts that are cut off":  {Knobs: tagged, Frames: []string{says("<think>a</thi"), done("length")}, Want: []string{"reasoning a</thi", "incomplete max_output_tokens"}},
	"thoughts that are not told": {Frames: []string{says("<think>a</think>b"), done("stop")}, Want: []string{"message <think>a</think>b", "completed"}},
}

// all are the replies and what is looked at in them.
var all = &wiretest.Replies{
	Wire: wire, Request: asking, Table: replies,
	Provider: wiretest.With,
	Body:     func(lines ...string) string { return strings.Join(lines, "\n") + "\n" },
	Told:     func(line string) bool { return strings.Contains(line, `"done":true`) },
}

func TestReplies(t *testing.T) { all.Read(t) }

func TestRepliesInOtherLines(t *testing.T) {
	for form, body := range map[string]func(lines ...string) string{
		"with CRLF":            func(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" },
		"without the last end": func(lines ...string) string { return strings.Join(lines, "\n") },
	} {
		t.Run(form, func(t *testing.T) {
			other := *all
			other.Body = body
			other.Read(t)
		})
	}
}

func TestF58RepliesThatAreCutOff(t *testing.T) { all.CutOff(t) }

func TestF58RepliesThatAreCutOffAtEveryByte(t *testing.T) { all.CutOffAnywhere(t) }

// A reply that comes as one document, with whatever is in it, is its lines.
func TestLinesInOneDocument(t *testing.T) {
	body := strings.Join([]string{says("He"), says("llo"), done("stop")}, "\n")
	o := plain().read(t, asking, strings.NewReader(strings.ReplaceAll(body, "\n", " ")))
	if got, want := o.Lines(), []string{"message Hello", "completed"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestFaultsOfOllama(t *testing.T) {
	tests := map[string]struct {
		message string
		want    fault.Kind
	}{
		"a prompt that is too long":  {"the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length", fault.ContextLength},
		"the same, by the runner":    {"the request exceeds the available context size. try increasing the context size or enable context shift", fault.ContextLength},
		"a model that is not there":  {`model "qwen9:latest" not found, try pulling it first`, fault.NoSuchModel},
		"a runner that died":         {"model runner has unexpectedly stopped", fault.Unavailable},
		"an error without a meaning": {"boom", fault.Unavailable},
	}
	for name, test := range tests {
		o := plain().read(t, asking, strings.NewReader(upstreamtest.OllamaError(test.message)+"\n"))
		if o.Fault == nil || o.Fault.Kind != test.want || o.Fault.Message != test.message || o.Fault.Provider != "plain" {
			t.Errorf("%s: got %+v", name, o.Fault)
		}
	}
}

// F04: what a model has thought comes back to it, and to nobody else.
func TestF04ThinkingComesBack(t *testing.T) {
	p := with(t, "reasoning_out", "thinking")
	lines := []string{thinks("Let"), thinks(" me \"see\"\n"), says("x"), calls("call_1", "f", `{"a":1}`), done("stop")}
	request := p.read(t, asking, strings.NewReader(strings.Join(lines, "\n"))).NextTurn(t, asking)
	body := p.body(t, request)
	p.check(t, body)
	const want = `{"role":"assistant","content":"x","thinking":"Let me \"see\"\n","tool_calls":[{"id":"call_1","function":{"name":"f","arguments":{"a":1}}}]}`
	if got := gjson.GetBytes(body, "messages.1").Raw; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.Target.Provider = "another"
	if body := p.body(t, request); strings.Contains(string(body), "thinking") {
		t.Errorf("another provider gets %s", body)
	}
}

// chunks is a body that arrives in pieces, and says so when it is asked for one that is not there.
type chunks struct {
	t    *testing.T
	list []string
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.list) == 0 {
		c.t.Fatal("the reader waits for the source")
	}
	n := copy(p, c.list[0])
	if c.list[0] = c.list[0][n:]; c.list[0] == "" {
		c.list = c.list[1:]
	}
	return n, nil
}

func TestBufferedNeverWaits(t *testing.T) {
	r := ollama.NewReader(&chunks{t, []string{"{\"a\":1}\n\n \r\n{\"b\":1}\n\n{\"c\""}})
	if _, ok := r.Buffered(); ok {
		t.Error("there is a line before anything was read")
	}
	if event, err := r.Next(); err != nil || string(bytes.TrimSpace(event.Data)) != `{"a":1}` {
		t.Fatalf("got %q, %v", event.Data, err)
	}
	if event, ok := r.Buffered(); !ok || string(bytes.TrimSpace(event.Data)) != `{"b":1}` {
		t.Errorf("got %q, %v", event.Data, ok)
	}
	if event, ok := r.Buffered(); ok {
		t.Errorf("half a line is %q", event.Data)
	}
}

func TestLongLinesAreRead(t *testing.T) {
	long := `{"a":"` + strings.Repeat("word ", 20_000) + `"}`
	r := ollama.NewReader(strings.NewReader(long + "\r\n\n" + `{"b":1}`))
	if event, err := r.Next(); err != nil || string(bytes.TrimSpace(event.Data)) != long || event.Partial {
		t.Fatalf("got %d bytes, %v", len(event.Data), err)
	}
	if event, err := r.Next(); err != nil || string(event.Data) != `{"b":1}` || event.Partial {
		t.Errorf("got %q, %v", event.Data, err)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	if event, err := ollama.NewReader(strings.NewReader(`{"b":`)).Next(); err != nil || !event.Partial {
		t.Errorf("half a line is %+v, %v", event, err)
	}
	endless := io.MultiReader(strings.NewReader(`{"a":"`), endlessReader{})
	if _, err := ollama.NewReader(endless).Next(); !errors.Is(err, sse.ErrTooLong) {
		t.Errorf("a line without end: got %v", err)
	}
}

type endlessReader struct{}

func (endlessReader) Read(p []byte) (int, error) { return copy(p, strings.Repeat("a", len(p))), nil }

// Whatever a provider sends, the client gets a stream that keeps all rules.
func FuzzReplies(f *testing.F) {
	for _, test := range replies {
		f.Add([]byte(strings.Join(test.Frames, "\n")), test.Knobs != nil)
	}
	f.Fuzz(func(t *testing.T, body []byte, tags bool) {
		p := plain()
		p.Dialect.ThinkTags = tags
		p.read(t, asking, bytes.NewReader(body))
	})
}

// The reader finds the lines of a body, however it arrives.
func FuzzReader(f *testing.F) {
	for _, test := range replies {
		f.Add([]byte(strings.Join(test.Frames, "\n")))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var want, got []string
		for line := range strings.SplitSeq(string(body), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				want = append(want, line)
			}
		}
		r := ollama.NewReader(iotest.HalfReader(bytes.NewReader(body)))
		for {
			event, ok := r.Buffered()
			if !ok {
				var err error
				if event, err = r.Next(); err != nil {
					break
				}
			}
			got = append(got, strings.TrimSpace(string(event.Data)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAResetInTheMidstOfAReplyIsATime(t *testing.T) {
	wiretest.KnowsTheReset(t, plain().read(t, asking, strings.NewReader(says("a")+"\n"+wiretest.Limited()+"\n")))
}
