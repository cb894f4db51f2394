package upstreamtest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

func checkSystem(system gjson.Result) error {
	if !system.Exists() || system.Type == gjson.String {
		return nil
	}
	if !system.IsArray() || len(system.Array()) == 0 {
		return errors.New("system: Input should be a valid list")
	}
	for i, block := range system.Array() {
		if block.Get("type").Str != "text" {
			return fmt.Errorf("system.%d.type: Input should be 'text'", i)
		}
		if err := checkMessagesText(block); err != nil {
			return fmt.Errorf("system.%d.%w", i, err)
		}
	}
	return nil
}

// dialogue is what the API keeps in mind from message to message.
type dialogue struct {
	*messagesRules
	roles []string
	open  []string // ids of the calls of the last assistant message
	seen  map[string]bool
}

func (r *messagesRules) checkConversation(request gjson.Result) error {
	messages := request.Get("messages").Array()
	if len(messages) == 0 {
		return errors.New("messages: at least one message is required")
	}
	d := &dialogue{messagesRules: r, seen: make(map[string]bool)}
	for i, message := range messages {
		d.roles = append(d.roles, message.Get("role").Str)
		if err := onlyKeys("message", message, "role", "content"); err != nil {
			return fmt.Errorf("messages.%d: %w", i, err)
		}
		if err := d.message(i, message); err != nil {
			return fmt.Errorf("messages.%d: %w", i, err)
		}
	}
	if err := d.checkOrder(); err != nil {
		return err
	}
	last := messages[len(messages)-1]
	if d.roles[len(d.roles)-1] == "assistant" && !last.Get(`content.#(type=="server_tool_use")`).Exists() {
		return verbatim("This model does not support assistant message prefill. The conversation must end with a user message.")
	}
	if len(d.open) > 0 {
		return unanswered(d.open)
	}
	for i, message := range messages[:len(messages)-1] {
		if err := checkSearches(message.Get("content").Array()); err != nil {
			return fmt.Errorf("messages.%d: %w", i, err)
		}
	}
	return r.checkLoop(request)
}

// checkSearches checks that each search has its result, as it has to in any message but the one that goes on.
func checkSearches(blocks []gjson.Result) error {
	found := make(map[string]bool)
	for _, block := range slices.Backward(blocks) {
		switch id := block.Get("id").Str; block.Get("type").Str {
		case "web_search_tool_result":
			found[block.Get("tool_use_id").Str] = true
		case "server_tool_use":
			if !found[id] {
				return fmt.Errorf("`web_search` tool use with id `%s` was found without a corresponding `web_search_tool_result` block", id)
			}
		}
	}
	return nil
}

func unanswered(ids []string) error {
	return fmt.Errorf("`tool_use` ids were found without `tool_result` blocks immediately after: %s. Each `tool_use` block must have a "+
		"corresponding `tool_result` block in the next message", strings.Join(ids, ", "))
}

// checkOrder checks that the roles take turns, with system messages before the model's turn or last.
func (d *dialogue) checkOrder() error {
	for i, role := range d.roles {
		next := ""
		if i+1 < len(d.roles) {
			next = d.roles[i+1]
		}
		switch {
		case i == 0 && role != "user":
			return errors.New("messages: first message must use the \"user\" role")
		case role == "system" && (d.noLate || i > 0 && d.roles[i-1] != "user" || next != "" && next != "assistant"):
			return fmt.Errorf("messages.%d: unexpected role \"system\"", i)
		case role == next:
			return fmt.Errorf("messages.%d: roles must alternate between \"user\" and \"assistant\"", i+1)
		}
	}
	return nil
}

func (d *dialogue) message(i int, message gjson.Result) error {
	content := message.Get("content")
	if !content.IsArray() || len(content.Array()) == 0 {
		return errors.New("content: Input should be a valid, non-empty list")
	}
	switch d.roles[i] {
	case "user":
		return d.user(content.Array())
	case "assistant":
		return d.assistant(content.Array())
	case "system":
		return each(content.Array(), func(block gjson.Result) error { return onlyType(block, "text") })
	}
	return fmt.Errorf("role: %q is not one of user, assistant, system", d.roles[i])
}

func each(blocks []gjson.Result, check func(gjson.Result) error) error {
	for j, block := range blocks {
		if err := check(block); err != nil {
			return fmt.Errorf("content.%d: %w", j, err)
		}
	}
	return nil
}

func onlyType(block gjson.Result, types ...string) error {
	typ := block.Get("type").Str
	if !slices.Contains(types, typ) {
		return verbatim("Input tag '" + typ + "' does not match any of the expected tags: " + strings.Join(types, ", "))
	}
	if typ == "text" {
		return checkMessagesText(block)
	}
	return nil
}

func checkMessagesText(block gjson.Result) error {
	if strings.TrimSpace(block.Get("text").Str) == "" {
		return errors.New("text content blocks must contain non-whitespace text")
	}
	return nil
}

