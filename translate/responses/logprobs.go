package responses

import "github.com/caddy-codex/responses/translate"

// logprobsIncluded is what a client that asks how likely the tokens are wants to have included.
const logprobsIncluded = "message.output_text.logprobs"

// include asks for what is not in a reply by itself: the reasoning as the service wants it back, and how likely the tokens are.
func (e *encoder) include() {
	sealed, likely := e.d.ReasoningOut == fieldEncrypted && e.req.Encrypted, e.req.Logprobs && e.d.Logprobs == "send"
	if (sealed || likely) && e.member("include") {
		e.Text("[")
		if sealed {
			e.String("reasoning.encrypted_content")
		}
		if likely {
			e.Separate()
			e.String(logprobsIncluded)
		}
		e.Text("]")
	}
	if likely {
		e.optional("top_logprobs", e.req.TopLogprobs)
	}
}

// likely passes on how likely the tokens of a message are whose text follows.
func (it *item) likely(logprobs []byte, out *translate.Stream) {
	if it.typ == message {
		out.Logprobs(logprobs)
	}
}
