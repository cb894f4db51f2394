package messages_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/translate/messages"
)

func TestKnobsDecideWhatIsSent(t *testing.T) {
	const searching = `"tools":[{"type":"web_search"}]`
	tests := map[string]struct {
		knobs   []string
		request string
		want    map[string]string
	}{
		"nothing that the client did not ask for": {nil, ask(), map[string]string{
			"@keys": `["max_tokens","model","messages","stream"]`, "model": `"up"`, "stream": "true", "max_tokens": "4096",
		}},
		"F81 nothing that the wire does not know": {nil, ask(`"store":true`, `"include":["x"]`, `"metadata":{}`, `"truncation":"auto"`,
			`"client_metadata":{}`, `"prompt_cache_key":"k"`, `"prompt_cache_retention":"24h"`, `"safety_identifier":"s"`, `"service_tier":"flex"`,
			`"text":{"verbosity":"low"}`, `"background":false`, `"top_logprobs":2`, `"stream_options":{"include_obfuscation":false}`), map[string]string{
			"@keys": `["max_tokens","model","messages","stream"]`,
		}},
		"a model that the path names": {[]string{"model_field", "false", "extra_body", `{"anthropic_version":"v"}`}, ask(), map[string]string{
			"model": absent, "anthropic_version": `"v"`,
		}},

		"F83 the client's limit":                {nil, ask(`"max_output_tokens":10`), map[string]string{"max_tokens": "10"}},
		"F83 a limit beyond the model's":        {nil, ask(`"max_output_tokens":5000`), map[string]string{"max_tokens": "4096"}},
		"F83 a limit of nothing is none":        {nil, ask(`"max_output_tokens":0`), map[string]string{"max_tokens": "4096"}},
		"F83 the model's limit before the knob": {[]string{"max_tokens", "2000"}, ask(), map[string]string{"max_tokens": "4096"}},

		"sampling, of which one is taken": {nil, ask(`"temperature":0.50`, `"top_p":0.9`), map[string]string{"temperature": "0.50", "top_p": absent}},
		"a temperature beyond the wire's": {nil, ask(`"temperature":1.5`), map[string]string{"temperature": "1"}},
		"sampling by probability":         {nil, ask(`"top_p":0.9`), map[string]string{"top_p": "0.9"}},
		"sampling that is not taken":      {[]string{"sampling", "drop"}, ask(`"temperature":0.5`, `"top_p":1`), map[string]string{"temperature": absent, "top_p": absent}},
		"no sampling while it thinks":     {[]string{"effort_param", "thinking.adaptive"}, ask(`"temperature":0.5`), map[string]string{"temperature": absent}},

		"a user, hashed":                     {[]string{"user_field", "metadata.user_id"}, ask(`"user":"me@home"`), map[string]string{"metadata": `{"user_id":"8b8586978c4320358f0045a31a0a8895"}`}},
		"a tier that may be reserved":        {[]string{"service_tier", "send"}, ask(`"service_tier":"priority"`), map[string]string{"service_tier": `"auto"`}},
		"a tier that may not":                {[]string{"service_tier", "send"}, ask(`"service_tier":"flex"`), map[string]string{"service_tier": `"standard_only"`}},
		"a tier that nobody knows":           {[]string{"service_tier", "send"}, ask(`"service_tier":"golden"`), map[string]string{"service_tier": absent}},
		"strictness is not sent":             {nil, ask(oneTool), map[string]string{"tools.0.strict": absent}},
		"strictness where it is taken":       {[]string{"tools_strict", "send"}, ask(`"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"type":"string","minLength":1}}},"strict":true}]`), map[string]string{"tools.0": `{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"string","description":"{minLength: 1}"}},"additionalProperties":false},"strict":true}`}},
		"strictness that cannot be enforced": {[]string{"tools_strict", "send"}, ask(oneTool), map[string]string{"tools.0": `{"name":"f","input_schema":{"type":"object","properties":{}}}`}},
		"input as it is made":                {[]string{"eager_tool_input", "true"}, ask(oneTool), map[string]string{"tools.#.eager_input_streaming": "[true,true]"}},

		"a web search": {[]string{"web_search", "web_search_20250305"}, ask(searching), map[string]string{"tools": `[{"type":"web_search_20250305","name":"web_search"}]`}},
		"a web search with its limits": {
			[]string{"web_search", "web_search_20260318"},
			ask(`"tools":[{"type":"web_search","filters":{"allowed_domains":["a.org","b.org"],"blocked_domains":["c.org"]},"user_location":{"type":"approximate","city":"Bern","region":null,"country":"CH"},"search_context_size":"low"}]`),
			map[string]string{"tools.0": `{"type":"web_search_20260318","name":"web_search","allowed_domains":["a.org","b.org"],"user_location":{"type":"approximate","city":"Bern","country":"CH"}}`},
		},
		"a web search that keeps away": {
			[]string{"web_search", "web_search_20250305"},
			ask(`"tools":[{"type":"web_search","filters":{"blocked_domains":["c.org"]},"user_location":{"type":"approximate","city":null}}]`),
			map[string]string{"tools.0": `{"type":"web_search_20250305","name":"web_search","blocked_domains":["c.org"]}`},
		},
		"verbosity in words":                    {[]string{"verbosity", "prompt"}, ask(`"text":{"verbosity":"low"}`), map[string]string{"system.0.text": `"Keep the answer short."`}},
		"a web search a few times":              {[]string{"web_search", "web_search_20250305"}, ask(searching, `"max_tool_calls":3`), map[string]string{"tools": `[{"type":"web_search_20250305","name":"web_search","max_uses":3}]`}},
		"a web search not even once":            {[]string{"web_search", "web_search_20250305"}, ask(searching, `"max_tool_calls":0`), map[string]string{"tools": absent}},
		"F11 a web search that is not taken":    {nil, ask(searching, `"tool_choice":"required"`), map[string]string{"tools": absent, "tool_choice": absent}},
		"a web search beside one of the client": {[]string{"web_search", "web_search_20250305"}, ask(`"tools":[{"type":"web_search"},{"type":"function","name":"web_search"}]`), map[string]string{"tools.#": "1", "tools.0.input_schema.type": `"object"`}},
		"a web search behind tools is marked": {
			[]string{"web_search", "web_search_20250305", "cache_control", "ephemeral"},
			ask(`"tools":[{"type":"web_search"},{"type":"function","name":"f"}]`),
			map[string]string{"tools.0.cache_control": absent, "tools.1": `{"type":"web_search_20250305","name":"web_search","cache_control":{"type":"ephemeral"}}`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			p.Target.MaxOutput = 4096
			body := p.body(t, test.request)
			p.check(t, body)
			same(t, body, test.want)
		})
	}
}

