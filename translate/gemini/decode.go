package gemini

import (
	"bytes"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Decoder reads one reply, of one answer or, where the provider pauses it, of several. Its zero value is not ready; see NewDecoder.
type Decoder struct {
	target *translate.Target
	seals  bool // the client takes reasoning items that carry signatures

	texts     []signedText // signed pieces of the text under way
	length    int          // bytes of the text under way
	state     state        // what the reasoning item under way is to carry
	calling   partialCall  // a call that comes in pieces
	grounding *grounding   // nil where the client wants no search

	finish  string // finishReason, empty until it is there
	blocked string // why the prompt was refused
	done    bool   // [DONE] was seen, which some gateways send
	said    bool   // a text or a call was passed on

	token   []byte // of the answer under way, for going on with the reply
	resumed []byte // the token that it went on from
	retried bool   // the request was repeated because of a call that came out wrong
	anew    bool   // nothing has come of the repeated request yet

	usage   translate.Usage // of the answer under way
	earlier translate.Usage // of those before
	chunk   chunk           // reused
	scratch []byte          // reused
}

// NewDecoder makes a decoder for a reply of target.
func NewDecoder(target *translate.Target, d *dialect.Dialect, out *translate.Stream) *Decoder {
	dec := &Decoder{target: target, seals: out.Request().Encrypted}
	if out.Request().Tools.Search != nil && d.WebSearch == "google_search" {
		dec.grounding = &grounding{}
	}
	out.State = func([]byte) *envelope.Payload {
		if dec.state.empty() {
			return nil
		}
		sealed := &envelope.Payload{Field: stateField, Data: dec.state.append(nil)}
		dec.state = state{}
		return sealed
	}
	return dec
}

// Frame handles the data of one event of the upstream's stream, or a whole reply, which is a list of what the events would have been. An
// error is a *fault.Fault that ends the reply; whether the reply was whole is for End to say.
func (dec *Decoder) Frame(data []byte, out *translate.Stream) error {
	data = bytes.TrimSpace(data)
	data = jsonscan.MendUTF8(data)
	switch {
	case bytes.Equal(data, []byte("[DONE]")):
		dec.done = true
	case len(data) > 0 && data[0] == '{':
		return dec.response(data, out)
	case len(data) > 0 && data[0] == '[':
		return dec.list(data, out)
	}
	return nil // what is no JSON object is the comment of a gateway
}

func (dec *Decoder) list(data []byte, out *translate.Stream) error {
	c := jsonscan.New(data)
	for range c.Elements() {
		if c.Kind() != jsonscan.Object {
			continue
		}
		if one := c.Raw(); one != nil {
			if err := dec.response(one, out); err != nil {
				return err
			}
		}
	}
	if c.Close() != nil {
		return dec.target.Fault(fault.BadReply, "sent a reply that is not JSON")
	}
	return nil
}

func (dec *Decoder) response(data []byte, out *translate.Stream) error {
	ch := &dec.chunk
	*ch = chunk{parts: ch.parts[:0]}
	c := jsonscan.New(data)
	ch.read(c, data)
	if c.Close() != nil {
		return dec.target.Fault(fault.BadReply, "sent a chunk that is not JSON")
	}
	if ch.failed {
		if f, ok := fault.FromBody(dec.target.Provider, data, out.Now()); ok {
			return f
		}
	}
	return dec.apply(ch, out)
}

// apply passes on what a chunk said, in the order in which it said it.
func (dec *Decoder) apply(ch *chunk, out *translate.Stream) error {
	if ch.counted {
		dec.usage = ch.usage
		out.Usage(sum(dec.earlier, dec.usage))
	}
	for i := range ch.parts {
		if err := dec.part(&ch.parts[i], out); err != nil {
			return err
		}
	}
	if dec.grounding != nil && ch.grounding != nil {
		dec.grounding.read(ch.grounding, out)
	}
	if ch.finish != "" && ch.finish != "FINISH_REASON_UNSPECIFIED" {
		dec.finish = ch.finish
	}
	if ch.blocked != "" {
		dec.blocked = ch.blocked
	}
	if len(ch.token) > 0 {
		dec.token = bytes.Clone(ch.token)
	}
	return nil
}

func sum(a, b translate.Usage) translate.Usage {
	return translate.Usage{
		Input: a.Input + b.Input, Cached: a.Cached + b.Cached, Output: a.Output + b.Output, Reasoning: a.Reasoning + b.Reasoning,
	}
}

// Done reports whether the provider has said all it will say.
func (dec *Decoder) Done() bool { return dec.done }
