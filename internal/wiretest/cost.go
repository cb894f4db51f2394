package wiretest

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate"
)

// Nowhere is a sink that keeps nothing.
type Nowhere struct{}

// Event implements translate.Sink.
func (Nowhere) Event(string, []byte) {}

// begin is a reply to a request that is about to be read.
func (w *Wire) begin(req *translate.Request, p *Provider) (Decoder, *translate.Stream) {
	stream := translate.NewStream(req, Ring, Nowhere{}, Counted(), Clock)
	return w.Decoder(p, stream), stream
}

// IsCheap sees that a frame takes hardly any memory to read, for a reply has thousands and most say a word. Both are as on the wire: what
// the reply begins with, and the frame that then comes again and again.
func (w *Wire) IsCheap(t *testing.T, p *Provider, request, first, frame string) {
	t.Helper()
	const runs = 2000
	dec, stream := w.begin(Parse(t, []byte(request)), p)
	frames := w.frames(strings.NewReader(first + strings.Repeat(frame, runs+2)))
	step := func() {
		event, err := frames.Next()
		if err == nil {
			err = dec.Frame(event.Data, stream)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for beginning := w.frames(strings.NewReader(first)); ; step() {
		if _, err := beginning.Next(); err != nil {
			break
		}
	}
	step()
	if allocations := testing.AllocsPerRun(runs, step); allocations > 1 {
		t.Errorf("a frame takes %v allocations", allocations)
	}
}

// BenchmarkRequest measures the way of a long request to a provider.
func (w *Wire) BenchmarkRequest(b *testing.B, p *Provider) {
	b.Helper()
	body := Requests(b)["mcp-02"]
	dst := make([]byte, 0, len(body)*2)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		w.Encode(dst, Parse(b, body), &p.Target, &p.Dialect)
	}
}

// BenchmarkReply measures the way of a reply from a provider.
func (w *Wire) BenchmarkReply(b *testing.B, p *Provider, request, body string) {
	b.Helper()
	req := Parse(b, []byte(request))
	b.ReportAllocs()
	for b.Loop() {
		dec, stream := w.begin(req, p)
		if f := play([]Frames{w.frames(strings.NewReader(body))}, dec, stream, new(Outcome)); f != nil {
			b.Fatal(f)
		}
	}
}
