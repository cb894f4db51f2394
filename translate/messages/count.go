package messages

import "github.com/caddy-codex/responses/translate/jsonscan"

// Where the tokens of a request are counted, added to a provider's base URL. Google's path names no model.
const (
	CountPath      = Path + "/count_tokens"
	CloudCountPath = "/models/count-tokens:rawPredict"
)

// Count makes the body that asks how many tokens a request has, from the request's own body. Nothing is told of the answer, such as its
// limit, which is refused. See https://platform.claude.com/docs/en/api/messages/count_tokens.
func Count(body []byte, model string) []byte {
	w := jsonscan.Writer{Dst: []byte{'{'}}
	w.Member("model")
	w.String(model)
	w.Members(jsonscan.Only(body, "anthropic_version", "system", "messages", "tools", "tool_choice", "thinking", "output_config"))
	w.Text("}")
	return w.Dst
}
