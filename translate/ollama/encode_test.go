package ollama_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/ollama"
)

func TestKnobsDecideWhatIsSent(t *testing.T) {
	const effort = `"reasoning":{"effort":"high"}`
	const schema = `"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}}`
	const prompt = `"Give the final answer as one JSON object and nothing else: no prose around it, no code fence.`
	levels := []string{"effort_param", "think", "effort_map", "none=off low=low high=max medium=true"}
	tests := map[string]struct {
		knobs   []string
		request string
		want    map[string]string
	}{
		"F81 nothing that the client did not ask for": {nil, ask(`"store":true`, `"include":["x"]`, `"metadata":{}`, `"prompt_cache_key":"k"`, `"service_tier":"flex"`, `"parallel_tool_calls":true`,
			`"tool_choice":"auto"`), map[string]string{"@this": `{"model":"up","messages":[{"role":"user","content":"hi"}],"stream":true}`}},
		"the size of the context":            {[]string{"num_ctx", "65536"}, ask(), map[string]string{"options": `{"num_ctx":65536}`}},
		"F83 the limit by its name":          {[]string{"num_ctx", "65536"}, ask(`"max_output_tokens":10`), map[string]string{"options": `{"num_ctx":65536,"num_predict":10}`}},
		"F60 the knob's limit":               {[]string{"max_tokens", "7"}, ask(), map[string]string{"options": `{"num_predict":7}`}},
		"F60 the model's limit where asked":  {[]string{"max_tokens", "7", "max_tokens_default", "model_limit"}, ask(), map[string]string{"options": `{"num_predict":4096}`}},
		"sampling":                           {nil, ask(`"temperature":0.50`, `"top_p":1`), map[string]string{"options": `{"temperature":0.50,"top_p":1}`}},
		"F83 sampling that is not taken":     {[]string{"sampling", "drop"}, ask(`"temperature":0.5`, `"top_p":1`), map[string]string{"options": absent}},
		"members of every body":              {[]string{"extra_body", `{"keep_alive":"1h"}`}, ask(), map[string]string{"keep_alive": `"1h"`}},
		"F84 effort as a level":              {levels, ask(effort), map[string]string{"think": `"max"`}},
		"F84 effort as a switch":             {levels, ask(`"reasoning":{"effort":"medium"}`), map[string]string{"think": `true`}},
		"F84 effort off":                     {levels, ask(`"reasoning":{"effort":"none"}`), map[string]string{"think": `false`}},
		"F84 no effort":                      {levels, ask(), map[string]string{"think": absent}},
		"F84 an effort that has no word":     {levels, ask(`"reasoning":{"effort":"minimal"}`), map[string]string{"think": absent}},
		"F84 an effort without a place":      {nil, ask(effort), map[string]string{"think": absent}},
		"an answer by a schema":              {nil, ask(schema), map[string]string{"format": `{"type":"object"}`, "messages.#": "1"}},
		"an answer by a schema beside tools": {[]string{"response_format_with_tools", "false"}, ask(schema, oneTool), map[string]string{"format": absent, "messages.0.role": `"system"`}},
		"an answer by a schema in words":     {[]string{"response_format", "none"}, ask(schema, `"instructions":"s"`), map[string]string{"format": absent, "messages.0.content": `"s\n\n` + prompt[1:] + ` It has to match this JSON schema:\n{\"type\":\"object\"}"`}},
		"an answer as JSON":                  {nil, ask(`"text":{"format":{"type":"json_object"}}`), map[string]string{"format": `"json"`, "messages.0.content": prompt + `"`}},

		"tools":                          {nil, ask(oneTool), map[string]string{"tools.1": `{"type":"function","function":{"name":"g","description":"","parameters":{"type":"object","properties":{}}}}`}},
		"F36 properties of anything":     {[]string{"schema_profile", "ollama"}, ask(`"tools":[{"type":"function","name":"f","parameters":{"type":["object","null"],"properties":{"a":true}}}]`), map[string]string{"tools.0.function.parameters": `{"type":"object","properties":{"a":{}}}`}},
		"a choice of none":               {nil, ask(oneTool, `"tool_choice":"none"`), map[string]string{"tools": absent}},
		"a choice of one":                {nil, ask(oneTool, `"tool_choice":{"type":"function","name":"g"}`), map[string]string{"tools.#.function.name": `["g"]`}},
		"a choice of some":               {nil, ask(oneTool, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}`), map[string]string{"tools.#.function.name": `["g"]`}},
		"F08 a custom tool":              {nil, ask(`"tools":[{"type":"custom","name":"c","description":"Run."}]`), map[string]string{"tools.0.function": `{"name":"c","description":"Run.\n\nThis tool takes free text. Put the whole text into input, as it is.","parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}`}},
		"F34 late system messages":       {nil, talk(late, user, late), map[string]string{"messages": `[{"role":"system","content":"d"},{"role":"user","content":"u"},{"role":"user","content":"<developer>\nd\n</developer>"}]`}},
		"a model that knows no system":   {[]string{"system_role", "user"}, talk(late, user), map[string]string{"messages": `[{"role":"user","content":"d"},{"role":"user","content":"u"}]`}},
		"late system messages are taken": {[]string{"late_system", "allow"}, talk(user, late), map[string]string{"messages.1": `{"role":"system","content":"d"}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			p.Target.MaxOutput = 4096
			body := p.body(t, test.request)
			if !strings.HasPrefix(name, "late") {
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

// talk is a request with the given items, and with a tool.
func talk(items ...string) string {
	return `{"model":"m","stream":true,"input":[` + strings.Join(items, ",") + `],` + oneTool + `}`
}

const (
	user    = `{"role":"user","content":"u"}`
	calledA = `{"type":"function_call","call_id":"call_a","name":"f","arguments":"{\"x\":1}"}`
	calledB = `{"type":"function_call","call_id":"call_b","name":"g","arguments":"{}"}`
	outA    = `{"type":"function_call_output","call_id":"call_a","output":"1"}`
	outB    = `{"type":"function_call_output","call_id":"call_b","output":"2"}`
	answer  = `{"role":"assistant","content":[{"type":"output_text","text":"x"}]}`
	late    = `{"role":"developer","content":"d"}`
	picture = `{"type":"input_image","image_url":"data:image/png;base64,QUJD"}`
	text    = `{"type":"input_text","text":"t"}`

	useA    = `{"id":"call_a","function":{"name":"f","arguments":{"x":1}}}`
	useB    = `{"id":"call_b","function":{"name":"g","arguments":{}}}`
	resultA = `{"role":"tool","content":"1","tool_name":"f","tool_call_id":"call_a"}`
	resultB = `{"role":"tool","content":"2","tool_name":"g","tool_call_id":"call_b"}`
	asked   = `{"role":"user","content":"u"}`
)

func pictured(id string, parts ...string) string {
	return `{"type":"function_call_output","call_id":"` + id + `","output":[` + strings.Join(parts, ",") + `]}`
}

// thought is a reasoning item with what a provider has said.
func thought(provider, field, text string) string {
	return wiretest.Sealed(provider, "up", field, text)
}

func TestMessages(t *testing.T) {
	thinking := []string{"reasoning_out", "thinking"}
	const noImage = "[image omitted: it cannot be sent to this model]"
	tests := map[string]struct {
		knobs []string
		items []string
		want  []string
	}{
		"F12 parallel calls": {
			nil,
			[]string{user, answer, calledA, calledB, outB, outA},
			[]string{asked, `{"role":"assistant","content":"x","tool_calls":[` + useA + `,` + useB + `]}`, resultA, resultB},
		},
		"ids that are left out": {
			[]string{"tool_call_id", "omit"},
			[]string{user, calledA, outA},
			[]string{asked, `{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":1}}}]}`, `{"role":"tool","content":"1","tool_name":"f"}`},
		},
		"an image":              {nil, []string{`{"role":"user","content":[` + text + `,` + picture + `,` + text + `]}`}, []string{`{"role":"user","content":"t\n\nt","images":["QUJD"]}`}},
		"an image alone":        {nil, []string{`{"role":"user","content":[` + picture + `]}`}, []string{`{"role":"user","content":"","images":["QUJD"]}`}},
		"an image not wanted":   {[]string{"images", "none"}, []string{`{"role":"user","content":[` + text + `,` + picture + `]}`}, []string{`{"role":"user","content":"t\n\n` + noImage + `"}`}},
		"an image behind a URL": {nil, []string{`{"role":"user","content":[{"type":"input_image","image_url":"https://x/y.png"}]}`}, []string{`{"role":"user","content":"` + noImage + `"}`}},
		"an image that is none": {nil, []string{`{"role":"user","content":[{"type":"input_image","image_url":"data:text/html;base64,QUJD"}]}`}, []string{`{"role":"user","content":"` + noImage + `"}`}},
		"an image of the model": {nil, []string{user, `{"role":"assistant","content":[` + text + `,` + picture + `]}`}, []string{asked, `{"role":"assistant","content":"t\n\n` + noImage + `"}`}},
		"a file":                {nil, []string{`{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}]}`}, []string{`{"role":"user","content":"[file a.pdf omitted: it cannot be sent to this model]"}`}},
		"F39 images of results come behind all of them": {
			nil,
			[]string{user, calledA, calledB, pictured("call_a", text, picture), pictured("call_b", picture), user},
			[]string{
				asked, `{"role":"assistant","content":"","tool_calls":[` + useA + `,` + useB + `]}`, strings.Replace(resultA, `"1"`, `"t"`, 1), strings.Replace(resultB, `"2"`, `"[image below]"`, 1),
				`{"role":"user","content":"[image from the tool f]\n\n[image from the tool g]","images":["QUJD","QUJD"]}`, asked,
			},
		},
		"F04 thinking":                              {thinking, []string{user, thought("plain", "thinking", `a\n`), answer}, []string{asked, `{"role":"assistant","content":"x","thinking":"a\n"}`}},
		"F04 thinking from the other interface":     {thinking, []string{user, thought("plain", "reasoning", `a`), answer}, []string{asked, `{"role":"assistant","content":"x","thinking":"a"}`}},
		"F04 thinking in the open":                  {thinking, []string{user, `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"a"}]}`, answer}, []string{asked, `{"role":"assistant","content":"x","thinking":"a"}`}},
		"F04 thinking of another provider":          {thinking, []string{user, thought("other", "thinking", `a`), answer}, []string{asked, `{"role":"assistant","content":"x"}`}},
		"F04 thinking in a form that means nothing": {thinking, []string{user, thought("plain", "reasoning_details", `{}`), answer}, []string{asked, `{"role":"assistant","content":"x"}`}},
		"F04 thinking that is not wanted":           {nil, []string{user, thought("plain", "thinking", `a`), answer}, []string{asked, `{"role":"assistant","content":"x"}`}},
		"F04 thinking that led to nothing":          {thinking, []string{user, thought("plain", "thinking", `a`)}, []string{asked}},
		"F04 thinking of this turn alone": {
			append(thinking, "reasoning_scope", "current_turn"),
			[]string{user, thought("plain", "thinking", `a`), answer, user, thought("plain", "thinking", `b`), calledA, outA},
			[]string{asked, `{"role":"assistant","content":"x"}`, asked, `{"role":"assistant","content":"","thinking":"b","tool_calls":[` + useA + `]}`, resultA},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, talk(test.items...))
			p.check(t, body)
			if got, want := sent(body, "messages"), "["+strings.Join(test.want, ",")+"]"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// An image that the gateway has fetched, or left out, is no more what the client sent.
func TestImagesAreSentAsTheTargetGetsThem(t *testing.T) {
	const url = `{"role":"user","content":[{"type":"input_image","image_url":"https://x/y.png"},{"type":"input_image","image_url":"https://x/z.png"}]}`
	p := plain()
	p.Target.Media = translate.Media{{DataURL: []byte("data:image/png;base64,QUJD")}, {Omitted: true}}
	body := ollama.Encode(nil, wiretest.Parse(t, []byte(talk(url))), &p.Target, &p.Dialect)
	p.check(t, body)
	if got, want := sent(body, "messages"), `[{"role":"user","content":"[image omitted: it cannot be sent to this model]","images":["QUJD"]}]`; got != want {
		t.Errorf("got %s", got)
	}
}
