package messages_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestADeltaCostsHardlyAnyMemory(t *testing.T) {
	tests := map[string]struct {
		block upstreamtest.MessagesBlock
		delta string
	}{
		"text":           {says("a"), `{"type":"text_delta","text":" word"}`},
		"thinking":       {thinks("a"), `{"type":"thinking_delta","thinking":" word"}`},
		"arguments":      {calls("toolu_1", "f", `{"a":"`), `{"type":"input_json_delta","partial_json":" {word"}`},
		"a custom input": {calls("toolu_1", "c", `{"input":"`), `{"type":"input_json_delta","partial_json":" word"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			begun := test.block(0)
			wire.IsCheap(t, claude(t).Provider, asking, bodyOf(begun[:len(begun)-1]...), bodyOf(`{"type":"content_block_delta","index":0,"delta":`+test.delta+`}`))
		})
	}
}

func BenchmarkRequest(b *testing.B) { wire.BenchmarkRequest(b, claude(b).Provider) }

func BenchmarkReply(b *testing.B) {
	wire.BenchmarkReply(b, plain().Provider, asking, bodyOf(whole("end_turn", says(strings.Split(strings.Repeat("word |", 2000), "|")...))...))
}