func same(t *testing.T, body []byte, want map[string]string) {
	t.Helper()
	for path, value := range want {
		if got := sent(body, path); got != value {
			t.Errorf("%s is %s, want %s", path, got, value)
		}
	}
}

func TestALimitIsSentForUnknownModels(t *testing.T) {
	for want, p := range map[string]*provider{"32000": plain(), "2000": with(t, "max_tokens", "2000")} {
		if got := sent(p.body(t, ask()), "max_tokens"); got != want {
			t.Errorf("max_tokens is %s, want %s", got, want)
		}
	}
}

func TestF84Thinking(t *testing.T) {
	asking := func(effort string) string { return ask(`"reasoning":{"effort":"` + effort + `"}`) }
	const summarized = `{"type":"adaptive","display":"summarized"}`
	const bound = `{"type":"adaptive","display":"summarized","block_binding":{"prefix_mismatch_behavior":"drop_block"}}`
	tests := map[string]struct{ model, request, thinking, effort string }{
		"Opus 5.5 with an effort":               {"claude-opus-5-5", asking("xhigh"), bound, `"xhigh"`},
		"Opus 5.5 without":                      {"claude-opus-5-5", ask(), bound, absent},
		"Opus 5.5 cannot be told not to":        {"claude-opus-5-5", asking("none"), bound, `"low"`},
		"ultra is max":                          {"claude-opus-5-5", asking("ultra"), bound, `"max"`},
		"an effort of the future":               {"claude-opus-5-5", asking("galactic"), bound, absent},
		"a model of the future":                 {"claude-opus-7", asking("minimal"), bound, `"low"`},
		"Sonnet 5.5 thinks between tools":       {"claude-sonnet-5-5", asking("none"), `{"type":"between_tools"}`, `"low"`},
		"Haiku 5.5 can be told not to":          {"claude-haiku-5-5", asking("none"), `{"type":"disabled"}`, absent},
		"Haiku 5.5 binds nothing":               {"claude-haiku-5-5", asking("low"), summarized, `"low"`},
		"Fable 5.2 binds":                       {"claude-fable-5-2", asking("max"), bound, `"max"`},
		"Fable 5 does not":                      {"claude-fable-5", asking("none"), summarized, `"low"`},
		"a dated Fable 5 is no Fable 5.2":       {"claude-fable-5-20260801", asking("none"), summarized, `"low"`},
		"a dated Fable 5.2 is one":              {"claude-fable-5-2-20260801", asking("none"), bound, `"low"`},
		"Opus 5 can be told not to":             {"claude-opus-5", asking("none"), `{"type":"disabled"}`, absent},
		"Sonnet 5 on Bedrock":                   {"us.anthropic.claude-sonnet-5-v1:0", asking("none"), `{"type":"disabled"}`, absent},
		"Sonnet 4.6 has no xhigh":               {"claude-sonnet-4-6", asking("xhigh"), summarized, `"max"`},
		"Haiku 4.5 has budgets":                 {"claude-haiku-4-5", asking("high"), `{"type":"enabled","budget_tokens":16384}`, absent},
		"a dated Haiku 4.5 as well":             {"claude-haiku-4-5@20251001", asking("minimal"), `{"type":"enabled","budget_tokens":1024}`, absent},
		"Haiku 4.5 thinks when told to":         {"claude-haiku-4-5", ask(), absent, absent},
		"Haiku 4.5 can be told not to":          {"claude-haiku-4-5", asking("none"), `{"type":"disabled"}`, absent},
		"a budget leaves room for the answer":   {"claude-haiku-4-5", ask(`"reasoning":{"effort":"max"}`, `"max_output_tokens":20000`), `{"type":"enabled","budget_tokens":18976}`, absent},
		"a budget with room for hardly a thing": {"claude-haiku-4-5", ask(`"reasoning":{"effort":"max"}`, `"max_output_tokens":2048`), `{"type":"enabled","budget_tokens":1024}`, absent},
		"no room to think":                      {"claude-haiku-4-5", ask(`"reasoning":{"effort":"max"}`, `"max_output_tokens":2047`), `{"type":"disabled"}`, absent},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := model(t, "anthropic", test.model)
			body := p.body(t, test.request)
			p.check(t, body)
			same(t, body, map[string]string{"thinking": test.thinking, "output_config.effort": test.effort})
			bound, beta := strings.Contains(test.thinking, "block_binding"), p.Dialect.Headers["anthropic-beta"]
			if bound && !strings.Contains(beta, "thinking-binding-controls-") {
				t.Errorf("block_binding without its beta, but %q", beta)
			}
			if p.Dialect.Headers["anthropic-version"] == "" {
				t.Error("no version is sent")
			}
		})
	}
	t.Run("MiniMax M3 decides by itself", func(t *testing.T) {
		p := model(t, "minimax", "MiniMax-M3")
		same(t, p.body(t, asking("high")), map[string]string{"thinking": `{"type":"adaptive"}`, "output_config": absent})
		same(t, p.body(t, asking("none")), map[string]string{"thinking": `{"type":"disabled"}`})
	})
	t.Run("a host that switches it on and off", func(t *testing.T) {
		p := with(t, "effort_param", "thinking", "effort_map", "none=off high=on")
		same(t, p.body(t, asking("high")), map[string]string{"thinking": `{"type":"enabled"}`})
		same(t, p.body(t, asking("none")), map[string]string{"thinking": `{"type":"disabled"}`})
		same(t, p.body(t, ask()), map[string]string{"thinking": absent})
	})
}

