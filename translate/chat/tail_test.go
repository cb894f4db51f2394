package chat_test

import (
	"testing"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
)

func TestTheCountsAtTheEndOfAReplyAreRead(t *testing.T) {
	const counts = `"usage":{"prompt_tokens":10,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}`
	want := translate.Usage{Input: 10, Cached: 4, Output: 7, Reasoning: 3}
	for name, test := range map[string]struct {
		tail string
		want translate.Usage
	}{
		"of a stream":                      {`,"finish_reason":"stop"}],"usage":null}` + "\n\ndata: {\"choices\":[]," + counts + "}\n\ndata: [DONE]\n\n", want},
		"of a document":                    {`lo."}}],` + counts + `,"system_fingerprint":"fp"}`, want},
		"of a document with white space":   {`"usage": { "prompt_tokens" : 10 , "completion_tokens" : 7 } }`, translate.Usage{Input: 10, Output: 7}},
		"where a later one says nothing":   {"data: {" + counts + "}\n\ndata: {\"usage\":null}\n\n", want},
		"where the text speaks of some":    {`{"content":"\"usage\":{\"prompt_tokens\":99}"}`, translate.Usage{}},
		"where there are none":             {"data: [DONE]\n\n", translate.Usage{}},
		"where they are cut":               {`"usage":{"prompt_tokens":`, translate.Usage{}},
		"where reasoning is counted apart": {`"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":10,"reasoning_tokens":3}`, translate.Usage{Input: 5, Output: 5, Reasoning: 3}},
	} {
		if got, ok := chat.LastUsage([]byte(test.tail)); got != test.want || ok != (test.want != translate.Usage{}) {
			t.Errorf("%s: got %+v, %v", name, got, ok)
		}
	}
}
