package gemini_test

import (
	"strings"
	"testing"
)

// A reply has hundreds of chunks, and most say a few words.
func TestAChunkCostsHardlyAnyMemory(t *testing.T) {
	tests := map[string]struct{ first, chunk string }{
		"text":               {says("a"), says(" word")},
		"text with escapes":  {says("a"), parts(`{"text":" word\n"}`)},
		"thoughts":           {thinks("a"), thinks(" word")},
		"usage in each":      {says("a"), strings.TrimSuffix(says(" word"), "}") + "," + usage + "}"},
		"a chunk of nothing": {says("a"), `{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wire.IsCheap(t, with(t).Provider, asking, bodyOf(test.first), bodyOf(test.chunk))
		})
	}
}

func BenchmarkRequest(b *testing.B) { wire.BenchmarkRequest(b, with(b).Provider) }

func BenchmarkReply(b *testing.B) {
	wire.BenchmarkReply(b, with(b).Provider, asking, strings.Repeat(bodyOf(says("word ")), 2000)+bodyOf(finish("STOP")))
}
