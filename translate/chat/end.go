package chat

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
	filtered
	broken
)

// finishes says what the finish reasons mean, in lower case. Reasons that are not here, which providers invent, count as completed.
var finishes = map[string]outcome{
	"stop": completed, "end_turn": completed, "stop_sequence": completed, "eos": completed, "end": completed,
	"tool_calls": completed, "function_call": completed, "tool_use": completed,
	"length": cutByLength, "max_tokens": cutByLength, "model_length": cutByLength, "model_context_window_exceeded": cutByLength,
	"content_filter": filtered, "content_filtered": filtered, "sensitive": filtered, "refusal": filtered, "safety": filtered,
	"prohibited_content": filtered, "blocklist": filtered, "spii": filtered, "recitation": filtered, "guardrail_intervened": filtered,
	"insufficient_system_resource": broken, "network_error": broken, "error": broken, "abort": broken, "repetition": broken,
	"malformed_function_call": broken,
}

// End handles the end of the upstream's body and decides whether the reply was whole. readErr is what reading ended with, nil at a
// proper end. The decision, in this order:
//
//	finish reason   [DONE]   end of body   the reply is
//	yes             any      any           what the reason says
//	no              yes      any           completed, where it holds an answer; else broken
//	no              no       proper        completed, where it is one whole document with an answer; else truncated
//	no              no       broken        truncated
//
// A fault is returned rather than written, for the caller may still have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	switch {
	case dec.finish != "":
		return dec.finished(out)
	case (dec.done || dec.whole && readErr == nil) && (dec.output || out.Speaking()):
		dec.endText(out)
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

// complete ends a reply that says it is whole, unless it is not.
func (dec *Decoder) complete(out *translate.Stream) error {
	if dec.calls.nameless() {
		return dec.fault(fault.BadReply, "made a tool call without a name")
	}
	return translate.CompleteReply(dec.target.Provider, out)
}

func (dec *Decoder) finished(out *translate.Stream) error {
	dec.endText(out)
	dec.calls.settle()
	dec.search.settle()
	switch finishes[strings.ToLower(dec.finish)] {
	case cutByLength:
		out.Incomplete("max_output_tokens")
	case filtered:
		if !out.Speaking() {
			return dec.fault(fault.Filtered, "withheld its answer: its content filter objects (finish reason "+dec.finish+")")
		}
		out.Incomplete("content_filter")
	case broken:
		kind := fault.Unavailable
		if dec.finish == "insufficient_system_resource" {
			kind = fault.Overloaded
		}
		return dec.fault(kind, "ended its reply with the finish reason "+dec.finish)
	default:
		return dec.complete(out)
	}
	return nil
}
