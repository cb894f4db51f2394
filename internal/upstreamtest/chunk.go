package upstreamtest

import "encoding/json"

// The chunks of a Chat Completions stream, as DeepSeek, Kimi, Qwen and others send them.

type chunk struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage,omitempty"`
}

type choice struct {
	Index        int     `json:"index"`
	Delta        delta   `json:"delta"`
	FinishReason *string `json:"finish_reason"`
}

type delta struct {
	Role             string     `json:"role,omitempty"`
	Content          *string    `json:"content,omitempty"`
	ReasoningContent *string    `json:"reasoning_content,omitempty"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
}

type toolCall struct {
	Index    int          `json:"index"`
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function functionCall `json:"function"`
}

type functionCall struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
	PromptDetails    struct {
		CachedTokens int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

// Text is a chunk of the answer.
func Text(text string) string { return choose(choice{Delta: delta{Content: &text}}) }

// Reasoning is a chunk of thoughts, in reasoning_content.
func Reasoning(text string) string { return choose(choice{Delta: delta{ReasoningContent: &text}}) }

// ToolCall is the chunk that begins a tool call, with the first or all of its arguments.
func ToolCall(index int, id, name, args string) string {
	call := toolCall{Index: index, ID: id, Type: "function", Function: functionCall{Name: name, Arguments: args}}
	return choose(choice{Delta: delta{ToolCalls: []toolCall{call}}})
}

// ToolArgs is a chunk with more arguments of a tool call.
func ToolArgs(index int, fragment string) string {
	call := toolCall{Index: index, Function: functionCall{Arguments: fragment}}
	return choose(choice{Delta: delta{ToolCalls: []toolCall{call}}})
}

// Finish is the chunk with a reason to finish: stop, length, tool_calls, content_filter.
func Finish(reason string) string { return choose(choice{FinishReason: &reason}) }

// Usage is the last chunk, which has no choices. The cached tokens are among those of the prompt.
func Usage(prompt, completion, cached int) string {
	u := &usage{PromptTokens: prompt, CompletionTokens: completion, TotalTokens: prompt + completion}
	u.PromptDetails.CachedTokens = cached
	return encode(chunk{Choices: []choice{}, Usage: u})
}

// ErrorBody is an error in the shape of OpenAI, as the body of a reply or as a chunk in the midst of a stream. An empty code is
// null.
func ErrorBody(kind, code, message string) string {
	type fault struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}
	f := fault{Message: message, Type: kind, Code: &code}
	if code == "" {
		f.Code = nil
	}
	return marshal(map[string]fault{"error": f})
}

func choose(c choice) string { return encode(chunk{Choices: []choice{c}}) }

func encode(c chunk) string {
	c.ID, c.Object, c.Created, c.Model = "chatcmpl-1", "chat.completion.chunk", 1700000000, "mock-model"
	return marshal(c)
}

func marshal[T any](value T) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return string(data)
}
