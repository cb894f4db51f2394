package gemini

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// finishes are the finish reasons.
var finishes = translate.Reasons{
	translate.Completed:   {"STOP"},
	translate.CutByLength: {"MAX_TOKENS", continuation},
	translate.Filtered: {
		"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
		"IMAGE_RECITATION",
	},
	translate.Broken: append([]string{"OTHER", "IMAGE_OTHER", "NO_IMAGE", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE"}, malformed...),
}

// continuation is the reason of an answer that the provider wants to be asked to go on with.
const continuation = "CONTINUATION"

// malformed are the reasons of answers in which a call came out wrong, which may not happen again.
var malformed = []string{"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"}

// Paused says at the end of an answer whether the reply goes on with another request: with the token that the provider gave, or with the
// same request once more where a call came out wrong before anything of the answer was passed on. An empty continuation stands for that.
func (dec *Decoder) Paused() (more []byte, ok bool) {
	switch {
	case dec.blocked != "":
		return nil, false
	case dec.finish == "" || dec.finish == continuation:
		token := signature(dec.token)
		if token == nil || bytes.Equal(token, dec.resumed) {
			return nil, false
		}
		dec.resumed = token
		dec.next()
		return token, true
	case slices.Contains(malformed, dec.finish) && !dec.said && !dec.retried:
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
		return dec.target.End(translate.Filtered, "block reason "+dec.blocked, out)
	}
	return dec.target.Truncated(readErr, out)
}

func (dec *Decoder) finished(out *translate.Stream) error {
	ending := finishes.Ending(dec.finish)
	if ending == translate.Completed {
		return dec.complete(out)
	}
	return dec.target.End(ending, "finish reason "+dec.finish, out)
}

// complete ends a reply that says it is whole, unless it is not: see translate.Target.Complete.
func (dec *Decoder) complete(out *translate.Stream) error {
	switch {
	case dec.calling.open:
		return dec.target.Fault(fault.Truncated, "broke off the arguments of a tool call")
	case !out.Speaking() && out.Request().AwaitsAnswer():
		return dec.target.Silence()
	}
	dec.endText(out)
	if dec.grounding != nil {
		dec.grounding.end(out)
	}
	out.Complete()
	return nil
}
