package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// chatRequest is a Chat Completions request as the provider got it.
type chatRequest struct {
	Model          string          `json:"model"`
	Stream         bool            `json:"stream"`
	Messages       []chatMessage   `json:"messages"`
	Tools          []chatTool      `json:"tools"`
	ToolChoice     json.RawMessage `json:"tool_choice"`
	ResponseFormat struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

type chatMessage struct {
	Role      string      `json:"role"`
	Content   chatContent `json:"content"`
	Reasoning *string     `json:"reasoning_content"`
	ToolCalls []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
	ToolCallID string `json:"tool_call_id"`
}

type chatTool struct {
	Function struct {
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// chatContent is a text or a list of parts. Either way it is kept as parts.
type chatContent []chatPart

type chatPart struct {
	Text  string `json:"text"`
	Image struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

// UnmarshalJSON takes both forms.
func (c *chatContent) UnmarshalJSON(data []byte) error {
	var text *string
	if json.Unmarshal(data, &text) != nil {
		return json.Unmarshal(data, (*[]chatPart)(c))
	}
	if text != nil {
		*c = chatContent{{Text: *text}}
	}
	return nil
}

// String joins the parts. An image stands as its URL in brackets.
func (c chatContent) String() string {
	var b strings.Builder
	for _, part := range c {
		b.WriteString(part.Text)
		if part.Image.URL != "" {
			b.WriteString("[" + part.Image.URL + "]")
		}
	}
	return b.String()
}

// chat decodes a request that the provider got, and checks that it took it.
func chat(t *testing.T, request upstreamtest.Request) chatRequest {
	t.Helper()
	if request.Refusal != "" {
		t.Errorf("the provider refused the request: %s", request.Refusal)
	}
	var body chatRequest
	if err := json.Unmarshal(request.Body, &body); err != nil {
		t.Fatalf("the provider got %q: %v", request.Body, err)
	}
	return body
}

// toolNames returns the names of the offered functions.
func (r chatRequest) toolNames() []string {
	var names []string
	for _, tool := range r.Tools {
		names = append(names, tool.Function.Name)
	}
	return names
}

// offers checks that the functions are among those that the provider was offered.
func (r chatRequest) offers(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if !slices.Contains(r.toolNames(), name) {
			t.Errorf("the provider was not offered %s, only %q", name, r.toolNames())
		}
	}
}

// since returns what was said after the user's message that ends with prompt: one line a message, with the speaker and then the
// reasoning, the text and the calls. What surrounds the output of a command is left out, as times and ids are in it.
func (r chatRequest) since(t *testing.T, prompt string) []string {
	t.Helper()
	start := slices.IndexFunc(r.Messages, func(m chatMessage) bool {
		return m.Role == "user" && strings.HasSuffix(m.Content.String(), prompt)
	})
	if start < 0 {
		t.Fatalf("no message of the user ends with %q", prompt)
	}
	lines := []string{}
	for _, message := range r.Messages[start+1:] {
		lines = append(lines, message.line())
	}
	return lines
}

func (m chatMessage) line() string {
	words := []string{m.Role}
	if m.ToolCallID != "" {
		words = append(words, m.ToolCallID)
	}
	if m.Reasoning != nil {
		words = append(words, "thinks <"+*m.Reasoning+">")
	}
	if text := m.Content.String(); text != "" {
		if _, output, found := strings.Cut(text, "Output:\n"); found {
			text = output
		}
		words = append(words, strings.TrimSpace(text))
	}
	for _, call := range m.ToolCalls {
		words = append(words, "calls", call.ID, call.Function.Name, call.Function.Arguments)
	}
	return strings.Join(words, " ")
}

// equal compares lists of texts.
func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got  %q\n want %q", what, got, want)
	}
}