func TestTheFormatOfTheAnswer(t *testing.T) {
	schema := func(schema string) string {
		return `"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":` + schema + `}}`
	}
	const closed = `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`
	const words = `"Give the final answer as one JSON object and nothing else: no prose around it, no code fence.`
	tests := map[string]struct {
		knobs   []string
		request string
		format  string
		system  string // how its last block begins
	}{
		"by a schema":                        {nil, ask(schema(closed)), `{"type":"json_schema","schema":` + closed + `}`, absent},
		"by a schema that has to be closed":  {nil, ask(schema(`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`)), `{"type":"json_schema","schema":` + closed + `}`, absent},
		"by a schema that cannot be":         {nil, ask(schema(`{"type":"object"}`), `"instructions":"Be kind."`), absent, words + ` It has to match this JSON schema:\n{\"type\":\"object\"}"`},
		"by a schema in words":               {[]string{"response_format", "none"}, ask(schema(closed)), absent, words},
		"by a schema beside tools":           {nil, ask(schema(closed), oneTool), `{"type":"json_schema","schema":` + closed + `}`, absent},
		"by a schema not beside tools":       {[]string{"response_format_with_tools", "false"}, ask(schema(closed), oneTool), absent, words},
		"as JSON, for which there is no way": {nil, ask(`"text":{"format":{"type":"json_object"}}`), absent, words + `"`},
		"as text":                            {nil, ask(`"text":{"format":{"type":"text"}}`), absent, absent},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, test.request)
			p.check(t, body)
			same(t, body, map[string]string{"output_config.format": test.format})
			system := gjson.GetBytes(body, "system").Array()
			got := absent
			if len(system) > 0 {
				got = system[len(system)-1].Get("text").Raw
			}
			if !strings.HasPrefix(got, test.system) {
				t.Errorf("the system text ends in %s, want %s", got, test.system)
			}
		})
	}
	p := claude(t)
	body := p.body(t, ask(schema(closed), `"reasoning":{"effort":"low"}`))
	p.check(t, body)
	same(t, body, map[string]string{"output_config": `{"effort":"low","format":{"type":"json_schema","schema":` + closed + `}}`})
}

