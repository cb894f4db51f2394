package upstreamtest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/tidwall/gjson"
)

// Option adds to the rules of a strict upstream.
type Option func(*rules)

// RequireReasoning makes the upstream refuse an assistant message that has tool calls and no reasoning_content, as DeepSeek does
// while it thinks. An empty string is enough.
func RequireReasoning(r *rules) { r.reasoning = true }

// Allow lets top-level fields pass that the upstream does not know.
func Allow(fields ...string) Option {
	return func(r *rules) { r.allow(fields) }
}

// Without makes the upstream refuse top-level fields that it knows otherwise.
func Without(fields ...string) Option {
	return func(r *rules) {
		for _, field := range fields {
			delete(r.fields, field)
		}
	}
}

// DeveloperRole makes the upstream take developer for the role of system messages, as OpenAI does.
func DeveloperRole(r *rules) { r.system = "developer" }

// LateSystem lets system messages come after the first turn, too.
func LateSystem(r *rules) { r.lateSystem = true }

// ThinkingParts lets assistant messages have their thinking among their content, as Mistral's have.
func ThinkingParts(r *rules) { r.parts = append(r.parts, "thinking") }

// FileParts lets the user's messages hold files.
func FileParts(r *rules) { r.parts = append(r.parts, "file") }

// SearchTool lets the provider's own search stand among the tools, by the type that it has there.
func SearchTool(typ string) Option { return func(r *rules) { r.search = typ } }

// Refusal returns why a strict upstream refuses a body, or "".
func Refusal(body []byte, options ...Option) string { return newRules(options).refusal(body) }

// rules says what a strict upstream refuses.
type rules struct {
	fields     map[string]bool
	parts      []string // types of content parts that it takes
	system     string   // the role of system messages
	lateSystem bool
	reasoning  bool
	search     string // type of the provider's own search among the tools
}

// known are the top-level fields that DeepSeek documents.
var known = []string{
	"frequency_penalty", "logprobs", "max_tokens", "messages", "model", "presence_penalty", "reasoning_effort", "response_format",
	"stop", "stream", "stream_options", "temperature", "thinking", "tool_choice", "tools", "top_logprobs", "top_p", "user_id",
}

func newRules(options []Option) *rules {
	r := &rules{fields: make(map[string]bool), parts: []string{"text", "image_url"}, system: "system"}
	r.allow(known)
	for _, option := range options {
		option(r)
	}
	return r
}

func (r *rules) allow(fields []string) {
	for _, field := range fields {
		r.fields[field] = true
	}
}

// refusal returns why a body is refused, or "".
func (r *rules) refusal(body []byte) string {
	if !gjson.ValidBytes(body) || !gjson.ParseBytes(body).IsObject() {
		return "the body is not a JSON object"
	}
	request := gjson.ParseBytes(body)
	for _, err := range []error{r.checkFields(request), r.checkTools(request), r.checkMessages(request.Get("messages"))} {
		if err != nil {
			return err.Error()
		}
	}
	return ""
}

func (r *rules) checkFields(request gjson.Result) error {
	for _, field := range slices.Sorted(maps.Keys(request.Map())) {
		if !r.fields[field] {
			return fmt.Errorf("unrecognized request argument supplied: %s", field)
		}
	}
	if model := request.Get("model"); model.Type != gjson.String || model.String() == "" {
		return errors.New("you must provide a model parameter")
	}
	if request.Get("stream_options").Exists() && !request.Get("stream").Bool() {
		return errors.New("stream_options should be set along with stream = true")
	}
	if request.Get("tool_choice").Exists() && !request.Get("tools").Exists() {
		return errors.New("'tool_choice' is only allowed when 'tools' are specified")
	}
	return nil
}

// toolName is what OpenAI and most others take as the name of a function.
var toolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func (r *rules) checkTools(request gjson.Result) error {
	tools := request.Get("tools")
	if !tools.Exists() {
		return nil
	}
	if !tools.IsArray() || len(tools.Array()) == 0 {
		return errors.New("[] is too short - 'tools'")
	}
	seen := make(map[string]bool)
	for i, tool := range tools.Array() {
		kind := tool.Get("type")
		if r.search != "" && kind.String() == r.search {
			continue
		}
		if kind.String() != "function" {
			return fmt.Errorf("tools[%d].type: unknown variant %s, expected function", i, orMissing(kind))
		}
		name := tool.Get("function.name")
		if name.Type != gjson.String || !toolName.MatchString(name.String()) {
			return fmt.Errorf("tools[%d].function.name: %s does not match pattern %s", i, orMissing(name), toolName)
		}
		if seen[name.String()] {
			return fmt.Errorf("tools[%d].function.name: %s is not unique", i, orMissing(name))
		}
		seen[name.String()] = true
		if root := tool.Get("function.parameters.type"); root.String() != "object" {
			return fmt.Errorf("tools[%d].function.parameters: schema must be a JSON Schema of type object, got type %s", i, orMissing(root))
		}
	}
	return nil
}

// orMissing names a value for a message.
func orMissing(value gjson.Result) string {
	if !value.Exists() {
		return "nothing"
	}
	return value.Raw
}
