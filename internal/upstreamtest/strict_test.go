package upstreamtest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

const (
	user   = `{"role":"user","content":"hi"}`
	call   = `{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}`
	call2  = `{"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}`
	answer = `{"role":"tool","tool_call_id":"c1","content":"ok"}`
)

// calls is an assistant message with tool calls and the given members more, each with a comma in front.
func calls(calls, more string) string {
	return `{"role":"assistant","content":null,"tool_calls":[` + calls + `]` + more + `}`
}

// chat is a request of messages.
func chat(messages ...string) string {
	return `{"model":"m","stream":true,"messages":[` + strings.Join(messages, ",") + `]}`
}

// with is a request with the given members more, each with a comma in front.
func with(more string) string { return strings.TrimSuffix(chat(user), "}") + more + "}" }

// tool is a request with one tool.
func tool(definition string) string { return with(`,"tools":[` + definition + `]`) }

func TestStrictRules(t *testing.T) {
	const f = `{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}`
	answer2 := strings.Replace(answer, "c1", "c2", 1)
	tests := map[string]struct {
		body    string
		options []Option
		refusal string
	}{
		"ok/a question": {body: chat(user)},
		"ok/every part of a conversation": {
			body: chat(`{"role":"system","content":"s"}`, user, calls(call+","+call2, ""), answer2, answer, `{"role":"assistant","content":"a"}`, user),
		},
		"ok/parts": {
			body: chat(`{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}}]}`),
		},
		"ok/fields of DeepSeek": {
			body: with(`,"thinking":{"type":"enabled"},"reasoning_effort":"high","stream_options":{"include_usage":true},"tools":[` + f + `],"tool_choice":"auto"`),
		},
		"ok/a field that is allowed": {body: with(`,"prompt_cache_key":"k"`), options: []Option{Allow("prompt_cache_key")}},
		"ok/reasoning in its place": {
			body:    chat(user, calls(call, `,"reasoning_content":""`), answer),
			options: []Option{RequireReasoning},
		},
		"ok/no reasoning without calls": {body: chat(user, `{"role":"assistant","content":"a"}`), options: []Option{RequireReasoning}},
		"ok/developer messages where they are called so": {
			body:    chat(`{"role":"developer","content":"d"}`, user),
			options: []Option{DeveloperRole},
		},
		"ok/late system messages where they are taken": {
			body:    chat(user, `{"role":"system","content":"s"}`),
			options: []Option{LateSystem},
		},
		"ok/thinking where it stands in the content": {
			body:    chat(user, `{"role":"assistant","content":[{"type":"thinking","thinking":[]}]}`),
			options: []Option{ThinkingParts},
		},

		"fail/not JSON":      {body: "{", refusal: "not a JSON object"},
		"fail/not an object": {body: "[]", refusal: "not a JSON object"},
		"fail/no model":      {body: `{"messages":[` + user + `]}`, refusal: "model parameter"},
		"fail/an unknown field": {
			body:    with(`,"parallel_tool_calls":true`),
			refusal: "unrecognized request argument supplied: parallel_tool_calls",
		},
		"fail/a field that is taken out": {body: with(`,"thinking":{}`), options: []Option{Without("thinking")}, refusal: "supplied: thinking"},
		"fail/usage without stream":      {body: strings.Replace(with(`,"stream_options":{}`), "true", "false", 1), refusal: "stream_options"},
		"fail/a choice without tools":    {body: with(`,"tool_choice":"auto"`), refusal: "only allowed when 'tools'"},

		"fail/no tools in the list": {body: tool(""), refusal: "[] is too short - 'tools'"},
		"fail/a custom tool":        {body: tool(`{"type":"custom","name":"f"}`), refusal: `tools[0].type: unknown variant "custom"`},
		"fail/a tool as in Responses": {
			body:    tool(`{"type":"function","name":"f","parameters":{"type":"object"}}`),
			refusal: "tools[0].function.name: nothing",
		},
		"fail/a dot in a tool's name":  {body: tool(strings.Replace(f, `"f"`, `"a.f"`, 1)), refusal: `"a.f" does not match`},
		"fail/65 characters of a name": {body: tool(strings.Replace(f, `"f"`, `"`+strings.Repeat("f", 65)+`"`, 1)), refusal: "does not match"},
		"fail/two tools of one name":   {body: tool(f + "," + f), refusal: `tools[1].function.name: "f" is not unique`},
		"fail/parameters without type": {
			body:    tool(strings.Replace(f, `"type":"object"`, `"anyOf":[]`, 1)),
			refusal: "type object, got type nothing",
		},
		"fail/parameters of type array": {body: tool(strings.Replace(f, `"object"`, `"array"`, 1)), refusal: `type object, got type "array"`},
		"fail/no parameters":            {body: tool(`{"type":"function","function":{"name":"f"}}`), refusal: "type object, got type nothing"},

		"fail/no messages": {body: chat(), refusal: "[] is too short - 'messages'"},
		"fail/a developer message": {
			body:    chat(`{"role":"developer","content":"d"}`, user),
			refusal: `messages[0]: role: unknown variant "developer"`,
		},
		"fail/no role": {body: chat(`{"content":"d"}`), refusal: "role: unknown variant nothing"},
		"fail/a late system message": {
			body:    chat(user, `{"role":"system","content":"s"}`),
			refusal: "messages[1]: system message must be at the beginning",
		},
		"fail/two system messages": {
			body:    chat(`{"role":"system","content":"s"}`, `{"role":"system","content":"s"}`, user),
			refusal: "messages[1]: system message",
		},
		"fail/no content":            {body: chat(`{"role":"user"}`), refusal: "content: got nothing"},
		"fail/content without parts": {body: chat(`{"role":"user","content":[]}`), refusal: "content: got []"},
		"fail/a part as in Responses": {
			body:    chat(`{"role":"user","content":[{"type":"input_text","text":"a"}]}`),
			refusal: `unknown variant "input_text"`,
		},
		"fail/an empty assistant": {body: chat(user, `{"role":"assistant","content":null}`), refusal: "messages[1]: content: got null"},

		"fail/no calls in the list": {body: chat(user, calls("", "")), refusal: "[] is too short - 'tool_calls'"},
		"fail/a call without id": {
			body:    chat(user, calls(strings.Replace(call, `"c1"`, `null`, 1), "")),
			refusal: "tool_calls[0].id: got null",
		},
		"fail/a call of another type": {
			body:    chat(user, calls(strings.Replace(call, `"function"`, `"custom"`, 1), "")),
			refusal: `tool_calls[0].type: unknown variant "custom"`,
		},
		"fail/a call of a bad name": {
			body:    chat(user, calls(strings.Replace(call, `"f"`, `"a f"`, 1), "")),
			refusal: `function.name: "a f" does not match`,
		},
		"fail/a call's arguments as object": {
			body:    chat(user, calls(strings.Replace(call, `"{}"`, `{}`, 1), "")),
			refusal: "function.arguments: got {}",
		},
		"fail/two calls of one id": {
			body:    chat(user, calls(call+","+call, ""), answer),
			refusal: `tool_calls[1].id: "c1" is not unique`,
		},
		"fail/bad content beside calls": {
			body:    chat(user, strings.Replace(calls(call, ""), "null", "7", 1), answer),
			refusal: "messages[1]: content: got 7",
		},
		"fail/calls at the end": {body: chat(user, calls(call, "")), refusal: "must be followed by tool messages"},
		"fail/a call unanswered": {
			body:    chat(user, calls(call+","+call2, ""), answer, user),
			refusal: "messages[3]: an assistant message with 'tool_calls' must be followed",
		},
		"fail/a message before the answer": {body: chat(user, calls(call, ""), user, answer), refusal: "messages[2]: an assistant message"},
		"fail/an answer twice": {
			body:    chat(user, calls(call+","+call2, ""), answer, answer),
			refusal: "messages[3]: messages with role 'tool'",
		},
		"fail/an answer without a call": {body: chat(user, answer), refusal: "messages[1]: messages with role 'tool'"},
		"fail/an answer too late": {
			body:    chat(user, calls(call, ""), answer, user, answer),
			refusal: "messages[4]: messages with role 'tool'",
		},
		"fail/an answer in parts": {
			body:    chat(user, calls(call, ""), strings.Replace(answer, `"ok"`, `[{"type":"text","text":"ok"}]`, 1)),
			refusal: "content of a tool message: got JSON, expected a string",
		},
		"fail/calls without reasoning": {
			body:    chat(user, calls(call, ""), answer),
			options: []Option{RequireReasoning},
			refusal: string(missingReasoning),
		},
		"fail/reasoning that is null": {
			body:    chat(user, calls(call, `,"reasoning_content":null`), answer),
			options: []Option{RequireReasoning},
			refusal: string(missingReasoning),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refusal := Refusal([]byte(test.body), test.options...)
			if (refusal == "") != (test.refusal == "") || !strings.Contains(refusal, test.refusal) {
				t.Errorf("refusal is %q, want %q\n%s", refusal, test.refusal, test.body)
			}
		})
	}
}

func TestStrictRefusesBeforeItReplies(t *testing.T) {
	u := New(t, JSON(http.StatusOK, "{}")).Strict(RequireReasoning)
	refused := post(t, u, chat(user, answer))
	fault := gjson.Get(readAll(t, refused), "error")
	if refused.StatusCode != http.StatusBadRequest || fault.Get("type").String() != "invalid_request_error" {
		t.Errorf("got %d %s", refused.StatusCode, fault.Raw)
	}
	if got := u.Request(0).Refusal; got == "" || got != fault.Get("message").String() {
		t.Errorf("recorded refusal is %q", got)
	}
	taken := post(t, u, chat(user))
	if body := readAll(t, taken); taken.StatusCode != http.StatusOK || body != "{}" || u.Request(1).Refusal != "" {
		t.Errorf("got %d %s", taken.StatusCode, body)
	}
}
