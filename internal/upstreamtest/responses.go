package upstreamtest

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// ResponsesOption changes the rules of a strict upstream of the Responses API, which are OpenAI's own without any.
type ResponsesOption func(*responsesRules)

// AllowParameters lets top-level parameters pass that OpenAI does not know.
func AllowParameters(names ...string) ResponsesOption {
	return func(r *responsesRules) { r.parameters = append(r.parameters, names...) }
}

// WithoutParameters makes the upstream refuse top-level parameters.
func WithoutParameters(names ...string) ResponsesOption {
	return func(r *responsesRules) {
		r.parameters = slices.DeleteFunc(r.parameters, func(name string) bool { return slices.Contains(names, name) })
	}
}

// Ciphertext is how everything begins that the upstream has sealed. It refuses to open anything else.
func Ciphertext(start string) ResponsesOption {
	return func(r *responsesRules) { r.ciphertext = start }
}

// Plain makes the upstream one that knows messages, reasoning and functions, the custom tools of these names and the hosted ones of
// these types, and looks at no ids, as DeepSeek, Kimi and others do.
func Plain(custom, hosted []string) ResponsesOption {
	return func(r *responsesRules) { r.plain, r.custom, r.hosted = true, custom, hosted }
}

// StrictItems makes the upstream refuse reasoning without an id, and messages in the form of output without id and status, as vLLM does.
func StrictItems(r *responsesRules) { r.strictItems = true }

// IdentifiedItems makes the upstream want id and status on calls and reasoning, as xAI does.
func IdentifiedItems(r *responsesRules) { r.identified = true }

// Stateless makes the upstream refuse to store anything, as OpenRouter does.
func Stateless(r *responsesRules) { r.stateless = true }

// StrictResponses makes the upstream refuse what a strict service of the Responses API refuses, with status 400 and an error body that
// says why.
func (u *Upstream) StrictResponses(options ...ResponsesOption) *Upstream {
	return u.StrictBy(func(request Request) (string, Reply) {
		if !strings.HasSuffix(request.Path, "/responses") {
			return "", Reply{}
		}
		r := newResponsesRules(options)
		refused := r.refusal(request.Body)
		if refused == nil {
			return "", Reply{}
		}
		return refused.message, Error(http.StatusBadRequest, "invalid_request_error", refused.code, refused.message)
	})
}

// ResponsesRefusal returns why a strict service of the Responses API refuses a body, or "".
func ResponsesRefusal(body []byte, options ...ResponsesOption) string {
	r := newResponsesRules(options)
	if refused := r.refusal(body); refused != nil {
		return refused.message
	}
	return ""
}

// refused is why a request is.
type refused struct{ code, message string }

func refusef(code, format string, args ...any) *refused {
	return &refused{code, fmt.Sprintf(format, args...)}
}

// responsesRules are those of one service, and what it keeps in mind of a request.
type responsesRules struct {
	parameters  []string
	ciphertext  string
	plain       bool
	custom      []string
	hosted      []string
	strictItems bool
	identified  bool
	stateless   bool

	calls    map[string]string // the type of output that answers a call, by its id
	thinking string            // the id of reasoning that waits for what follows it
	thought  bool              // there was reasoning in the run of items that the model has made
}

// openAIParameters are the parameters of POST /responses.
var openAIParameters = []string{
	"access_programs", "background", "context_management", "conversation", "include", "input", "instructions", "max_output_tokens",
	"max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key",
	"prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_options",
	"temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user",
}

func newResponsesRules(options []ResponsesOption) *responsesRules {
	r := &responsesRules{parameters: slices.Clone(openAIParameters), ciphertext: "gAAAA", calls: make(map[string]string)}
	for _, option := range options {
		option(r)
	}
	return r
}

func (r *responsesRules) refusal(body []byte) *refused {
	if !gjson.ValidBytes(body) || !gjson.ParseBytes(body).IsObject() {
		return refusef("", "We could not parse the JSON body of your request.")
	}
	request := gjson.ParseBytes(body)
	for _, check := range []func(gjson.Result) *refused{r.checkParameters, r.checkTools, r.checkText, r.checkInput} {
		if why := check(request); why != nil {
			return why
		}
	}
	return nil
}

