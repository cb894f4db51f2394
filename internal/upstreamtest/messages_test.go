package upstreamtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/tidwall/gjson"
)

// Anthropic's own SDK puts together what the blocks make.
func TestMessagesEventsAreThoseOfTheSDK(t *testing.T) {
	events := MessagesEvents("tool_use", MessagesUsage{Input: 9, CacheRead: 4, CacheWrite: 2, Output: 5, Thinking: 3},
		MessagesThinking("t", "s", "i"), MessagesThinking("", "s"), MessagesRedacted("r"), MessagesText("a", "\"b\""), MessagesSearch("srvtoolu_1", "q"),
		MessagesFound("srvtoolu_1", "https://a.org"), MessagesCited("c", "https://a.org", "A"), MessagesCall("toolu_1", "f", `{"a"`, `:1}`), MessagesCall("toolu_2", "g"))
	var message anthropic.Message
	for _, data := range events {
		var event anthropic.MessageStreamEventUnion
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if err := message.Accumulate(event); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
	}
	for path, want := range map[string]string{
		"stop_reason": `"tool_use"`, "usage.input_tokens": "9", "usage.cache_read_input_tokens": "4", "usage.cache_creation_input_tokens": "2",
		"usage.output_tokens": "5", "usage.output_tokens_details.thinking_tokens": "3", "content.#": "9",
		"content.0": `{"type":"thinking","thinking":"t","signature":"si"}`, "content.1.signature": `"s"`, "content.2.data": `"r"`, "content.3.text": `"a\"b\""`,
		"content.4.input": `{"query":"q"}`, "content.5.content.0.url": `"https://a.org"`, "content.6.citations.0.url": `"https://a.org"`,
		"content.7.input": `{"a":1}`, "content.8.input": `{}`,
	} {
		if got := gjson.Get(message.RawJSON(), path).Raw; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestMessagesRefusal(t *testing.T) {
	const hi = `{"role":"user","content":[{"type":"text","text":"hi"}]}`
	const called = hi + `,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}`
	const result = `{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"}]}`
	const tools = `,"tools":[{"name":"f","input_schema":{"type":"object"}}]`
	thought := func(members string) string {
		return hi + `,{"role":"assistant","content":[{"type":"thinking",` + members + `},{"type":"text","text":"x"}]},` + hi
	}
	tests := map[string]struct {
		messages string
		members  string
		options  []MessagesOption
		want     string // words of the refusal; empty where it is taken
	}{
		"a plain request":                               {messages: hi},
		"calls and their results":                       {messages: called + "," + result, members: tools},
		"a result of nothing":                           {messages: hi + `,{"role":"assistant","content":[{"type":"text","text":"x"}]},` + result, want: "unexpected `tool_use_id`"},
		"F15 a call without a result":                   {messages: called + "," + hi, members: tools, want: "`tool_use` ids were found without `tool_result` blocks"},
		"F15 a result behind text":                      {messages: called + `,{"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"a"}]}`, members: tools, want: "must come before"},
		"calls of undeclared tools":                     {messages: called + "," + result, want: "must define tools"},
		"calls of undeclared tools, allowed":            {messages: called + "," + result, options: []MessagesOption{MessagesUndeclared}},
		"an odd id":                                     {messages: strings.ReplaceAll(called+","+result, `"a"`, `"a:0"`), members: tools, want: "should match pattern"},
		"roles that do not alternate":                   {messages: hi + "," + hi, want: "roles must alternate"},
		"the model first":                               {messages: `{"role":"assistant","content":[{"type":"text","text":"x"}]},` + hi, want: "first message"},
		"the model last":                                {messages: hi + `,{"role":"assistant","content":[{"type":"text","text":"x"}]}`, want: "prefill"},
		"F106 blank text":                               {messages: `{"role":"user","content":[{"type":"text","text":" \n"}]}`, want: "non-whitespace"},
		"no content":                                    {messages: `{"role":"user","content":[]}`, want: "non-empty"},
		"a system message last":                         {messages: hi + `,{"role":"system","content":[{"type":"text","text":"d"}]}`},
		"a system message before the user":              {messages: hi + `,{"role":"system","content":[{"type":"text","text":"d"}]},` + hi, want: `unexpected role "system"`},
		"a system message where none may be":            {messages: hi + `,{"role":"system","content":[{"type":"text","text":"d"}]}`, options: []MessagesOption{MessagesNoLateSystem}, want: `unexpected role "system"`},
		"F18 signed thinking":                           {messages: thought(`"thinking":"t","signature":"s"`)},
		"F18 unsigned thinking":                         {messages: thought(`"thinking":"t"`), want: "signature: Field required"},
		"F18 thinking with an empty signature":          {messages: thought(`"thinking":"t","signature":""`), want: "Invalid `signature`"},
		"F18 thinking with an empty signature, allowed": {messages: thought(`"thinking":"t","signature":""`), options: []MessagesOption{MessagesUnsigned}},
		"thinking at the end of a message":              {messages: hi + `,{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"}]},` + hi, want: "final block"},
		"a budget":                                      {messages: hi, members: `,"thinking":{"type":"enabled","budget_tokens":1024}`, options: []MessagesOption{MessagesBudget}},
		"a budget where none is taken":                  {messages: hi, members: `,"thinking":{"type":"enabled","budget_tokens":1024}`, want: "not supported"},
		"a budget of everything":                        {messages: hi, members: `,"thinking":{"type":"enabled","budget_tokens":4096}`, options: []MessagesOption{MessagesBudget}, want: "must be greater"},
		"a budget in the midst of calls":                {messages: called + "," + result, members: tools + `,"thinking":{"type":"enabled","budget_tokens":1024}`, options: []MessagesOption{MessagesBudget}, want: "Expected `thinking`"},
		"no thinking for one that always does":          {messages: hi, members: `,"thinking":{"type":"disabled"}`, options: []MessagesOption{MessagesAlwaysThinks}, want: "not supported"},
		"no thinking with a binding":                    {messages: hi, members: `,"thinking":{"type":"disabled","block_binding":{}}`, want: "Extra inputs"},
		"sampling while it thinks":                      {messages: hi, members: `,"thinking":{"type":"adaptive"},"temperature":0.5`, want: "when thinking"},
		"sampling in two ways":                          {messages: hi, members: `,"top_p":1,"temperature":0.5`, want: "cannot both"},
		"an effort that nobody knows":                   {messages: hi, members: `,"output_config":{"effort":"galactic"}`, want: "effort"},
		"a format that is open":                         {messages: hi, members: `,"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}`, want: "additionalProperties"},
		"a format with a bound":                         {messages: hi, members: `,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false,"properties":{"a":{"minimum":1}}}}}`, want: "'minimum' is not supported"},
		"a choice without tools":                        {messages: hi, members: `,"tool_choice":{"type":"auto"}`, want: "while providing tools"},
		"a forced choice":                               {messages: hi, members: tools + `,"tool_choice":{"type":"any"}`},
		"a forced choice where none is taken":           {messages: hi, members: tools + `,"tool_choice":{"type":"any"}`, options: []MessagesOption{MessagesNoForce}, want: "not supported"},
		"combinators at the root":                       {messages: hi, members: `,"tools":[{"name":"f","input_schema":{"type":"object","anyOf":[]}}]`, want: "top level"},
		"two tools of one name":                         {messages: hi, members: `,"tools":[{"name":"f","input_schema":{"type":"object"}},{"name":"f","input_schema":{"type":"object"}}]`, want: "unique"},
		"too many tokens":                               {messages: hi, options: []MessagesOption{MessagesMax(10)}, want: "maximum allowed"},
		"a field that nobody knows":                     {messages: hi, members: `,"store":false`, want: "store: Extra inputs"},
		"a field that is allowed":                       {messages: hi, members: `,"store":false`, options: []MessagesOption{MessagesAllow("store")}},
		"the model where the path has it":               {messages: hi, options: []MessagesOption{MessagesInPath}, want: "anthropic_version"},
		"half of a surrogate pair":                      {messages: strings.Replace(hi, "hi", `\ud83d`, 1), want: "no low surrogate"},
		"five marks":                                    {messages: hi, members: `,"system":[` + strings.Repeat(`{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},`, 4) + `{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]`, want: "maximum of 4 blocks"},
		"an image that is none":                         {messages: `{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/tiff","data":"QQ"}}]}`, want: "media_type"},
		"an image in an error":                          {messages: called + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"image","source":{"type":"url","url":"https://x"}}]}]}`, members: tools, want: "does not match"},
		"a pause goes on with the model's own words":    {messages: hi + `,{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}}]}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := `{"max_tokens":2048,"model":"m","messages":[` + test.messages + `]` + test.members + `,"stream":true}`
			got := MessagesRefusal([]byte(body), test.options...)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestStrictMessagesRefusesAsAnthropicDoes(t *testing.T) {
	u := New(t, Messages("end_turn", MessagesText("hi"))).StrictMessages()
	const good = `{"max_tokens":9,"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"stream":true}`
	send := func(body, version, beta string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.URL+"/v1/messages", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("anthropic-version", version)
		request.Header.Set("anthropic-beta", beta)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode, readAll(t, response)
	}
	if status, body := send(good, "2023-06-01", ""); status != http.StatusOK || !strings.Contains(body, "event: message_stop\n") {
		t.Errorf("got %d %s", status, body)
	}
	const binding = `{"thinking":{"type":"adaptive","block_binding":{}},`
	for name, test := range map[string]struct{ body, version, beta, want string }{
		"a bad body":             {`{}`, "2023-06-01", "", "model: Field required"},
		"no version":             {good, "", "", "anthropic-version: header is required"},
		"a binding, not asked":   {strings.Replace(good, "{", binding, 1), "2023-06-01", "", "Extra inputs"},
		"a binding, asked for":   {strings.Replace(good, "{", binding, 1), "2023-06-01", bindingBeta, ""},
		"a binding among others": {strings.Replace(good, "{", binding, 1), "2023-06-01", "a," + bindingBeta, ""},
	} {
		status, body := send(test.body, test.version, test.beta)
		if refused := test.want != ""; refused != (status == http.StatusBadRequest) || refused && (gjson.Get(body, "error.type").String() != "invalid_request_error" ||
			!strings.Contains(gjson.Get(body, "error.message").String(), test.want)) {
			t.Errorf("%s: got %d %s", name, status, body)
		}
	}
}
