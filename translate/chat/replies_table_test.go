package chat_test

import (
	"maps"

	"github.com/caddy-codex/responses/internal/wiretest"
)

// replies are all replies of the tests.
func replies() map[string]wiretest.Reply {
	all := make(map[string]wiretest.Reply)
	for _, some := range []map[string]wiretest.Reply{answers, toolCalls, endings, reasonings, marked, usages, faults} {
		for name, one := range maps.All(some) {
			if _, twice := all[name]; twice {
				panic("two replies are called " + name)
			}
			all[name] = one
		}
	}
	return all
}

const (
	usageOf9 = `"prompt_tokens":9,"completion_tokens":5,"total_tokens":14`
	callF    = `function_call f call_1 {"a":1}`
)

// answers are replies of text.
var answers = map[string]wiretest.Reply{
	"text": {
		Frames: []string{delta(`"role":"assistant","content":""`), says("Hel"), says("lo"), finish("stop"), counts(usageOf9), done},
		Want:   []string{"message Hello", "completed"}, Usage: "9/0/0/5/0",
	},
	"content, finish and usage in one chunk": {
		Frames: []string{`{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}],"usage":{` + usageOf9 + `}}`, done},
		Want:   []string{"message Hi", "completed"}, Usage: "9/0/0/5/0",
	},
	"content that is null": {
		Frames: []string{delta(`"role":"assistant","content":null`), says("a"), delta(`"content":null`), finish("stop"), done},
		Want:   []string{"message a", "completed"},
	},
	"content in parts": {
		Frames: []string{delta(`"content":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},"b",{"type":"text","text":null}]`), finish("stop"), done},
		Want:   []string{"message ab", "completed"},
	},
	"a refusal is text": {
		Frames: []string{delta(`"refusal":"I "`), delta(`"refusal":"won't","content":null`), finish("stop"), done},
		Want:   []string{"message I won't", "completed"},
	},
	"chunks that say nothing": {
		Frames: []string{`{"choices":[],"prompt_filter_results":[]}`, `{}`, `{"choices":null}`, `{"choices":[{}]}`, `{"choices":[{"delta":null}]}`, ` `, says("a"), finish("stop"), done},
		Want:   []string{"message a", "completed"},
	},
	"frames that are no chunks": {
		Frames: []string{`: OPENROUTER PROCESSING`, `ping`, says("a"), `"x"`, `7`, `[]`, finish("stop"), done},
		Want:   []string{"message a", "completed"},
	},
	"white space around a chunk": {
		Frames: []string{"  " + says("a") + "  ", finish("stop"), " [DONE] "},
		Want:   []string{"message a", "completed"},
	},
	"only the first choice counts": {
		Frames: []string{`{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}`, finish("stop"), done},
		Want:   []string{"message a", "completed"},
	},
	"nulls for errors": {
		Frames: []string{`{"choices":[{"delta":{"content":"a"}}],"error":null,"detail":null,"message":null,"msg":"","success":true,"base_resp":{"status_code":0,"status_msg":""}}`, finish("stop"), done},
		Want:   []string{"message a", "completed"},
	},
	"bytes that are not UTF-8": {
		Frames: []string{delta("\"content\":\"a\xffb\""), finish("stop"), done},
		Want:   []string{"message a\ufffdb", "completed"},
	},
	"an emoji in two chunks": {
		Frames: []string{delta(`"content":"a\ud83d"`), delta(`"content":"\ude00"`), finish("stop"), done},
		Want:   []string{"message a😀", "completed"},
	},
	"a whole reply where a stream was asked for": {
		Frames: []string{`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","reasoning_content":"t"},"finish_reason":"stop"}],"usage":{` + usageOf9 + `}}`},
		Want:   []string{"reasoning t", "message Hi", "completed"}, Usage: "9/0/0/5/0",
	},
	"a whole reply without a finish reason": {
		Frames: []string{`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":null}]}`},
		Want:   []string{"message Hi", "completed"},
	},
	"a whole reply without an answer": {
		Frames: []string{`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":null}}]}`},
		Want:   []string{"failed ended its reply before it began"},
	},
	"F08 a whole reply with calls": {
		Frames: []string{`{"choices":[{"message":{"content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"call_2","type":"function","function":{"name":"c","arguments":"{\"input\":\"x\"}"}}]},"finish_reason":"tool_calls"}]}`},
		Want:   []string{callF, "custom_tool_call c call_2 x", "completed"},
	},
	"a last chunk that repeats the whole message": {
		Frames: []string{says("He"), says("llo"), `{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}],"usage":{` + usageOf9 + `}}`},
		Want:   []string{"message Hello", "completed"}, Usage: "9/0/0/5/0",
	},
	"a stream of messages instead of deltas": {
		Frames: []string{choice(`"message":{"content":"He"}`), choice(`"message":{"content":"llo"}`), finish("stop"), done},
		Want:   []string{"message Hello", "completed"},
	},
}