func (r *responsesRules) checkParameters(request gjson.Result) *refused {
	seen := make(map[string]bool)
	var twice string
	request.ForEach(func(key, _ gjson.Result) bool {
		if seen[key.Str] {
			twice = key.Str
		}
		seen[key.Str] = true
		return true
	})
	if twice != "" {
		return refusef("", "Duplicate parameter: '%s'.", twice)
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		if !slices.Contains(r.parameters, name) {
			return refusef("unknown_parameter", "Unknown parameter: '%s'.", name)
		}
	}
	if model := request.Get("model"); model.Type != gjson.String || model.Str == "" {
		return refusef("missing_required_parameter", "Missing required parameter: 'model'.")
	}
	if !request.Get("input").Exists() && !request.Get("instructions").Exists() {
		return refusef("missing_required_parameter", "Missing required parameter: 'input'.")
	}
	if r.stateless && (request.Get("store").Bool() || request.Get("previous_response_id").Type == gjson.String) {
		return refusef("invalid_prompt", "This API is stateless: store must be false and previous_response_id null.")
	}
	if choice := request.Get("tool_choice"); choice.IsObject() && choice.Get("type").Str == "function" {
		name := choice.Get("name").Str
		declared := request.Get(`tools.#(type=="function")#.name`).Array()
		if !slices.ContainsFunc(declared, func(d gjson.Result) bool { return d.Str == name }) {
			return refusef("", "Tool choice '%s' not found in 'tools' parameter.", name)
		}
	}
	return nil
}

// functionName is what OpenAI takes as the name of a function.
var functionName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// toolTypes are the types of tools that OpenAI has, functions and custom tools aside.
var toolTypes = []string{
	"apply_patch", "code_interpreter", "computer", "computer_use_preview", "file_search", "image_generation", "local_shell", "mcp",
	"programmatic_tool_calling", "shell", "tool_search", "web_search", "web_search_preview",
}

func (r *responsesRules) checkTools(request gjson.Result) *refused {
	tools := request.Get("tools")
	if !tools.Exists() {
		return nil
	}
	if !tools.IsArray() || r.plain && len(tools.Array()) == 0 {
		return refusef("invalid_type", "Invalid type for 'tools': expected an array of tools.")
	}
	return r.checkToolList("tools", tools)
}

func (r *responsesRules) checkToolList(at string, tools gjson.Result) *refused {
	seen := make(map[string]bool)
	for i, tool := range tools.Array() {
		place, typ := fmt.Sprintf("%s[%d]", at, i), tool.Get("type").Str
		var why *refused
		switch {
		case typ == "function":
			why = checkFunction(place, tool)
		case typ == "custom":
			why = r.checkCustom(place, tool)
		case typ == "namespace" && !r.plain:
			why = r.checkToolList(place+".tools", tool.Get("tools"))
		case !r.plain && slices.Contains(toolTypes, typ), slices.Contains(r.hosted, typ):
			continue
		default:
			why = refusef("invalid_value", "Invalid value: '%s' at %s.type.", typ, place)
		}
		if name := tool.Get("name").Str; why == nil && seen[typ+name] {
			why = refusef("", "%s: the name '%s' is there twice.", place, name)
		}
		if why != nil {
			return why
		}
		seen[typ+tool.Get("name").Str] = true
	}
	return nil
}

func checkFunction(place string, tool gjson.Result) *refused {
	if name := tool.Get("name").String(); !functionName.MatchString(name) {
		return refusef("invalid_value", "Invalid '%s.name': '%s' does not match the pattern '%s'.", place, name, functionName)
	}
	if parameters := tool.Get("parameters"); parameters.IsObject() && parameters.Get("type").String() != "object" {
		return refusef("invalid_function_parameters", "Invalid schema for function '%s': schema must be a JSON Schema of type 'object'.", tool.Get("name").Str)
	}
	return nil
}

func (r *responsesRules) checkCustom(place string, tool gjson.Result) *refused {
	name := tool.Get("name").String()
	switch {
	case r.plain && !slices.Contains(r.custom, name):
		return refusef("", "%s: Unsupported custom tool: %s", place, name)
	case !functionName.MatchString(name):
		return refusef("invalid_value", "Invalid '%s.name': '%s' does not match the pattern '%s'.", place, name, functionName)
	}
	return nil
}

func (r *responsesRules) checkText(request gjson.Result) *refused {
	format := request.Get("text.format")
	switch format.Get("type").String() {
	case "", "text", "json_object":
		return nil
	case "json_schema":
		if format.Get("name").String() == "" || !format.Get("schema").IsObject() {
			return refusef("missing_required_parameter", "Missing required parameter: 'text.format.name' or 'text.format.schema'.")
		}
		return nil
	default:
		return refusef("invalid_value", "Invalid value: '%s' at text.format.type.", format.Get("type"))
	}
}
