package messages

import (
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// outcome is how a reply ends.
type outcome int

const (
	completed outcome = iota
	cutByLength
	refused
	broken
)

// pauseTurn is the reason for which a reply stops that is to go on with another request.
const pauseTurn = "pause_turn"

// outcomes says what stop reasons mean, in lower case, with those that hosts take over from other wires. Reasons that are not here count as
// completed.
var outcomes = map[string]outcome{
	"end_turn": completed, "stop_sequence": completed, "tool_use": completed, "stop": completed, "tool_calls": completed,
	"max_tokens": cutByLength, "model_context_window_exceeded": cutByLength, pauseTurn: cutByLength, "length": cutByLength,
	"refusal": refused, "content_filter": refused, "sensitive": refused, "safety": refused,
	"error": broken, "abort": broken, "network_error": broken, "insufficient_system_resource": broken,
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
		return dec.fault(fault.BadReply, "ended its reply without an answer")
	default:
		f := dec.fault(fault.Truncated, "broke off its reply")
		if !out.Speaking() && readErr == nil {
			f.Message = "ended its reply before it began"
		}
		f.Err = readErr
		return f
	}
}

// complete ends a reply that says it is whole, unless it is not: a tool's input that breaks off would be run as it is. And a question that
// gets no answer has not been answered; after the results of calls, on the other hand, a model may have nothing more to say.
func (dec *Decoder) complete(out *translate.Stream) error {
	for _, b := range dec.blocks {
		if b.kind == callBlock {
			b.settle()
		}
	}
	dec.endServer(out)
	switch {
	case out.BrokenInput():
		return dec.fault(fault.Truncated, "broke off the input of a tool call")
	case !out.Speaking() && out.Request().AwaitsAnswer():
		return dec.fault(fault.BadReply, "ended its reply without an answer")
	}
	out.Complete()
	return nil
}

func (dec *Decoder) finished(out *translate.Stream) error {
	switch outcomes[strings.ToLower(dec.stop)] {
	case cutByLength:
		dec.endServer(out)
		out.Incomplete("max_output_tokens")
	case refused:
		if !out.Speaking() {
			return dec.refusal()
		}
		dec.endServer(out)
		out.Incomplete("content_filter")
	case broken:
		kind := fault.Unavailable
		if dec.stop == "insufficient_system_resource" {
			kind = fault.Overloaded
		}
		return dec.fault(kind, "ended its reply with the stop reason "+dec.stop)
	default:
		return dec.complete(out)
	}
	return nil
}

// maxExplanation bounds what is quoted of the provider's reasons, in bytes.
const maxExplanation = 500

// refusal is the fault of a reply that the provider has withheld.
func (dec *Decoder) refusal() *fault.Fault {
	reason := "stop reason " + dec.stop
	if dec.category != "" {
		reason += ", category " + dec.category
	}
	f := dec.fault(fault.Filtered, "withheld its answer: its content filter objects ("+reason+")")
	if dec.why != "" && len(dec.why) <= maxExplanation {
		f.Message, f.Quoted = fault.Redact(dec.why)+" ("+reason+")", true
	}
	return f
}
