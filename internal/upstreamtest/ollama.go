package upstreamtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// The lines of a reply of Ollama's own chat.

// Ollama replies with lines of JSON, each flushed on its own.
func Ollama(lines ...string) Reply {
	frames := make([]string, len(lines))
	for i, line := range lines {
		frames[i] = line + "\n"
	}
	return Raw(frames...).WithHeader("Content-Type", "application/x-ndjson")
}

const ollamaLine = `{"model":"mock-model","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant",`

// OllamaText is a fragment of the answer.
func OllamaText(text string) string {
	return ollamaLine + `"content":` + marshal(text) + `},"done":false}`
}

// OllamaThinking is a fragment of the model's thoughts.
func OllamaThinking(text string) string {
	return ollamaLine + `"content":"","thinking":` + marshal(text) + `},"done":false}`
}

// OllamaCall is a call; its arguments are an object. Old servers give it no id.
func OllamaCall(id, name, arguments string) string {
	if id != "" {
		id = `"id":` + marshal(id) + `,`
	}
	return ollamaLine + `"content":"","tool_calls":[{` + id + `"function":{"index":0,"name":` + marshal(name) + `,"arguments":` + arguments + `}}]},"done":false}`
}

// OllamaDone is the last line: stop or length, and the tokens.
func OllamaDone(reason string, prompt, completion int) string {
	return fmt.Sprintf(`%s"content":""},"done":true,"done_reason":%q,"total_duration":3,"load_duration":1,"prompt_eval_count":%d,"eval_count":%d}`,
		ollamaLine, reason, prompt, completion)
}

// OllamaError is an error, as a line or as the body of a refusal.
func OllamaError(message string) string { return marshal(map[string]string{"error": message}) }

// StrictOllama makes the upstream refuse what Ollama's chat cannot read, and what it would overlook or its models' templates break on.
func (u *Upstream) StrictOllama() *Upstream {
	return u.StrictBy(func(request Request) (string, Reply) {
		why := OllamaRefusal(request.Body)
		if request.Path != "/api/chat" {
			why = "there is no chat at " + request.Path
		}
		return why, JSON(http.StatusBadRequest, OllamaError(why))
	})
}

// ollamaRequest is what Ollama reads. It overlooks other members.
type ollamaRequest struct {
	Model     string          `json:"model"`
	Messages  []ollamaMessage `json:"messages"`
	Stream    *bool           `json:"stream"`
	Format    json.RawMessage `json:"format"`
	KeepAlive json.RawMessage `json:"keep_alive"`
	Tools     []ollamaTool    `json:"tools"`
	Options   ollamaOptions   `json:"options"`
	Think     json.RawMessage `json:"think"`
	Truncate  *bool           `json:"truncate"`
	Shift     *bool           `json:"shift"`

	Logprobs    *bool `json:"logprobs"`
	TopLogprobs *int  `json:"top_logprobs"`
}

type ollamaOptions struct {
	NumCtx      *float64 `json:"num_ctx"`
	NumPredict  *float64 `json:"num_predict"`
	Temperature *float64 `json:"temperature"`
	TopP        *float64 `json:"top_p"`
}

