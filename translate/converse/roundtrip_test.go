package converse_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// F04: what a model has signed comes back to it as it was, at its place, and to nobody else.
func TestF04ReasoningComesBack(t *testing.T) {
	const use = `{"toolUse":{"toolUseId":"call_1","name":"f","input":{"a":1}}}`
	call := []string{calls(9, "call_1", "f"), input(9, `{"a":1}`), end(9)}
	redacted := func(index int, data string) string {
		return delta(index, `{"reasoningContent":{"redactedContent":"`+data+`"}}`)
	}
	tests := map[string]struct {
		frames []string
		want   []string
	}{
		"signed": {
			[]string{think(0, "Let"), think(0, " me \"see\"\n"), sign(0, "si"), sign(0, "g=="), end(0)},
			[]string{`{"reasoningContent":{"reasoningText":{"text":"Let me \"see\"\n","signature":"sig=="}}}`},
		},
		"signed without a text": {
			[]string{sign(0, "sig"), end(0)}, []string{`{"reasoningContent":{"reasoningText":{"text":"","signature":"sig"}}}`},
		},
		"unsigned": {[]string{think(0, "a"), end(0)}, nil},
		"hidden": {
			[]string{redacted(0, "QUJD"), end(0)}, []string{`{"reasoningContent":{"redactedContent":"QUJD"}}`},
		},
		"hidden in pieces": {
			[]string{redacted(0, "QQ=="), redacted(0, "QkM="), end(0)}, []string{`{"reasoningContent":{"redactedContent":"QUJD"}}`},
		},
		"in the midst of text": {
			[]string{think(0, "a"), sign(0, "s1"), end(0), says(1, "x"), end(1), think(2, "b"), sign(2, "s2"), end(2), redacted(3, "QUJD"), end(3), think(4, "unsigned"), end(4)},
			[]string{
				`{"reasoningContent":{"reasoningText":{"text":"a","signature":"s1"}}}`, `{"text":"x"}`,
				`{"reasoningContent":{"reasoningText":{"text":"b","signature":"s2"}}}`, `{"reasoningContent":{"redactedContent":"QUJD"}}`,
			},
		},
		"behind a call whose arguments are not there": {
			[]string{calls(0, "call_0", "f"), end(0), think(1, "a"), sign(1, "s1"), end(1), think(2, "b"), sign(2, "s2"), end(2)},
			[]string{
				`{"toolUse":{"toolUseId":"call_0","name":"f","input":{}}}`, `{"reasoningContent":{"reasoningText":{"text":"a","signature":"s1"}}}`,
				`{"reasoningContent":{"reasoningText":{"text":"b","signature":"s2"}}}`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "reasoning_out", "thinking")
			frames := append(append([]string{start()}, test.frames...), call...)
			o := read(t, p, asking, strings.NewReader(strings.Join(append(frames, stop("tool_use"), counts()), "")))
			request := o.NextTurn(t, asking)
			body := p.body(t, request)
			p.check(t, body)
			if got, want := gjson.GetBytes(body, "messages.1.content").Raw, "["+strings.Join(append(test.want, use), ",")+"]"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			p.Target.Model = "another"
			if body := p.body(t, request); strings.Contains(string(body), "reasoning") {
				t.Errorf("another model gets %s", body)
			}
		})
	}
}

// The ids of calls are the provider's where they can be, and each is one call's alone.
func TestF44IDsComeBack(t *testing.T) {
	p := plain()
	body := strings.Join([]string{start(), calls(0, "tooluse_a-B1", "f"), input(0, "{}"), end(0), stop("tool_use"), counts()}, "")
	request := read(t, p, asking, strings.NewReader(body)).NextTurn(t, asking)
	if id := gjson.GetBytes(p.body(t, request), "messages.1.content.0.toolUse.toolUseId").String(); id != "tooluse_a-B1" {
		t.Errorf("the call went back with the id %q", id)
	}
	second := read(t, p, request, strings.NewReader(body))
	if id := streamcheck.Items(second.Events)[0].Get("call_id").String(); !strings.HasPrefix(id, "call_") {
		t.Errorf("a second call has the id %q", id)
	}
}
