package chat_test

import "maps"

// replies are all replies of the tests.
func replies() map[string]reply {
	all := make(map[string]reply)
	for _, some := range []map[string]reply{answers, toolCalls, endings, reasonings, marked, usages, faults} {
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
var answers = map[string]reply{
	"text": {
		frames: []string{delta(`"role":"assistant","content":""`), says("Hel"), says("lo"), finish("stop"), counts(usageOf9), done},
		want:   []string{"message Hello", "completed"}, usage: "9/0/0/5/0",
	},
	"content, finish and usage in one chunk": {
		frames: []string{`{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}],"usage":{` + usageOf9 + `}}`, done},
		want:   []string{"message Hi", "completed"}, usage: "9/0/0/5/0",
	},
	"content that is null": {
		frames: []string{delta(`"role":"assistant","content":null`), says("a"), delta(`"content":null`), finish("stop"), done},
		want:   []string{"message a", "completed"},
	},
	"content in parts": {
		frames: []string{delta(`"content":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},"b",{"type":"text","text":null}]`), finish("stop"), done},
		want:   []string{"message ab", "completed"},
	},
	"a refusal is text": {
		frames: []string{delta(`"refusal":"I "`), delta(`"refusal":"won't","content":null`), finish("stop"), done},
		want:   []string{"message I won't", "completed"},
	},
	"chunks that say nothing": {
		frames: []string{`{"choices":[],"prompt_filter_results":[]}`, `{}`, `{"choices":null}`, `{"choices":[{}]}`, `{"choices":[{"delta":null}]}`, ` `, says("a"), finish("stop"), done},
		want:   []string{"message a", "completed"},
	},
	"frames that are no chunks": {
		frames: []string{`: OPENROUTER PROCESSING`, `ping`, says("a"), `"x"`, `7`, `[]`, finish("stop"), done},
		want:   []string{"message a", "completed"},
	},
	"white space around a chunk": {
		frames: []string{"  " + says("a") + "  ", finish("stop"), " [DONE] "},
		want:   []string{"message a", "completed"},
	},
	"only the first choice counts": {
		frames: []string{`{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}`, finish("stop"), done},
		want:   []string{"message a", "completed"},
	},
	"nulls for errors": {
		frames: []string{`{"choices":[{"delta":{"content":"a"}}],"error":null,"detail":null,"message":null,"msg":"","success":true,"base_resp":{"status_code":0,"status_msg":""}}`, finish("stop"), done},
		want:   []string{"message a", "completed"},
	},
	"bytes that are not UTF-8": {
		frames: []string{delta("\"content\":\"a\xffb\""), finish("stop"), done},
		want:   []string{"message a\ufffdb", "completed"},
	},
	"an emoji in two chunks": {
		frames: []string{delta(`"content":"a\ud83d"`), delta(`"content":"\ude00"`), finish("stop"), done},
		want:   []string{"message a😀", "completed"},
	},
	"a whole reply where a stream was asked for": {
		frames: []string{`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","reasoning_content":"t"},"finish_reason":"stop"}],"usage":{` + usageOf9 + `}}`},
		want:   []string{"reasoning t", "message Hi", "completed"}, usage: "9/0/0/5/0",
	},
	"a whole reply without a finish reason": {
		frames: []string{`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":null}]}`},
		want:   []string{"message Hi", "completed"},
	},
	"a whole reply without an answer": {
		frames: []string{`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":null}}]}`},
		want:   []string{"failed ended its reply before it began"},
	},
	"F08 a whole reply with calls": {
		frames: []string{`{"choices":[{"message":{"content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"call_2","type":"function","function":{"name":"c","arguments":"{\"input\":\"x\"}"}}]},"finish_reason":"tool_calls"}]}`},
		want:   []string{callF, "custom_tool_call c call_2 x", "completed"},
	},
	"a last chunk that repeats the whole message": {
		frames: []string{says("He"), says("llo"), `{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}],"usage":{` + usageOf9 + `}}`},
		want:   []string{"message Hello", "completed"}, usage: "9/0/0/5/0",
	},
	"a stream of messages instead of deltas": {
		frames: []string{choice(`"message":{"content":"He"}`), choice(`"message":{"content":"llo"}`), finish("stop"), done},
		want:   []string{"message Hello", "completed"},
	},
}

// toolCalls are replies with calls.
var toolCalls = map[string]reply{
	"a call in pieces": {
		frames: []string{
			delta(`"role":"assistant","content":null`), calls(`{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}`),
			calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), finish("tool_calls"), done,
		},
		want: []string{callF, "completed"},
	},
	"F52 a call in a namespace": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"ns__n","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{"function_call ns n call_1 {}", "completed"},
	},
	"F47 a delta without index": {
		frames: []string{calls(`{"id":"call_1","function":{"name":"f","arguments":""}}`), calls(`{"function":{"arguments":"{\"a\""}}`), calls(`{"function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"F47 a first delta without index": {
		frames: []string{calls(`{"id":"call_1","function":{"name":"f","arguments":""}}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"F47 an index that is null, a fraction or a text": {
		frames: []string{calls(`{"index":null,"id":"call_1","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0.0,"function":{"arguments":"\"a\""}}`), calls(`{"index":"0","function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"F47 two calls without index": {
		frames: []string{calls(`{"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"id":"call_2","function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"function":{"arguments":":2}"}}`), finish("tool_calls"), done},
		want:   []string{callF, `function_call f call_2 {"a":2}`, "completed"},
	},
	"F48 a delta without id": {
		frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"F48 ids that are empty or null": {
		frames: []string{calls(`{"index":0,"id":"","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"id":null,"function":{"name":"","arguments":"}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_2 {}`, "completed"},
	},
	"F48 two whole calls without id and index": {
		frames: []string{calls(`{"function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"function":{"name":"f","arguments":"{\"a\":2}"}}`), calls(`{"function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_2 {"a":1}`, `function_call f call_4 {"a":2}`, "function_call g call_6 {}", "completed"},
	},
	"an id that comes late": {
		frames: []string{calls(`{"index":0,"function":{"name":"f"}}`), calls(`{"index":0,"id":"call_1","function":{"arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"a name that comes late": {
		frames: []string{calls(`{"index":0,"id":"call_1"}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"name":"f","arguments":":1}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"a name that is repeated": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"\"a\":1}"}}`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":""}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"a name that is repeated without an id": {
		frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"function":{"name":"f","arguments":"\"a\":1}"}}`), calls(`{"index":0,"function":{"name":"f","arguments":""}}`), calls(`{"index":0,"function":{"name":"f","arguments":"\n"}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call_2 {\"a\":1}\n", "completed"},
	},
	"another id in every delta": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{"}}`), calls(`{"index":0,"id":"call_2","function":{"arguments":"\"a\":1"}}`), calls(`{"index":0,"id":"call_3","function":{"name":null,"arguments":"}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"arguments that come whole after they came in pieces": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"arguments that come whole again, without an id": {
		frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"an empty object before the arguments": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{}"}}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`), calls(`{"index":0,"function":{"arguments":":1}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"a whole call in one chunk": {
		frames: []string{says("I look."), calls(`{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		want:   []string{"message I look.", callF, "completed"},
	},
	"several whole calls in one chunk": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":1,"id":"call_2","function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "function_call g call_2 {}", "completed"},
	},
	"calls whose arguments alternate": {
		frames: []string{
			calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":""}},{"index":1,"id":"call_2","function":{"name":"g","arguments":""}}`),
			calls(`{"index":1,"function":{"arguments":"{\"b\""}}`), calls(`{"index":0,"function":{"arguments":"{\"a\""}}`),
			calls(`{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":":2}"}}`), finish("tool_calls"), done,
		},
		want: []string{callF, `function_call g call_2 {"b":2}`, "completed"},
	},
	"an index that is used for every call": {
		frames: []string{
			calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"index":0,"id":"call_2","function":{"name":"f","arguments":"{\"a\""}}`),
			calls(`{"index":0,"function":{"arguments":":2}"}}`), finish("tool_calls"), done,
		},
		want: []string{callF, `function_call f call_2 {"a":2}`, "completed"},
	},
	"an index that is used for calls of different tools": {
		frames: []string{calls(`{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"index":0,"function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_2 {"a":1}`, "function_call g call_4 {}", "completed"},
	},
	"F44 an id that is used for every call": {
		frames: []string{calls(`{"index":0,"id":"call","function":{"name":"f","arguments":"{}"}}`), calls(`{"index":1,"id":"call","function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call {}", "function_call g call_3 {}", "completed"},
	},
	"F44 an id that is used for every call, without index": {
		frames: []string{calls(`{"id":"call","function":{"name":"f","arguments":"{}"}}`), calls(`{"id":"call","function":{"name":"g","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call {}", "function_call g call_3 {}", "completed"},
	},
	"F56 arguments that are empty": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":""}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are null": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":null}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are not there": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f"}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that say null": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"null"}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are blank": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":" \n"}}`), finish("tool_calls"), done},
		want:   []string{"function_call f call_1 {}", "completed"},
	},
	"F56 arguments that are an object": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":{"a": 12345678901234567890, "b":"\"\n"}}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_1 {"a": 12345678901234567890, "b":"\"\n"}`, "completed"},
	},
	"F56 a custom call without input": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"c","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{"custom_tool_call c call_1 ", "completed"},
	},
	"F08 a custom call": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"c","arguments":"{\"input\":\"*** Begin"}}`), calls(`{"index":0,"function":{"arguments":" Patch\\n\\\"é\\\\u00e9\\\""}}`), calls(`{"index":0,"function":{"arguments":"\"}"}}`), finish("tool_calls"), done},
		want:   []string{"custom_tool_call c call_1 *** Begin Patch\n\"é\\u00e9\"", "completed"},
	},
	"numbers in arguments stay as they are": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":12345678901234567890,\"b\":1.00,\"c\":1e400}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_1 {"a":12345678901234567890,"b":1.00,"c":1e400}`, "completed"},
	},
	"F54 an emoji of the arguments in two chunks": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":\"\ud83d"}}`), calls(`{"index":0,"function":{"arguments":"\ude00\"}"}}`), finish("tool_calls"), done},
		want:   []string{`function_call f call_1 {"a":"😀"}`, "completed"},
	},
	"the call of Chat Completions before there were tools": {
		frames: []string{delta(`"function_call":{"name":"f","arguments":""}`), delta(`"function_call":{"arguments":"{\"a\":1}"}`), finish("function_call"), done},
		want:   []string{`function_call f call_2 {"a":1}`, "completed"},
	},
	"calls that are null or nothing": {
		frames: []string{delta(`"tool_calls":null,"function_call":null`), delta(`"tool_calls":[],"content":"a"`), delta(`"tool_calls":[null,{},7]`), finish("stop"), done},
		want:   []string{"message a", "completed"},
	},
	"a call of a tool that nobody declared": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"rm","arguments":"{}"}}`), finish("tool_calls"), done},
		want:   []string{"function_call rm call_1 {}", "completed"},
	},
	"blank text before a call": {
		frames: []string{says("\n\n"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		want:   []string{callF, "completed"},
	},
	"text after a call": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), says("Done."), finish("tool_calls"), done},
		want:   []string{callF, "message Done.", "completed"},
	},
	"a call without a name": {
		frames: []string{calls(`{"index":0,"id":"call_1","function":{"arguments":"{\"a\":1}"}}`), finish("tool_calls"), done},
		want:   []string{"failed made a tool call without a name"},
	},
}
