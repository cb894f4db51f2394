package upstreamtest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
)

// refusedKeywords are those that Anthropic does not enforce and therefore refuses.
var refusedKeywords = []string{
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "maxItems", "uniqueItems", "minContains", "maxContains",
	"minProperties", "maxProperties", "minLength", "maxLength", "oneOf", "patternProperties", "not", "if", "then", "else",
}

// checkStrictSchema checks a schema that is to be enforced.
func checkStrictSchema(where string, s gjson.Result) error {
	if !s.IsObject() {
		return fmt.Errorf("%s: Input should be an object", where)
	}
	for _, keyword := range refusedKeywords {
		if s.Get(keyword).Exists() {
			return fmt.Errorf("%s: For this type, property '%s' is not supported", where, keyword)
		}
	}
	if typ := s.Get("type").String(); strings.Contains(typ, "object") || s.Get("properties").Exists() {
		if closed := s.Get("additionalProperties"); closed.Type != gjson.False {
			return fmt.Errorf("%s: For 'object' type, 'additionalProperties' must be explicitly set to false", where)
		}
	}
	inner := s.Get("properties").Map()
	maps.Copy(inner, s.Get(`$defs`).Map())
	for name, one := range inner {
		if err := checkStrictSchema(where+"."+name, one); err != nil {
			return err
		}
	}
	if items := s.Get("items"); items.Exists() {
		return checkStrictSchema(where+".items", items)
	}
	for _, one := range s.Get("anyOf").Array() {
		if err := checkStrictSchema(where+".anyOf", one); err != nil {
			return err
		}
	}
	return nil
}

var messagesToolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func (r *messagesRules) checkTools(request gjson.Result) error {
	tools, choice := request.Get("tools"), request.Get("tool_choice")
	if !tools.Exists() {
		if choice.Exists() {
			return errors.New("tool_choice may only be specified while providing tools")
		}
		if !r.undeclared && strings.Contains(request.Get("messages").Raw, `{"type":"tool_use"`) {
			return errors.New("Requests which include `tool_use` or `tool_result` blocks must define tools")
		}
		return nil
	}
	if !tools.IsArray() || len(tools.Array()) == 0 {
		return errors.New("tools: Input should be a valid list")
	}
	seen := make(map[string]bool)
	for i, tool := range tools.Array() {
		if err := checkMessagesTool(tool); err != nil {
			return fmt.Errorf("tools.%d.%w", i, err)
		}
		if name := tool.Get("name").Str; seen[name] {
			return verbatim("tools: Tool names must be unique.")
		}
		seen[tool.Get("name").Str] = true
	}
	return r.checkChoice(request, choice, seen)
}

func checkMessagesTool(tool gjson.Result) error {
	if name := tool.Get("name"); !messagesToolName.MatchString(name.Str) {
		return fmt.Errorf("name: String should match pattern '%s'", messagesToolName)
	}
	if typ := tool.Get("type").Str; strings.HasPrefix(typ, "web_search_20") {
		if tool.Get("allowed_domains").Exists() && tool.Get("blocked_domains").Exists() {
			return errors.New("web_search: only one of allowed_domains and blocked_domains may be specified")
		}
		if place := tool.Get("user_location"); place.Exists() && place.Get("type").Str != "approximate" {
			return errors.New("web_search.user_location.type: Input should be 'approximate'")
		}
		return onlyKeys("web_search", tool, "type", "name", "max_uses", "allowed_domains", "blocked_domains", "user_location", "cache_control")
	}
	schema := tool.Get("input_schema")
	if schema.Get("type").Str != "object" {
		return errors.New("custom.input_schema.type: Input should be 'object'")
	}
	for _, keyword := range []string{"anyOf", "oneOf", "allOf"} {
		if schema.Get(keyword).Exists() {
			return errors.New("custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level")
		}
	}
	if tool.Get("strict").Bool() {
		if err := checkStrictSchema("custom.input_schema", schema); err != nil {
			return err
		}
	}
	return onlyKeys("custom", tool, "name", "description", "input_schema", "strict", "eager_input_streaming", "cache_control")
}

func (r *messagesRules) checkChoice(request, choice gjson.Result, tools map[string]bool) error {
	if !choice.Exists() {
		return nil
	}
	keys := []string{"type", "disable_parallel_tool_use"}
	switch choice.Get("type").Str {
	case "auto":
	case "none":
		keys = keys[:1]
	case "any", "tool":
		if r.noForce {
			return errors.New("tool_choice: forcing a tool call is not supported for this model")
		}
		if request.Get("thinking.type").Str == "enabled" {
			return verbatim("Thinking may not be enabled when tool_choice forces tool use.")
		}
		if choice.Get("type").Str == "tool" {
			keys = append(keys, "name")
			if !tools[choice.Get("name").Str] {
				return verbatim("Tool '" + choice.Get("name").Str + "' not found in provided tools")
			}
		}
	default:
		return errors.New("tool_choice: Input tag does not match any of the expected tags: 'auto', 'any', 'tool', 'none'")
	}
	return onlyKeys("tool_choice", choice, keys...)
}
