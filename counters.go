package codexresponses

import (
	"net/url"
	"strings"

	"github.com/caddy-codex/responses/translate/chat"
	"github.com/caddy-codex/responses/translate/converse"
	"github.com/caddy-codex/responses/translate/gemini"
	"github.com/caddy-codex/responses/translate/messages"
	responseswire "github.com/caddy-codex/responses/translate/responses"
)

// counter is how a service counts the tokens of a request without answering it.
type counter struct {
	// path is added to the base URL, like that of a wire.
	path string

	// encode makes the body from the one that the request itself would have.
	encode func(body []byte, model string) []byte

	// tokens is where in the answer the number stands.
	tokens string

	// model is what counts for a model. Nil where each counts for itself.
	model func(string) string
}

// counters are by wire and by the words of the knob count_tokens.
var counters = map[string]map[string]*counter{
	chatWire: {
		"input_tokens": {path: chat.CountPath, encode: chat.Count, tokens: "input_tokens"},
		"tokenize":     {path: chat.TokenizePath, encode: chat.Tokenize, tokens: "count"},
	},
	responsesWire: {
		"input_tokens": {path: responseswire.CountPath, encode: responseswire.Count, tokens: "input_tokens"},
	},
	"messages": {
		"count_tokens":            {path: messages.CountPath, encode: messages.Count, tokens: "input_tokens"},
		"count-tokens:rawPredict": {path: messages.CloudCountPath, encode: messages.Count, tokens: "input_tokens"},
	},
	"gemini": {
		"generateContentRequest": {path: gemini.CountPath, encode: gemini.CountWhole, tokens: "totalTokens"},
		"countTokens":            {path: gemini.CountPath, encode: gemini.Count, tokens: "totalTokens"},
	},
	"converse": {
		"count-tokens": {path: converse.CountPath, encode: converse.Count, tokens: "inputTokens", model: converse.CountedModel},
	},
}

// counter is how a target counts, nil where it does not.
func (t *target) counter() *counter {
	d, err := t.upstream.dialect(t.model)
	if err != nil {
		return nil
	}
	return counters[t.upstream.wireName][d.CountTokens]
}

// urlPath is what is added to the base URL for a model.
func (c *counter) urlPath(model string) string {
	return strings.ReplaceAll(c.path, "{model}", url.PathEscape(c.counted(model)))
}

// counted is the model that counts for another.
func (c *counter) counted(model string) string {
	if c.model == nil {
		return model
	}
	return c.model(model)
}