type ollamaMessage struct {
	Role      string   `json:"role"`
	Content   *string  `json:"content"`
	Thinking  string   `json:"thinking"`
	Images    []string `json:"images"`
	ToolCalls []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string                     `json:"name"`
			Arguments map[string]json.RawMessage `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
	ToolName   string `json:"tool_name"`
	ToolCallID string `json:"tool_call_id"`
}

type ollamaTool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// ollamaParameters and ollamaProperty are what Ollama reads of a schema. It overlooks other members.
type ollamaParameters struct {
	Type       string                    `json:"type"`
	Required   []string                  `json:"required"`
	Properties map[string]ollamaProperty `json:"properties"`
}

type ollamaProperty struct {
	AnyOf       []ollamaProperty          `json:"anyOf"`
	Type        ollamaType                `json:"type"`
	Description string                    `json:"description"`
	Enum        []json.RawMessage         `json:"enum"`
	Properties  map[string]ollamaProperty `json:"properties"`
	Required    []string                  `json:"required"`
}

// ollamaType is a name or a list of names.
type ollamaType []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *ollamaType) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = ollamaType{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// OllamaRefusal returns why Ollama refuses a body, or what is wrong with it that Ollama would not say, or "".
func OllamaRefusal(body []byte) string {
	var request ollamaRequest
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return err.Error()
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "there is something behind the request"
	}
	for _, check := range []func() error{request.checkModel, request.checkThink, request.checkFormat, request.checkTools, request.checkMessages} {
		if err := check(); err != nil {
			return err.Error()
		}
	}
	return ""
}

func (r *ollamaRequest) checkModel() error {
	if r.Model == "" {
		return errors.New("model is required")
	}
	return nil
}

func (r *ollamaRequest) checkThink() error {
	if think := string(r.Think); r.Think != nil && !slices.Contains([]string{"true", "false", `"low"`, `"medium"`, `"high"`, `"max"`}, think) {
		return fmt.Errorf(`invalid think value: %s (must be "high", "medium", "low", "max", true, or false)`, think)
	}
	return nil
}

func (r *ollamaRequest) checkFormat() error {
	if format := string(r.Format); r.Format != nil && format != `"json"` && !strings.HasPrefix(format, "{") {
		return fmt.Errorf("invalid format: %s; expected \"json\" or a valid JSON Schema object", format)
	}
	return nil
}

func (r *ollamaRequest) checkTools() error {
	if r.Tools != nil && len(r.Tools) == 0 {
		return errors.New("the list of tools is empty")
	}
	for i, tool := range r.Tools {
		if tool.Type != "function" || !toolName.MatchString(tool.Function.Name) {
			return fmt.Errorf("tools[%d] is a %s called %q", i, tool.Type, tool.Function.Name)
		}
		var parameters ollamaParameters
		if err := json.Unmarshal(tool.Function.Parameters, &parameters); err != nil {
			return fmt.Errorf("tools[%d].function.parameters: %w", i, err)
		}
		if parameters.Type != "object" || parameters.Properties == nil {
			return fmt.Errorf("tools[%d].function.parameters: %s is no object with properties", i, tool.Function.Parameters)
		}
	}
	return nil
}

func (r *ollamaRequest) checkMessages() error {
	if len(r.Messages) == 0 {
		return errors.New("no messages: the model is loaded and says nothing")
	}
	var waiting []string // names of the tools whose results are still to come
	for i := range r.Messages {
		m := &r.Messages[i]
		if err := m.check(i); err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
		switch {
		case m.Role != "tool" && len(waiting) > 0:
			return fmt.Errorf("messages[%d]: there is no result of %s", i, waiting[0])
		case m.Role == "tool" && (len(waiting) == 0 || waiting[0] != m.ToolName):
			return fmt.Errorf("messages[%d]: a result of %q without its call", i, m.ToolName)
		case m.Role == "tool":
			waiting = waiting[1:]
		}
		for _, call := range m.ToolCalls {
			waiting = append(waiting, call.Function.Name)
		}
	}
	if len(waiting) > 0 {
		return fmt.Errorf("there is no result of %s", waiting[0])
	}
	return nil
}

func (m *ollamaMessage) check(index int) error {
	switch {
	case !slices.Contains([]string{"system", "user", "assistant", "tool"}, m.Role):
		return fmt.Errorf("invalid role %q", m.Role)
	case m.Role == "system" && index > 0:
		return verbatim("System message must be at the beginning")
	case m.Content == nil:
		return errors.New("there is no content")
	case m.Role != "assistant" && (m.Thinking != "" || m.ToolCalls != nil), m.Role != "user" && m.Images != nil, m.Role != "tool" && m.ToolName != "":
		return fmt.Errorf("a message of the role %s has what it cannot have", m.Role)
	}
	for _, image := range m.Images {
		if data, err := base64.StdEncoding.DecodeString(image); err != nil || len(data) == 0 {
			return fmt.Errorf("an image is %w", err)
		}
	}
	for _, call := range m.ToolCalls {
		if !toolName.MatchString(call.Function.Name) || call.Function.Arguments == nil {
			return fmt.Errorf("a call of %q without arguments", call.Function.Name)
		}
	}
	return nil
}
