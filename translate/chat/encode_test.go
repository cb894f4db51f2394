package chat_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/translate/chat"
)

const oneTool = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":true},{"type":"function","name":"g"}]`

func TestKnobsDecideWhatIsSent(t *testing.T) {
	const effort = `"reasoning":{"effort":"high"}`
	const off = `"reasoning":{"effort":"none"}`
	const likely = `"include":["message.output_text.logprobs"]`
	levels := []string{"effort_map", "none=off low=low high=max"}
	knobs := func(more ...string) []string { return append(more, levels...) }
	schema := `"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}}`
	tests := map[string]struct {
		knobs   []string
		request string
		want    map[string]string
	}{
		"nothing that the client did not ask for": {nil, ask(), map[string]string{
			"model": `"up"`, "stream": "true", "stream_options": `{"include_usage":true}`, "tools": absent, "tool_choice": absent,
			"parallel_tool_calls": absent, "max_tokens": absent, "temperature": absent, "response_format": absent, "reasoning_effort": absent,
			"thinking": absent, "prompt_cache_key": absent, "user": absent,
		}},
		"F81 nothing that the wire does not know": {nil, ask(`"store":true`, `"include":["x"]`, `"metadata":{}`, `"truncation":"auto"`,
			`"client_metadata":{}`, `"prompt_cache_key":"k"`, `"prompt_cache_retention":"24h"`, `"safety_identifier":"s"`, `"service_tier":"flex"`,
			`"text":{"verbosity":"low"}`, `"background":false`, `"top_logprobs":2`, `"stream_options":{"include_obfuscation":false}`), map[string]string{
			"@keys": `["model","messages","stream","stream_options"]`,
		}},
		"usage that is not to be asked for": {[]string{"stream_usage", "omit"}, ask(), map[string]string{"stream_options": absent}},

		"F83 the limit by its name": {nil, ask(`"max_output_tokens":10`), map[string]string{"max_tokens": "10", "max_completion_tokens": absent}},
		"F83 the limit by its other name": {[]string{"max_tokens_field", "max_completion_tokens"}, ask(`"max_output_tokens":10`), map[string]string{
			"max_tokens": absent, "max_completion_tokens": "10",
		}},
		"F83 a limit that is not taken":       {[]string{"max_tokens_field", "none"}, ask(`"max_output_tokens":10`), map[string]string{"max_tokens": absent, "none": absent}},
		"F60 the model's limit where asked":   {[]string{"max_tokens_default", "model_limit"}, ask(), map[string]string{"max_tokens": "4096"}},
		"a limit where nobody names one":      {[]string{"max_tokens", "500"}, ask(), map[string]string{"max_tokens": "500"}},
		"F60 the client's limit before that":  {[]string{"max_tokens_default", "model_limit"}, ask(`"max_output_tokens":10`), map[string]string{"max_tokens": "10"}},
		"sampling":                            {nil, ask(`"temperature":0.50`, `"top_p":1`), map[string]string{"temperature": "0.50", "top_p": "1"}},
		"F83 sampling that is not taken":      {[]string{"sampling", "drop"}, ask(`"temperature":0.5`, `"top_p":1`), map[string]string{"temperature": absent, "top_p": absent}},
		"parallel calls":                      {nil, ask(oneTool, `"parallel_tool_calls":false`), map[string]string{"parallel_tool_calls": "false"}},
		"parallel calls without tools":        {nil, ask(`"parallel_tool_calls":false`), map[string]string{"parallel_tool_calls": absent}},
		"parallel calls that are not taken":   {[]string{"parallel_tool_calls", "omit"}, ask(oneTool, `"parallel_tool_calls":false`), map[string]string{"parallel_tool_calls": absent}},
		"a cache key":                         {[]string{"cache_key", "prompt_cache_key"}, ask(`"prompt_cache_key":"a\"b"`), map[string]string{"prompt_cache_key": `"a\"b"`}},
		"a cache key as a header":             {[]string{"cache_key", "x-session-id"}, ask(`"prompt_cache_key":"k"`), map[string]string{"prompt_cache_key": absent}},
		"a user, hashed":                      {[]string{"user_field", "user_id"}, ask(`"user":"me@home"`), map[string]string{"user_id": `"8b8586978c4320358f0045a31a0a8895"`, "user": absent}},
		"verbosity":                           {[]string{"verbosity", "send"}, ask(`"text":{"verbosity":"low"}`), map[string]string{"verbosity": `"low"`}},
		"verbosity in words, low":             {[]string{"verbosity", "prompt"}, ask(`"text":{"verbosity":"low"}`, `"instructions":"Be kind."`), map[string]string{"verbosity": absent, "messages.0.content": `"Be kind.\n\nKeep the answer short."`}},
		"verbosity in words, high":            {[]string{"verbosity", "prompt"}, ask(`"text":{"verbosity":"high"}`), map[string]string{"messages.0.content": `"Answer at length and in detail."`}},
		"verbosity in words, as it is":        {[]string{"verbosity", "prompt"}, ask(`"text":{"verbosity":"medium"}`), map[string]string{"messages.#": "1"}},
		"F81 the likelihood of tokens":        {nil, ask(`"top_logprobs":2`, likely), map[string]string{"logprobs": "true", "top_logprobs": "2"}},
		"that of the chosen ones alone":       {nil, ask(likely), map[string]string{"logprobs": "true", "top_logprobs": absent}},
		"that of none besides":                {nil, ask(`"top_logprobs":0`, likely), map[string]string{"logprobs": "true", "top_logprobs": absent}},
		"a likelihood that is not taken":      {[]string{"logprobs", "omit"}, ask(`"top_logprobs":2`, likely), map[string]string{"logprobs": absent, "top_logprobs": absent}},
		"a service tier":                      {[]string{"service_tier", "send"}, ask(`"service_tier":"flex"`), map[string]string{"service_tier": `"flex"`}},
		"members of every body":               {[]string{"extra_body", `{"tool_stream":true,"x":{"y":1}}`}, ask(), map[string]string{"tool_stream": "true", "x.y": "1"}},
		"strictness is not sent":              {nil, ask(oneTool), map[string]string{"tools.0.function.strict": absent}},
		"strictness is sent where it is said": {[]string{"tools_strict", "send"}, ask(oneTool), map[string]string{"tools.0.function.strict": "true", "tools.1.function.strict": absent}},

		"F84 effort as a word":           {knobs("effort_param", "reasoning_effort"), ask(effort), map[string]string{"reasoning_effort": `"max"`}},
		"F84 effort off as a word":       {knobs("effort_param", "reasoning_effort"), ask(off), map[string]string{"reasoning_effort": `"none"`}},
		"F84 no effort":                  {knobs("effort_param", "reasoning_effort"), ask(), map[string]string{"reasoning_effort": absent}},
		"F84 an effort without a place":  {knobs("effort_param", "none"), ask(effort), map[string]string{"reasoning_effort": absent, "reasoning": absent, "none": absent}},
		"F84 an effort that has no word": {knobs("effort_param", "reasoning_effort"), ask(`"reasoning":{"effort":"medium"}`), map[string]string{"reasoning_effort": absent}},
		"F84 an effort of the future":    {knobs("effort_param", "reasoning_effort"), ask(`"reasoning":{"effort":"galactic"}`), map[string]string{"reasoning_effort": absent}},
		"F84 ultra is max":               {[]string{"effort_param", "reasoning_effort", "effort_map", "max=xhigh"}, ask(`"reasoning":{"effort":"ultra"}`), map[string]string{"reasoning_effort": `"xhigh"`}},
		"F84 effort in an object":        {knobs("effort_param", "reasoning.effort"), ask(effort), map[string]string{"reasoning": `{"effort":"max"}`}},
		"F84 effort as a switch":         {knobs("effort_param", "reasoning.enabled"), ask(effort), map[string]string{"reasoning": `{"enabled":true}`}},
		"F84 effort as a switch, off":    {knobs("effort_param", "reasoning.enabled"), ask(off), map[string]string{"reasoning": `{"enabled":false}`}},
		"F84 thinking":                   {knobs("effort_param", "thinking"), ask(effort), map[string]string{"thinking": `{"type":"enabled"}`, "reasoning_effort": absent}},
		"F84 thinking, off":              {knobs("effort_param", "thinking"), ask(off), map[string]string{"thinking": `{"type":"disabled"}`}},
		"F84 thinking, unsaid":           {knobs("effort_param", "thinking"), ask(), map[string]string{"thinking": absent}},
		"F84 thinking with members": {
			knobs("effort_param", "thinking", "thinking_fields", `{"clear_thinking":false}`), ask(),
			map[string]string{"thinking": `{"type":"enabled","clear_thinking":false}`},
		},
		"F84 thinking and a word":      {knobs("effort_param", "thinking+reasoning_effort"), ask(effort), map[string]string{"thinking": `{"type":"enabled"}`, "reasoning_effort": `"max"`}},
		"F84 thinking and a word, off": {knobs("effort_param", "thinking+reasoning_effort"), ask(off), map[string]string{"thinking": `{"type":"disabled"}`, "reasoning_effort": absent}},
		"F84 enable_thinking":          {knobs("effort_param", "enable_thinking"), ask(effort), map[string]string{"enable_thinking": "true", "reasoning_effort": absent}},
		"F84 enable_thinking, off":     {knobs("effort_param", "enable_thinking"), ask(off), map[string]string{"enable_thinking": "false"}},
		"F84 enable_thinking and a word": {
			knobs("effort_param", "enable_thinking+reasoning_effort"), ask(effort), map[string]string{"enable_thinking": "true", "reasoning_effort": `"max"`},
		},
		"F84 a template's argument": {knobs("effort_param", "chat_template_kwargs"), ask(off), map[string]string{"chat_template_kwargs": `{"enable_thinking":false}`}},

		"an answer by a schema": {nil, ask(schema), map[string]string{
			"response_format": `{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}`, "messages.#": "1",
		}},
		"an answer by a schema without a name": {nil, ask(`"text":{"format":{"type":"json_schema","schema":{}}}`), map[string]string{
			"response_format.json_schema": `{"name":"answer","schema":{}}`,
		}},
		"an answer by a schema that is only JSON there": {[]string{"response_format", "json_object"}, ask(schema), map[string]string{
			"response_format":    `{"type":"json_object"}`,
			"messages.0.role":    `"system"`,
			"messages.0.content": `"Give the final answer as one JSON object and nothing else: no prose around it, no code fence. It has to match this JSON schema:\n{\"type\":\"object\"}"`,
		}},
		"an answer by a schema in words alone": {[]string{"response_format", "none"}, ask(schema, `"instructions":"Be kind."`), map[string]string{
			"response_format":    absent,
			"messages.0.content": `"Be kind.\n\nGive the final answer as one JSON object and nothing else: no prose around it, no code fence. It has to match this JSON schema:\n{\"type\":\"object\"}"`,
			"messages.#":         "2",
		}},
		"an answer by a schema beside tools": {nil, ask(schema, oneTool), map[string]string{"response_format.type": `"json_schema"`, "messages.#": "1"}},
		"an answer by a schema not beside tools": {[]string{"response_format_with_tools", "false"}, ask(schema, oneTool), map[string]string{
			"response_format": absent, "messages.0.role": `"system"`,
		}},
		"an answer as JSON":         {nil, ask(`"text":{"format":{"type":"json_object"}}`), map[string]string{"response_format": `{"type":"json_object"}`, "messages.#": "1"}},
		"an answer as JSON, prayed": {[]string{"response_format", "none"}, ask(`"text":{"format":{"type":"json_object"}}`), map[string]string{"response_format": absent, "messages.#": "2"}},
		"an answer as text":         {nil, ask(`"text":{"format":{"type":"text"}}`), map[string]string{"response_format": absent, "messages.#": "1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			p.Target.MaxOutput = 4096
			body := p.body(t, test.request)
			p.check(t, body)
			for path, want := range test.want {
				if got := sent(body, path); got != want {
					t.Errorf("%s is %s, want %s", path, got, want)
				}
			}
		})
	}
}

