package chat_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func FuzzRequests(f *testing.F) {
	wire.FuzzRequests(
		f, nil,
		talk(user, thought("plain", "up", "reasoning_content", "t"), calledA, calledB, outB, late, outA, answer),
		talk(calledA, calledA, outA, `{"type":"custom_tool_call","call_id":"","name":"c","input":"a"}`, `{"type":"x","text":"a"}`),
		talk(`{"role":"user","content":[{"type":"input_image","image_url":{"url":"data:x","detail":"low"}},{"type":"input_file","file_id":"f"}]}`),
		ask(`"text":{"format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}`, oneTool, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}`),
		ask(`"tools":[{"type":"namespace","name":"n","tools":[{"type":"custom","name":"c"}]},{"type":"tool_search","execution":"client"}]`),
	)
}

// Whatever a provider sends, the client gets a stream that keeps all rules.
func FuzzReplies(f *testing.F) {
	providers := []*provider{with(f, "reasoning_out", "reasoning_details"), with(f, tagged...), with(f, markup...), with(f, append(slices.Clone(markup), tagged...)...)}
	for _, test := range replies() {
		var which uint8
		if strings.Contains(strings.Join(test.Knobs, " "), tagged[0]) {
			which++
		}
		if strings.Contains(strings.Join(test.Knobs, " "), markup[0]) {
			which += 2
		}
		f.Add([]byte(bodyOf(test.Frames...)), which)
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		providers[int(which)%len(providers)].read(t, asking, bytes.NewReader(body))
	})
}
