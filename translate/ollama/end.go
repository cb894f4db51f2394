package ollama

import (
	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// Done reports whether the provider has said all it will say: reading on serves the connection only.
func (dec *Decoder) Done() bool { return dec.done }

// End handles the end of the upstream's body and decides whether the reply was whole. readErr is what reading ended with, nil at a
// proper end. With its last line the reply is what that says, however the body ends; without, it is truncated.
//
// A fault is returned rather than written, for the caller may still have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	if !dec.done {
		return dec.target.Truncated(readErr, out)
	}
	dec.flush(out)
	switch dec.reason {
	case "length":
		out.Incomplete("max_output_tokens")
		return nil
	case "load", "unload":
		return dec.target.Fault(fault.BadReply, "did not answer: it was asked to "+dec.reason+" the model")
	}
	return dec.target.Complete(out)
}
