package converse

import (
	"errors"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// stops are the stop reasons.
var stops = translate.Reasons{
	translate.Completed:   {"end_turn", "tool_use", "stop_sequence"},
	translate.CutByLength: {"max_tokens", "model_context_window_exceeded"},
	translate.Filtered:    {"guardrail_intervened", "content_filtered"},
	translate.Broken:      {"malformed_model_output", "malformed_tool_use"},
}

// End handles the end of the upstream's body and decides whether the reply was whole. readErr is what reading ended with, nil at a
// proper end. With a stop reason the reply is what that says, however the body ends; without one it is truncated, unless it came as one
// document.
//
// A fault is returned rather than written, for the caller may still have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	switch {
	case dec.stop != "":
		return dec.target.End(stops.Ending(dec.stop), "stop reason "+dec.stop, out)
	case errors.Is(readErr, ErrDamaged):
		f := dec.target.Fault(fault.BadReply, "sent a reply that is no event stream of AWS, or was damaged on its way")
		f.Err = readErr
		return f
	case dec.whole && dec.output && readErr == nil:
		return dec.target.Complete(out)
	default:
		return dec.target.Truncated(readErr, out)
	}
}
