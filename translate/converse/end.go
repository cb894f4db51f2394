package converse

import (
	"errors"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// outcome is how a reply ends.
type outcome int

const (
	completed outcome = iota
	cutByLength
	filtered
	broken
)

// stops says what the stop reasons mean. Reasons that are not here, which may come, count as completed.
var stops = map[string]outcome{
	"end_turn": completed, "tool_use": completed, "stop_sequence": completed,
	"max_tokens": cutByLength, "model_context_window_exceeded": cutByLength,
	"guardrail_intervened": filtered, "content_filtered": filtered,
	"malformed_model_output": broken, "malformed_tool_use": broken,
}

// End handles the end of the upstream's body and decides whether the reply was whole. readErr is what reading ended with, nil at a
// proper end. With a stop reason the reply is what that says, however the body ends; without one it is truncated, unless it came as one
// document.
//
// A fault is returned rather than written, for the caller may still have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	switch {
	case dec.stop != "":
		return dec.stopped(out)
	case errors.Is(readErr, ErrDamaged):
		f := dec.fault(fault.BadReply, "sent a reply that is no event stream of AWS, or was damaged on its way")
		f.Err = readErr
		return f
	case dec.whole && dec.output && readErr == nil:
		return translate.CompleteReply(dec.target.Provider, out)
	default:
		f := dec.fault(fault.Truncated, "broke off its reply")
		if !out.Speaking() && readErr == nil {
			f.Message = "ended its reply before it began"
		}
		f.Err = readErr
		return f
	}
}

func (dec *Decoder) stopped(out *translate.Stream) error {
	switch stops[dec.stop] {
	case cutByLength:
		out.Incomplete("max_output_tokens")
	case filtered:
		if !out.Speaking() {
			return dec.fault(fault.Filtered, "withheld its answer: its content filter objects (stop reason "+dec.stop+")")
		}
		out.Incomplete("content_filter")
	case broken:
		return dec.fault(fault.Unavailable, "ended its reply with the stop reason "+dec.stop)
	default:
		return translate.CompleteReply(dec.target.Provider, out)
	}
	return nil
}