func TestToolChoice(t *testing.T) {
	const named = `{"type":"function","name":"g"}`
	const some = `{"type":"allowed_tools","mode":"required","tools":[` + named + `]}`
	const all = "auto none required named"
	tests := map[string]struct{ takes, choice, want, tools string }{
		"unsaid":                     {all, ``, absent, `["f","g"]`},
		"auto":                       {all, `"auto"`, `{"type":"auto"}`, `["f","g"]`},
		"none":                       {all, `"none"`, `{"type":"none"}`, `["f","g"]`},
		"none, which is not taken":   {"auto", `"none"`, absent, absent},
		"required":                   {all, `"required"`, `{"type":"any"}`, `["f","g"]`},
		"required, as auto":          {"auto none", `"required"`, `{"type":"auto"}`, `["f","g"]`},
		"named":                      {all, named, `{"type":"tool","name":"g"}`, `["f","g"]`},
		"named, as required with it": {"auto none required", named, `{"type":"any"}`, `["g"]`},
		"named, as auto with it":     {"auto none", named, `{"type":"auto"}`, `["g"]`},
		"some tools":                 {all, some, `{"type":"any"}`, `["g"]`},
		"no choice is taken":         {"", `"required"`, absent, `["f","g"]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "tool_choice", test.takes)
			request := ask(oneTool)
			if test.choice != "" {
				request = ask(oneTool, `"tool_choice":`+test.choice)
			}
			body := p.body(t, request)
			p.check(t, body)
			tools := absent
			if sent(body, "tools") != absent {
				tools = gjson.GetBytes(body, "tools.#.name").Raw
			}
			if got := sent(body, "tool_choice"); got != test.want || tools != test.tools {
				t.Errorf("tool_choice is %s with %s, want %s with %s", got, tools, test.want, test.tools)
			}
		})
	}
}

func TestToolChoiceWithinABudget(t *testing.T) {
	p := model(t, "anthropic", "claude-haiku-4-5")
	for choice, want := range map[string]string{
		`"required"`: `{"type":"auto"} ["f","g"]`, `{"type":"function","name":"g"}`: `{"type":"auto"} ["g"]`, `"none"`: `{"type":"none"} ["f","g"]`,
	} {
		body := p.body(t, ask(oneTool, `"reasoning":{"effort":"low"}`, `"tool_choice":`+choice))
		p.check(t, body)
		if got := sent(body, "tool_choice") + " " + sent(body, "tools.#.name"); got != want {
			t.Errorf("%s became %s, want %s", choice, got, want)
		}
	}
	body := p.body(t, ask(oneTool, `"tool_choice":"required"`))
	p.check(t, body)
	same(t, body, map[string]string{"tool_choice": `{"type":"any"}`})
}

func TestOneCallAtATime(t *testing.T) {
	const one = `"parallel_tool_calls":false`
	tests := map[string]struct {
		knobs   []string
		request string
		want    string
	}{
		"without a choice":           {nil, ask(oneTool, one), `{"type":"auto","disable_parallel_tool_use":true}`},
		"with one":                   {nil, ask(oneTool, one, `"tool_choice":"required"`), `{"type":"any","disable_parallel_tool_use":true}`},
		"with none":                  {nil, ask(oneTool, one, `"tool_choice":"none"`), `{"type":"none"}`},
		"several":                    {nil, ask(oneTool, `"parallel_tool_calls":true`), absent},
		"without tools":              {nil, ask(one), absent},
		"where it is not taken":      {[]string{"parallel_tool_calls", "omit"}, ask(oneTool, one), absent},
		"where no choice is taken":   {[]string{"tool_choice", ""}, ask(oneTool, one), absent},
		"with a choice, not takable": {[]string{"parallel_tool_calls", "omit"}, ask(oneTool, one, `"tool_choice":"auto"`), `{"type":"auto"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, test.request)
			p.check(t, body)
			same(t, body, map[string]string{"tool_choice": test.want})
		})
	}
}

