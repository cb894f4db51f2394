package converse

import (
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// CountPath is what is added to a provider's base URL where the tokens of a request are counted.
const CountPath = "/model/{model}/count-tokens"

// Count makes the body that asks how many tokens a request has, from the request's own body. See
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html.
func Count(body []byte, _ string) []byte {
	w := jsonscan.Writer{Dst: []byte(`{"input":{"converse":{`)}
	w.Members(jsonscan.Only(body, "messages", "system", "toolConfig", "additionalModelRequestFields"))
	w.Text("}}}")
	return w.Dst
}

// CountedModel is the model that counts for another. Claude does, and not the inference profiles, which have the name of a region before it.
func CountedModel(model string) string {
	const vendor = "anthropic."
	if _, name, ok := strings.Cut(model, "."+vendor); ok {
		return vendor + name
	}
	return model
}
