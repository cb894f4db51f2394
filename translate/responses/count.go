package responses

import "github.com/caddy-codex/responses/translate/jsonscan"

// CountPath is what is added to a provider's base URL where the tokens of a request are counted.
const CountPath = Path + "/input_tokens"

// Count makes the body that asks how many tokens a request has, from the request's own body. Parameters of the answer are unknown there.
// See https://platform.openai.com/docs/api-reference/responses/input-tokens.
func Count(body []byte, _ string) []byte {
	w := jsonscan.Writer{Dst: []byte{'{'}}
	w.Members(jsonscan.Only(body, "model", "previous_response_id", "conversation", "instructions", "input", "tools", "tool_choice", "parallel_tool_calls",
		"reasoning", "text", "personality", "truncation"))
	w.Text("}")
	return w.Dst
}
