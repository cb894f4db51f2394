package messages_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/messages"
)

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Event(string, []byte) {}

// A reply has thousands of events, and most say a word.
func TestADeltaCostsHardlyAnyMemory(t *testing.T) {
	tests := map[string]struct {
		block upstreamtest.MessagesBlock
		delta string
	}{
		"text":           {upstreamtest.MessagesText("a"), `{"type":"text_delta","text":" word"}`},
		"thinking":       {upstreamtest.MessagesThinking("a"), `{"type":"thinking_delta","thinking":" word"}`},
		"arguments":      {upstreamtest.MessagesCall("toolu_1", "f", `{"a":"`), `{"type":"input_json_delta","partial_json":" {word"}`},
		"a custom input": {upstreamtest.MessagesCall("toolu_1", "c", `{"input":"`), `{"type":"input_json_delta","partial_json":" word"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := claude(t)
			stream := translate.NewStream(parse(t, asking), wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
			dec := messages.NewDecoder(&p.Target, &p.Dialect, stream)
			begun := test.block(0)
			for _, event := range begun[:len(begun)-1] {
				if err := dec.Frame([]byte(event), stream); err != nil {
					t.Fatal(err)
				}
			}
			delta := []byte(`{"type":"content_block_delta","index":0,"delta":` + test.delta + `}`)
			if allocations := testing.AllocsPerRun(2000, func() {
				if err := dec.Frame(delta, stream); err != nil {
					t.Fatal(err)
				}
			}); allocations > 1 {
				t.Errorf("a delta takes %v allocations", allocations)
			}
		})
	}
}

func BenchmarkRequest(b *testing.B) {
	body := wiretest.Requests(b)["mcp-02"]
	p := claude(b)
	dst := make([]byte, 0, len(body)*2)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		messages.Encode(dst, wiretest.Parse(b, body), &p.Target, &p.Dialect)
	}
}

func BenchmarkReply(b *testing.B) {
	p := plain()
	req := parse(b, asking)
	events := whole("end_turn", upstreamtest.MessagesText(strings.Split(strings.Repeat("word |", 2000), "|")...))
	frames := make([][]byte, len(events))
	for i, event := range events {
		frames[i] = []byte(event)
	}
	b.ReportAllocs()
	for b.Loop() {
		stream := translate.NewStream(req, wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
		dec := messages.NewDecoder(&p.Target, &p.Dialect, stream)
		for _, frame := range frames {
			_ = dec.Frame(frame, stream)
		}
		_ = dec.End(nil, stream)
	}
}