// user checks a message of the user's: the results of all calls first, then the rest.
func (d *dialogue) user(blocks []gjson.Result) error {
	results := true
	err := each(blocks, func(block gjson.Result) error {
		if block.Get("type").Str != "tool_result" {
			results = false
			return checkUserBlock(block)
		}
		id := block.Get("tool_use_id").Str
		at := slices.Index(d.open, id)
		switch {
		case !results:
			return errors.New("`tool_result` blocks must come before all other content")
		case at < 0:
			return fmt.Errorf("unexpected `tool_use_id` found in `tool_result` blocks: %s", id)
		}
		d.open = slices.Delete(d.open, at, at+1)
		return checkResult(block)
	})
	if err == nil && len(d.open) > 0 {
		return unanswered(d.open)
	}
	return err
}

func checkResult(block gjson.Result) error {
	if err := onlyKeys("tool_result", block, "type", "tool_use_id", "content", "is_error", "cache_control"); err != nil {
		return err
	}
	content := block.Get("content")
	if !content.Exists() || content.Type == gjson.String {
		return nil
	}
	if !content.IsArray() || len(content.Array()) == 0 {
		return errors.New("tool_result.content: Input should be a text or a list")
	}
	return each(content.Array(), func(part gjson.Result) error {
		if block.Get("is_error").Bool() {
			return onlyType(part, "text")
		}
		return checkUserBlock(part)
	})
}

func checkUserBlock(block gjson.Result) error {
	if err := onlyType(block, "text", "image", "document"); err != nil {
		return err
	}
	if block.Get("type").Str == "text" {
		return onlyKeys("text", block, "type", "text", "cache_control")
	}
	source := block.Get("source")
	switch source.Get("type").Str {
	case "url":
		if !strings.HasPrefix(source.Get("url").Str, "http") {
			return errors.New("source.url.url: Only HTTP and HTTPS URLs are supported")
		}
		return onlyKeys("source", source, "type", "url")
	case "base64":
		want := []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
		if block.Get("type").Str == "document" {
			want = []string{"application/pdf"}
		}
		if !slices.Contains(want, source.Get("media_type").Str) || source.Get("data").Str == "" {
			return fmt.Errorf("source.base64.media_type: Input should be %s", strings.Join(want, ", "))
		}
		return onlyKeys("source", source, "type", "media_type", "data")
	}
	return errors.New("source: Input tag does not match any of the expected tags: 'base64', 'url'")
}

var messagesID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func (d *dialogue) assistant(blocks []gjson.Result) error {
	if last := blocks[len(blocks)-1].Get("type").Str; last == "thinking" || last == "redacted_thinking" {
		return verbatim("The final block in an assistant message cannot be `" + last + "`.")
	}
	return each(blocks, func(block gjson.Result) error {
		switch typ := block.Get("type").Str; typ {
		case "text":
			return checkMessagesText(block)
		case "thinking":
			return d.thinking(block)
		case "redacted_thinking":
			return onlyKeys(typ, block, "type", "data")
		case "tool_use", "server_tool_use":
			return d.call(block)
		case "web_search_tool_result":
			if !d.seen[block.Get("tool_use_id").Str] {
				return errors.New("web_search_tool_result: no server_tool_use with this id before it")
			}
			return nil
		default:
			return verbatim("Input tag '" + typ + "' found using 'type' does not match any of the expected tags")
		}
	})
}

func (d *dialogue) thinking(block gjson.Result) error {
	if err := onlyKeys("thinking", block, "type", "thinking", "signature"); err != nil {
		return err
	}
	if signature := block.Get("signature"); signature.Type != gjson.String {
		return errors.New("thinking.signature: Field required")
	} else if signature.Str == "" && !d.unsigned {
		return verbatim("Invalid `signature` in `thinking` block")
	}
	if block.Get("thinking").Type != gjson.String {
		return errors.New("thinking.thinking: Field required")
	}
	return nil
}

func (d *dialogue) call(block gjson.Result) error {
	id := block.Get("id").Str
	switch {
	case !messagesID.MatchString(id):
		return fmt.Errorf("tool_use.id: String should match pattern '%s'", messagesID)
	case !messagesToolName.MatchString(block.Get("name").Str):
		return fmt.Errorf("tool_use.name: String should match pattern '%s'", messagesToolName)
	case !block.Get("input").IsObject():
		return errors.New("tool_use.input: Input should be a valid dictionary")
	case d.seen[id]:
		return errors.New("`tool_use` ids must be unique")
	}
	d.seen[id] = true
	if block.Get("type").Str == "tool_use" {
		d.open = append(d.open, id)
		return onlyKeys("tool_use", block, "type", "id", "name", "input", "cache_control")
	}
	return nil
}

// checkLoop checks that a model which thinks within a budget has done so before the calls that are being answered.
func (r *messagesRules) checkLoop(request gjson.Result) error {
	if request.Get("thinking.type").Str != "enabled" {
		return nil
	}
	messages := request.Get("messages").Array()
	first := gjson.Result{}
	for i := len(messages) - 1; i > 0 && !messages[i].Get(`content.#(type!="tool_result")`).Exists(); i -= 2 {
		first = messages[i-1].Get("content.0.type")
	}
	if first.Exists() && first.Str != "thinking" && first.Str != "redacted_thinking" {
		return verbatim("Expected `thinking` or `redacted_thinking`, but found `" + first.Str + "`. When `thinking` is enabled, a final " +
			"`assistant` message must start with a thinking block")
	}
	return nil
}
