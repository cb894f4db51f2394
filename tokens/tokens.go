// Package tokens says how many tokens a request has, where the service that it goes to does not count them.
//
// It counts texts by the vocabulary o200k_base, which is OpenAI's. Another model's own vocabulary gives another number, so that for it this
// is an estimate. The vocabulary takes some 7 MB of memory, and is there from the first count on.
package tokens

import (
	"sync"
	"unicode"

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

	// maxBlank bounds the white space that is counted in one piece: the library's matcher takes time by the square of it where lines are blank.
	maxBlank = 100

	// bytesPerToken is the usual length of a token.
	bytesPerToken = 4
)

// cut takes from the start of a text what is counted at once. A word that it cuts through may count for one more.
func cut(text string) (part, rest string) {
	blank := 0
	for at, r := range text {
		blank++
		if !unicode.IsSpace(r) {
			blank = 0
		}
		if at >= maxPart || blank > maxBlank {
			return text[:at], text[at:]
		}
	}
	return text, ""
}
