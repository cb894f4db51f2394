package converse_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]}]}`

func read(t testing.TB, p *provider, request string, body io.Reader) *wiretest.Outcome {
	t.Helper()
	return wire.Read(t, p.Provider, request, body)
}

var (
	start = upstreamtest.ConverseStart
	says  = upstreamtest.ConverseText
	think = upstreamtest.ConverseReasoning
	sign  = upstreamtest.ConverseSignature
	calls = upstreamtest.ConverseCall
	input = upstreamtest.ConverseInput
	delta = upstreamtest.ConverseDelta
	end   = upstreamtest.ConverseBlockStop
	stop  = upstreamtest.ConverseStop
	event = upstreamtest.ConverseEvent
)

func counts() string { return upstreamtest.ConverseUsage(9, 5, 4) }

const callF = `function_call f call_1 {"a":1}`

var replies = map[string]wiretest.Reply{
	"text": {
		Frames: []string{start(), says(0, "Hel"), says(0, "lo"), end(0), stop("end_turn"), counts()},
		Want:   []string{"message Hello", "completed"}, Usage: "13/4/0/5/0",
	},
	"text in two blocks": {
		Frames: []string{start(), says(0, "a"), end(0), says(1, "b"), end(1), stop("end_turn"), counts()},
		Want:   []string{"message ab", "completed"},
	},
	"an empty start of a text block": {
		Frames: []string{start(), event("contentBlockStart", `{"contentBlockIndex":0,"start":{}}`), says(0, "a"), end(0), stop("stop_sequence"), counts()},
		Want:   []string{"message a", "completed"},
	},
	"an emoji in two fragments": {
		Frames: []string{start(), delta(0, `{"text":"a\ud83d"}`), delta(0, `{"text":"\ude00"}`), end(0), stop("end_turn"), counts()},
		Want:   []string{"message a😀", "completed"},
	},
	"F08 a call in pieces": {
		Frames: []string{start(), calls(0, "call_1", "f"), input(0, ""), input(0, `{"a"`), input(0, `:1}`), end(0), stop("tool_use"), counts()},
		Want:   []string{callF, "completed"},
	},
	"a call whose arguments are an object": {
		Frames: []string{start(), calls(0, "call_1", "f"), delta(0, "{\"toolUse\":{\"input\":{\"a\": 1}}}"), end(0), stop("tool_use"), counts()},
		Want:   []string{callF, "completed"},
	},
	"a call without arguments": {
		Frames: []string{start(), calls(0, "call_1", "f"), end(0), stop("tool_use"), counts()},
		Want:   []string{"function_call f call_1 {}", "completed"},
	},
	"a call without arguments before another": {
		Frames: []string{start(), calls(0, "call_1", "f"), end(0), calls(1, "call_2", "f"), input(1, `{"a":1}`), end(1), stop("tool_use"), counts()},
		Want:   []string{"function_call f call_1 {}", `function_call f call_2 {"a":1}`, "completed"},
	},
	"calls behind text, and a stop that says nothing of them": {
		Frames: []string{start(), says(0, "x"), end(0), calls(1, "call_1", "f"), input(1, `{"a":1}`), end(1), stop("end_turn"), counts()},
		Want:   []string{"message x", callF, "completed"},
	},
	"F52 a call in a namespace": {
		Frames: []string{start(), calls(0, "call_1", "ns__n"), input(0, "{}"), end(0), stop("tool_use"), counts()},
		Want:   []string{"function_call ns n call_1 {}", "completed"},
	},
	"F08 a call of a custom tool": {
		Frames: []string{start(), calls(0, "call_1", "c"), input(0, `{"input":"a\`), input(0, `nb"}`), end(0), stop("tool_use"), counts()},
		Want:   []string{"custom_tool_call c call_1 a\nb", "completed"},
	},
	"a call of a tool of the provider": {
		Frames: []string{
			start(), event("contentBlockStart", `{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"x","name":"nova_grounding","type":"server_tool_use"}}}`),
			input(0, `{"q":1}`), end(0), event("contentBlockStart", `{"contentBlockIndex":1,"start":{"toolResult":{"toolUseId":"x"}}}`),
			delta(1, `{"toolResult":[{"text":"r"}]}`), end(1), says(2, "a"), delta(2, `{"citation":{"title":"t"}}`), end(2), stop("end_turn"), counts(),
		},
		Want: []string{"message a", "completed"},
	},
	"reasoning": {
		Frames: []string{start(), think(0, "Let"), think(0, " me"), sign(0, "sig"), end(0), says(1, "a"), end(1), stop("end_turn"), counts()},
		Want:   []string{"reasoning Let me", "message a", "completed"},
	},
	"reasoning in two blocks": {
		Frames: []string{start(), think(0, "a"), end(0), think(1, "b"), end(1), says(2, "c"), end(2), stop("end_turn"), counts()},
		Want:   []string{"reasoning a", "reasoning b", "message c", "completed"},
	},
	"reasoning in two blocks whose ends are missing": {
		Frames: []string{start(), think(0, "a"), think(1, "b"), says(2, "c"), stop("end_turn"), counts()},
		Want:   []string{"reasoning a", "reasoning b", "message c", "completed"},
	},
	"reasoning that nobody may read": {
		Frames: []string{start(), delta(0, `{"reasoningContent":{"redactedContent":"QUJD"}}`), end(0), says(1, "a"), end(1), stop("end_turn"), counts()},
		Want:   []string{"reasoning", "message a", "completed"},
	},
	"F60 a limit in text": {
		Frames: []string{start(), says(0, "a"), end(0), stop("max_tokens"), counts()},
		Want:   []string{"message incomplete a", "incomplete max_output_tokens"},
	},
	"F60 a full window": {
		Frames: []string{start(), says(0, "a"), end(0), stop("model_context_window_exceeded"), counts()},
		Want:   []string{"message incomplete a", "incomplete max_output_tokens"},
	},
	"F58 a limit in a call": {
		Frames: []string{start(), calls(0, "call_1", "f"), input(0, `{"a"`), end(0), stop("max_tokens"), counts()},
		Want:   []string{`open: function_call in_progress f call_1 `, "incomplete max_output_tokens"},
	},
	"F58 a limit before the arguments of a call": {
		Frames: []string{start(), calls(0, "call_1", "f"), end(0), stop("max_tokens"), counts()},
		Want:   []string{`open: function_call in_progress f call_1 `, "incomplete max_output_tokens"},
	},
	"F58 the input of a custom tool that breaks off": {
		Frames: []string{start(), calls(0, "call_1", "c"), input(0, `{"input":"a`), end(0), stop("tool_use"), counts()},
		Want:   []string{`open: custom_tool_call in_progress c call_1 `, "failed broke off the input of a tool call"},
	},
	"a guardrail behind text": {
		Frames: []string{start(), says(0, "No."), end(0), stop("guardrail_intervened"), counts()},
		Want:   []string{"message incomplete No.", "incomplete content_filter"},
	},
	"a filter of all": {
		Frames: []string{start(), stop("content_filtered"), counts()},
		Want:   []string{"failed withheld its answer: its content filter objects (stop reason content_filtered)"},
	},
	"a malformed call": {
		Frames: []string{start(), says(0, "a"), end(0), stop("malformed_tool_use"), counts()},
		Want:   []string{"open: message in_progress", "failed ended its reply with the stop reason malformed_tool_use"},
	},
	"a stop reason of the future": {
		Frames: []string{start(), says(0, "a"), end(0), stop("galactic"), counts()},
		Want:   []string{"message a", "completed"},
	},
	"no answer": {
		Frames: []string{start(), stop("end_turn"), counts()},
		Want:   []string{"failed ended its reply without an answer"},
	},
	"events of the future": {
		Frames: []string{start(), event("ping", `{}`), event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"audio":{"x":1}}}`), says(0, "a"), end(0), stop("end_turn"), counts()},
		Want:   []string{"message a", "completed"},
	},
	"F63 a throttle at once": {
		Frames: []string{upstreamtest.ConverseException("throttlingException", "Too many tokens, please wait before trying again.")},
		Want:   []string{"failed Too many tokens, please wait before trying again."},
	},
	"F63 a failure of the model behind text": {
		Frames: []string{start(), says(0, "a"), upstreamtest.ConverseException("modelStreamErrorException", "boom")},
		Want:   []string{"open: message in_progress", "failed boom"},
	},
	"F63 an exception without words": {
		Frames: []string{start(), event("x", `{}`), upstreamtest.ConverseException("internalServerException", "")},
		Want:   []string{"failed internalServerException"},
	},
	"F63 an error of the stream": {
		Frames: []string{start(), upstreamtest.ConverseError("InternalError", "boom")},
		Want:   []string{"failed boom"},
	},
	"an event that is not JSON": {
		Frames: []string{start(), says(0, "a"), event("contentBlockDelta", `{"delta":`)},
		Want:   []string{"open: message in_progress", "failed sent an event that is not JSON"},
	},
	"a whole reply where a stream was asked for": {
		Frames: []string{`{"metrics":{"latencyMs":1},"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}},` +
			`{"text":"x"},{"toolUse":{"toolUseId":"call_1","name":"f","input":{"a": 1}}},{"toolUse":{"input":{},"name":"f","toolUseId":"call_2"}}]}},` +
			`"stopReason":"tool_use","usage":{"inputTokens":9,"outputTokens":5,"totalTokens":14}}`},
		Want: []string{"reasoning t", "message x", callF, "function_call f call_2 {}", "completed"}, Usage: "9/0/0/5/0",
	},
	"an error as a document": {
		Frames: []string{`{"message":"boom"}`},
		Want:   []string{"failed boom"},
	},
}

