package converse_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate/converse"
)

func TestKnobsDecideWhatIsSent(t *testing.T) {
	const effort = `"reasoning":{"effort":"high"}`
	const off = `"reasoning":{"effort":"none"}`
	const schema = `"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}}`
	const prompt = `"Give the final answer as one JSON object and nothing else: no prose around it, no code fence. It has to match this JSON schema:\n{\"type\":\"object\"}"`
	levels := []string{"effort_map", "none=off low=low high=high"}
	knobs := func(more ...string) []string { return append(more, levels...) }
	tests := map[string]struct {
		knobs   []string
		request string
		want    map[string]string
	}{
		"F81 nothing that the client did not ask for": {nil, ask(`"store":true`, `"include":["x"]`, `"metadata":{}`, `"prompt_cache_key":"k"`, `"safety_identifier":"s"`,
			`"service_tier":"flex"`, `"parallel_tool_calls":true`), map[string]string{"@keys": `["messages"]`}},
		"the question":                       {nil, ask(), map[string]string{"messages": `[{"role":"user","content":[{"text":"hi"}]}]`}},
		"F83 the client's limit":             {[]string{"max_tokens", "7"}, ask(`"max_output_tokens":10`), map[string]string{"inferenceConfig": `{"maxTokens":10}`}},
		"F83 a limit with a fraction":        {nil, ask(`"max_output_tokens":1e2`), map[string]string{"inferenceConfig": `{"maxTokens":100}`}},
		"F60 the knob's limit":               {[]string{"max_tokens", "7"}, ask(), map[string]string{"inferenceConfig": `{"maxTokens":7}`}},
		"F60 the model's limit where asked":  {[]string{"max_tokens", "7", "max_tokens_default", "model_limit"}, ask(), map[string]string{"inferenceConfig": `{"maxTokens":4096}`}},
		"sampling":                           {nil, ask(`"temperature":0.50`, `"top_p":1`), map[string]string{"inferenceConfig": `{"temperature":0.50,"topP":1}`}},
		"F83 sampling that is not taken":     {[]string{"sampling", "drop"}, ask(`"temperature":0.5`, `"top_p":1`), map[string]string{"inferenceConfig": absent}},
		"a service tier":                     {[]string{"service_tier", "send"}, ask(`"service_tier":"flex"`), map[string]string{"serviceTier": `{"type":"flex"}`}},
		"a service tier of OpenAI's":         {[]string{"service_tier", "send"}, ask(`"service_tier":"auto"`), map[string]string{"serviceTier": absent}},
		"members of every body":              {[]string{"extra_body", `{"performanceConfig":{"latency":"optimized"}}`}, ask(), map[string]string{"performanceConfig": `{"latency":"optimized"}`}},
		"F84 effort as a word":               {knobs("effort_param", "reasoning_effort"), ask(effort), map[string]string{"additionalModelRequestFields": `{"reasoning_effort":"high"}`}},
		"F84 effort off as a word":           {knobs("effort_param", "reasoning_effort"), ask(off), map[string]string{"additionalModelRequestFields": `{"reasoning_effort":"none"}`}},
		"F84 an effort without a place":      {levels, ask(effort), map[string]string{"additionalModelRequestFields": absent}},
		"F84 an effort that has no word":     {knobs("effort_param", "reasoning_effort"), ask(`"reasoning":{"effort":"medium"}`), map[string]string{"additionalModelRequestFields": absent}},
		"F84 no effort":                      {knobs("effort_param", "thinking.adaptive"), ask(), map[string]string{"additionalModelRequestFields": absent}},
		"F84 Nova's":                         {knobs("effort_param", "reasoningConfig", "max_tokens", "7"), ask(`"reasoning":{"effort":"low"}`), map[string]string{"additionalModelRequestFields": `{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}`, "inferenceConfig.maxTokens": "7"}},
		"F84 Nova's, off":                    {knobs("effort_param", "reasoningConfig"), ask(off), map[string]string{"additionalModelRequestFields": `{"reasoningConfig":{"type":"disabled"}}`}},
		"F84 Nova's highest, without limits": {knobs("effort_param", "reasoningConfig", "max_tokens", "7"), ask(effort, `"temperature":1`), map[string]string{"additionalModelRequestFields.reasoningConfig.maxReasoningEffort": `"high"`, "inferenceConfig": absent}},
		"F84 Claude's":                       {knobs("effort_param", "thinking.adaptive"), ask(effort), map[string]string{"additionalModelRequestFields": `{"thinking":{"type":"adaptive"},"output_config":{"effort":"high"}}`}},
		"F84 Claude's, off":                  {knobs("effort_param", "thinking.adaptive", "thinking_fields", `{"display":"summarized"}`), ask(off), map[string]string{"additionalModelRequestFields": `{"thinking":{"type":"disabled"}}`}},
		"F84 Claude's with members":          {knobs("effort_param", "thinking.adaptive", "thinking_fields", `{"display":"summarized"}`), ask(), map[string]string{"additionalModelRequestFields": `{"thinking":{"type":"adaptive","display":"summarized"}}`}},
		"an answer by a schema": {nil, ask(schema), map[string]string{
			"outputConfig": `{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\"}","name":"n"}}}}`, "system": absent,
		}},
		"an answer by a schema in words": {[]string{"response_format", "none"}, ask(schema, `"instructions":"Be kind."`), map[string]string{
			"outputConfig": absent, "system": `[{"text":"Be kind.\n\n` + prompt[1:] + `}]`,
		}},
		"an answer by a schema not beside tools": {[]string{"response_format_with_tools", "false"}, ask(schema, oneTool), map[string]string{"outputConfig": absent, "system.0.text": prompt}},
		"an answer as JSON":                      {nil, ask(`"text":{"format":{"type":"json_object"}}`), map[string]string{"outputConfig": absent, "system.#": "1"}},
		"marks for the cache": {[]string{"cache_control", "ephemeral"}, ask(oneTool, `"instructions":"s"`), map[string]string{
			"system": `[{"text":"s"},{"cachePoint":{"type":"default"}}]`, "toolConfig.tools.2": `{"cachePoint":{"type":"default"}}`,
			"messages": `[{"role":"user","content":[{"text":"hi"},{"cachePoint":{"type":"default"}}]}]`,
		}},
		"instructions of a model without a system": {[]string{"system_role", "user"}, ask(`"instructions":"s"`), map[string]string{
			"system": absent, "messages": `[{"role":"user","content":[{"text":"s"},{"text":"hi"}]}]`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			p.Target.MaxOutput = 4096
			body := p.body(t, test.request)
			if !strings.HasPrefix(name, "members") {
				p.check(t, body)
			}
			for path, want := range test.want {
				if got := sent(body, path); got != want {
					t.Errorf("%s is %s, want %s", path, got, want)
				}
			}
		})
	}
}

