// Package replay makes Responses streams of providers' replies without a gateway and without a network. It is support for tests.
//
// It calls the reader of frames, the decoder and the stream as the gateway does, but it never has another target to turn to: whatever
// goes wrong ends the stream.
package replay

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/replies"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/envelope"
)

// Provider is what the streams call the provider in their messages.
const Provider = "mock"

// Player plays replies to replies.Request by a provider with one dialect.
type Player struct {
	// Beats has the stream say that it is alive before each event of the reply.
	Beats bool

	req     *translate.Request
	ring    *envelope.Ring
	dialect dialect.Dialect
}

// For makes a player for a reply of the collection.
func For(reply *replies.Reply) (*Player, error) {
	ring, err := envelope.NewRing([]byte("the secret of the replays"))
	if err != nil {
		return nil, fmt.Errorf("making a ring: %w", err)
	}
	req, err := translate.Parse(replies.Request, ring)
	if err != nil {
		return nil, fmt.Errorf("parsing the request: %w", err)
	}
	p := &Player{req: req, ring: ring, dialect: dialect.Default()}
	if err := p.dialect.Apply(reply.Knobs); err != nil {
		return nil, fmt.Errorf("turning the knobs of %s: %w", reply.Name, err)
	}
	return p, nil
}

// Play returns the event stream that a body becomes. The same body gives the same stream, but for what is sealed in it.
func (p *Player) Play(body io.Reader) []byte {
	target := &translate.Target{Provider: Provider, Model: "upstream-model"}
	sink := new(frames)
	stream := translate.NewStream(p.req, p.ring, sink, counted(), clock)
	stream.Attempt(*target)
	play := &playing{
		stream:  stream,
		decoder: chat.NewDecoder(target, &p.dialect, stream),
		events:  sse.NewReader(body, 0),
	}
	for !stream.Ended() {
		if p.Beats {
			stream.Heartbeat()
		}
		if err := play.next(); err != nil {
			stream.Fail(asFault(err))
		}
	}
	return sink.body
}

// playing is one reply under way.
type playing struct {
	stream  *translate.Stream
	decoder *chat.Decoder
	events  *sse.Reader
}

// next handles one event, or the end.
func (p *playing) next() error {
	event, err := p.events.Next()
	switch {
	case errors.Is(err, io.EOF):
		return p.decoder.End(nil, p.stream)
	case err != nil:
		return p.decoder.End(err, p.stream)
	}
	err = p.decoder.Frame(event.Data, p.stream)
	switch {
	case err != nil && event.Partial:
		return p.decoder.End(io.ErrUnexpectedEOF, p.stream)
	case err != nil:
		return err
	case p.decoder.Done():
		return p.decoder.End(nil, p.stream)
	}
	return nil
}

func asFault(err error) *fault.Fault {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Internal, "%v", err)
}

// frames gathers events as they go over the wire.
type frames struct{ body []byte }

// Event implements translate.Sink.
func (s *frames) Event(typ string, data []byte) { s.body = sse.AppendEvent(s.body, typ, data) }

// counted makes ids that are the same in every play.
func counted() translate.IDs {
	n := 0
	return func(prefix string) string {
		n++
		return fmt.Sprintf("%s%04d", prefix, n)
	}
}

// clock stands still.
func clock() time.Time { return time.Unix(1762900000, 0) }
