package messages

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// Decoder reads one reply. Its zero value is not ready; see NewDecoder.
type Decoder struct{}

// NewDecoder makes a decoder for a reply of target.
func NewDecoder(target *translate.Target, d *dialect.Dialect, out *translate.Stream) *Decoder {
	return &Decoder{}
}

// Frame handles the data of one event of the upstream's stream, or a whole reply. An error is a *fault.Fault that ends the reply.
func (dec *Decoder) Frame(data []byte, out *translate.Stream) error { return nil }

// End handles the end of the upstream's body and decides whether the reply was whole.
func (dec *Decoder) End(readErr error, out *translate.Stream) error { return nil }

// Done reports whether the provider has said all it will say.
func (dec *Decoder) Done() bool { return false }