func TestTools(t *testing.T) {
	const custom = `{"type":"custom","name":"c","description":"Run.","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\"\n"}}`
	tests := map[string]struct{ tool, want string }{
		"F36 parameters that are missing": {`{"type":"function","name":"f","description":"d"}`, `{"name":"f","description":"d","inputSchema":{"json":{"type":"object","properties":{}}}}`},
		"a description of nothing":        {`{"type":"function","name":"f","description":" \n"}`, `{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}`},
		"F03 a tool in a namespace": {
			`{"type":"namespace","name":"mcp__calc","tools":[{"type":"function","name":"add"}]}`, `{"name":"mcp__calc__add","inputSchema":{"json":{"type":"object","properties":{}}}}`,
		},
		"F08 a custom tool is a function of one text": {
			custom, `{"name":"c","description":"Run.\n\nThis tool takes free text. Put the whole text into input, as it is. The text has to follow this lark grammar:\nstart: \"a\"\n",` +
				`"inputSchema":{"json":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := plain().body(t, ask(`"tools":[`+test.tool+`]`))
			plain().check(t, body)
			if got := sent(body, "toolConfig.tools.0.toolSpec"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	if got := sent(with(t, "tools_strict", "send").body(t, ask(oneTool)), "toolConfig.tools.#.toolSpec.strict"); got != "[true]" {
		t.Errorf("strict is %s", got)
	}
}

func TestToolChoice(t *testing.T) {
	all := "auto none required named"
	named := `{"type":"function","name":"g"}`
	tests := map[string]struct{ knob, choice, tools, want string }{
		"auto is not said":           {all, `"auto"`, `["f","g"]`, absent},
		"required":                   {all, `"required"`, `["f","g"]`, `{"any":{}}`},
		"required that is not taken": {"auto", `"required"`, `["f","g"]`, absent},
		"named":                      {all, named, `["f","g"]`, `{"tool":{"name":"g"}}`},
		"named where only any is":    {"auto required", named, `["g"]`, `{"any":{}}`},
		"named that is not taken":    {"auto", named, `["g"]`, absent},
		"none hides the tools":       {all, `"none"`, absent, absent},
		"only some":                  {all, `{"type":"allowed_tools","mode":"required","tools":[` + named + `]}`, `["g"]`, `{"any":{}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "tool_choice", test.knob)
			body := p.body(t, ask(oneTool, `"tool_choice":`+test.choice))
			p.check(t, body)
			if got := sent(body, "toolConfig.tools.#.toolSpec.name"); got != test.tools {
				t.Errorf("tools are %s", got)
			}
			if got := sent(body, "toolConfig.toolChoice"); got != test.want {
				t.Errorf("the choice is %s, want %s", got, test.want)
			}
		})
	}
}

func TestHeaderAsksForTheBinaryStream(t *testing.T) {
	header := http.Header{"Accept": {"text/event-stream"}}
	converse.Header(header, parse(t, []byte(ask())), &plain().Dialect)
	if got := header.Get("Accept"); !strings.HasPrefix(got, "application/vnd.amazon.eventstream") || len(header) != 1 {
		t.Errorf("got %v", header)
	}
}
