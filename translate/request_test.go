package translate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

func TestParseReadsTheFields(t *testing.T) {
	req := parse(t, request(
		`"stream":true`, `"input":"hi"`, `"parallel_tool_calls":false`,
		`"reasoning":{"effort":"xhigh","summary":"auto","context":"all_turns"}`,
		`"include":["reasoning.encrypted_content","message.output_text.logprobs"]`,
		`"text":{"verbosity":"low","format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}}`,
		`"max_output_tokens":12345678901234567890`, `"temperature":0.70`, `"top_p":1e-1`,
		`"prompt_cache_key":"a\"b"`, `"user":"u"`, `"service_tier":"priority"`,
		`"client_metadata":{"x":1}`, `"x_future":[1,{"y":null}]`,
	))
	for name, test := range map[string]struct{ got, want string }{
		"model":             {req.Model, "m"},
		"parallel calls":    {string(req.ParallelToolCalls), "false"},
		"effort":            {req.Effort, "xhigh"},
		"verbosity":         {string(req.Verbosity), "low"},
		"format type":       {req.Format.Type, "json_schema"},
		"format name":       {string(req.Format.Name), "n"},
		"format schema":     {string(req.Format.Schema), `{"type":"object"}`},
		"format strictness": {string(req.Format.Strict), "true"},
		"output limit":      {string(req.MaxOutputTokens), "12345678901234567890"},
		"temperature":       {string(req.Temperature), "0.70"},
		"top_p":             {string(req.TopP), "1e-1"},
		"cache key":         {string(req.CacheKey), `a\"b`},
		"user":              {req.User, "u"},
		"service tier":      {string(req.ServiceTier), "priority"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", name, test.got, test.want)
		}
	}
	if !req.Stream || !req.Summary || !req.Encrypted {
		t.Errorf("stream %v, summary %v, encrypted %v", req.Stream, req.Summary, req.Encrypted)
	}
	sameLines(t, history(req), "user: hi")
}

func TestParseTakesAbsentAndNullFieldsForTheSame(t *testing.T) {
	plain := parse(t, request(`"input":"hi"`))
	nulls := parse(t, request(
		`"input":"hi"`, `"instructions":null`, `"tools":null`, `"tool_choice":null`, `"parallel_tool_calls":null`, `"reasoning":null`,
		`"include":null`, `"text":null`, `"max_output_tokens":null`, `"temperature":null`, `"top_p":null`, `"prompt_cache_key":null`,
		`"service_tier":null`, `"store":null`, `"metadata":null`, `"truncation":null`, `"background":null`, `"previous_response_id":null`,
		`"conversation":null`, `"prompt":null`, `"max_tool_calls":null`, `"user":null`, `"safety_identifier":null`,
	))
	for name, req := range map[string]*translate.Request{"absent": plain, "null": nulls} {
		if req.ParallelToolCalls != nil || req.Effort != "" || req.Summary || req.Encrypted || req.Format.Type != "" ||
			req.MaxOutputTokens != nil || req.Temperature != nil || req.TopP != nil || req.CacheKey != nil || req.User != "" ||
			req.ServiceTier != nil || req.ToolChoice.Mode != "" || len(req.Tools.List) != 0 {
			t.Errorf("%s: got %+v", name, req)
		}
		sameLines(t, history(req), "user: hi")
	}
}

