package gemini_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/gemini"
)

// whom is a model and the knobs that are turned for it.
type whom struct {
	preset, model string
	knobs         []string
}

func TestKnobsDecideWhatIsSent(t *testing.T) {
	const (
		high    = `"reasoning":{"effort":"high"}`
		none    = `"reasoning":{"effort":"none"}`
		summary = `"reasoning":{"summary":"auto"}`
		schema  = `"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"const":"x"}}}}}`
		prompt  = `Give the final answer as one JSON object and nothing else: no prose around it, no code fence. It has to match this JSON schema:\n` +
			`{\"type\":\"object\",\"properties\":{\"a\":{\"const\":\"x\"}}}`
	)
	second := func(knobs ...string) whom { return whom{"gemini", "gemini-2.5-flash", knobs} }
	third := func(knobs ...string) whom { return whom{"gemini", "gemini-3.8-flash", knobs} }
	tests := map[string]struct {
		whom    whom
		request string
		want    map[string]string
	}{
		"nothing that the client did not ask for": {third(), ask(), map[string]string{
			"@this": `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`,
		}},
		"F81 nothing that the wire does not know": {third(), ask(`"store":true`, `"metadata":{}`, `"truncation":"auto"`, `"client_metadata":{}`,
			`"prompt_cache_key":"k"`, `"safety_identifier":"s"`, `"service_tier":"flex"`, `"text":{"verbosity":"low"}`, `"parallel_tool_calls":false`), map[string]string{
			"@keys": `["contents"]`,
		}},
		"instructions": {third(), ask(`"instructions":"Be kind."`), map[string]string{"systemInstruction": `{"parts":[{"text":"Be kind."}]}`}},
		"instructions for a model that knows none": {
			whom{"gemini", "gemma-3-27b-it", nil},
			ask(`"instructions":"Be kind."`),
			map[string]string{"systemInstruction": absent, "contents": `[{"role":"user","parts":[{"text":"<developer>\nBe kind.\n</developer>"},{"text":"hi"}]}]`},
		},
		"instructions alone": {third(), `{"model":"m","instructions":"Be kind.","input":[{"role":"assistant","content":"a"}]}`, map[string]string{
			"contents": `[{"role":"user","parts":[{"text":"[the conversation so far]"}]},{"role":"model","parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"[go on]"}]}]`,
		}},
		"F83 the limit":                     {third(), ask(`"max_output_tokens":10`), map[string]string{"generationConfig": `{"maxOutputTokens":10}`}},
		"F60 the model's limit where asked": {third("max_tokens_default", "model_limit"), ask(), map[string]string{"generationConfig": `{"maxOutputTokens":65536}`}},
		"a limit of the configuration":      {third("max_tokens", "9000"), ask(), map[string]string{"generationConfig": `{"maxOutputTokens":9000}`}},
		"sampling":                          {third(), ask(`"temperature":0.50`, `"top_p":1`), map[string]string{"generationConfig": `{"temperature":0.50,"topP":1}`}},
		"F83 sampling that is not taken":    {third("sampling", "drop"), ask(`"temperature":0.5`, `"top_p":1`), map[string]string{"generationConfig": absent}},
		"a service tier":                    {third("service_tier", "send"), ask(`"service_tier":"flex"`), map[string]string{"serviceTier": `"flex"`}},
		"members of every body":             {third("extra_body", `{"safetySettings":[]}`), ask(), map[string]string{"safetySettings": "[]"}},

		"F84 a level":            {third(), ask(high), map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingLevel":"HIGH"}}`}},
		"F84 the lowest level":   {third(), ask(none), map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingLevel":"LOW"}}`}},
		"F84 more than there is": {third(), ask(`"reasoning":{"effort":"ultra"}`), map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingLevel":"HIGH"}}`}},
		"F84 a level that is lower with other models": {
			whom{"gemini", "gemini-3.5-flash", nil},
			ask(none),
			map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}`},
		},
		"F84 an effort of the future":     {third(), ask(`"reasoning":{"effort":"galactic"}`), map[string]string{"generationConfig": absent}},
		"F84 a budget":                    {second(), ask(high), map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingBudget":24576}}`}},
		"F84 a budget of nothing":         {second(), ask(none, `"include":["reasoning.encrypted_content"]`), map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingBudget":0}}`}},
		"F84 a budget within the limit":   {second(), ask(high, `"max_output_tokens":5000`), map[string]string{"generationConfig.thinkingConfig": `{"thinkingBudget":3976}`}},
		"F84 a limit without room":        {second(), ask(high, `"max_output_tokens":1500`), map[string]string{"generationConfig": `{"maxOutputTokens":1500}`}},
		"F84 a model that does not think": {whom{"gemini", "gemini-2.0-flash", nil}, ask(high, `"include":["reasoning.encrypted_content"]`), map[string]string{"generationConfig": absent}},
		"summaries":                       {third(), ask(summary), map[string]string{"generationConfig": `{"thinkingConfig":{"includeThoughts":true}}`}},
		"sealed reasoning":                {third(), ask(`"include":["reasoning.encrypted_content"]`, high), map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingLevel":"HIGH","includeThoughts":true}}`}},
		"summaries beside a budget":       {second(), ask(`"reasoning":{"effort":"low","summary":"auto"}`), map[string]string{"generationConfig": `{"thinkingConfig":{"thinkingBudget":2048,"includeThoughts":true}}`}},

		"an answer by a schema": {third(), ask(schema), map[string]string{
			"generationConfig":  `{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":"string","enum":["x"]}}}}`,
			"systemInstruction": absent,
		}},
		"an answer by a schema of OpenAPI": {third("schema_profile", "gemini_openapi"), ask(schema), map[string]string{
			"generationConfig.responseSchema": `{"type":"object","properties":{"a":{"type":"string","enum":["x"]}}}`, "generationConfig.responseJsonSchema": absent,
		}},
		"an answer by a schema beside tools": {third(), ask(schema, twoTools), map[string]string{
			"generationConfig.responseMimeType": `"application/json"`, "systemInstruction": absent,
		}},
		"an answer by a schema not beside tools": {second(), ask(schema, twoTools), map[string]string{
			"generationConfig": absent, "systemInstruction.parts.0.text": `"` + prompt + `"`,
		}},
		"an answer by a schema not with a forced call": {third(), ask(schema, twoTools, `"tool_choice":"required"`), map[string]string{
			"generationConfig": absent, "systemInstruction.parts.0.text": `"` + prompt + `"`,
		}},
		"an answer by a schema in words": {third("response_format", "none"), ask(schema, `"instructions":"Be kind."`), map[string]string{
			"generationConfig": absent, "systemInstruction.parts.0.text": `"Be kind.\n\n` + prompt + `"`,
		}},
		"an answer in JSON": {third(), ask(`"text":{"format":{"type":"json_object"}}`), map[string]string{"generationConfig": `{"responseMimeType":"application/json"}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := model(t, test.whom.preset, test.whom.model, test.whom.knobs...)
			body := p.body(t, test.request)
			p.check(t, body)
			for path, want := range test.want {
				if got := sent(body, path); got != want {
					t.Errorf("%s is\n%s\nwant\n%s", path, got, want)
				}
			}
		})
	}
}

func TestTools(t *testing.T) {
	const (
		search  = `"tools":[{"type":"function","name":"f","parameters":{}},{"type":"function","name":"g"},{"type":"web_search"}]`
		alone   = `"tools":[{"type":"web_search"}]`
		only    = `"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]}`
		filter  = `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}`
		google  = `{"googleSearch":{}}`
		calling = "toolConfig.functionCallingConfig"
	)
	second := whom{"gemini", "gemini-2.5-pro", nil}
	third := whom{"gemini", "gemini-3.8-flash", nil}
	vertex := whom{"vertex", "gemini-3.8-flash", nil}
	turned := func(knobs ...string) whom { return whom{"gemini", "gemini-3.8-flash", knobs} }
	tests := map[string]struct {
		whom    whom
		request string
		want    map[string]string
	}{
		"functions": {third, ask(twoTools), map[string]string{
			"tools": `[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object","properties":{"x":{"type":"integer"}}}},` +
				`{"name":"g","parametersJsonSchema":{"type":"object"}}]}]`,
			"toolConfig": absent,
		}},
		"functions by OpenAPI": {turned("schema_profile", "gemini_openapi"), ask(twoTools), map[string]string{
			"tools": `[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","properties":{"x":{"type":"integer"}}}},{"name":"g"}]}]`,
		}},
		"a custom tool": {third, ask(`"tools":[{"type":"custom","name":"c","description":"d\"e"}]`), map[string]string{
			"tools.0.functionDeclarations.0": `{"name":"c","description":"d\"e\n\nThis tool takes free text. Put the whole text into input, as it is.",` +
				`"parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}`,
		}},
		"F38 no tools":        {third, ask(`"tools":[]`, `"tool_choice":"auto"`), map[string]string{"tools": absent, "toolConfig": absent}},
		"F11 tools of others": {third, ask(`"tools":[{"type":"image_generation"}]`, `"tool_choice":{"type":"image_generation"}`), map[string]string{"tools": absent, "toolConfig": absent}},

		"auto":                         {third, ask(twoTools, `"tool_choice":"auto"`), map[string]string{calling: `{"mode":"AUTO"}`}},
		"none":                         {third, ask(search, `"tool_choice":"none"`), map[string]string{calling: `{"mode":"NONE"}`, "tools.#": "1"}},
		"required":                     {third, ask(twoTools, `"tool_choice":"required"`), map[string]string{calling: `{"mode":"ANY"}`}},
		"a named one":                  {third, ask(twoTools, `"tool_choice":{"type":"function","name":"g"}`), map[string]string{calling: `{"mode":"ANY","allowedFunctionNames":["g"]}`, "tools.0.functionDeclarations.#": "2"}},
		"one of some":                  {third, ask(twoTools, only), map[string]string{calling: `{"mode":"ANY","allowedFunctionNames":["g"]}`, "tools.0.functionDeclarations.#": "2"}},
		"some":                         {third, ask(twoTools, filter), map[string]string{calling: `{"mode":"AUTO"}`, "tools.0.functionDeclarations.#.name": `["g"]`}},
		"none where it is not taken":   {turned("tool_choice", "auto"), ask(search, `"tool_choice":"none"`), map[string]string{"tools": absent, "toolConfig": absent}},
		"forced where it is not taken": {turned("tool_choice", "auto"), ask(twoTools, `"tool_choice":"required"`), map[string]string{calling: `{"mode":"AUTO"}`}},
		"named where it is not taken":  {turned("tool_choice", "auto required"), ask(twoTools, `"tool_choice":{"type":"function","name":"g"}`), map[string]string{calling: `{"mode":"ANY"}`, "tools.0.functionDeclarations.#.name": `["g"]`}},

		"a search":                              {second, ask(alone, `"tool_choice":"auto"`), map[string]string{"tools": "[" + google + "]", "toolConfig": absent}},
		"a search beside functions":             {third, ask(search), map[string]string{"tools.1": google, "toolConfig": `{"functionCallingConfig":{"mode":"VALIDATED"},"includeServerSideToolInvocations":true}`}},
		"a search beside functions on Vertex":   {vertex, ask(search, `"tool_choice":"auto"`), map[string]string{"tools.1": google, "toolConfig": `{"functionCallingConfig":{"mode":"VALIDATED"}}`}},
		"a search beside functions, not before": {second, ask(search), map[string]string{"tools.#": "1", "toolConfig": absent}},
		"a search beside a forced call":         {third, ask(search, `"tool_choice":"required"`), map[string]string{"tools.#": "1", "toolConfig": `{"functionCallingConfig":{"mode":"ANY"}}`}},
		"a search that is switched off":         {turned("web_search", "none"), ask(search), map[string]string{"tools.#": "1", "toolConfig": absent}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := model(t, test.whom.preset, test.whom.model, test.whom.knobs...)
			body := p.body(t, test.request)
			p.check(t, body)
			for path, want := range test.want {
				if got := sent(body, path); got != want {
					t.Errorf("%s is\n%s\nwant\n%s", path, got, want)
				}
			}
		})
	}
}

func TestAPausedReplyIsAskedToGoOn(t *testing.T) {
	p := with(t)
	first := string(p.body(t, ask()))
	p.Target.Continuation = []byte("dG9r")
	if got, want := string(p.body(t, ask())), strings.TrimSuffix(first, "}")+`,"continuationToken":"dG9r"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p.Target.Continuation = []byte{}
	if got := string(p.body(t, ask())); got != first {
		t.Errorf("the same once more is %s", got)
	}
	if got := gemini.Encode([]byte("x"), wiretest.Parse(t, []byte(ask())), &p.Target, &p.Dialect); string(got) != "x"+first {
		t.Errorf("appended: %s", got)
	}
}
