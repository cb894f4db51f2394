package chat

import (
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// finishes says what the finish reasons mean, in lower case. Reasons that are not here, which providers invent, count as completed.
var finishes = map[string]translate.Ending{
	"stop": translate.Completed, "end_turn": translate.Completed, "stop_sequence": translate.Completed, "eos": translate.Completed, "end": translate.Completed,
	"tool_calls": translate.Completed, "function_call": translate.Completed, "tool_use": translate.Completed,
	"length": translate.CutByLength, "max_tokens": translate.CutByLength, "model_length": translate.CutByLength, "model_context_window_exceeded": translate.CutByLength,
	"content_filter": translate.Filtered, "content_filtered": translate.Filtered, "sensitive": translate.Filtered, "refusal": translate.Filtered, "safety": translate.Filtered,
	"prohibited_content": translate.Filtered, "blocklist": translate.Filtered, "spii": translate.Filtered, "recitation": translate.Filtered, "guardrail_intervened": translate.Filtered,
	"insufficient_system_resource": translate.Overloaded, "network_error": translate.Broken, "error": translate.Broken, "abort": translate.Broken, "repetition": translate.Broken,
	"malformed_function_call": translate.Broken,
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
	ending := finishes[strings.ToLower(dec.finish)]
	if ending == translate.Completed {
		return dec.complete(out)
	}
	return dec.target.End(ending, "finish reason "+dec.finish, out)
}
