package chat

import "github.com/caddy-codex/responses/translate/jsonscan"

// logprobs asks how likely the tokens of the answer are.
func (e *encoder) logprobs() {
	if !e.req.Logprobs || e.d.Logprobs != "send" {
		return
	}
	e.Text(`,"logprobs":true`)
	if n := e.req.TopLogprobs; string(n) != "0" {
		e.RawMember("top_logprobs", n)
	}
}

// likely takes how likely the tokens of a chunk were. Those of refusals and of reasoning stand apart.
func (d *delta) likely(c *jsonscan.Cursor) {
	for key := range c.Members() {
		if key == "content" {
			d.logprobs = only(c)
		}
	}
}

// only reads a list, and nothing of any other value.
func only(c *jsonscan.Cursor) []byte {
	if c.Kind() != jsonscan.Array {
		c.Skip()
		return nil
	}
	return c.Raw()
}

// tellsLikelihood reports whether a chunk says how likely the tokens of the answer were. Servers that take reasoning and calls out of
// the text tell of those tokens in the same place, and some tell of an answer's in a chunk that says nothing.
func (d *delta) tellsLikelihood() bool {
	return d.logprobs != nil && !d.repeated && (len(d.text) > 0 || len(d.reasoning)+len(d.calls) == 0)
}
