package tokens

import (
	"strings"
	"sync"
	"testing"
)

// The numbers are those that other implementations of the vocabulary give.
func TestTextsAreCountedByTheVocabulary(t *testing.T) {
	for text, want := range map[string]int{
		"":                        0,
		"hello world":             2,
		"Hello, world!":           4,
		"tiktoken is great!":      6,
		"func main() {\n\treturn": 5,
		"お誕生日おめでとう":               8,
		"\xff\xfe":                2,
		strings.Repeat(" ", 80):   2,
	} {
		if got := Count(text); got != want {
			t.Errorf("%q has %d tokens, want %d", text, got, want)
		}
	}
}

func TestALongTextIsCountedInPartsThatLoseNothing(t *testing.T) {
	for name, piece := range map[string]string{
		"words": "The quick brown fox jumps over the lazy dog.\n", "one word": "Donaudampfschiff", "characters of three bytes": "日本語",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(piece, 5*maxPart/len(piece))
			whole, err := vocabulary().Count(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := Count(text); got < whole-5 || got > whole+20 {
				t.Errorf("there are %d tokens, in one piece %d", got, whole)
			}
			var joined strings.Builder
			for rest := text; rest != ""; {
				part, after := cut(rest)
				joined.WriteString(part)
				rest = after
			}
			if joined.String() != text {
				t.Error("the parts are not the text")
			}
		})
	}
}

// What takes the library long must not come to it: a client decides what is counted.
func TestWhiteSpaceIsCountedInShortPieces(t *testing.T) {
	for rest := strings.Repeat(" \n", 1000) + "end"; rest != ""; {
		part, after := cut(rest)
		if len(part) > maxBlank+len("end") {
			t.Fatalf("a part has %d bytes", len(part))
		}
		rest = after
	}
	if part, rest := cut("a" + strings.Repeat(" \nb", 1000)); rest != "" {
		t.Errorf("text was cut behind %d bytes", len(part))
	}
}

func TestManyCountAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := Count("Hello, world!"); got != 4 {
				t.Errorf("got %d", got)
			}
		})
	}
	wg.Wait()
}
