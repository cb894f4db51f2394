package upstreamtest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// itemID is the form of the ids that OpenAI makes, and of those that Codex does.
var itemID = regexp.MustCompile(`^[a-z]{2,5}_([0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// Reasoned ends the ids of items that OpenAI made after reasoning, in these tests: they are refused without it.
const Reasoned = "ea50"

// itemTypes are the types of items that OpenAI takes besides those that have rules below.
var itemTypes = []string{
	"additional_tools", "agent_message", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call", "compaction",
	"computer_call", "computer_call_output", "configuration_update", "file_search_call", "image_generation_call", "local_shell_call",
	"local_shell_call_output", "mcp_approval_request", "mcp_approval_response", "mcp_call", "mcp_list_tools", "program", "program_output",
	"shell_call", "shell_call_output", "tool_search_call", "tool_search_output", "web_search_call",
}

func (r *responsesRules) checkInput(request gjson.Result) *refused {
	input := request.Get("input")
	if !input.IsArray() {
		return nil
	}
	for _, item := range input.Array() {
		if why := r.checkItem(item); why != nil {
			return why
		}
	}
	if r.thinking != "" {
		return lonelyReasoning(r.thinking)
	}
	for id := range r.calls {
		if r.calls[id] != "" {
			return refusef("", "No tool output found for function call %s.", id)
		}
	}
	return nil
}

func lonelyReasoning(id string) *refused {
	return refusef("", "Item '%s' of type 'reasoning' was provided without its required following item.", id)
}

func itemType(item gjson.Result) string {
	if typ := item.Get("type").String(); typ != "" || !item.Get("role").Exists() {
		return typ
	}
	return "message"
}

// itemByModel reports whether a model has made an item.
func itemByModel(item gjson.Result) bool {
	typ := itemType(item)
	return typ == "reasoning" || strings.HasSuffix(typ, "_call") || typ == "message" && item.Get("role").Str == "assistant"
}

func (r *responsesRules) checkItem(item gjson.Result) *refused {
	if !item.IsObject() {
		return refusef("invalid_type", "Invalid type for 'input': expected objects.")
	}
	if why := r.checkPlace(item); why != nil {
		return why
	}
	switch typ := itemType(item); typ {
	case "message":
		return r.checkMessage(item)
	case "reasoning":
		return r.checkReasoning(item)
	case "function_call":
		return r.checkCall(item, "arguments", "function_call_output")
	case "custom_tool_call":
		if r.plain && !slices.Contains(r.custom, item.Get("name").Str) {
			return refusef("", "Unsupported custom tool: %s", item.Get("name"))
		}
		return r.checkCall(item, "input", "custom_tool_call_output")
	case "function_call_output", "custom_tool_call_output":
		return r.checkOutput(item)
	default:
		if r.plain || !slices.Contains(itemTypes, typ) {
			return refusef("invalid_value", "Invalid value: '%s' at input.type.", typ)
		}
		if typ == "compaction" && !strings.HasPrefix(item.Get("encrypted_content").Str, r.ciphertext) {
			return r.undecipherable(item)
		}
		return nil
	}
}

// checkPlace checks an item's id, and that it and its neighbors belong together.
func (r *responsesRules) checkPlace(item gjson.Result) *refused {
	id := item.Get("id")
	switch {
	case r.plain:
		return nil
	case id.Exists() && id.Type != gjson.Null && !itemID.MatchString(id.String()):
		return refusef("invalid_value", "Invalid 'input.id': '%s' is no id of an item.", id)
	case r.thinking != "" && !itemByModel(item):
		return lonelyReasoning(r.thinking)
	case !itemByModel(item):
		r.thought = false
	case strings.HasSuffix(id.Str, Reasoned) && itemType(item) != "reasoning" && !r.thought:
		return refusef("", "Item '%s' of type '%s' was provided without its required 'reasoning' item.", id, itemType(item))
	}
	r.thinking = ""
	return nil
}

var partTypes = map[bool][]string{
	true:  {"output_text", "refusal"},
	false: {"input_text", "input_image", "input_file"},
}

func (r *responsesRules) checkMessage(item gjson.Result) *refused {
	role := item.Get("role").Str
	if !slices.Contains([]string{"user", "assistant", "system", "developer"}, role) {
		return refusef("invalid_value", "Invalid value: '%s' at input.role.", role)
	}
	content := item.Get("content")
	if content.Type == gjson.String {
		return nil
	}
	if r.strictItems && role == "assistant" && (item.Get("id").Str == "" || item.Get("status").Str == "") {
		return refusef("", "input: Field required: id, status")
	}
	return checkContent(content, partTypes[role == "assistant"])
}

func checkContent(content gjson.Result, types []string) *refused {
	if !content.IsArray() || len(content.Array()) == 0 {
		return refusef("invalid_type", "Invalid type for 'input.content': expected a text or a list of parts.")
	}
	for _, part := range content.Array() {
		switch typ := part.Get("type").Str; {
		case !slices.Contains(types, typ):
			return refusef("invalid_value", "Invalid value: '%s'. Supported values are: %s.", typ, strings.Join(types, ", "))
		case typ == "input_image" && part.Get("image_url").String()+part.Get("file_id").String() == "":
			return refusef("missing_required_parameter", "Missing required parameter: 'input.content.image_url'.")
		case strings.HasSuffix(typ, "_text") && part.Get("text").Type != gjson.String:
			return refusef("missing_required_parameter", "Missing required parameter: 'input.content.text'.")
		}
	}
	return nil
}

func (r *responsesRules) undecipherable(item gjson.Result) *refused {
	return refusef("invalid_encrypted_content", "The encrypted content for item %s could not be verified.", item.Get("id"))
}

func (r *responsesRules) checkReasoning(item gjson.Result) *refused {
	id, sealed := item.Get("id").Str, item.Get("encrypted_content")
	switch {
	case !item.Get("summary").IsArray():
		return refusef("missing_required_parameter", "Missing required parameter: 'input.summary'.")
	case sealed.Type == gjson.String && !strings.HasPrefix(sealed.Str, r.ciphertext):
		return r.undecipherable(item)
	case !r.plain && sealed.Type != gjson.String:
		return refusef("", "Item with id '%s' not found. Items are not persisted when `store` is set to false.", id)
	case (r.strictItems || r.identified) && id == "":
		return refusef("", "input: Field required: id")
	case r.identified && item.Get("status").Str == "":
		return refusef("", "input: missing field `status`")
	}
	r.thought = true
	if !r.plain {
		r.thinking = "rs of no id"
		if id != "" {
			r.thinking = id
		}
	}
	return nil
}

func (r *responsesRules) checkCall(item gjson.Result, text, output string) *refused {
	id := item.Get("call_id").Str
	switch {
	case id == "" || !r.plain && len(id) > 64:
		return refusef("invalid_value", "Invalid 'input.call_id': '%s' has no length from 1 to 64.", id)
	case r.calls[id] != "":
		return refusef("", "Duplicate call_id: %s.", id)
	case !functionName.MatchString(item.Get("name").Str):
		return refusef("invalid_value", "Invalid 'input.name': '%s' does not match the pattern '%s'.", item.Get("name"), functionName)
	case item.Get(text).Type != gjson.String:
		return refusef("missing_required_parameter", "Missing required parameter: 'input.%s'.", text)
	case r.identified && (item.Get("id").Str == "" || item.Get("status").Str == "" && text == "arguments"):
		return refusef("", "input: missing field `id` or `status`")
	case r.plain && item.Get("namespace").Exists():
		return refusef("unknown_parameter", "Unknown parameter: 'input.namespace'.")
	}
	r.calls[id] = output
	return nil
}

func (r *responsesRules) checkOutput(item gjson.Result) *refused {
	id, typ := item.Get("call_id").Str, item.Get("type").Str
	if id == "" || r.calls[id] != typ {
		return refusef("", "No tool call found for %s with call_id %s.", strings.ReplaceAll(strings.TrimSuffix(typ, "_output"), "_", " ")+" output", id)
	}
	r.calls[id] = ""
	if output := item.Get("output"); output.Type != gjson.String {
		return checkContent(output, partTypes[false])
	}
	return nil
}