// all are the replies and what is looked at in them.
var all = &wiretest.Replies{
	Wire: wire, Request: asking, Table: replies,
	Provider: wiretest.With,
	Body:     func(frames ...string) string { return strings.Join(frames, "") },
	Told:     func(frame string) bool { return strings.Contains(frame, `"stopReason"`) },
}

func TestReplies(t *testing.T) { all.Read(t) }

func TestF58RepliesThatAreCutOff(t *testing.T) { all.CutOff(t) }

func TestF58RepliesThatAreCutOffAtEveryByte(t *testing.T) { all.CutOffAnywhere(t) }

func TestRepliesThatAreDamaged(t *testing.T) {
	body := []byte(strings.Join([]string{start(), says(0, "a"), end(0), stop("end_turn"), counts()}, ""))
	for at := 0; at < len(body); at += 3 {
		damaged := slices.Clone(body)
		damaged[at] ^= 0x40
		o := read(t, plain(), asking, strings.NewReader(string(damaged)))
		if at < strings.Index(string(body), "stopReason") && (o.Fault == nil || o.Fault.Kind != fault.BadReply && o.Fault.Kind != fault.Truncated) {
			t.Fatalf("byte %d is wrong, and the response is %v", at, o.Lines())
		}
	}
}

func TestFaultsSayWhatRepeatingHelps(t *testing.T) {
	for name, kind := range map[string]fault.Kind{
		"throttlingException": fault.RateLimited, "serviceUnavailableException": fault.Overloaded, "internalServerException": fault.Unavailable,
		"modelStreamErrorException": fault.Unavailable, "validationException": fault.Rejected, "somethingNewException": fault.Unavailable,
	} {
		o := read(t, plain(), asking, strings.NewReader(start()+upstreamtest.ConverseException(name, "boom")))
		if o.Fault == nil || o.Fault.Kind != kind || o.Fault.Code != name || o.Fault.Provider != "plain" {
			t.Errorf("%s: got %+v", name, o.Fault)
		}
	}
	long := upstreamtest.ConverseException("validationException", "Input is too long for requested model.")
	if o := read(t, plain(), asking, strings.NewReader(long)); o.Fault == nil || o.Fault.Kind != fault.ContextLength {
		t.Errorf("a long prompt: got %+v", o.Fault)
	}
}

// A model that has run its tools may have nothing more to say; one that was asked may not.
func TestSilenceIsAnAnswerToResults(t *testing.T) {
	request := `{"model":"m","input":[{"role":"user","content":"hi"},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"},` +
		`{"type":"function_call_output","call_id":"1","output":"done"}]}`
	if o := read(t, plain(), request, strings.NewReader(start()+stop("end_turn")+counts())); o.Fault != nil {
		t.Errorf("got %v", o.Fault)
	}
}

func TestAResetInTheMidstOfAReplyIsATime(t *testing.T) {
	wiretest.KnowsTheReset(t, read(t, plain(), asking, strings.NewReader(wiretest.Limited())))
}
