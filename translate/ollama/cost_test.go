package ollama_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/ollama"
)

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Event(string, []byte) {}

// A reply has thousands of lines, and most say a word.
func TestALineCostsHardlyAnyMemory(t *testing.T) {
	for name, line := range map[string]string{"text": says(" word"), "thinking": thinks(" word"), "nothing": `{"message":{"content":""},"done":false}`} {
		t.Run(name, func(t *testing.T) {
			const runs = 2000
			p := plain()
			stream := translate.NewStream(wiretest.Parse(t, []byte(asking)), wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
			dec := ollama.NewDecoder(&p.Target, &p.Dialect, stream)
			r := ollama.NewReader(strings.NewReader(strings.Repeat(line+"\n", runs+10)))
			step := func() {
				event, err := r.Next()
				if err == nil {
					err = dec.Frame(event.Data, stream)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			step()
			if allocations := testing.AllocsPerRun(runs, step); allocations > 1 {
				t.Errorf("a line takes %v allocations", allocations)
			}
		})
	}
}

func BenchmarkRequest(b *testing.B) {
	body := wiretest.Requests(b)["mcp-02"]
	p := plain()
	dst := make([]byte, 0, len(body)*2)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		ollama.Encode(dst, wiretest.Parse(b, body), &p.Target, &p.Dialect)
	}
}

func BenchmarkReply(b *testing.B) {
	p := plain()
	req := wiretest.Parse(b, []byte(asking))
	body := strings.Repeat(says("word ")+"\n", 2000) + done("stop") + "\n"
	b.ReportAllocs()
	for b.Loop() {
		stream := translate.NewStream(req, wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
		dec := ollama.NewDecoder(&p.Target, &p.Dialect, stream)
		r := ollama.NewReader(strings.NewReader(body))
		for !dec.Done() {
			event, err := r.Next()
			if err == nil {
				err = dec.Frame(event.Data, stream)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		_ = dec.End(nil, stream)
	}
}
