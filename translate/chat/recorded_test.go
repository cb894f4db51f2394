package chat_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/chat"
	"github.com/caddy-codex/responses/translate/dialect"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "chat", chat.Encode, "tools")
}

func TestRecordedRequestsSuitEveryProvider(t *testing.T) { wire.SuitsRecorded(t) }

// check holds a body against what the provider takes.
func (p *provider) check(t testing.TB, body []byte) {
	t.Helper()
	if refusal := upstreamtest.Refusal(body, p.rules(body)...); refusal != "" {
		t.Fatalf("%s refuses it: %s\n%s", p.Target.Provider, refusal, body)
	}
	d, doc := &p.Dialect, gjson.ParseBytes(body)
	for _, message := range doc.Get("messages").Array() {
		if role := message.Get("role").String(); message.Get("name").Exists() && (role != "tool" || !d.ToolMessageName) {
			t.Errorf("a %s message has a name: %s", role, message.Raw)
		}
		for _, call := range message.Get("tool_calls").Array() {
			if args := call.Get("function.arguments").String(); !gjson.Valid(args) || !gjson.Parse(args).IsObject() {
				t.Errorf("arguments are no object: %s", args)
			}
			if id := call.Get("id").String(); d.ToolCallID == "alphanumeric9" && len(id) != 9 {
				t.Errorf("a call has the id %q", id)
			}
		}
		for _, image := range message.Get(`content.#(type=="image_url")#.image_url`).Array() {
			url := image.Get("url").String()
			if d.ImageForm == "string" {
				url = image.String()
			}
			if d.Images == "none" || url == "" || d.Images == "data" && !strings.HasPrefix(url, "data:") {
				t.Errorf("an image came as %.80s", image.Raw)
			}
		}
	}
	for _, parameters := range doc.Get("tools.#.function.parameters").Array() {
		for _, keyword := range []string{"anyOf", "oneOf", "allOf", "not", "enum"} {
			if parameters.Get(keyword).Exists() {
				t.Errorf("parameters have %s at their root: %s", keyword, parameters.Raw)
			}
		}
	}
	if choice := doc.Get("tool_choice"); choice.Type == gjson.String && !d.TakesToolChoice(strings.Replace(choice.String(), "any", "required", 1)) {
		t.Errorf("tool_choice is %s, the provider takes %v", choice, d.ToolChoice)
	}
	effort := doc.Get("reasoning_effort").String() + doc.Get("reasoning.effort").String()
	values := append(slices.Collect(maps.Values(d.EffortMap)), "", "none", gjson.Get("{"+string(d.ExtraBody)+"}", "reasoning_effort").String())
	if !slices.Contains(values, effort) {
		t.Errorf("effort is %q", effort)
	}
}

// rules are what the strict upstream of the tests has to know of a dialect.
func (p *provider) rules(body []byte) []upstreamtest.Option {
	d := &p.Dialect
	options := []upstreamtest.Option{
		upstreamtest.Without(
			"frequency_penalty", "logprobs", "max_tokens", "presence_penalty", "reasoning_effort", "response_format", "stop", "stream_options",
			"temperature", "thinking", "top_logprobs", "top_p", "user_id",
		),
		upstreamtest.Allow(fields(d)...),
	}
	if typ, ok := searchTypes[d.WebSearch]; ok {
		options = append(options, upstreamtest.SearchTool(typ))
	}
	if d.SystemRole == "developer" {
		options = append(options, upstreamtest.DeveloperRole)
	}
	if d.LateSystem == "allow" {
		options = append(options, upstreamtest.LateSystem)
	}
	if d.ReasoningOut == "thinking_parts" {
		options = append(options, upstreamtest.ThinkingParts)
	}
	if d.Files != "none" {
		options = append(options, upstreamtest.FileParts)
	}
	if d.ReasoningOut == "reasoning_content" && (d.ReasoningRequired == "always" || d.ReasoningRequired == "with_tools" && gjson.GetBytes(body, "tools").Exists()) {
		options = append(options, upstreamtest.RequireReasoning)
	}
	return options
}

// searchTypes are the types of the tools that search the web.
var searchTypes = map[string]string{
	"$web_search": "builtin_function", "web_search_object": "web_search", "openrouter:web_search": "openrouter:web_search", "browser_search": "browser_search",
}

// fields are the top-level fields that a dialect may send besides those that all do.
func fields(d *dialect.Dialect) []string {
	all := strings.Split(d.EffortParam, "+")
	all[0], _, _ = strings.Cut(all[0], ".")
	for field, sent := range map[string]bool{
		d.MaxTokensField:        d.MaxTokensField != "none",
		d.UserField:             d.UserField != "omit",
		"prompt_cache_key":      d.CacheKey == "prompt_cache_key",
		"stream_options":        d.StreamUsage != "omit",
		"temperature":           d.Sampling == "pass",
		"top_p":                 d.Sampling == "pass",
		"parallel_tool_calls":   d.ParallelToolCalls == "send",
		"response_format":       d.ResponseFormat != "none",
		"verbosity":             d.Verbosity == "send",
		"service_tier":          d.ServiceTier == "send",
		"logprobs":              d.Logprobs == "send",
		"top_logprobs":          d.Logprobs == "send",
		"thinking":              len(d.ThinkingFields) > 0,
		"enable_search":         d.WebSearch == "enable_search",
		"no field of this name": false,
	} {
		if sent {
			all = append(all, field)
		}
	}
	for field := range gjson.Parse("{" + string(d.ExtraBody) + "}").Map() {
		all = append(all, field)
	}
	return all
}

// A request for compaction asks for a summary, and changes nothing of what the provider has read before.
func TestARequestForCompactionAsksForASummary(t *testing.T) {
	p := plain()
	req := parse(t, wiretest.Request(t, wiretest.Compaction))
	before := chat.Encode(nil, req, &p.Target, &p.Dialect)
	req.Compact("Sum it up.")
	req.Compact("Twice.")
	after := gjson.ParseBytes(chat.Encode(nil, req, &p.Target, &p.Dialect))
	messages := after.Get("messages").Array()
	if last := messages[len(messages)-1].Raw; last != `{"role":"user","content":"Sum it up."}` {
		t.Errorf("the last message is %s", last)
	}
	if n := int(gjson.GetBytes(before, "messages.#").Int()); len(messages) != n+1 || messages[n-1].Raw != gjson.GetBytes(before, "messages").Array()[n-1].Raw {
		t.Errorf("there are %d messages of %d", len(messages), n)
	}
	if after.Get("tool_choice").String() != "none" || after.Get("tools").Raw != gjson.GetBytes(before, "tools").Raw {
		t.Errorf("tool_choice is %s, the tools are %.80s", after.Get("tool_choice"), after.Get("tools").Raw)
	}
}

func TestF75AnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	wire.KeepsPrefixes(t, func(body []byte) string { return sent(body, "messages") }, "]", ",")
}
