package upstreamtest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestStrictOllamaRules(t *testing.T) {
	const (
		hi     = `{"role":"user","content":"hi"}`
		called = `{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]}`
		result = `{"role":"tool","content":"1","tool_name":"f","tool_call_id":"a"}`
	)
	chat := func(messages ...string) string {
		return `{"model":"m","stream":true,"messages":[` + strings.Join(messages, ",") + `]}`
	}
	with := func(more string) string { return strings.TrimSuffix(chat(hi), "}") + "," + more + "}" }
	tool := func(parameters string) string {
		return with(`"tools":[{"type":"function","function":{"name":"f","description":"","parameters":` + parameters + `}}]`)
	}
	tests := map[string]struct{ body, refusal string }{
		"ok/a question":     {chat(hi), ""},
		"ok/a conversation": {chat(`{"role":"system","content":"s"}`, hi, `{"role":"assistant","content":"a","thinking":"t"}`, `{"role":"user","content":"","images":["QUJD"]}`, called, result, hi), ""},
		"ok/all members": {with(`"format":{"type":"object"},"options":{"num_ctx":65536,"num_predict":10,"temperature":0.5,"top_p":1},"think":"max","truncate":false,"shift":false,"keep_alive":"1h",` +
			`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":["string","null"],"anyOf":[{"enum":[1]}]}},"required":["a"]}}}]`), ""},
		"ok/thinking off":                      {with(`"think":false,"format":"json"`), ""},
		"fail/not JSON":                        {"{", "unexpected EOF"},
		"fail/more than JSON":                  {chat(hi) + "{}", "something behind"},
		"fail/no model":                        {`{"messages":[` + hi + `]}`, "model is required"},
		"fail/a member":                        {with(`"tool_choice":"auto"`), `unknown field "tool_choice"`},
		"fail/an option":                       {with(`"options":{"max_tokens":1}`), `unknown field "max_tokens"`},
		"fail/a level":                         {with(`"think":"xhigh"`), "invalid think value"},
		"fail/a format":                        {with(`"format":"text"`), "invalid format"},
		"fail/no messages":                     {chat(), "no messages"},
		"fail/no tools":                        {with(`"tools":[]`), "the list of tools is empty"},
		"fail/a tool's name":                   {with(`"tools":[{"type":"function","function":{"name":"a.b"}}]`), `called "a.b"`},
		"fail/a property of anything":          {tool(`{"type":"object","properties":{"a":true}}`), "cannot unmarshal bool"},
		"fail/a list of types at the root":     {tool(`{"type":["object"],"properties":{}}`), "cannot unmarshal array"},
		"fail/a type that is a number":         {tool(`{"type":"object","properties":{"a":{"type":1}}}`), "cannot unmarshal number"},
		"fail/parameters without properties":   {tool(`{"type":"object"}`), "no object with properties"},
		"fail/a role":                          {chat(`{"role":"developer","content":"d"}`), `invalid role "developer"`},
		"fail/a late system message":           {chat(hi, `{"role":"system","content":"s"}`), "must be at the beginning"},
		"fail/no content":                      {chat(`{"role":"user"}`), "there is no content"},
		"fail/content in parts":                {chat(`{"role":"user","content":[]}`), "cannot unmarshal array"},
		"fail/thinking of the user":            {chat(`{"role":"user","content":"","thinking":"t"}`), "what it cannot have"},
		"fail/images of a tool":                {chat(hi, called, strings.Replace(result, `"1"`, `"1","images":["QUJD"]`, 1)), "what it cannot have"},
		"fail/an image with its prefix":        {chat(`{"role":"user","content":"","images":["data:image/png;base64,QUJD"]}`), "illegal base64"},
		"fail/arguments that are text":         {chat(hi, strings.Replace(called, `{}`, `"{}"`, 1), result), "cannot unmarshal string"},
		"fail/a call without arguments":        {chat(hi, strings.Replace(called, `{}`, `null`, 1), result), "without arguments"},
		"fail/a call without a result":         {chat(hi, called, hi), "there is no result of f"},
		"fail/a call without a result, at all": {chat(hi, called), "there is no result of f"},
		"fail/a result without a call":         {chat(hi, result), `a result of "f" without its call`},
		"fail/a result of another tool":        {chat(hi, called, strings.Replace(result, `"f"`, `"g"`, 1)), `a result of "g" without its call`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			why := OllamaRefusal([]byte(test.body))
			if (why == "") != (test.refusal == "") || !strings.Contains(why, test.refusal) {
				t.Errorf("refused because %q, want %q", why, test.refusal)
			}
		})
	}
}

func TestStrictOllamaAnswers(t *testing.T) {
	u := New(t, Ollama(OllamaThinking("t"), OllamaText("a"), OllamaCall("", "f", `{}`), OllamaDone("stop", 1, 2))).StrictOllama()
	for request, want := range map[[2]string]string{
		{"/api/chat", `{"model":"m","messages":[]}`}: `{"error":"no messages: the model is loaded and says nothing"}`,
		{"/v1/chat/completions", `{"model":"m"}`}:    `{"error":"there is no chat at /v1/chat/completions"}`,
		{"/api/chat", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`}: ollamaLine + `"content":"","thinking":"t"},"done":false}` + "\n" +
			ollamaLine + `"content":"a"},"done":false}` + "\n" + ollamaLine + `"content":"","tool_calls":[{"function":{"index":0,"name":"f","arguments":{}}}]},"done":false}` + "\n" +
			ollamaLine + `"content":""},"done":true,"done_reason":"stop","total_duration":3,"load_duration":1,"prompt_eval_count":1,"eval_count":2}` + "\n",
	} {
		res, err := http.Post(u.URL+request[0], "application/json", strings.NewReader(request[1]))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(text) != want {
			t.Errorf("%s: got %d %s, %v", request, res.StatusCode, text, err)
		}
	}
}
