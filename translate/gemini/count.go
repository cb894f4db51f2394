package gemini

import "github.com/caddy-codex/responses/translate/jsonscan"

// CountPath is what is added to a provider's base URL where the tokens of a request are counted.
const CountPath = "/models/{model}:countTokens"

// CountWhole makes the body that asks the Gemini API how many tokens a request has, from the request's own body. The API counts the
// contents alone, unless it is given the whole request. See https://ai.google.dev/api/tokens.
func CountWhole(body []byte, model string) []byte {
	w := jsonscan.Writer{Dst: []byte(`{"generateContentRequest":{"model":`)}
	w.String("models/" + model)
	w.Members(jsonscan.Only(body, "systemInstruction", "contents", "tools", "toolConfig", "generationConfig"))
	w.Text("}}")
	return w.Dst
}

// Count is CountWhole for Vertex AI, which wants the parts of the request side by side.
func Count(body []byte, _ string) []byte {
	w := jsonscan.Writer{Dst: []byte{'{'}}
	w.Members(jsonscan.Only(body, "systemInstruction", "contents", "tools", "generationConfig"))
	w.Text("}")
	return w.Dst
}
