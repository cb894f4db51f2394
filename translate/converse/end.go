package converse

import (
	"errors"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// stops says what the stop reasons mean. Reasons that are not here, which may come, count as completed.
var stops = map[string]translate.Ending{
	"end_turn": translate.Completed, "tool_use": translate.Completed, "stop_sequence": translate.Completed,
	"max_tokens": translate.CutByLength, "model_context_window_exceeded": translate.CutByLength,
	"guardrail_intervened": translate.Filtered, "content_filtered": translate.Filtered,
	"malformed_model_output": translate.Broken, "malformed_tool_use": translate.Broken,
}

// End handles the end of the upstream's body and decides whether the reply was whole. readErr is what reading ended with, nil at a
// proper end. With a stop reason the reply is what that says, however the body ends; without one it is truncated, unless it came as one
// document.
//
// A fault is returned rather than written, for the caller may still have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	switch {
	case dec.stop != "":
		return dec.target.End(stops[dec.stop], "stop reason "+dec.stop, out)
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
