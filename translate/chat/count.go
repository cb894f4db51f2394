package chat

import "github.com/caddy-codex/responses/translate/jsonscan"

// Where servers count the tokens of a request, added to their base URL: llama.cpp's, and vLLM's, which is at the root.
const (
	CountPath    = Path + "/input_tokens"
	TokenizePath = "//tokenize"
)

// Count makes the body that asks llama.cpp how many tokens a request has, from the request's own body: what goes into the prompt. See
// https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md.
func Count(body []byte, _ string) []byte {
	w := jsonscan.Writer{Dst: []byte{'{'}}
	w.Members(jsonscan.Only(body, "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "chat_template_kwargs"))
	w.Text("}")
	return w.Dst
}

// Tokenize is Count for vLLM. See https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html.
func Tokenize(body []byte, _ string) []byte {
	w := jsonscan.Writer{Dst: []byte{'{'}}
	w.Members(jsonscan.Only(body, "model", "messages", "tools", "chat_template_kwargs"))
	w.Text("}")
	return w.Dst
}
