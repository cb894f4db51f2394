package chat

import (
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// finishes are the finish reasons, in lower case.
var finishes = translate.Reasons{
	translate.Completed: {
		"stop", "end_turn", "stop_sequence", "eos", "end", "tool_calls", "function_call", "tool_use",
	},
	translate.CutByLength: {"length", "max_tokens", "model_length", "model_context_window_exceeded"},
	translate.Filtered: {
		"content_filter", "content_filtered", "sensitive", "refusal", "safety", "prohibited_content", "blocklist", "spii", "recitation",
		"guardrail_intervened",
	},
	translate.Broken:     {"network_error", "error", "abort", "repetition", "malformed_function_call"},
	translate.Overloaded: {"insufficient_system_resource"},
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
		return dec.target.Silence()
	default:
		return dec.target.Truncated(readErr, out)
	}
}

// complete ends a reply that says it is whole, unless it is not.
func (dec *Decoder) complete(out *translate.Stream) error {
	if dec.calls.nameless() {
		return dec.target.Fault(fault.BadReply, "made a tool call without a name")
	}
	return dec.target.Complete(out)
}

func (dec *Decoder) finished(out *translate.Stream) error {
	dec.endText(out)
	dec.calls.settle()
	dec.search.settle()
	ending := finishes.Ending(strings.ToLower(dec.finish))
	if ending == translate.Completed {
		return dec.complete(out)
	}
	return dec.target.End(ending, "finish reason "+dec.finish, out)
}
