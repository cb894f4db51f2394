package converse_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/converse"
)

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Event(string, []byte) {}

// A reply has thousands of messages, and most say a word.
func TestAMessageCostsHardlyAnyMemory(t *testing.T) {
	tests := map[string]struct{ first, message string }{
		"text":           {says(0, "a"), says(0, " word")},
		"reasoning":      {think(0, "a"), think(0, " word")},
		"arguments":      {calls(0, "call_1", "f") + input(0, `{"a":"`), input(0, " {word")},
		"a custom input": {calls(0, "call_1", "c") + input(0, `{"input":"`), input(0, " word")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			const runs = 2000
			p := plain()
			stream := translate.NewStream(parse(t, []byte(asking)), wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
			dec := converse.NewDecoder(&p.Target, &p.Dialect, stream)
			r := converse.NewReader(strings.NewReader(test.first + strings.Repeat(test.message, runs+10)))
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
			step()
			if allocations := testing.AllocsPerRun(runs, step); allocations > 1 {
				t.Errorf("a message takes %v allocations", allocations)
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
		converse.Encode(dst, parse(b, body), &p.Target, &p.Dialect)
	}
}

func BenchmarkReply(b *testing.B) {
	p := plain()
	req := parse(b, []byte(asking))
	body := start() + strings.Repeat(says(0, "word "), 2000) + end(0) + stop("end_turn") + counts()
	b.ReportAllocs()
	for b.Loop() {
		stream := translate.NewStream(req, wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
		dec := converse.NewDecoder(&p.Target, &p.Dialect, stream)
		r := converse.NewReader(strings.NewReader(body))
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
