package upstreamtest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// items is a request whose input are items.
func items(items ...string) string {
	return `{"model":"m","stream":true,"store":false,"input":[` + strings.Join(items, ",") + `]}`
}

func TestStrictResponsesRules(t *testing.T) {
	const (
		question = `{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}`
		thought  = `{"type":"reasoning","id":"rs_0000000000000001","summary":[],"encrypted_content":"gAAAAx"}`
		callA    = `{"type":"function_call","id":"fc_0000000000000001","call_id":"a","name":"f","arguments":"{}"}`
		outputA  = `{"type":"function_call_output","call_id":"a","output":"ok"}`
		reasoned = `{"type":"message","id":"msg_000000000000` + Reasoned + `","role":"assistant","content":[{"type":"output_text","text":"a"}]}`
		custom   = `{"type":"custom_tool_call","call_id":"a","name":"c","input":"x"}`
		customed = `{"type":"custom_tool_call_output","call_id":"a","output":"ok"}`
	)
	tool := func(tool string) string { return `{"model":"m","input":"hi","tools":[` + tool + `]}` }
	plain := []ResponsesOption{Plain(nil, nil)}
	tests := map[string]struct {
		body    string
		options []ResponsesOption
		refusal string
	}{
		"ok/a question":            {body: `{"model":"m","input":"hi"}`},
		"ok/items":                 {body: items(question, thought, callA, outputA, thought, reasoned, question)},
		"ok/an id of Codex":        {body: items(strings.Replace(question, `"role"`, `"id":"msg_00000000-0000-7000-8000-000000000005","role"`, 1))},
		"ok/a namespace":           {body: tool(`{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","parameters":null}]}`)},
		"ok/hosted tools":          {body: tool(`{"type":"web_search"},{"type":"image_generation"}`)},
		"ok/a custom tool":         {body: items(question, custom, customed)},
		"ok/a custom tool by name": {body: items(question, custom, customed), options: []ResponsesOption{Plain([]string{"c"}, nil)}},
		"ok/another ciphertext":    {body: items(strings.Replace(thought, "gAAAA", "xai-", 1), callA, outputA), options: []ResponsesOption{Ciphertext("xai-")}},
		"ok/thoughts in the open":  {body: items(question, `{"type":"reasoning","summary":[],"content":[]}`, callA, outputA), options: plain},
		"ok/a parameter more":      {body: `{"model":"m","input":"hi","enable_thinking":true}`, options: []ResponsesOption{AllowParameters("enable_thinking")}},

		"fail/no JSON":                        {body: `{`, refusal: "could not parse"},
		"fail/no model":                       {body: `{"input":"hi"}`, refusal: "'model'"},
		"fail/no input":                       {body: `{"model":"m"}`, refusal: "'input'"},
		"fail/an unknown parameter":           {body: `{"model":"m","input":"hi","client_metadata":{}}`, refusal: "Unknown parameter: 'client_metadata'"},
		"fail/a parameter less":               {body: `{"model":"m","input":"hi","store":false}`, options: []ResponsesOption{WithoutParameters("store")}, refusal: "Unknown parameter: 'store'"},
		"fail/a parameter twice":              {body: `{"model":"m","input":"hi","input":"hi"}`, refusal: "Duplicate"},
		"fail/an id of another":               {body: items(strings.Replace(callA, "fc_0000000000000001", "fc_ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1), outputA), refusal: "is no id"},
		"fail/a ciphertext of another":        {body: items(strings.Replace(thought, "gAAAA", "ccr1.", 1), callA, outputA), refusal: "could not be verified"},
		"fail/a compaction of another":        {body: items(`{"type":"compaction","encrypted_content":"x"}`), refusal: "could not be verified"},
		"fail/reasoning that is not sealed":   {body: items(`{"type":"reasoning","id":"rs_0000000000000001","summary":[]}`, callA, outputA), refusal: "not found"},
		"fail/reasoning at the end":           {body: items(question, thought), refusal: "without its required following item"},
		"fail/reasoning before a question":    {body: items(thought, question), refusal: "without its required following item"},
		"fail/an item without its reasoning":  {body: items(question, reasoned), refusal: "without its required 'reasoning' item"},
		"fail/an output without its call":     {body: items(question, outputA), refusal: "No tool call found for function call output with call_id a"},
		"fail/an output of the other kind":    {body: items(question, callA, customed), refusal: "No tool call found"},
		"fail/a call without its output":      {body: items(question, callA), refusal: "No tool output found for function call a"},
		"fail/a long name":                    {body: items(question, strings.Replace(callA, `"f"`, `"`+strings.Repeat("x", 65)+`"`, 1), outputA), refusal: "does not match"},
		"fail/a long call id":                 {body: items(question, strings.Replace(callA, `"a"`, `"`+strings.Repeat("x", 65)+`"`, 1)), refusal: "no length"},
		"fail/a name of a tool":               {body: tool(`{"type":"function","name":"a.b"}`), refusal: "does not match"},
		"fail/a tool twice":                   {body: tool(`{"type":"function","name":"f"},{"type":"function","name":"f"}`), refusal: "twice"},
		"fail/parameters of no object":        {body: tool(`{"type":"function","name":"f","parameters":{"type":"string"}}`), refusal: "Invalid schema"},
		"fail/an unknown tool":                {body: tool(`{"type":"x"}`), refusal: "Invalid value: 'x'"},
		"fail/a choice of no tool":            {body: `{"model":"m","input":"hi","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"g"}}`, refusal: "not found in 'tools'"},
		"fail/an unknown item":                {body: items(`{"type":"x"}`), refusal: "Invalid value: 'x'"},
		"fail/an unknown part":                {body: items(`{"role":"user","content":[{"type":"output_text","text":"a"}]}`), refusal: "Supported values"},
		"fail/a format without a schema":      {body: `{"model":"m","input":"hi","text":{"format":{"type":"json_schema","name":"n"}}}`, refusal: "text.format"},
		"fail/a namespace where none is":      {body: tool(`{"type":"namespace","name":"n","tools":[]}`), options: plain, refusal: "Invalid value: 'namespace'"},
		"fail/a custom tool where none is":    {body: tool(`{"type":"custom","name":"c"}`), options: plain, refusal: "Unsupported custom tool"},
		"fail/a custom call where none is":    {body: items(question, custom, customed), options: plain, refusal: "Unsupported custom tool"},
		"fail/declared tools where none are":  {body: items(`{"type":"additional_tools","role":"developer","tools":[]}`), options: plain, refusal: "Invalid value: 'additional_tools'"},
		"fail/an empty list of tools":         {body: tool(``), options: plain, refusal: "expected an array"},
		"fail/reasoning without an id":        {body: items(question, `{"type":"reasoning","summary":[]}`, callA, outputA), options: append(plain, StrictItems), refusal: "Field required: id"},
		"fail/a message without a status":     {body: items(question, `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]}`), options: append(plain, StrictItems), refusal: "id, status"},
		"fail/a call that is not identified":  {body: items(question, `{"type":"function_call","call_id":"a","name":"f","arguments":"{}"}`, outputA), options: append(plain, IdentifiedItems), refusal: "missing field"},
		"fail/reasoning without a status":     {body: items(question, thought, callA, outputA), options: append(plain, IdentifiedItems), refusal: "missing field `status`"},
		"fail/what is to be stored":           {body: `{"model":"m","input":"hi","store":true}`, options: []ResponsesOption{Stateless}, refusal: "stateless"},
		"fail/what goes on from what is kept": {body: `{"model":"m","input":"hi","previous_response_id":"resp_1"}`, options: []ResponsesOption{Stateless}, refusal: "stateless"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ResponsesRefusal([]byte(test.body), test.options...)
			if (got == "") != (test.refusal == "") || !strings.Contains(got, test.refusal) {
				t.Errorf("got %q, want %q", got, test.refusal)
			}
		})
	}
}

func TestStrictResponsesAnswersAsOpenAIDoes(t *testing.T) {
	u := New(t, ResponsesStream(ResponsesMessage("msg_1", "Hel", "lo"))).StrictResponses()
	post := func(body string) (int, string) {
		res, err := http.Post(u.URL+"/v1/responses", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(text)
	}
	if status, body := post(`{"model":"m","input":"hi","x":1}`); status != http.StatusBadRequest || gjson.Get(body, "error.code").String() != "unknown_parameter" {
		t.Errorf("got %d, %s", status, body)
	}
	status, body := post(`{"model":"m","input":"hi"}`)
	if status != http.StatusOK || !strings.HasSuffix(body, "\n\n") || strings.Count(body, "event: ") != strings.Count(body, "data: ") || !strings.Contains(body, `"sequence_number":9`) {
		t.Errorf("got %d, %s", status, body)
	}
}
