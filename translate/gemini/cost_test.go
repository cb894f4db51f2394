package gemini_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/gemini"
)

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Event(string, []byte) {}

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
			p := with(t)
			stream := translate.NewStream(parse(t, asking), wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
			dec := gemini.NewDecoder(&p.Target, &p.Dialect, stream)
			if err := dec.Frame([]byte(test.first), stream); err != nil {
				t.Fatal(err)
			}
			chunk := []byte(test.chunk)
			allocations := testing.AllocsPerRun(2000, func() {
				if err := dec.Frame(chunk, stream); err != nil {
					t.Fatal(err)
				}
			})
			if allocations > 1 {
				t.Errorf("a chunk takes %v allocations", allocations)
			}
		})
	}
}

func BenchmarkRequest(b *testing.B) {
	body := wiretest.Requests(b)["mcp-02"]
	p := with(b)
	dst := make([]byte, 0, len(body)*2)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		gemini.Encode(dst, wiretest.Parse(b, body), &p.Target, &p.Dialect)
	}
}

func BenchmarkReply(b *testing.B) {
	p := with(b)
	req := parse(b, asking)
	frames := strings.Split(strings.Repeat(says("word ")+"|", 2000)+finish("STOP"), "|")
	b.ReportAllocs()
	for b.Loop() {
		stream := translate.NewStream(req, wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
		dec := gemini.NewDecoder(&p.Target, &p.Dialect, stream)
		for _, frame := range frames {
			_ = dec.Frame([]byte(frame), stream)
		}
		_ = dec.End(nil, stream)
	}
}
