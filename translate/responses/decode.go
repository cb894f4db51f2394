package responses

import (
	"bytes"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// Decoder reads one reply. Its zero value is not ready; see NewDecoder.
type Decoder struct {
	target *translate.Target
	reader reader
	marked bool // [DONE] was seen
	ended  bool // the terminal event was seen
}

// reader is what a reply is read by: one for services whose events pass, one for those whose are translated.
type reader interface {
	// event handles one event, which is a JSON object. An error is a *fault.Fault.
	event(data []byte, out *translate.Stream) error

	// end decides about a reply that has no terminal event. marked says that it has a final mark instead.
	end(marked bool, readErr error, out *translate.Stream) error
}

// NewDecoder makes a decoder for a reply of target.
func NewDecoder(target *translate.Target, d *dialect.Dialect, out *translate.Stream) *Decoder {
	dec := &Decoder{target: target}
	if d.Profile == native {
		dec.reader = newRelayer(target, out)
	} else {
		dec.reader = newTranslator(target, d, out)
	}
	return dec
}

// Frame handles the data of one event of the upstream's stream, or a whole reply. An error is a *fault.Fault that ends the reply.
func (dec *Decoder) Frame(data []byte, out *translate.Stream) error {
	data = bytes.TrimSpace(data)
	switch {
	case out.Over() || len(data) == 0:
		return nil
	case data[0] == '{':
		if err := dec.reader.event(data, out); err != nil {
			return err
		}
		dec.ended = out.Over()
	case bytes.Equal(data, []byte("[DONE]")):
		dec.marked = true
	case data[0] == '[':
		if f, ok := fault.FromBody(dec.target.Provider, data, out.Now()); ok {
			return f
		}
	}
	return nil // some gateways send their comments as data
}

// End handles the end of the upstream's body and decides whether the reply was whole. readErr is what reading ended with, nil at a proper
// end. A fault is returned rather than written, for the caller may still have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	if out.Over() {
		return nil
	}
	return dec.reader.end(dec.marked, readErr, out)
}

// Done reports whether the provider has said all it will say.
func (dec *Decoder) Done() bool { return dec.marked || dec.ended }
