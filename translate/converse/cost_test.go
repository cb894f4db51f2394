package converse_test

import (
	"strings"
	"testing"
)

func TestAMessageCostsHardlyAnyMemory(t *testing.T) {
	tests := map[string]struct{ first, message string }{
		"text":           {says(0, "a"), says(0, " word")},
		"reasoning":      {think(0, "a"), think(0, " word")},
		"arguments":      {calls(0, "call_1", "f") + input(0, `{"a":"`), input(0, " {word")},
		"a custom input": {calls(0, "call_1", "c") + input(0, `{"input":"`), input(0, " word")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { wire.IsCheap(t, plain().Provider, asking, test.first, test.message) })
	}
}

func BenchmarkRequest(b *testing.B) { wire.BenchmarkRequest(b, plain().Provider) }

func BenchmarkReply(b *testing.B) {
	wire.BenchmarkReply(b, plain().Provider, asking, start()+strings.Repeat(says(0, "word "), 2000)+end(0)+stop("end_turn")+counts())
}
