package gemini_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate"
)

func FuzzRequests(f *testing.F) {
	wire.FuzzRequests(
		f, theirs,
		talk(user, sealed("gemini", "gemini-3.8-flash", `{"call":"QUJD","texts":[{"from":0,"to":1,"signature":"QUJD"}]}`), calledA, calledB, outB, late, outA, answer),
		talk(calledA, calledA, outA, `{"type":"custom_tool_call","call_id":"","name":"c","input":"a"}`, `{"type":"x","text":"a"}`),
		talk(`{"role":"user","content":[{"type":"input_image","image_url":{"url":"data:image/png;base64,QUJD","detail":"low"}},{"type":"input_file","file_id":"f"}]}`),
		ask(`"text":{"format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}`, twoTools, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}`),
		ask(`"tools":[{"type":"namespace","name":"n","tools":[{"type":"custom","name":"c"}]},{"type":"web_search"}]`, `"max_output_tokens":2000`, `"reasoning":{"effort":"low"}`),
	)
}

// theirs reports whether a request holds values that are passed on as the client wrote them, for the provider to judge.
func theirs(_ []byte, req *translate.Request) bool {
	for _, m := range req.History {
		for _, part := range m.Parts {
			if part.Kind != translate.TextPart {
				return true // the data of images
			}
		}
		for _, call := range m.Calls {
			if call.ID == "" {
				return true
			}
		}
	}
	return req.MaxOutputTokens != nil || req.Temperature != nil || req.TopP != nil
}

// Whatever a provider sends, the client gets a stream that keeps all rules.
func FuzzReplies(f *testing.F) {
	p := with(f)
	for _, test := range replies {
		f.Add([]byte(bodyOf(test.Frames...)), []byte(bodyOf(says("b"), finish("STOP"))))
	}
	f.Add([]byte(bodyOf(says("a"), `{"candidates":[{"finishReason":"CONTINUATION","continuationToken":"QUJD"}]}`)), []byte(bodyOf(says("b"), finish("STOP"))))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		play(t, p, bytes.NewReader(first), bytes.NewReader(second), strings.NewReader(""))
	})
}
