package responses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/responses"
)

// ask is a request that says hi, with the given members more.
func ask(members ...string) string {
	return `{"model":"m","input":"hi",` + strings.Join(append(members, `"stream":true`), ",") + `}`
}

const oneTool = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":true},{"type":"function","name":"g"}]`

func TestKnobsDecideWhatIsSent(t *testing.T) {
	const effort = `"reasoning":{"effort":"high"}`
	const off = `"reasoning":{"effort":"none"}`
	const likely = `"include":["message.output_text.logprobs"]`
	levels := []string{"effort_map", "none=off low=low high=max"}
	knobs := func(more ...string) []string { return append(more, levels...) }
	schema := `"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}}`
	const prompt = `Give the final answer as one JSON object and nothing else: no prose around it, no code fence. It has to match this JSON schema:\n{\"type\":\"object\"}`
	tests := map[string]struct {
		knobs   []string
		request string
		want    map[string]string
	}{
		"nothing that the client did not ask for": {nil, ask(), map[string]string{"@keys": `["model","input","store","stream"]`, "store": "false"}},
		"F81 nothing that not every service knows": {nil, ask(`"store":true`, `"include":["x"]`, `"metadata":{}`, `"truncation":"auto"`,
			`"client_metadata":{}`, `"prompt_cache_key":"k"`, `"prompt_cache_retention":"24h"`, `"safety_identifier":"s"`, `"service_tier":"flex"`,
			`"text":{"verbosity":"low"}`, `"background":false`, `"top_logprobs":2`, `"max_tool_calls":1`, `"stream_options":{"include_obfuscation":false}`), map[string]string{
			"@keys": `["model","input","store","stream"]`,
		}},
		"instructions in their member": {nil, ask(`"instructions":"Be kind."`), map[string]string{"instructions": `"Be kind."`, "input.#": "1"}},
		"instructions in the input":    {[]string{"instructions", "input"}, ask(`"instructions":"Be kind."`), map[string]string{"instructions": absent, "input.0": `{"type":"message","role":"system","content":"Be kind."}`}},
		"instructions of a developer": {
			[]string{"instructions", "input", "system_role", "developer"}, ask(`"instructions":"Be kind."`), map[string]string{"input.0.role": `"developer"`},
		},
		"instructions that are not sent": {[]string{"drop_fields", "instructions"}, ask(`"instructions":"Be kind."`), map[string]string{"instructions": absent, "input.0.content": `"Be kind."`}},

		"F83 the limit":                      {nil, ask(`"max_output_tokens":10`), map[string]string{"max_output_tokens": "10"}},
		"F83 a limit that is not sent":       {[]string{"drop_fields", "max_output_tokens"}, ask(`"max_output_tokens":10`), map[string]string{"max_output_tokens": absent}},
		"F60 the model's limit where asked":  {[]string{"max_tokens_default", "model_limit"}, ask(), map[string]string{"max_output_tokens": "4096"}},
		"F60 a limit where asked":            {[]string{"max_tokens", "100"}, ask(), map[string]string{"max_output_tokens": "100"}},
		"F60 the client's limit before that": {[]string{"max_tokens_default", "model_limit"}, ask(`"max_output_tokens":10`), map[string]string{"max_output_tokens": "10"}},
		"sampling":                           {nil, ask(`"temperature":0.50`, `"top_p":1`), map[string]string{"temperature": "0.50", "top_p": "1"}},
		"F83 sampling that is not taken":     {[]string{"sampling", "drop"}, ask(`"temperature":0.5`, `"top_p":1`), map[string]string{"temperature": absent, "top_p": absent}},
		"one of them that is not":            {[]string{"drop_fields", "top_p"}, ask(`"temperature":0.5`, `"top_p":1`), map[string]string{"temperature": "0.5", "top_p": absent}},
		"parallel calls":                     {nil, ask(oneTool, `"parallel_tool_calls":false`), map[string]string{"parallel_tool_calls": "false"}},
		"parallel calls without tools":       {nil, ask(`"parallel_tool_calls":false`), map[string]string{"parallel_tool_calls": absent}},
		"parallel calls that are not taken":  {[]string{"parallel_tool_calls", "omit"}, ask(oneTool, `"parallel_tool_calls":false`), map[string]string{"parallel_tool_calls": absent}},
		"a cache key":                        {[]string{"cache_key", "prompt_cache_key"}, ask(`"prompt_cache_key":"a\"b"`), map[string]string{"prompt_cache_key": `"a\"b"`}},
		"a cache key as a header":            {[]string{"cache_key", "x-session-id"}, ask(`"prompt_cache_key":"k"`), map[string]string{"prompt_cache_key": absent}},
		"a user, hashed":                     {[]string{"user_field", "safety_identifier"}, ask(`"user":"me@home"`), map[string]string{"safety_identifier": `"8b8586978c4320358f0045a31a0a8895"`, "user": absent}},
		"the likelihood of tokens":           {nil, ask(`"top_logprobs":2`, likely), map[string]string{"include": `["message.output_text.logprobs"]`, "top_logprobs": "2"}},
		"a likelihood that is not taken":     {[]string{"logprobs", "omit"}, ask(`"top_logprobs":2`, likely), map[string]string{"include": absent, "top_logprobs": absent}},
		"a likelihood beside reasoning": {[]string{"reasoning_out", "encrypted_content"}, ask(`"include":["message.output_text.logprobs","reasoning.encrypted_content"]`), map[string]string{
			"include": `["reasoning.encrypted_content","message.output_text.logprobs"]`, "top_logprobs": absent,
		}},
		"verbosity":                           {[]string{"verbosity", "send"}, ask(`"text":{"verbosity":"low"}`), map[string]string{"text": `{"verbosity":"low"}`}},
		"verbosity beside a format":           {[]string{"verbosity", "send"}, ask(`"text":{"verbosity":"low","format":{"type":"json_object"}}`), map[string]string{"text": `{"format":{"type":"json_object"},"verbosity":"low"}`}},
		"a service tier":                      {[]string{"service_tier", "send"}, ask(`"service_tier":"flex"`), map[string]string{"service_tier": `"flex"`}},
		"members of every body":               {[]string{"extra_body", `{"x":{"y":1}}`}, ask(), map[string]string{"x.y": "1"}},
		"store, which is not known":           {[]string{"drop_fields", "store"}, ask(), map[string]string{"store": absent}},
		"strictness is not sent":              {nil, ask(oneTool), map[string]string{"tools.0.strict": absent}},
		"strictness is sent where it is said": {[]string{"tools_strict", "send"}, ask(oneTool), map[string]string{"tools.0.strict": "true", "tools.1.strict": absent}},

		"F84 effort":                     {knobs("effort_param", "reasoning.effort"), ask(effort), map[string]string{"reasoning": `{"effort":"max"}`}},
		"F84 effort off":                 {knobs("effort_param", "reasoning.effort"), ask(off), map[string]string{"reasoning": `{"effort":"none"}`}},
		"F84 no effort":                  {knobs("effort_param", "reasoning.effort"), ask(), map[string]string{"reasoning": absent}},
		"F84 an effort without a place":  {knobs(), ask(effort), map[string]string{"reasoning": absent}},
		"F84 an effort that has no word": {knobs("effort_param", "reasoning.effort"), ask(`"reasoning":{"effort":"medium"}`), map[string]string{"reasoning": absent}},
		"F84 an effort with members": {
			knobs("effort_param", "reasoning.effort", "thinking_fields", `{"summary":"auto"}`), ask(effort), map[string]string{"reasoning": `{"effort":"max","summary":"auto"}`},
		},
		"F84 the members alone":            {knobs("effort_param", "reasoning.effort", "thinking_fields", `{"summary":"auto"}`), ask(), map[string]string{"reasoning": `{"summary":"auto"}`}},
		"F84 a switch":                     {knobs("effort_param", "enable_thinking"), ask(effort), map[string]string{"enable_thinking": "true", "reasoning": absent}},
		"F84 a switch, off":                {knobs("effort_param", "enable_thinking"), ask(off), map[string]string{"enable_thinking": "false"}},
		"F84 a switch and a word":          {knobs("effort_param", "enable_thinking+reasoning_effort"), ask(effort), map[string]string{"enable_thinking": "true", "reasoning": `{"effort":"max"}`}},
		"F84 a switch and a word, off":     {knobs("effort_param", "enable_thinking+reasoning_effort"), ask(off), map[string]string{"enable_thinking": "false", "reasoning": absent}},
		"F84 reasoning, which is not sent": {knobs("effort_param", "reasoning.effort", "drop_fields", "reasoning"), ask(effort), map[string]string{"reasoning": absent}},
		"sealed reasoning is asked for": {
			[]string{"reasoning_out", "encrypted_content"}, ask(`"include":["reasoning.encrypted_content"]`), map[string]string{"include": `["reasoning.encrypted_content"]`},
		},
		"sealed reasoning that no client keeps": {[]string{"reasoning_out", "encrypted_content"}, ask(), map[string]string{"include": absent}},
		"reasoning that is not sealed":          {[]string{"reasoning_out", "reasoning_text"}, ask(`"include":["reasoning.encrypted_content"]`), map[string]string{"include": absent}},

		"an answer by a schema":                         {nil, ask(schema), map[string]string{"text": `{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}`}},
		"an answer by a schema without a name":          {nil, ask(`"text":{"format":{"type":"json_schema","schema":{}}}`), map[string]string{"text.format": `{"type":"json_schema","name":"answer","schema":{}}`}},
		"an answer by a schema that is only JSON there": {[]string{"response_format", "json_object"}, ask(schema), map[string]string{"text": `{"format":{"type":"json_object"}}`, "instructions": `"` + prompt + `"`}},
		"an answer by a schema in words alone": {
			[]string{"response_format", "none"}, ask(schema, `"instructions":"Be kind."`), map[string]string{"text": absent, "instructions": `"Be kind.\n\n` + prompt + `"`},
		},
		"an answer by a schema beside tools":     {nil, ask(schema, oneTool), map[string]string{"text.format.type": `"json_schema"`, "instructions": absent}},
		"an answer by a schema not beside tools": {[]string{"response_format_with_tools", "false"}, ask(schema, oneTool), map[string]string{"text": absent, "instructions": `"` + prompt + `"`}},
		"an answer by a schema, not sent":        {[]string{"drop_fields", "text"}, ask(schema), map[string]string{"text": absent, "instructions": `"` + prompt + `"`}},
		"an answer as text":                      {nil, ask(`"text":{"format":{"type":"text"}}`), map[string]string{"text": absent}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			p.Target.MaxOutput = 4096
			body := p.body(t, test.request)
			if !strings.Contains(name, "every body") {
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

func TestHeaderCarriesTheCacheKey(t *testing.T) {
	for knob, want := range map[string]int{"omit": 0, "prompt_cache_key": 0, "x-session-id": 1, "x-session-affinity": 1} {
		header := make(http.Header)
		responses.Header(header, parse(t, ask(`"prompt_cache_key":"k\n"`)), &with(t, "cache_key", knob).Dialect)
		if len(header) != want || want == 1 && header.Get(knob) != "k" {
			t.Errorf("%s: %v", knob, header)
		}
	}
}

func TestTools(t *testing.T) {
	const custom = `{"type":"custom","name":"c","description":"Run.","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\"\n"}}`
	const search = `{"type":"web_search","external_web_access":true,"search_context_size":"high","filters":{"allowed_domains":["a.org"]},"user_location":{"type":"approximate"}}`
	native := []string{"custom_tools", "native"}
	tests := map[string]struct {
		knobs []string
		tools string
		want  string
	}{
		"F36 parameters that are missing": {nil, `{"type":"function","name":"f","description":"d"}`, `[{"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{}}}]`},
		"annotations for OpenAI's servers go": {
			nil, `{"type":"function","name":"f","defer_loading":true,"parameters":{"type":"object","properties":{"a":{"type":"string","encrypted":true}}}}`,
			`[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}]`,
		},
		"F03 a tool in a namespace": {
			nil, `{"type":"namespace","name":"mcp__calc","tools":[{"type":"function","name":"add","description":"d"}]}`,
			`[{"type":"function","name":"mcp__calc__add","description":"d","parameters":{"type":"object","properties":{}}}]`,
		},
		"F08 a custom tool is a function of one text": {
			nil, custom, `[{"type":"function","name":"c","description":"Run.\n\nThis tool takes free text. Put the whole text into input, as it is. ` +
				`The text has to follow this lark grammar:\nstart: \"a\"\n",` +
				`"parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}]`,
		},
		"F08 a custom tool as it is":            {native, custom, `[{"type":"custom","name":"c","description":"Run.","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\"\n"}}]`},
		"F08 a custom tool without words":       {native, `{"type":"custom","name":"c"}`, `[{"type":"custom","name":"c"}]`},
		"F08 a custom tool of another name":     {append(native, "custom_tool_names", "apply_patch"), `{"type":"custom","name":"c"}`, `[{"type":"function","name":"c","description":"This tool takes free text. Put the whole text into input, as it is.","parameters":` + translate.InputSchema + `}]`},
		"F08 a custom tool of the name":         {append(native, "custom_tool_names", "apply_patch"), `{"type":"custom","name":"apply_patch"}`, `[{"type":"custom","name":"apply_patch"}]`},
		"F11 a search that nobody makes":        {nil, search, absent},
		"F11 a search that the provider makes":  {[]string{"web_search", "web_search"}, search, `[{"type":"web_search","filters":{"allowed_domains":["a.org"]},"user_location":{"type":"approximate"}}]`},
		"F11 a search beside functions":         {[]string{"web_search", "web_search"}, `{"type":"function","name":"f"},{"type":"web_search"}`, `[{"type":"function","name":"f","parameters":{"type":"object","properties":{}}},{"type":"web_search"}]`},
		"F11 hosted tools":                      {nil, `{"type":"image_generation"},{"type":"mcp","server_label":"x"}`, absent},
		"tools, which are not sent":             {[]string{"drop_fields", "tools"}, `{"type":"function","name":"f"}`, absent},
		"F96 the client's own search for tools": {nil, `{"type":"tool_search","execution":"client","parameters":{"type":"object","properties":{}}}`, `[{"type":"function","name":"tool_search","parameters":{"type":"object","properties":{}}}]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, ask(`"tools":[`+test.tools+`]`))
			p.check(t, body)
			if got := sent(body, "tools"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestF01ToolsInTheInputAreHoisted(t *testing.T) {
	body := with(t).body(t, thread(`{"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"functions","tools":[{"type":"custom","name":"exec"},{"type":"function","name":"wait"}]}]}`, user))
	if names := sent(body, "tools.#.name"); names != `["exec","wait"]` || sent(body, "input.#") != "1" {
		t.Errorf("got %s", body)
	}
}

func TestToolChoice(t *testing.T) {
	const named = `{"type":"function","name":"g"}`
	const some = `{"type":"allowed_tools","mode":"required","tools":[` + named + `]}`
	tests := map[string]struct{ takes, choice, want, tools string }{
		"unsaid":                       {"auto none required named", ``, absent, `["f","g"]`},
		"none":                         {"auto none required named", `"none"`, `"none"`, `["f","g"]`},
		"none, which is not taken":     {"auto", `"none"`, absent, absent},
		"required, which is not taken": {"auto none", `"required"`, `"auto"`, `["f","g"]`},
		"named":                        {"auto none required named", named, named, `["f","g"]`},
		"named, as required with it":   {"auto none required", named, `"required"`, `["g"]`},
		"named, as auto with it":       {"auto none", named, `"auto"`, `["g"]`},
		"some tools":                   {"auto none required named", some, `"required"`, `["g"]`},
		"no choice is taken":           {"", `"required"`, absent, `["f","g"]`},
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
			got := absent
			if tools := gjson.GetBytes(body, "tools"); tools.Exists() {
				got = gjson.GetBytes(body, "tools.#.name").Raw
			}
			if choice := sent(body, "tool_choice"); choice != test.want || got != test.tools {
				t.Errorf("tool_choice is %s, want %s; tools are %s, want %s", choice, test.want, got, test.tools)
			}
		})
	}
	body := with(t, "custom_tools", "native").body(t, ask(`"tools":[{"type":"custom","name":"c"}]`, `"tool_choice":{"type":"custom","name":"c"}`))
	if got := sent(body, "tool_choice"); got != `{"type":"custom","name":"c"}` {
		t.Errorf("a custom tool is forced by %s", got)
	}
}

func TestItems(t *testing.T) {
	const patch = `{"type":"custom_tool_call","id":"ctc_1","call_id":"call_1","name":"c","input":"a \"b\"\n"}`
	const patched = `{"type":"custom_tool_call_output","call_id":"call_1","output":"ok"}`
	const image = `{"type":"input_image","image_url":"https://a/b.png","detail":"high"}`
	const data = `{"type":"input_image","image_url":"data:image/png;base64,AAAA"}`
	shown := `{"type":"function_call_output","call_id":"call_1","output":[{"type":"input_text","text":"see"},` + data + `]}`
	declared := func(request string) string {
		return strings.Replace(request, `"stream"`, `"tools":[{"type":"custom","name":"c"}],"stream"`, 1)
	}
	const called = `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}`
	tests := map[string]struct {
		knobs   []string
		request string
		want    []string
	}{
		"texts": {
			nil, thread(`{"role":"developer","content":"d"}`, `{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]}`, `{"role":"assistant","content":[{"type":"output_text","text":"c"}]}`, `{"role":"developer","content":"e"}`, `{"role":"user","content":"f"}`),
			[]string{`{"type":"message","role":"user","content":"a\n\nb"}`, `{"type":"message","role":"assistant","content":"c"}`, `{"type":"message","role":"user","content":"<developer>\ne\n</developer>"}`, `{"type":"message","role":"user","content":"f"}`},
		},
		"a late developer": {
			[]string{"late_system", "allow", "system_role", "developer"}, thread(user, `{"role":"developer","content":"e"}`), []string{`{"type":"message","role":"user","content":"hi"}`, `{"type":"message","role":"developer","content":"e"}`},
		},
		"a call and its output": {nil, thread(user, callF1, outputF1), []string{`{"type":"message","role":"user","content":"hi"}`, called, outputF1}},
		"F03 a call in a namespace": {
			nil, thread(strings.Replace(callF1, `"name":"f"`, `"name":"f","namespace":"ns"`, 1), outputF1), []string{strings.Replace(called, `"f"`, `"ns__f"`, 1), outputF1},
		},
		"F08 a custom call":                        {nil, declared(thread(patch, patched)), []string{`{"type":"function_call","call_id":"call_1","name":"c","arguments":"{\"input\":\"a \\\"b\\\"\\n\"}"}`, strings.Replace(patched, "custom_tool_call", "function_call", 1)}},
		"F08 a custom call as it is":               {[]string{"custom_tools", "native"}, declared(thread(patch, patched)), []string{`{"type":"custom_tool_call","call_id":"call_1","name":"c","input":"a \"b\"\n"}`, patched}},
		"F08 a custom call of a tool that is gone": {[]string{"custom_tools", "native"}, thread(patch, patched), []string{`{"type":"function_call","call_id":"call_1","name":"c","arguments":"{\"input\":\"a \\\"b\\\"\\n\"}"}`, strings.Replace(patched, "custom_tool_call", "function_call", 1)}},
		"F14 what is incomplete is mended":         {nil, thread(callF1, user), []string{called, `{"type":"function_call_output","call_id":"call_1","output":"aborted"}`, `{"type":"message","role":"user","content":"hi"}`}},
		"F53 arguments that are none":              {nil, thread(strings.Replace(callF1, `"{}"`, `"{\"a"`, 1), outputF1), []string{strings.Replace(called, `"{}"`, `"{\"_raw\":\"{\\\"a\"}"`, 1), outputF1}},
		"an image":                                 {nil, thread(`{"role":"user","content":[` + image + `]}`), []string{`{"type":"message","role":"user","content":[{"type":"input_image","image_url":"https://a/b.png","detail":"auto"}]}`}},
		"an image in its detail":                   {[]string{"image_detail", "send"}, thread(`{"role":"user","content":[{"type":"input_text","text":"a"},` + image + `]}`), []string{`{"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"https://a/b.png","detail":"high"}]}`}},
		"an image of which only data is taken":     {[]string{"images", "data"}, thread(`{"role":"user","content":[` + image + `]}`), []string{`{"type":"message","role":"user","content":"[image omitted: it cannot be sent to this model]"}`}},
		"an image that is not taken":               {[]string{"images", "none"}, thread(`{"role":"user","content":[` + data + `]}`), []string{`{"type":"message","role":"user","content":"[image omitted: it cannot be sent to this model]"}`}},
		"an image in a result": {nil, thread(callF1, shown), []string{
			called, `{"type":"function_call_output","call_id":"call_1","output":"see"}`,
			`{"type":"message","role":"user","content":[{"type":"input_text","text":"[image from the tool f]"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"auto"}]}`,
		}},
		"an image in a result as it is": {[]string{"tool_result_images", "native"}, thread(callF1, shown), []string{
			called, `{"type":"function_call_output","call_id":"call_1","output":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"auto"}]}`,
		}},
		"a file that is not taken": {nil, thread(`{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}]}`), []string{`{"type":"message","role":"user","content":"[file a.pdf omitted: it cannot be sent to this model]"}`}},
		"a file":                   {[]string{"files", "data"}, thread(`{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}]}`), []string{`{"type":"message","role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}]}`}},
		"a file somewhere":         {[]string{"files", "url"}, thread(`{"role":"user","content":[{"type":"input_file","file_url":"https://a/b.pdf"}]}`), []string{`{"type":"message","role":"user","content":[{"type":"input_file","file_url":"https://a/b.pdf"}]}`}},
		"a long call id":           {[]string{"tool_call_id", "max64"}, thread(strings.ReplaceAll(callF1, "call_1", strings.Repeat("x", 65)), strings.ReplaceAll(outputF1, "call_1", strings.Repeat("x", 65))), []string{strings.Replace(called, "call_1", "call_"+translate.Hash62(strings.Repeat("x", 65), 24), 1), strings.Replace(outputF1, "call_1", "call_"+translate.Hash62(strings.Repeat("x", 65), 24), 1)}},
		"things in the order in which they were said": {
			[]string{"reasoning_out", "reasoning_text"},
			thread(thoughtOf("rs_1", "plain", "up", "reasoning_text", "t"), `{"role":"assistant","content":"a"}`, callF1, thoughtOf("rs_2", "plain", "up", "reasoning_text", "u"), `{"role":"assistant","content":"b"}`, outputF1),
			[]string{
				`{"type":"reasoning","id":"rs_` + translate.Hash62("t", 24) + `","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}`, `{"type":"message","role":"assistant","content":"a"}`, called,
				`{"type":"reasoning","id":"rs_` + translate.Hash62("u", 24) + `","summary":[],"content":[{"type":"reasoning_text","text":"u"}]}`, `{"type":"message","role":"assistant","content":"b"}`, outputF1,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, test.request)
			if name != "a late developer" {
				p.check(t, body)
			}
			if got, want := gjson.GetBytes(body, "input").Raw, "["+strings.Join(test.want, ",")+"]"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// What a target gets of images is decided elsewhere.
func TestMediaAreWhatTheTargetSays(t *testing.T) {
	p := with(t)
	p.Target.Media = translate.Media{{Omitted: true}, {DataURL: []byte("data:image/png;base64,BBBB")}}
	body := p.body(t, thread(`{"role":"user","content":[{"type":"input_image","image_url":"https://a/b.png"},{"type":"input_image","image_url":"https://a/c.png"}]}`))
	if got := sent(body, "input.0.content"); got != `[{"type":"input_text","text":"[image omitted: it cannot be sent to this model]"},{"type":"input_image","image_url":"data:image/png;base64,BBBB","detail":"auto"}]` {
		t.Errorf("got %s", got)
	}
}

func TestReasoningGoesBackInTheProvidersForm(t *testing.T) {
	const sealed = `{"id":"rs_x","type":"reasoning","summary":[],"encrypted_content":"xai-sealed","status":"completed"}`
	answer := `{"role":"assistant","content":"a"}`
	text := `{"type":"reasoning","id":"rs_` + translate.Hash62("t", 24) + `","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}`
	summary := `{"type":"reasoning","id":"rs_` + translate.Hash62("t", 24) + `","summary":[{"type":"summary_text","text":"t"}]}`
	open := `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}`
	tests := map[string]struct{ knob, item, want string }{
		"as it was":                         {"encrypted_content", thoughtOf("rs_1", "plain", "up", "encrypted_content", sealed), sealed},
		"sealed for another model":          {"encrypted_content", thoughtOf("rs_1", "plain", "down", "encrypted_content", sealed), ""},
		"sealed for another provider":       {"encrypted_content", thoughtOf("rs_1", "other", "up", "encrypted_content", sealed), ""},
		"sealed where a text is wanted":     {"reasoning_text", thoughtOf("rs_1", "plain", "up", "encrypted_content", sealed), ""},
		"a text where sealed is wanted":     {"encrypted_content", thoughtOf("rs_1", "plain", "up", "reasoning_text", "t"), ""},
		"a text":                            {"reasoning_text", thoughtOf("rs_1", "plain", "up", "reasoning_text", "t"), text},
		"a text that came as a summary":     {"reasoning_text", thoughtOf("rs_1", "plain", "up", "summary_text", "t"), text},
		"a text that came by another wire":  {"reasoning_text", thoughtOf("rs_1", "plain", "up", "reasoning_content", "t"), text},
		"details that came by another wire": {"reasoning_text", thoughtOf("rs_1", "plain", "up", "reasoning_details", "{}"), ""},
		"a text of another model":           {"reasoning_text", thoughtOf("rs_1", "plain", "down", "reasoning_text", "t"), text},
		"a text of another provider":        {"reasoning_text", thoughtOf("rs_1", "other", "up", "reasoning_text", "t"), ""},
		"a text in the open":                {"reasoning_text", open, text},
		"a summary":                         {"summary_text", thoughtOf("rs_1", "plain", "up", "summary_text", "t"), summary},
		"a summary that was in the open":    {"summary_text", open, summary},
		"nothing is wanted":                 {"none", thoughtOf("rs_1", "plain", "up", "reasoning_text", "t"), ""},
		"what OpenAI has sealed":            {"encrypted_content", original, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "reasoning_out", test.knob)
			body := p.body(t, thread(user, test.item, answer, user))
			if name != "as it was" { // which only xAI would take
				p.check(t, body)
			}
			want := `[{"type":"message","role":"user","content":"hi"},` + test.want + `,{"type":"message","role":"assistant","content":"a"},{"type":"message","role":"user","content":"hi"}]`
			if want = strings.Replace(want, ",,", ",", 1); gjson.GetBytes(body, "input").Raw != want {
				t.Errorf("got  %s\nwant %s", gjson.GetBytes(body, "input"), want)
			}
			if p.Dialect.ReasoningScope = "current_turn"; strings.Contains(string(p.body(t, thread(user, test.item, answer, user))), `"reasoning"`) {
				t.Error("it goes back in a later turn")
			}
			if lone := p.body(t, thread(test.item, user)); strings.Contains(string(lone), `"reasoning"`) {
				t.Errorf("reasoning that led to nothing goes back: %s", lone)
			}
		})
	}
}
