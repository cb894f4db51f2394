package chat_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
)

// Whatever a client sends, a provider gets JSON that it understands, and the client a response that is none of its own making.
func FuzzRequests(f *testing.F) {
	providers := everybody(f)
	for name, body := range wiretest.Requests(f) {
		if len(body) < 6000 {
			f.Add(body, uint8(len(name)))
		}
	}
	for i, body := range []string{
		talk(user, thought("plain", "up", "reasoning_content", "t"), calledA, calledB, outB, late, outA, answer),
		talk(calledA, calledA, outA, `{"type":"custom_tool_call","call_id":"","name":"c","input":"a"}`, `{"type":"x","text":"a"}`),
		talk(`{"role":"user","content":[{"type":"input_image","image_url":{"url":"data:x","detail":"low"}},{"type":"input_file","file_id":"f"}]}`),
		ask(`"text":{"format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}`, oneTool, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}`),
		ask(`"tools":[{"type":"namespace","name":"n","tools":[{"type":"custom","name":"c"}]},{"type":"tool_search","execution":"client"}]`),
	} {
		f.Add([]byte(body), uint8(i))
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		req, err := translate.Parse(bytes.Clone(body), wiretest.Ring)
		if err != nil {
			return
		}
		p := providers[int(which)%len(providers)]
		got := chat.Encode(nil, req, &p.Target, &p.Dialect)
		if !json.Valid(got) {
			t.Fatalf("%s gets\n%s", p.Target.Provider, got)
		}
		if again := p.body(t, string(body)); !bytes.Equal(got, again) {
			t.Fatalf("%s gets\n%s\nthen\n%s", p.Target.Provider, got, again)
		}
		p.check(t, got)
		out := new(wiretest.Sink)
		stream := translate.NewStream(req, wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
		stream.Text([]byte("a"))
		stream.Complete()
		if events, err := streamcheck.Parse(out.Bytes()); err != nil {
			t.Fatalf("after %d events: %v\n%s", len(events), err, out)
		}
	})
}

// everybody is the wire's default, one that differs from it much, and every preset.
func everybody(t testing.TB) []*provider {
	t.Helper()
	all := []*provider{plain(), with(t, "response_format", "none", "images", "data", "assistant_content", "omit", "late_system", "allow", "tools_strict", "send")}
	for _, name := range wiretest.Presets("chat") {
		all = append(all, preset(t, name))
	}
	return all
}

// Whatever a provider sends, the client gets a stream that keeps all rules.
func FuzzReplies(f *testing.F) {
	providers := []*provider{with(f, "reasoning_out", "reasoning_details"), with(f, tagged...), with(f, markup...), with(f, append(slices.Clone(markup), tagged...)...)}
	for _, test := range replies() {
		var which uint8
		if strings.Contains(strings.Join(test.knobs, " "), tagged[0]) {
			which++
		}
		if strings.Contains(strings.Join(test.knobs, " "), markup[0]) {
			which += 2
		}
		f.Add([]byte(bodyOf(test.frames...)), which)
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		play(t, providers[int(which)%len(providers)], bytes.NewReader(body))
	})
}
