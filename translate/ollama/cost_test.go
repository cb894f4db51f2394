package ollama_test

import (
	"strings"
	"testing"
)

func TestALineCostsHardlyAnyMemory(t *testing.T) {
	for name, line := range map[string]string{"text": says(" word"), "thinking": thinks(" word"), "nothing": `{"message":{"content":""},"done":false}`} {
		t.Run(name, func(t *testing.T) { wire.IsCheap(t, plain().Provider, asking, line+"\n", line+"\n") })
	}
}

func BenchmarkRequest(b *testing.B) { wire.BenchmarkRequest(b, plain().Provider) }

func BenchmarkReply(b *testing.B) {
	wire.BenchmarkReply(b, plain().Provider, asking, strings.Repeat(says("word ")+"\n", 2000)+done("stop")+"\n")
}