// toolCalls are replies with calls.
var toolCalls = map[string]wiretest.Reply{
	"a call in pieces": {
		Frames: []string{
			delta(`"role":"assistant","content":null`), calls(`{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}`),
			calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), finish("tool_calls"), done,
		},
		Want: []string{callF, "completed"},
	},
	"F52 a call in a namespace": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"ns__n","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call ns n call_1 {}", "completed"},
	},
	"F47 a delta without index": {
		Frames: []string{calls(`{"id":"call_1","function":{"name":"f","arguments":""}}`), calls(`{"function":{"arguments":"{\"a\""}}`), calls(`{"function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"F47 a first delta without index": {
		Frames: []string{calls(`{"id":"call_1","function":{"name":"f","arguments":""}}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"F47 an index that is null, a fraction or a text": {
		Frames: []string{calls(`{"index":null,"id":"call_1","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0.0,"function":{"arguments":"\"a\""}}`), calls(`{"index":"0","function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"F47 two calls without index": {
		Frames: []string{calls(`{"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"id":"call_2","function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"function":{"arguments":":2}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, `function_call f call_2 {"a":2}`, "completed"},
	},
	"F48 a delta without id": {
		Frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"F48 ids that are empty or null": {
		Frames: []string{calls(`{"index":0,"id":"","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"id":null,"function":{"name":"","arguments":"}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_2 {}`, "completed"},
	},
	"F48 two whole calls without id and index": {
		Frames: []string{calls(`{"function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"function":{"name":"f","arguments":"{\"a\":2}"}}`), calls(`{"function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_2 {"a":1}`, `function_call f call_4 {"a":2}`, "function_call g call_6 {}", "completed"},
	},
	"an id that comes late": {
		Frames: []string{calls(`{"index":0,"function":{"name":"f"}}`), calls(`{"index":0,"id":"call_1","function":{"arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"a name that comes late": {
		Frames: []string{calls(`{"index":0,"id":"call_1"}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"name":"f","arguments":":1}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"a name that is repeated": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"\"a\":1}"}}`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":""}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"a name that is repeated without an id": {
		Frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"function":{"name":"f","arguments":"\"a\":1}"}}`), calls(`{"index":0,"function":{"name":"f","arguments":""}}`), calls(`{"index":0,"function":{"name":"f","arguments":"\n"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call_2 {\"a\":1}\n", "completed"},
	},
	"another id in every delta": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"id":"call_2","function":{"arguments":"\"a\":1"}}`), calls(`{"index":0,"id":"call_3","function":{"name":null,"arguments":"}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"arguments that come whole after they came in pieces": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"arguments that come whole again, without an id": {
		Frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"an empty object before the arguments": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{}"}}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"a whole call in one chunk": {
		Frames: []string{says("I look."), calls(`{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		Want:   []string{"message I look.", callF, "completed"},
	},
	"several whole calls in one chunk": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":1,"id":"call_2","function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "function_call g call_2 {}", "completed"},
	},
	"calls whose arguments alternate": {
		Frames: []string{
			calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":""}},{"index":1,"id":"call_2","function":{"name":"g","arguments":""}}`),
			calls(`{"index":1,"function":{"arguments":"{\"b\""}}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`),
			calls(`{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":":2}"}}`), finish("tool_calls"), done,
		},
		Want: []string{callF, `function_call g call_2 {"b":2}`, "completed"},
	},
	"an index that is used for every call": {
		Frames: []string{
			calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"index":0,"id":"call_2","function":{"name":"f","arguments":"{\"a\""}}`),
			calls(`{"index":0,"function":{"arguments":":2}"}}`), finish("tool_calls"), done,
		},
		Want: []string{callF, `function_call f call_2 {"a":2}`, "completed"},
	},
	"an index that is used for calls of different tools": {
		Frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"index":0,"function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_2 {"a":1}`, "function_call g call_4 {}", "completed"},
	},
	"F44 an id that is used for every call": {
		Frames: []string{calls(`{"index":0,"id":"call","function":{"name":"f","arguments":"{}"}}`), calls(`{"index":1,"id":"call","function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call {}", "function_call g call_3 {}", "completed"},
	},
	"F44 an id that is used for every call, without index": {
		Frames: []string{calls(`{"id":"call","function":{"name":"f","arguments":"{}"}}`), calls(`{"id":"call","function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call {}", "function_call g call_3 {}", "completed"},
	},
	"F56 arguments that are empty": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":""}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are null": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":null}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are not there": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that say null": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"null"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are blank": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":" \n"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are an object": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":{"a": 12345678901234567890, "b":"\"\n"}}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_1 {"a": 12345678901234567890, "b":"\"\n"}`, "completed"},
	},
	"F56 a custom call without input": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"c","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{"custom_tool_call c call_1 ", "completed"},
	},
	"F08 a custom call": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"c","arguments":"{\"input\":\"*** Begin"}}`), calls(`{"index":0,"function":{"arguments":" Patch\\n\\\"é\\\\u00e9\\\""}}`), calls(`{"index":0,"function":{"arguments":"\"}"}}`), finish("tool_calls"), done},
		Want:   []string{"custom_tool_call c call_1 *** Begin Patch\n\"é\\u00e9\"", "completed"},
	},
	"numbers in arguments stay as they are": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":12345678901234567890,\"b\":1.00,\"c\":1e400}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_1 {"a":12345678901234567890,"b":1.00,"c":1e400}`, "completed"},
	},
	"F54 an emoji of the arguments in two chunks": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":\"\ud83d"}}`), calls(`{"index":0,"function":{"arguments":"\ude00\"}"}}`), finish("tool_calls"), done},
		Want:   []string{`function_call f call_1 {"a":"😀"}`, "completed"},
	},
	"the call of Chat Completions before there were tools": {
		Frames: []string{delta(`"function_call":{"name":"f","arguments":""}`), delta(`"function_call":{"arguments":"{\"a\":1}"}`), finish("function_call"), done},
		Want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"calls that are null or nothing": {
		Frames: []string{delta(`"tool_calls":null,"function_call":null`), delta(`"tool_calls":[],"content":"a"`), delta(`"tool_calls":[null,{},7]`), finish("stop"), done},
		Want:   []string{"message a", "completed"},
	},
	"a call of a tool that nobody declared": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"rm","arguments":"{}"}}`), finish("tool_calls"), done},
		Want:   []string{"function_call rm call_1 {}", "completed"},
	},
	"blank text before a call": {
		Frames: []string{says("\n\n"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		Want:   []string{callF, "completed"},
	},
	"text after a call": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), says("Done."), finish("tool_calls"), done},
		Want:   []string{callF, "message Done.", "completed"},
	},
	"a call without a name": {
		Frames: []string{calls(`{"index":0,"id":"call_1","function":{"arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		Want:   []string{"failed made a tool call without a name"},
	},
}