func TestHeaderCarriesTheCacheKey(t *testing.T) {
	tests := map[string]struct{ knob, key, want string }{
		"in the body":        {"prompt_cache_key", "k", ""},
		"not at all":         {"omit", "k", ""},
		"as a session":       {"x-session-id", "k", "k"},
		"as an affinity":     {"x-session-affinity", "k", "k"},
		"no key":             {"x-session-id", "", ""},
		"what cannot stand":  {"x-session-id", `a\r\nX-Evil: 1é\u0000`, "aX-Evil: 1"},
		"an escaped letter":  {"x-session-id", `\u0061b`, "ab"},
		"quotes and slashes": {"x-session-id", `\"a\/b\"`, `"a/b"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "cache_key", test.knob)
			header := make(http.Header)
			chat.Header(header, parse(t, []byte(ask(`"prompt_cache_key":"`+test.key+`"`))), &p.Dialect)
			if got := header.Get(test.knob); got != test.want || len(header) > 1 || test.want == "" && len(header) > 0 {
				t.Errorf("got %v", header)
			}
		})
	}
}

func TestTools(t *testing.T) {
	const custom = `{"type":"custom","name":"c","description":"Run.","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\"\n"}}`
	tests := map[string]struct {
		tools string
		want  string
	}{
		"F36 parameters that are null":    {`{"type":"function","name":"f","parameters":null}`, `{"name":"f","parameters":{"type":"object","properties":{}}}`},
		"F36 parameters that are missing": {`{"type":"function","name":"f","description":"d"}`, `{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}`},
		"parameters stay as they are": {
			`{"type":"function","name":"f","parameters":{"type":"object", "properties":{"b":{"type":"number"},"a":{}},"required":["b"]}}`,
			`{"name":"f","parameters":{"type":"object", "properties":{"b":{"type":"number"},"a":{}},"required":["b"]}}`,
		},
		"annotations for OpenAI's servers go": {
			`{"type":"function","name":"f","defer_loading":true,"parameters":{"type":"object","properties":{"a":{"type":"string","encrypted":true}}}}`,
			`{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}`,
		},
		"F03 a tool in a namespace": {
			`{"type":"namespace","name":"mcp__calc","tools":[{"type":"function","name":"add","description":"d"}]}`,
			`{"name":"mcp__calc__add","description":"d","parameters":{"type":"object","properties":{}}}`,
		},
		"F08 a custom tool is a function of one text": {
			custom, `{"name":"c","description":"Run.\n\nThis tool takes free text. Put the whole text into input, as it is. ` +
				`The text has to follow this lark grammar:\nstart: \"a\"\n",` +
				`"parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}`,
		},
		"F08 a custom tool without words": {
			`{"type":"custom","name":"c"}`, `{"name":"c","description":"This tool takes free text. Put the whole text into input, as it is.",` +
				`"parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}`,
		},
		"F96 the client's tool search": {
			`{"type":"tool_search","execution":"client","description":"d","parameters":{"type":"object","properties":{"query":{"type":"string"}}}}`,
			`{"name":"tool_search","description":"d","parameters":{"type":"object","properties":{"query":{"type":"string"}}}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := plain()
			body := p.body(t, ask(`"tools":[`+test.tools+`]`))
			p.check(t, body)
			if got := sent(body, "tools.0.function"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestF11ToolsThatAreLeftOutLeaveNothing(t *testing.T) {
	body := plain().body(t, ask(`"tools":[{"type":"web_search"},{"type":"image_generation"}]`, `"tool_choice":{"type":"web_search"}`, `"parallel_tool_calls":true`))
	for _, path := range []string{"tools", "tool_choice", "parallel_tool_calls"} {
		if got := sent(body, path); got != absent {
			t.Errorf("%s is %s", path, got)
		}
	}
}

func TestToolChoice(t *testing.T) {
	const named = `{"type":"function","name":"g"}`
	const some = `{"type":"allowed_tools","mode":"required","tools":[` + named + `]}`
	tests := map[string]struct{ takes, choice, want, tools string }{
		"unsaid":                          {"auto none required named", ``, absent, `["f","g"]`},
		"auto":                            {"auto none required named", `"auto"`, `"auto"`, `["f","g"]`},
		"none":                            {"auto none required named", `"none"`, `"none"`, `["f","g"]`},
		"none, which is not taken":        {"auto", `"none"`, absent, absent},
		"required":                        {"auto none required named", `"required"`, `"required"`, `["f","g"]`},
		"required, which is not taken":    {"auto none", `"required"`, `"auto"`, `["f","g"]`},
		"named":                           {"auto none required named", named, `{"type":"function","function":{"name":"g"}}`, `["f","g"]`},
		"named, as required with it":      {"auto none required", named, `"required"`, `["g"]`},
		"named, as auto with it":          {"auto none", named, `"auto"`, `["g"]`},
		"some tools":                      {"auto none required named", some, `"required"`, `["g"]`},
		"some tools, where auto is taken": {"auto", some, `"auto"`, `["g"]`},
		"no choice is taken":              {"", `"required"`, absent, `["f","g"]`},
		"no choice is taken, none":        {"", `"none"`, absent, absent},
		"no choice is taken, named":       {"", named, absent, `["g"]`},
		"a choice nobody knows":           {"auto none required named", `"perhaps"`, `"auto"`, `["f","g"]`},
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
			if got := sent(body, "tool_choice"); got != test.want {
				t.Errorf("tool_choice is %s, want %s", got, test.want)
			}
			got := absent
			if strings.Contains(string(body), `"tools"`) {
				got = gjson.GetBytes(body, "tools.#.function.name").Raw
			}
			if got != test.tools {
				t.Errorf("tools are %s, want %s", got, test.tools)
			}
		})
	}
	p := with(t, "tool_choice_required", "any")
	if got := sent(p.body(t, ask(oneTool, `"tool_choice":"required"`)), "tool_choice"); got != `"any"` {
		t.Errorf("in the provider's word: %s", got)
	}
}
