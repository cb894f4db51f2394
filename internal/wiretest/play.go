package wiretest

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
)

// Decoder is the decoder of a wire.
type Decoder interface {
	Frame(data []byte, out *translate.Stream) error
	End(readErr error, out *translate.Stream) error
	Done() bool
}

// pauser is the decoder of a wire whose providers pause.
type pauser interface {
	Paused() (continuation []byte, ok bool)
}

// Frames are the pieces of a streamed reply.
type Frames interface {
	Next() (sse.Event, error)
}

// Sink keeps the events of a stream as they go over the wire.
type Sink struct{ bytes.Buffer }

// Event implements translate.Sink.
func (s *Sink) Event(typ string, data []byte) { fmt.Fprintf(s, "event: %s\ndata: %s\n\n", typ, data) }

// play feeds a reply to a decoder as the gateway does, to its end. Where the reply pauses at the end of a body, it goes on with the next.
func play(bodies []Frames, dec Decoder, stream *translate.Stream, o *Outcome) *fault.Fault {
	for i, frames := range bodies {
		readErr, err := playBody(frames, dec, stream)
		if err != nil {
			return asFault(err)
		}
		if readErr != nil || i == len(bodies)-1 {
			return asFault(dec.End(readErr, stream))
		}
		continuation, ok := dec.(pauser).Paused()
		if !ok {
			break
		}
		o.Continuations = append(o.Continuations, string(continuation))
	}
	return asFault(dec.End(nil, stream))
}

// playBody returns what the reading has ended with besides a fault of the provider's.
func playBody(frames Frames, dec Decoder, stream *translate.Stream) (readErr, err error) {
	for {
		event, err := frames.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return err, nil
		}
		if err := dec.Frame(event.Data, stream); err != nil {
			if event.Partial {
				return io.ErrUnexpectedEOF, nil
			}
			return nil, err
		}
		if dec.Done() {
			return nil, nil
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
