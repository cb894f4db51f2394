package upstreamtest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// MessagesOption adds to the rules of a strict Messages upstream, or takes from them.
type MessagesOption func(*messagesRules)

// messagesRules says what a strict Messages upstream refuses. Without options it is a model that thinks adaptively, takes sampling
// parameters and a forced choice, and has system messages between turns.
type messagesRules struct {
	cloud      bool // the model is in the path, the version in the body
	budget     bool // thinks within budgets alone
	thinks     bool // cannot be told not to
	betweens   bool // can be told to between tools
	unsigned   bool // thinking needs no signature
	noSampling bool
	noForce    bool
	undeclared bool // calls need not be of declared tools
	noLate     bool
	noSchema   bool
	maxTokens  int64
	fields     []string
}

// MessagesInPath makes the upstream take the model from the path and the version from the body, as Vertex does.
func MessagesInPath(r *messagesRules) { r.cloud = true }

// MessagesBudget makes the model think within budgets alone, as those before 4.6 do.
func MessagesBudget(r *messagesRules) { r.budget = true }

// MessagesAlwaysThinks makes the model refuse not to think.
func MessagesAlwaysThinks(r *messagesRules) { r.thinks = true }

// MessagesBetweenTools lets the model be told to think between tools alone.
func MessagesBetweenTools(r *messagesRules) { r.betweens = true }

// MessagesUnsigned makes the upstream take thinking without a signature.
func MessagesUnsigned(r *messagesRules) { r.unsigned = true }

// MessagesNoSampling makes the model refuse sampling parameters.
func MessagesNoSampling(r *messagesRules) { r.noSampling = true }

// MessagesNoForce makes the model refuse to be forced to call a tool.
func MessagesNoForce(r *messagesRules) { r.noForce = true }

// MessagesUndeclared lets the history have calls of tools in a request that declares none.
func MessagesUndeclared(r *messagesRules) { r.undeclared = true }

// MessagesNoLateSystem makes the model refuse system messages between turns.
func MessagesNoLateSystem(r *messagesRules) { r.noLate = true }

// MessagesNoSchema makes the upstream refuse a format of the answer.
func MessagesNoSchema(r *messagesRules) { r.noSchema = true }

// MessagesMax is the most tokens that an answer may have.
func MessagesMax(tokens int) MessagesOption {
	return func(r *messagesRules) { r.maxTokens = int64(tokens) }
}

// MessagesAllow lets top-level fields pass that the API does not know.
func MessagesAllow(fields ...string) MessagesOption {
	return func(r *messagesRules) { r.fields = append(r.fields, fields...) }
}

// MessagesRefusal returns why a strict Messages upstream refuses a body, or "".
func MessagesRefusal(body []byte, options ...MessagesOption) string {
	return newMessagesRules(options).refusal(body)
}

func newMessagesRules(options []MessagesOption) *messagesRules {
	r := &messagesRules{maxTokens: 1 << 40}
	r.fields = []string{
		"max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "temperature", "top_p", "top_k", "stream",
		"stop_sequences", "metadata", "service_tier",
	}
	for _, option := range options {
		option(r)
	}
	return r
}

const bindingBeta = "thinking-binding-controls-2026-08-01"

// headerRefusal returns why the headers are refused, or "".
func (r *messagesRules) headerRefusal(h http.Header, body []byte) string {
	switch {
	case !r.cloud && h.Get("anthropic-version") == "":
		return "anthropic-version: header is required"
	case gjson.GetBytes(body, "thinking.block_binding").Exists() && !strings.Contains(h.Get("anthropic-beta"), bindingBeta):
		return "thinking.adaptive.block_binding: Extra inputs are not permitted"
	}
	return ""
}

func (r *messagesRules) refusal(body []byte) string {
	if !gjson.ValidBytes(body) || !gjson.ParseBytes(body).IsObject() {
		return "the request body is not valid JSON"
	}
	if loneSurrogate.Match(body) {
		return "The request body is not valid JSON: no low surrogate in string"
	}
	request := gjson.ParseBytes(body)
	for _, err := range []error{
		r.checkTop(request), r.checkThinking(request), r.checkSampling(request), r.checkOutput(request), checkSystem(request.Get("system")),
		r.checkTools(request), r.checkConversation(request), checkMarks(request),
	} {
		if err != nil {
			return err.Error()
		}
	}
	return ""
}

var loneSurrogate = regexp.MustCompile(`(?i)[^\\](?:\\\\)*\\ud[89ab][0-9a-f]{2}(?:[^\\]|\\[^u]|\\u[^d]|\\ud[^c-f])`)