func TestTools(t *testing.T) {
	tests := map[string]struct{ tool, want string }{
		"F36 parameters that are null": {`{"type":"function","name":"f","parameters":null}`, `{"name":"f","input_schema":{"type":"object","properties":{}}}`},
		"definitions stay": {
			`{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"oneOf":[{"type":"null"}]}}}}`,
			`{"name":"f","input_schema":{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"oneOf":[{"type":"null"}]}}}}`,
		},
		"combinators at the root are merged": {`{"type":"function","name":"f","parameters":{"oneOf":[{"properties":{"a":{}}}]}}`, `{"name":"f","input_schema":{"type":"object","properties":{"a":{}}}}`},
		"F03 a tool in a namespace":          {`{"type":"namespace","name":"mcp__calc","tools":[{"type":"function","name":"add","description":"d"}]}`, `{"name":"mcp__calc__add","description":"d","input_schema":{"type":"object","properties":{}}}`},
		"F08 a custom tool is a function of one text": {
			`{"type":"custom","name":"c","description":"Run.","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\""}}`,
			`{"name":"c","description":"Run.\n\nThis tool takes free text. Put the whole text into input, as it is. The text has to follow this lark grammar:\nstart: \"a\"",` +
				`"input_schema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "schema_profile", "anthropic")
			body := p.body(t, ask(`"tools":[`+test.tool+`]`))
			p.check(t, body)
			same(t, body, map[string]string{"tools.0": test.want, "tools.#": "1"})
		})
	}
}

// The API refuses calls in the history of a request without tools, as those for compaction are.
func TestToolsOfTheHistoryAreDeclared(t *testing.T) {
	request := `{"model":"m","input":[` + strings.Join([]string{said, calledA, calledB, calledA, outA, outB}, ",") + `]}`
	p := claude(t)
	body := p.body(t, request)
	p.check(t, body)
	same(t, body, map[string]string{
		"tools":       `[{"name":"f","input_schema":{"type":"object"}},{"name":"g","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}]`,
		"tool_choice": `{"type":"none"}`,
	})
}

func TestHeaderCarriesTheCacheKey(t *testing.T) {
	for knob, want := range map[string]string{"omit": "", "x-session-affinity": "k"} {
		p, h := with(t, "cache_key", knob), make(http.Header)
		messages.Header(h, parse(t, ask(`"prompt_cache_key":"k"`)), &p.Dialect)
		if got := h.Get("X-Session-Affinity"); got != want {
			t.Errorf("%s: %q, want %q", knob, got, want)
		}
	}
}
