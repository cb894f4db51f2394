package gemini

import (
	"bytes"

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
	malformed // a call came out wrong, which may not happen again
	paused    // the provider wants to be asked to go on
)

// finishes says what the finish reasons mean. Reasons that are not here count as completed.
var finishes = map[string]outcome{
	"STOP": completed, "MAX_TOKENS": cutByLength, "CONTINUATION": paused,
	"SAFETY": filtered, "RECITATION": filtered, "LANGUAGE": filtered, "BLOCKLIST": filtered, "PROHIBITED_CONTENT": filtered, "SPII": filtered,
	"IMAGE_SAFETY": filtered, "IMAGE_PROHIBITED_CONTENT": filtered, "IMAGE_RECITATION": filtered,
	"OTHER": broken, "IMAGE_OTHER": broken, "NO_IMAGE": broken, "TOO_MANY_TOOL_CALLS": broken, "MISSING_THOUGHT_SIGNATURE": broken,
	"MALFORMED_FUNCTION_CALL": malformed, "UNEXPECTED_TOOL_CALL": malformed, "MALFORMED_RESPONSE": malformed,
}

// Paused says at the end of an answer whether the reply goes on with another request: with the token that the provider gave, or with the
// same request once more where a call came out wrong before anything of the answer was passed on. An empty continuation stands for that.
func (dec *Decoder) Paused() (continuation []byte, ok bool) {
	switch {
	case dec.blocked != "":
		return nil, false
	case dec.finish == "" || finishes[dec.finish] == paused:
		token := signature(dec.token)
		if token == nil || bytes.Equal(token, dec.resumed) {
			return nil, false
		}
		dec.resumed = token
		dec.next()
		return token, true
	case finishes[dec.finish] == malformed && !dec.said && !dec.retried:
		dec.retried, dec.anew = true, true
		dec.next()
		dec.state, dec.texts, dec.calling = state{}, nil, partialCall{}
		return []byte{}, true
	}
	return nil, false
}

// next makes the decoder ready for a further answer.
func (dec *Decoder) next() {
	dec.earlier, dec.usage = sum(dec.earlier, dec.usage), translate.Usage{}
	dec.finish, dec.token, dec.done = "", nil, false
}

// End handles the end of the upstream's body and decides whether the reply was whole: it has a finish reason then, or says that it was
// withheld. readErr is what reading ended with, nil at a proper end. A fault is returned rather than written, for the caller may still
// have another target.
func (dec *Decoder) End(readErr error, out *translate.Stream) error {
	switch {
	case dec.finish != "":
		return dec.finished(out)
	case dec.blocked != "":
		return dec.withheld("block reason "+dec.blocked, out)
	}
	f := dec.fault(fault.Truncated, "broke off its reply")
	if !out.Speaking() && readErr == nil {
		f.Message = "ended its reply before it began"
	}
	f.Err = readErr
	return f
}

func (dec *Decoder) finished(out *translate.Stream) error {
	switch finishes[dec.finish] {
	case cutByLength, paused:
		out.Incomplete("max_output_tokens")
	case filtered:
		return dec.withheld("finish reason "+dec.finish, out)
	case broken, malformed:
		return dec.fault(fault.Unavailable, "ended its reply with the finish reason "+dec.finish)
	default:
		return dec.complete(out)
	}
	return nil
}

// withheld ends a reply that a filter has cut short, or kept back as a whole.
func (dec *Decoder) withheld(why string, out *translate.Stream) error {
	if !out.Speaking() {
		return dec.fault(fault.Filtered, "withheld its answer: its content filter objects ("+why+")")
	}
	out.Incomplete("content_filter")
	return nil
}

// complete ends a reply that says it is whole, unless it is not. A question that gets no answer has not been answered; after the results
// of calls, on the other hand, a model may have nothing more to say.
func (dec *Decoder) complete(out *translate.Stream) error {
	switch {
	case dec.calling.open:
		return dec.fault(fault.Truncated, "broke off the arguments of a tool call")
	case !out.Speaking() && out.Request().AwaitsAnswer():
		return dec.fault(fault.BadReply, "ended its reply without an answer")
	}
	dec.endText(out)
	if dec.grounding != nil {
		dec.grounding.end(out)
	}
	out.Complete()
	return nil
}