func (r *messagesRules) checkTop(request gjson.Result) error {
	fields := slices.Clone(r.fields)
	model, version := request.Get("model"), request.Get("anthropic_version")
	if r.cloud {
		fields = append(fields, "anthropic_version")
		if version.Str == "" {
			return errors.New("anthropic_version: Field required")
		}
	} else {
		fields = append(fields, "model")
		if model.Str == "" {
			return errors.New("model: Field required")
		}
	}
	for _, field := range slices.Sorted(maps.Keys(request.Map())) {
		if !slices.Contains(fields, field) {
			return fmt.Errorf("%s: Extra inputs are not permitted", field)
		}
	}
	limit := request.Get("max_tokens")
	switch {
	case limit.Type != gjson.Number || limit.Int() < 1:
		return errors.New("max_tokens: Field required")
	case limit.Int() > r.maxTokens:
		return fmt.Errorf("max_tokens: %d > %d, which is the maximum allowed number of output tokens", limit.Int(), r.maxTokens)
	case !request.Get("stream").IsBool():
		return errors.New("stream: Input should be a valid boolean")
	}
	if tier := request.Get("service_tier"); tier.Exists() && tier.Str != "auto" && tier.Str != "standard_only" {
		return errors.New("service_tier: Input should be 'auto' or 'standard_only'")
	}
	return onlyKeys("metadata", request.Get("metadata"), "user_id")
}

// onlyKeys checks that an object has no members but these.
func onlyKeys(where string, object gjson.Result, keys ...string) error {
	if object.Exists() && !object.IsObject() {
		return fmt.Errorf("%s: Input should be an object", where)
	}
	for _, key := range slices.Sorted(maps.Keys(object.Map())) {
		if !slices.Contains(keys, key) {
			return fmt.Errorf("%s.%s: Extra inputs are not permitted", where, key)
		}
	}
	return nil
}

func (r *messagesRules) checkThinking(request gjson.Result) error {
	t := request.Get("thinking")
	if !t.Exists() {
		return nil
	}
	keys := []string{"type", "display", "block_binding"}
	switch typ := t.Get("type").Str; {
	case typ == "adaptive" && !r.budget:
	case typ == "enabled" && r.budget:
		keys = append(keys, "budget_tokens")
		budget := t.Get("budget_tokens").Int()
		if budget < 1024 {
			return errors.New("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
		}
		if budget >= request.Get("max_tokens").Int() {
			return errors.New("`max_tokens` must be greater than `thinking.budget_tokens`")
		}
	case typ == "disabled" && !r.thinks, typ == "between_tools" && r.betweens:
		keys = []string{"type"}
		if effort := request.Get("output_config.effort").Str; effort == "xhigh" || effort == "max" {
			return fmt.Errorf("thinking.type: %q is not supported with effort %s", typ, effort)
		}
	default:
		return fmt.Errorf("thinking.type: %q is not supported for this model", typ)
	}
	if display := t.Get("display"); display.Exists() && display.Str != "summarized" && display.Str != "omitted" {
		return errors.New("thinking.display: Input should be 'summarized' or 'omitted'")
	}
	return onlyKeys("thinking", t, keys...)
}

func thinkingOn(request gjson.Result) bool {
	typ := request.Get("thinking.type").Str
	return typ == "adaptive" || typ == "enabled"
}

func (r *messagesRules) checkSampling(request gjson.Result) error {
	temperature, topP := request.Get("temperature"), request.Get("top_p")
	switch {
	case !temperature.Exists() && !topP.Exists():
		return nil
	case r.noSampling:
		return errors.New("`temperature` and `top_p` are not supported for this model")
	case thinkingOn(request):
		return errors.New("`temperature` may only be set to 1 when thinking is enabled")
	case temperature.Exists() && topP.Exists():
		return errors.New("`temperature` and `top_p` cannot both be specified for this model. Please use only one")
	case temperature.Float() < 0 || temperature.Float() > 1:
		return errors.New("temperature: range: 0..1")
	}
	return nil
}

func (r *messagesRules) checkOutput(request gjson.Result) error {
	output := request.Get("output_config")
	if err := onlyKeys("output_config", output, "effort", "format"); err != nil {
		return err
	}
	effort := output.Get("effort")
	if effort.Exists() && !slices.Contains([]string{"low", "medium", "high", "xhigh", "max"}, effort.Str) {
		return errors.New("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
	}
	if effort.Exists() && r.budget {
		return verbatim("This model does not support the effort parameter.")
	}
	format := output.Get("format")
	if !format.Exists() {
		return nil
	}
	if r.noSchema || format.Get("type").Str != "json_schema" {
		return errors.New("output_config.format: Extra inputs are not permitted")
	}
	if err := onlyKeys("output_config.format", format, "type", "schema"); err != nil {
		return err
	}
	return checkStrictSchema("output_config.format.schema", format.Get("schema"))
}

// checkMarks counts the marks for the cache.
func checkMarks(request gjson.Result) error {
	if n := strings.Count(request.Raw, `"cache_control":{"type":"ephemeral"`); n > 4 {
		return verbatim("A maximum of 4 blocks with cache_control may be provided. Found " + strconv.Itoa(n) + ".")
	}
	return nil
}
