// Package tokens says how many tokens a request has, where the service that it goes to does not count them.
//
// It counts texts by the vocabulary o200k_base, which is OpenAI's. Another model's own vocabulary gives another number, so that for it this
// is an estimate. The vocabulary takes some 7 MB of memory, and is there from the first count on.
package tokens

import (
	"strings"
	"sync"
	"unicode/utf8"

	// Not the package above it, which carries every vocabulary that there is.
	"github.com/tiktoken-go/tokenizer/codec"
)

var vocabulary = sync.OnceValue(codec.NewO200kBase)

// Count is how many tokens a text has.
func Count(text string) int {
	count := 0
	for text != "" {
		var part string
		part, text = cut(text)
		n, err := vocabulary().Count(part)
		if err != nil { // which only a time limit of the matching would bring about, and there is none
			n = len(part) / bytesPerToken
		}
		count += n
	}
	return count
}

const (
	// maxPart bounds the bytes of a text that are counted at once. Counting takes several times as much memory as the text.
	maxPart = 64 << 10

	// bytesPerToken is the usual length of a token.
	bytesPerToken = 4
)

// cut takes from the start of a text what is counted at once. Tokens begin with the space before a word, so it ends there.
func cut(text string) (part, rest string) {
	if len(text) <= maxPart {
		return text, ""
	}
	at := strings.LastIndexAny(text[:maxPart], "\n ")
	if at <= 0 {
		at = maxPart
		for !utf8.RuneStart(text[at]) && at > maxPart-utf8.UTFMax {
			at--
		}
	}
	return text[:at], text[at:]
}