func TestSafetyIdentifierComesBeforeUser(t *testing.T) {
	for name, test := range map[string]struct{ members, want string }{
		"both":                             {`"safety_identifier":"s","user":"u"`, "s"},
		"both, the other way round":        {`"user":"u","safety_identifier":"s"`, "s"},
		"a null one":                       {`"user":"u","safety_identifier":null`, "u"},
		"a null one, the other way round":  {`"safety_identifier":null,"user":"u"`, "u"},
		"an empty one":                     {`"user":"u","safety_identifier":""`, "u"},
		"only the older name":              {`"user":"u"`, "u"},
		"neither of them with any content": {`"user":""`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parse(t, request(`"input":"hi"`, test.members)).User; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	const hi = `"input":"hi"`
	tests := map[string]struct{ body, param, message string }{
		"an empty body":                    {"", "", "not a JSON object"},
		"an array":                         {"[]", "", "not a JSON object"},
		"half an object":                   {`{"model":"m","input":"hi"`, "", "not valid JSON"},
		"text behind the object":           {`{"model":"m","input":"hi"}x`, "", "not valid JSON"},
		"text that is not UTF-8":           {"{\"model\":\"m\",\"input\":\"\xff\"}", "", "not UTF-8"},
		"a bad escape":                     {`{"model":"m","input":"\x"}`, "", "not valid JSON"},
		"no model":                         {`{"input":"hi"}`, "model", "model is missing"},
		"a model that is null":             {`{"model":null,"input":"hi"}`, "model", "model is missing"},
		"a model that is no text":          {`{"model":5,"input":"hi"}`, "model", "model is missing"},
		"no input":                         {`{"model":"m"}`, "input", "input is missing"},
		"an input that is null":            {request(`"input":null`), "input", "input is missing"},
		"an input that is a number":        {request(`"input":5`), "input", "neither a text nor a list"},
		"an input that is an object":       {request(`"input":{}`), "input", "neither a text nor a list"},
		"an input without items":           {request(`"input":[]`), "input", "nothing to answer"},
		"an input without content":         {input(`{"type":"x_future"}`), "input", "nothing to answer"},
		"an input of reasoning alone":      {input(`{"type":"reasoning","content":"0"}`), "input", "nothing to answer"},
		"an input that is empty":           {request(`"input":""`), "input", "nothing to answer"},
		"an item that is a text":           {request(`"input":[{"role":"user","content":"a"},"b"]`), "input", "input[1] is not an object"},
		"a stored prompt":                  {request(hi, `"prompt":{"id":"p"}`), "prompt", "send what it says as instructions and input"},
		"an output limit in words":         {request(hi, `"max_output_tokens":"many"`), "max_output_tokens", "not a number"},
		"a temperature in words":           {request(hi, `"temperature":"hot"`), "temperature", "not a number"},
		"a top_p in words":                 {request(hi, `"top_p":[]`), "top_p", "not a number"},
		"an output format nobody knows":    {request(hi, `"text":{"format":{"type":"yaml"}}`), "text.format", `"yaml"`},
		"an output schema that is missing": {request(hi, `"text":{"format":{"type":"json_schema","name":"n"}}`), "text.format", "has no schema"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := refused(t, test.body)
			if f.Kind != fault.Invalid || f.Param != test.param || !strings.Contains(f.Message, test.message) {
				t.Errorf("got kind %d, param %q, message %q; want param %q, message %q", f.Kind, f.Param, f.Message, test.param, test.message)
			}
		})
	}
}

func TestParseIsNotShakenByOddValues(t *testing.T) {
	for name, body := range map[string]string{
		"fields inside of other types": request(`"input":"hi"`, `"tool_choice":{"type":[]}`, `"tools":[{},{"type":1},{"type":"function"}]`,
			`"reasoning":{"context":1}`, `"prompt_cache_options":{"mode":[]}`, `"stream_options":{"include_obfuscation":"no"}`),
		"items of other types": input(`{}`, `{"type":7}`, `{"type":"message","role":{},"content":{}}`, `{"role":"user","content":[1,null,"text",{}]}`,
			`{"type":"function_call","call_id":[],"name":null,"arguments":[]}`, `{"type":"function_call_output","call_id":3,"output":4}`,
			`{"type":"reasoning","encrypted_content":{},"content":"x","summary":7}`, `{"type":"additional_tools"}`, `{"type":"tool_search_output","tools":{}}`),
	} {
		t.Run(name, func(t *testing.T) {
			stream, sink := newStream(t, body)
			stream.Text([]byte("hello"))
			stream.Complete()
			if len(sink.events(t)) == 0 {
				t.Error("no events")
			}
		})
	}
}

func TestTheLastChangeOfTheConfigurationCounts(t *testing.T) {
	change := func(members string) string { return `{"type":"configuration_update",` + members + `}` }
	user := `{"role":"user","content":"hi"}`
	tests := map[string]struct{ items, effort, format string }{
		"no change":                 {user, "low", ""},
		"an effort":                 {change(`"reasoning":{"effort":"high"}`) + "," + user, "high", ""},
		"a later effort":            {change(`"reasoning":{"effort":"high"}`) + "," + user + "," + change(`"reasoning":{"effort":"max"}`), "max", ""},
		"a format and no effort":    {change(`"text":{"format":{"type":"json_object"}}`) + "," + user, "low", "json_object"},
		"nothing that is said":      {change(`"reasoning":null,"text":null`) + "," + user, "low", ""},
		"an effort that is no text": {change(`"reasoning":{"effort":7}`) + "," + user, "low", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, body := range []string{request(`"input":[`+test.items+`]`, `"reasoning":{"effort":"low"}`), request(`"reasoning":{"effort":"low"}`, `"input":[`+test.items+`]`)} {
				req := parse(t, body)
				if req.Effort != test.effort || req.Format.Type != test.format {
					t.Errorf("effort is %q, format %q", req.Effort, req.Format.Type)
				}
			}
		})
	}
}

func TestARequestThatPassesIsReadFurtherOnlyWhereThatIsAskedFor(t *testing.T) {
	body := []byte(request(`"input":[{"role":"user","content":"hi"},{"type":"reasoning","id":"rs_1","content":[{"type":"reasoning_text","text":"t"}]},{"type":"message","role":"assistant","content":[]}]`, `"tools":[`+function("a")+`]`))
	bare, err := translate.ParseSource(body, nil)
	if err != nil {
		t.Fatal(err)
	}
	var open []bool
	for it := range bare.Source().Items() {
		open = append(open, it.Open)
	}
	if len(bare.History) > 0 || len(bare.Tools.List) > 0 || !slices.Equal(open, []bool{true, true, false}) {
		t.Errorf("%d messages, %d tools, open %v", len(bare.History), len(bare.Tools.List), open)
	}
	for range 2 {
		if err := bare.Complete(); err != nil {
			t.Fatal(err)
		}
		if len(bare.History) == 0 || len(bare.Tools.List) != 1 {
			t.Errorf("%d messages, %d tools", len(bare.History), len(bare.Tools.List))
		}
	}
	nothing, err := translate.ParseSource([]byte(request(`"input":[]`)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := nothing.Complete(); err == nil {
		t.Error("an input without anything is complete")
	}
}

func TestTheLeadingModel(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"gpt-5.5","input":"hi"}`:       "gpt-5.5",
		`{"input":"hi","model":"gpt-5.5"}`:       "",
		`{"model":"a\"b"}`:                       "",
		`{"model":"gpt`:                          "",
		`{"model":5}`:                            "",
		`{"model":"` + strings.Repeat("x", 1000): "",
		``:                                       "",
	} {
		if got, ok := translate.LeadingModel([]byte(body)); got != want || ok != (want != "") {
			t.Errorf("%.40s: got %q, %v", body, got, ok)
		}
	}
}
