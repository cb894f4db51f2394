package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
)

// A reply has thousands of chunks, and most say a word.
func TestAChunkCostsHardlyAnyMemory(t *testing.T) {
	tests := map[string]struct {
		knobs        []string
		first, chunk string
	}{
		"text":               {nil, says("a"), says(" word")},
		"text behind tags":   {tagged, says("<think>t</think>a"), says(" word")},
		"reasoning":          {nil, thinks("a"), thinks(" word")},
		"arguments":          {nil, calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":\""}}`), calls(`{"index":0,"function":{"arguments":" {word"}}`)},
		"a custom input":     {nil, calls(`{"index":0,"id":"call_1","function":{"name":"c","arguments":"{\"input\":\""}}`), calls(`{"index":0,"function":{"arguments":" word"}}`)},
		"usage in each":      {nil, says("a"), `{"choices":[{"delta":{"content":" word"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`},
		"a chunk of nothing": {nil, says("a"), `{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":null}]}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wire.IsCheap(t, with(t, test.knobs...).Provider, asking, bodyOf(test.first), bodyOf(test.chunk))
		})
	}
}

// Arguments that are long come in many pieces. What is done with each must not grow with what has come before.
func BenchmarkLongArguments(b *testing.B) {
	for _, pieces := range []int{1000, 10000, 100000} {
		b.Run(fmt.Sprint(pieces), func(b *testing.B) {
			p := plain()
			req := parse(b, []byte(asking))
			first := []byte(calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":\""}}`))
			chunk := []byte(calls(`{"index":0,"function":{"arguments":"{}"}}`))
			for b.Loop() {
				stream := translate.NewStream(req, wiretest.Ring, wiretest.Nowhere{}, wiretest.Counted(), wiretest.Clock)
				dec := chat.NewDecoder(&p.Target, &p.Dialect, stream)
				_ = dec.Frame(first, stream)
				for range pieces {
					_ = dec.Frame(chunk, stream)
				}
			}
		})
	}
}

func BenchmarkRequest(b *testing.B) { wire.BenchmarkRequest(b, plain().Provider) }

func BenchmarkReply(b *testing.B) {
	wire.BenchmarkReply(b, plain().Provider, asking, strings.Repeat(bodyOf(says("word ")), 2000)+bodyOf(finish("stop"), done))
}
