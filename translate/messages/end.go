package messages

import (
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// pauseTurn is the reason for which a reply stops that is to go on with another request.
const pauseTurn = "pause_turn"

// stops are the stop reasons, in lower case, with those that hosts take over from other wires.
var stops = translate.Reasons{
	translate.Completed:   {"end_turn", "stop_sequence", "tool_use", "stop", "tool_calls"},
	translate.CutByLength: {"max_tokens", "model_context_window_exceeded", pauseTurn, "length"},
	translate.Filtered:    {"refusal", "content_filter", "sensitive", "safety"},
	translate.Broken:      {"error", "abort", "network_error"},
	translate.Overloaded:  {"insufficient_system_resource"},
}

// End handles the end of the upstream's body and decides whether the reply was whole. readErr is what reading ended with, nil at a
// proper end. The decision, in this order:
//
//	stop reason   message_stop   end of body   the reply is
//	yes           any            any           what the reason says
//	no            yes            any           completed, where it holds an answer; else broken
//	no            no             proper        completed, where it is one whole document with an answer; else truncated
//	no            no             broken        truncated
//
// A fault is returned rather than written, for the caller may still have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	switch {
	case dec.stop != "":
		return dec.finished(out)
	case (dec.done || dec.whole && readErr == nil) && (dec.output || out.Speaking()):
		for _, b := range dec.blocks {
			dec.end(b, out)
		}
		return dec.complete(out)
	case dec.done:
		return dec.target.Silence()
	default:
		return dec.target.Truncated(readErr, out)
	}
}

// complete ends a reply that says it is whole, unless it is not.
func (dec *Decoder) complete(out *translate.Stream) error {
	for _, b := range dec.blocks {
		if b.kind == callBlock {
			b.settle()
		}
	}
	dec.endServer(out)
	return dec.target.Complete(out)
}

func (dec *Decoder) finished(out *translate.Stream) error {
	ending := stops.Ending(strings.ToLower(dec.stop))
	switch {
	case ending == translate.Completed:
		return dec.complete(out)
	case ending == translate.Filtered && !out.Speaking():
		return dec.refusal()
	case ending == translate.Filtered, ending == translate.CutByLength:
		dec.endServer(out)
	}
	return dec.target.End(ending, "stop reason "+dec.stop, out)
}

// maxExplanation bounds what is quoted of the provider's reasons, in bytes.
const maxExplanation = 500

// refusal is the fault of a reply that the provider has withheld.
func (dec *Decoder) refusal() *fault.Fault {
	reason := "stop reason " + dec.stop
	if dec.category != "" {
		reason += ", category " + dec.category
	}
	f := dec.target.Fault(fault.Filtered, "withheld its answer: its content filter objects ("+reason+")")
	if dec.why != "" && len(dec.why) <= maxExplanation {
		f.Message, f.Quoted = fault.Redact(dec.why)+" ("+reason+")", true
	}
	return f
}
