package chat_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// F04: what a provider has thought comes back to it in the form that it knows, and to nobody else.
func TestF04ReasoningComesBack(t *testing.T) {
	call := calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`)
	tests := map[string]struct {
		knobs  []string
		frames []string
		want   string // of the assistant message, without its calls
	}{
		"reasoning_content": {
			[]string{"reasoning_out", "reasoning_content"},
			[]string{thinks("Let"), thinks(" me \"see\"\n")},
			`{"role":"assistant","content":null,"reasoning_content":"Let me \"see\"\n",`,
		},
		"reasoning": {
			[]string{"reasoning_out", "reasoning"},
			[]string{delta(`"reasoning":"Let"`), delta(`"reasoning":" me"`)},
			`{"role":"assistant","content":null,"reasoning":"Let me",`,
		},
		"thinking parts": {
			[]string{"reasoning_out", "thinking_parts"},
			[]string{delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]`), says("a")},
			`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}],"closed":true},{"type":"text","text":"a"}],`,
		},
		"tags": {
			[]string{"reasoning_out", "think_tags", "think_tags", "true"},
			[]string{says("<think>t"), says("</think>a")},
			`{"role":"assistant","content":"<think>t</think>a",`,
		},
		"F107 details in pieces": {
			[]string{"reasoning_out", "reasoning_details"},
			[]string{
				delta(`"reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","format":"anthropic-claude-v1","index":0}]`),
				delta(`"reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b","format":"anthropic-claude-v1","index":0}]`),
				delta(`"reasoning_details":[{"type":"reasoning.text","signature":"sig","format":"anthropic-claude-v1","index":0}]`),
			},
			`{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"ab","signature":"sig","format":"anthropic-claude-v1","index":0}],`,
		},
		"F107 details of several kinds": {
			[]string{"reasoning_out", "reasoning_details"},
			[]string{
				delta(`"reasoning_details":[{"type":"reasoning.summary","summary":"s","id":"rs_1"}]`), delta(`"reasoning_details":[{"type":"reasoning.summary","summary":"t","id":"rs_1"}]`),
				delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"e","id":"rs_1"}]`), delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"e","id":"rs_1"}]`),
				delta(`"reasoning_details":[{"type":"reasoning.text","text":"u"},{"type":"reasoning.encrypted","data":"f"}]`),
			},
			`{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.summary","summary":"st","id":"rs_1"},{"type":"reasoning.encrypted","data":"e","id":"rs_1"},` +
				`{"type":"reasoning.text","text":"u"},{"type":"reasoning.encrypted","data":"f"}],`,
		},
		"F107 details that come with the call": {
			[]string{"reasoning_out", "reasoning_details"},
			[]string{
				delta(`"reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a"}]`), says("x"),
				delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"e"}]`),
			},
			`{"role":"assistant","content":"x","reasoning_details":[{"type":"reasoning.text","text":"a"},{"type":"reasoning.encrypted","data":"e"}],`,
		},
		"F107 details that lack their signature": {
			[]string{"reasoning_out", "reasoning_details"},
			[]string{
				delta(`"reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","format":"anthropic-claude-v1"},{"type":"x"}]`),
			},
			`{"role":"assistant","content":null,"reasoning_details":[{"type":"x"}],`,
		},
		"details without types": {
			[]string{"reasoning_out", "reasoning_details"},
			[]string{delta(`"reasoning_details":[{"text":"a"}]`), delta(`"reasoning_details":[{"text":"b"}]`)},
			`{"role":"assistant","content":null,"reasoning_details":[{"text":"ab"}],`,
		},
		"details that are not wanted back": {
			[]string{"reasoning_out", "reasoning"},
			[]string{delta(`"reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a"}]`)},
			`{"role":"assistant","content":null,"reasoning":"a",`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			frames := append(append([]string{}, test.frames...), call, finish("tool_calls"), done)
			o := p.read(t, asking, strings.NewReader(bodyOf(frames...)))
			request := o.NextTurn(t, asking)
			body := p.body(t, request)
			p.check(t, body)
			message, _, _ := strings.Cut(gjson.GetBytes(body, `messages.#(role=="assistant")`).Raw, `"tool_calls"`)
			if message != test.want {
				t.Errorf("got  %s\nwant %s", message, test.want)
			}
			p.Target.Provider = "another"
			body = p.body(t, request)
			for _, trace := range []string{"reasoning", "thinking", "<think>"} {
				if message := gjson.GetBytes(body, `messages.#(role=="assistant")`).Raw; strings.Contains(message, trace) {
					t.Errorf("another provider gets %s", message)
				}
			}
		})
	}
}

// The ids of calls are the provider's where they can be, and each is one call's alone.
func TestF44IDsComeBack(t *testing.T) {
	p := plain()
	whole := calls(`{"index":0,"id":"f:0","function":{"name":"f","arguments":"{}"}}`)
	first := p.read(t, asking, strings.NewReader(bodyOf(whole, finish("tool_calls"), done)))
	request := first.NextTurn(t, asking)
	o := p.read(t, request, strings.NewReader(bodyOf(whole, finish("tool_calls"), done)))
	if id := streamcheck.Items(o.Events)[0].Get("call_id").String(); id == "f:0" || !strings.HasPrefix(id, "call_") {
		t.Errorf("the second call has the id %q", id)
	}
	if id := gjson.GetBytes(p.body(t, request), "messages.1.tool_calls.0.id").String(); id != "f:0" {
		t.Errorf("the first call went back with the id %q", id)
	}
}
