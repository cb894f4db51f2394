package upstreamtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// verbatim is an error in the words of a provider.
type verbatim string

func (v verbatim) Error() string { return string(v) }

// missingReasoning is what DeepSeek says. Gateways recognize it.
const missingReasoning verbatim = "The reasoning_content in the thinking mode must be passed back to the API"

// conversation is what a strict provider keeps in mind from message to message.
type conversation struct {
	*rules
	index int
	open  map[string]bool // the calls of the last assistant message that wait for an answer
}

func (r *rules) checkMessages(messages gjson.Result) error {
	if !messages.IsArray() || len(messages.Array()) == 0 {
		return errors.New("[] is too short - 'messages'")
	}
	c := conversation{rules: r}
	for i, message := range messages.Array() {
		c.index = i
		if err := c.message(message); err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
	}
	return c.answered()
}

func (c *conversation) message(message gjson.Result) error {
	role := message.Get("role")
	if role.String() != "tool" {
		if err := c.answered(); err != nil {
			return err
		}
	}
	switch role.String() {
	case c.system:
		if c.index > 0 && !c.lateSystem {
			return errors.New("system message must be at the beginning")
		}
		return c.checkContent(message)
	case "user":
		return c.checkContent(message)
	case "assistant":
		return c.assistant(message)
	case "tool":
		return c.tool(message)
	}
	return fmt.Errorf("role: unknown variant %s, expected one of %s, user, assistant, tool", orMissing(role), c.system)
}

// answered checks that no call waits for an answer.
func (c *conversation) answered() error {
	if len(c.open) > 0 {
		return errors.New("an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'" +
			" (insufficient tool messages following tool_calls message)")
	}
	return nil
}

func (c *conversation) assistant(message gjson.Result) error {
	calls := message.Get("tool_calls")
	if !calls.Exists() {
		return c.checkContent(message)
	}
	if !calls.IsArray() || len(calls.Array()) == 0 {
		return errors.New("[] is too short - 'tool_calls'")
	}
	if content := message.Get("content"); content.Exists() && content.Type != gjson.Null {
		if err := c.checkContent(message); err != nil {
			return err
		}
	}
	if c.reasoning && message.Get("reasoning_content").Type != gjson.String {
		return missingReasoning
	}
	c.open = make(map[string]bool)
	for i, call := range calls.Array() {
		if err := checkCall(call); err != nil {
			return fmt.Errorf("tool_calls[%d].%w", i, err)
		}
		id := call.Get("id").String()
		if c.open[id] {
			return fmt.Errorf("tool_calls[%d].id: %q is not unique", i, id)
		}
		c.open[id] = true
	}
	return nil
}

func checkCall(call gjson.Result) error {
	if id := call.Get("id"); id.Type != gjson.String || id.String() == "" {
		return fmt.Errorf("id: got %s, expected a string", orMissing(id))
	}
	if kind := call.Get("type"); kind.String() != "function" {
		return fmt.Errorf("type: unknown variant %s, expected function", orMissing(kind))
	}
	if name := call.Get("function.name"); name.Type != gjson.String || !toolName.MatchString(name.String()) {
		return fmt.Errorf("function.name: %s does not match pattern %s", orMissing(name), toolName)
	}
	if args := call.Get("function.arguments"); args.Type != gjson.String {
		return fmt.Errorf("function.arguments: got %s, expected a string", orMissing(args))
	}
	return nil
}

func (c *conversation) tool(message gjson.Result) error {
	id := message.Get("tool_call_id")
	if id.Type != gjson.String || !c.open[id.String()] {
		return fmt.Errorf("messages with role 'tool' must be a response to a preceding message with 'tool_calls', once; tool_call_id is %s",
			orMissing(id))
	}
	delete(c.open, id.String())
	if content := message.Get("content"); content.Type != gjson.String {
		return fmt.Errorf("content of a tool message: got %s, expected a string", content.Type)
	}
	return nil
}

// checkContent checks that a message says something, in text or in parts.
func (r *rules) checkContent(message gjson.Result) error {
	content := message.Get("content")
	if content.Type == gjson.String {
		return nil
	}
	if !content.IsArray() || len(content.Array()) == 0 {
		return fmt.Errorf("content: got %s, expected a string or parts", orMissing(content))
	}
	for i, part := range content.Array() {
		if kind := part.Get("type"); !slices.Contains(r.parts, kind.String()) {
			return fmt.Errorf("content[%d].type: unknown variant %s, expected one of %s", i, orMissing(kind), strings.Join(r.parts, ", "))
		}
	}
	return nil
}
