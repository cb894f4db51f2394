package translate_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

func TestThinkTagsSplitContentWhereverItIsCut(t *testing.T) {
	tests := map[string]struct{ content, reasoning, answer string }{
		"an answer alone":              {`Hello <b>`, "", "Hello <b>"},
		"thoughts and an answer":       {` \n<think>a\nb</think>\n\nHello`, "a\nb", "Hello"},
		"thoughts that are cut off":    {`<think>a </thi`, "a </thi", ""},
		"the beginning of a tag":       {`<thin`, "", "<thin"},
		"tags later on":                {`a<think>b</think>`, "", "a<think>b</think>"},
		"an emoji in the thoughts":     {`<think>a\ud83d\ude00</think>b`, "a😀", "b"},
		"an emoji behind the thoughts": {`<think>a</think>\ud83d\ude00b`, "a", "😀b"},
		"an emoji at the start":        {`\ud83d\ude00b`, "", "😀b"},
		"quotes":                       {`<think>\"a\"</think>\"b\"`, `"a"`, `"b"`},
		"half an emoji":                {`<think>a\ud83d`, "a\ufffd", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for size := 1; size <= len(test.content); size++ {
				var tags translate.ThinkTags
				var reasoning, answer []byte
				for rest := test.content; rest != ""; {
					n := whole(rest, size)
					r, a := tags.Read([]byte(rest[:n]))
					reasoning, answer = append(reasoning, r...), append(answer, a...)
					rest = rest[n:]
				}
				r, a := tags.Flush()
				reasoning, answer = append(reasoning, r...), append(answer, a...)
				if got := string(jsonscan.Unescape(nil, reasoning)); got != test.reasoning {
					t.Errorf("in pieces of %d the reasoning is %q", size, got)
				}
				if got := string(jsonscan.Unescape(nil, answer)); got != test.answer {
					t.Errorf("in pieces of %d the answer is %q", size, got)
				}
			}
		})
	}
}

// whole is where a fragment of some length ends that does not cut an escape.
func whole(text string, size int) int {
	n := min(size, len(text))
	if at := strings.LastIndexByte(text[:n], '\\'); at >= 0 {
		length := 2
		if at+1 < len(text) && text[at+1] == 'u' {
			length = 6
		}
		n = max(n, min(at+length, len(text)))
	}
	return n
}
