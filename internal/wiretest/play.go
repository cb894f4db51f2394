package wiretest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
)

// Decoder is the decoder of a wire.
type Decoder interface {
	Frame(data []byte, out *translate.Stream) error
	End(readErr error, out *translate.Stream) error
	Done() bool
}

// Frames are the pieces of a streamed reply.
type Frames interface {
	Next() (sse.Event, error)
}

// Sink keeps the events of a stream as they go over the wire.
type Sink struct{ bytes.Buffer }

// Event implements translate.Sink.
func (s *Sink) Event(typ string, data []byte) { fmt.Fprintf(s, "event: %s\ndata: %s\n\n", typ, data) }

// Play feeds a reply to a decoder as the gateway does, to its end, and returns the event stream that it becomes. A fault ends the stream
// as failed, as it does where no other target is left. The stream is checked against the rules of the Responses API.
func Play(t testing.TB, req *translate.Request, p *Provider, frames Frames, decoder func(*translate.Stream) Decoder) []byte {
	t.Helper()
	sink := new(Sink)
	stream := translate.NewStream(req, Ring, sink, Counted(), Clock)
	stream.Attempt(p.Target)
	dec := decoder(stream)
	if f := play(frames, dec, stream); f != nil {
		stream.Fail(f)
	}
	if err := streamcheck.Check(sink.Bytes()); err != nil {
		t.Errorf("the stream breaks the rules: %v\n%s", err, sink)
	}
	return sink.Bytes()
}

func play(frames Frames, dec Decoder, stream *translate.Stream) *fault.Fault {
	for {
		event, err := frames.Next()
		if errors.Is(err, io.EOF) {
			return asFault(dec.End(nil, stream))
		}
		if err != nil {
			return asFault(dec.End(err, stream))
		}
		if err := dec.Frame(event.Data, stream); err != nil {
			if event.Partial {
				return asFault(dec.End(io.ErrUnexpectedEOF, stream))
			}
			return asFault(err)
		}
		if dec.Done() {
			return asFault(dec.End(nil, stream))
		}
	}
}

func asFault(err error) *fault.Fault {
	var f *fault.Fault
	if errors.As(err, &f) || err == nil {
		return f
	}
	return fault.New(fault.Internal, "%v", err)
}
