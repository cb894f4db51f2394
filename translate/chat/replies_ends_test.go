package chat_test

import "slices"

// endings are replies that end in all manners.
var endings = map[string]reply{
	"no [DONE]":                          {frames: []string{says("a"), finish("stop")}, want: []string{"message a", "completed"}},
	"no finish reason":                   {frames: []string{says("a"), done}, want: []string{"message a", "completed"}},
	"F58 neither":                        {frames: []string{says("a")}, want: []string{"open: message in_progress", "failed broke off its reply"}},
	"F58 neither, and a call that began": {frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\""}}`)}, want: []string{"open: function_call in_progress f call_1 ", "failed broke off its reply"}},
	"F02 nothing at all":                 {want: []string{"failed ended its reply before it began"}},
	"F02 nothing but [DONE]":             {frames: []string{done}, want: []string{"failed ended its reply without an answer"}},
	"F02 nothing but usage":              {frames: []string{counts(usageOf9)}, want: []string{"failed ended its reply before it began"}},
	"a finish reason and nothing else":   {frames: []string{finish("stop"), done}, want: []string{"failed ended its reply without an answer"}},
	"stop in the midst of an input": {
		frames: []string{calls(`{"index":0,"id":"1","function":{"name":"c","arguments":"{\"input\":\"rm -rf /tmp/x"}}`), finish("stop"), done},
		want:   []string{"open: custom_tool_call in_progress c 1 ", "failed broke off the input of a tool call"},
	},
	"stop in the midst of an input that waits": {
		frames: []string{
			calls(`{"index":0,"id":"1","function":{"name":"f","arguments":"{\"a\":"}}`), calls(`{"index":1,"id":"2","function":{"name":"c","arguments":"{\"input\":\"rm -rf /tmp/x"}}`),
			finish("stop"), done,
		},
		want: []string{"open: function_call in_progress f 1 ", "failed broke off the input of a tool call"},
	},
	"text behind the finish reason":  {frames: []string{says("a"), finish("stop"), says("b"), done}, want: []string{"message ab", "completed"}},
	"a finish reason that is empty":  {frames: []string{choice(`"delta":{"content":"a"}`, `"finish_reason":""`), done}, want: []string{"message a", "completed"}},
	"finish reasons that contradict": {frames: []string{says("a"), finish("tool_calls"), finish("stop"), done}, want: []string{"message a", "completed"}},
	"chunks behind [DONE]":           {frames: []string{says("a"), finish("stop"), done, says("b")}, want: []string{"message a", "completed"}},

	"F57 stop with calls":           {frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("stop"), done}, want: []string{callF, "completed"}},
	"F57 tool_calls without calls":  {frames: []string{says("a"), finish("tool_calls"), done}, want: []string{"message a", "completed"}},
	"F57 calls without reason":      {frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), done}, want: []string{callF, "completed"}},
	"F57 end_turn with calls":       {frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("end_turn"), done}, want: []string{callF, "completed"}},
	"F57 the word of Gemini":        {frames: []string{says("a"), finish("STOP"), done}, want: []string{"message a", "completed"}},
	"F61 a reason nobody knows":     {frames: []string{says("a"), finish("eternity"), done}, want: []string{"message a", "completed"}},
	"F60 length after text":         {frames: []string{says("a"), finish("length"), counts(usageOf9), done}, want: []string{"message incomplete a", "incomplete max_output_tokens"}, usage: "9/0/0/5/0"},
	"F60 length in another word":    {frames: []string{says("a"), finish("MAX_TOKENS"), done}, want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F60 length of Mistral":         {frames: []string{says("a"), finish("model_length"), done}, want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F60 length before anything":    {frames: []string{finish("length"), done}, want: []string{"incomplete max_output_tokens"}},
	"F53 length inside a call":      {frames: []string{says("a"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"cmd\":\"ls"}}`), finish("length"), done}, want: []string{"message a", "open: function_call in_progress f call_1 ", "incomplete max_output_tokens"}},
	"F53 length inside a later one": {frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"index":1,"id":"call_2","function":{"name":"c","arguments":"{\"input\":\"ab"}}`), finish("length"), done}, want: []string{callF, "open: custom_tool_call in_progress c call_2 ", "incomplete max_output_tokens"}},
	"F61 a filter after text":       {frames: []string{says("a"), finish("content_filter"), done}, want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a filter before text":      {frames: []string{finish("content_filter"), done}, want: []string{"failed withheld its answer: its content filter objects (finish reason content_filter)"}},
	"F61 a filter of GLM":           {frames: []string{says("a"), finish("sensitive"), done}, want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a filter of Gemini":        {frames: []string{says("a"), finish("PROHIBITED_CONTENT"), done}, want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 no capacity after text":    {frames: []string{says("a"), finish("insufficient_system_resource"), done}, want: []string{"open: message in_progress", "failed ended its reply with the finish reason insufficient_system_resource"}},
	"F61 no capacity before text":   {frames: []string{finish("insufficient_system_resource"), done}, want: []string{"failed ended its reply with the finish reason insufficient_system_resource"}},
	"F61 a network error":           {frames: []string{says("a"), finish("network_error"), done}, want: []string{"open: message in_progress", "failed ended its reply with the finish reason network_error"}},
}

// reasonings are replies with reasoning, wherever it stands.
var reasonings = map[string]reply{
	"F04 reasoning_content":               {frames: []string{delta(`"role":"assistant","content":null,"reasoning_content":"Let"`), thinks(" me"), says("a"), finish("stop"), done}, want: []string{"reasoning Let me", "message a", "completed"}},
	"F04 reasoning":                       {frames: []string{delta(`"reasoning":"t"`), says("a"), finish("stop"), done}, want: []string{"reasoning t", "message a", "completed"}},
	"F04 reasoning under two names":       {frames: []string{delta(`"reasoning":"t","reasoning_content":"t"`), delta(`"reasoning_content":"u","reasoning":"u"`), says("a"), finish("stop"), done}, want: []string{"reasoning tu", "message a", "completed"}},
	"F04 reasoning under one of two":      {frames: []string{delta(`"reasoning_content":"","reasoning":"t"`), delta(`"reasoning":null,"reasoning_content":"u"`), says("a"), finish("stop"), done}, want: []string{"reasoning tu", "message a", "completed"}},
	"F04 reasoning under other names":     {frames: []string{delta(`"reasoning_text":"t"`), delta(`"thinking":"u"`), says("a"), finish("stop"), done}, want: []string{"reasoning tu", "message a", "completed"}},
	"reasoning that is empty":             {frames: []string{delta(`"reasoning_content":"","content":"a"`), delta(`"reasoning_content":null,"content":"b"`), finish("stop"), done}, want: []string{"message ab", "completed"}},
	"reasoning and text in one chunk":     {frames: []string{delta(`"content":"a","reasoning_content":"t"`), finish("stop"), done}, want: []string{"reasoning t", "message a", "completed"}},
	"reasoning before a call":             {frames: []string{thinks("t"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, want: []string{"reasoning t", callF, "completed"}},
	"reasoning between text":              {frames: []string{says("a"), thinks("t"), says("b"), finish("stop"), done}, want: []string{"message a", "reasoning t", "message b", "completed"}},
	"reasoning that is cut off":           {frames: []string{thinks("t"), finish("length"), done}, want: []string{"reasoning t", "incomplete max_output_tokens"}},
	"thinking parts":                      {frames: []string{delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]`), delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"u"},{"type":"reference"}],"closed":true},{"type":"text","text":"a"}]`), says("b"), finish("stop"), done}, want: []string{"reasoning tu", "message ab", "completed"}},
	"a thinking part that is a text":      {frames: []string{delta(`"content":[{"type":"thinking","thinking":"t"}]`), says("a"), finish("stop"), done}, want: []string{"reasoning t", "message a", "completed"}},
	"F107 details":                        {frames: []string{delta(`"reasoning":"t","reasoning_details":[{"type":"reasoning.text","text":"t","format":"f","index":0}]`), delta(`"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0}]`), says("a"), finish("stop"), done}, want: []string{"reasoning t", "message a", "completed"}},
	"F107 details alone":                  {frames: []string{delta(`"reasoning_details":[{"text":"t"}]`), delta(`"reasoning_details":[{"text":"u"}]`), says("a"), finish("stop"), done}, want: []string{"reasoning tu", "message a", "completed"}},
	"F107 details that are all encrypted": {frames: []string{delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"e"}]`), says("a"), finish("stop"), done}, want: []string{"reasoning", "message a", "completed"}},

	"F69 tags":                           {knobs: tagged, frames: []string{says("<think>t</think>a"), finish("stop"), done}, want: []string{"reasoning t", "message a", "completed"}},
	"F69 tags in pieces":                 {knobs: tagged, frames: []string{says("<"), says("think"), says(">a</thi"), says("nk>b"), finish("stop"), done}, want: []string{"reasoning a", "message b", "completed"}},
	"F69 tags behind white space":        {knobs: tagged, frames: []string{says("\n "), says("<think>\nt"), says("\n</think>"), says("\n\n"), says("a"), finish("stop"), done}, want: []string{"reasoning \nt\n", "message a", "completed"}},
	"F69 no tags":                        {knobs: tagged, frames: []string{says("<div"), says(">a"), finish("stop"), done}, want: []string{"message <div>a", "completed"}},
	"F69 half a tag at the end":          {knobs: tagged, frames: []string{says("<thi"), finish("stop"), done}, want: []string{"message <thi", "completed"}},
	"F69 half a closing tag at the end":  {knobs: tagged, frames: []string{says("<think>t</thi"), finish("stop"), done}, want: []string{"reasoning t</thi", "completed"}},
	"F69 half a tag before a call":       {knobs: tagged, frames: []string{says("<thi"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, want: []string{"message <thi", callF, "completed"}},
	"F69 tags in the midst of an answer": {knobs: tagged, frames: []string{says("a <think>"), says("b</think>"), finish("stop"), done}, want: []string{"message a <think>b</think>", "completed"}},
	"F69 tags twice":                     {knobs: tagged, frames: []string{says("<think>t</think>a<think>b</think>"), finish("stop"), done}, want: []string{"reasoning t", "message a<think>b</think>", "completed"}},
	"F69 tags that are empty":            {knobs: tagged, frames: []string{says("<think>\n\n</think>\n\na"), finish("stop"), done}, want: []string{"reasoning \n\n", "message a", "completed"}},
	"F69 tags with a call behind":        {knobs: tagged, frames: []string{says("<think>t</think>\n"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, want: []string{"reasoning t", callF, "completed"}},
	"F69 tags that are escaped":          {knobs: tagged, frames: []string{delta(`"content":"\u003cthink\u003et\u003c/think\u003ea\u003c"`), finish("stop"), done}, want: []string{"reasoning t", "message a<", "completed"}},
	"F69 an emoji in two chunks":         {knobs: tagged, frames: []string{delta(`"content":"<think>\ud83d"`), delta(`"content":"\ude00</think>a\ud83d"`), delta(`"content":"\ude00"`), finish("stop"), done}, want: []string{"reasoning 😀", "message a😀", "completed"}},
	"F69 tags where nobody looks":        {frames: []string{says("<think>t</think>a"), finish("stop"), done}, want: []string{"message <think>t</think>a", "completed"}},
	"F69 tags that never close":          {knobs: tagged, frames: []string{says("<think>t"), says("u"), finish("length"), done}, want: []string{"reasoning tu", "incomplete max_output_tokens"}},
}

var tagged = []string{"think_tags", "true"}

// marked are replies of servers that let calls through as text.
var marked = map[string]reply{
	"F71 an emoji in two chunks":      {knobs: markup, frames: []string{delta(`"content":"a\ud83d"`), delta(`"content":"\ude00b"`), finish("stop"), done}, want: []string{"message a😀b", "completed"}},
	"F71 a block":                     {knobs: markup, frames: []string{says("So:\n<tool_"), says(`call>{"name":"f","arguments":{"a":1}}`), says("</tool_call>"), finish("stop"), done}, want: []string{"message So:\n", callF2, "completed"}},
	"F71 a block of a custom tool":    {knobs: markup, frames: []string{says(`<tool_call>{"name":"c","arguments":{"input":"é\n\"😀"}}</tool_call>`), finish("stop"), done}, want: []string{"custom_tool_call c call_2 é\n\"😀", "completed"}},
	"F71 half a block":                {knobs: markup, frames: []string{says(`a<tool_call>{"name":"f"`), finish("length"), done}, want: []string{`message incomplete a<tool_call>{"name":"f"`, "incomplete max_output_tokens"}},
	"F71 a block behind tags":         {knobs: append(slices.Clone(markup), tagged...), frames: []string{says("<think><tool_call></think>"), says(`<tool_call>{"name":"f","arguments":{"a":1}}</tool_call>`), finish("stop"), done}, want: []string{"reasoning <tool_call>", callF2, "completed"}},
	"F71 a block where nobody looks":  {frames: []string{says(`<tool_call>{"name":"f"}</tool_call>`), finish("stop"), done}, want: []string{`message <tool_call>{"name":"f"}</tool_call>`, "completed"}},
	"F71 a block with a call besides": {knobs: markup, frames: []string{says(`<tool_call>{"name":"f"`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, want: []string{`message <tool_call>{"name":"f"`, callF, "completed"}},
}

const callF2 = `function_call f call_3 {"a":1}`

var markup = []string{"tool_markup", "calls"}

// usages are replies whose counts stand in all places.
var usages = map[string]reply{
	"usage in the last chunk":     usageReply(says("a"), finish("stop"), counts(usageOf9), done),
	"usage in every chunk":        usageReply(`{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`, `{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{`+usageOf9+`}}`, done),
	"usage that is null first":    usageReply(`{"choices":[{"delta":{"content":"a"}}],"usage":null}`, finish("stop"), counts(usageOf9), done),
	"usage that is zero at last":  usageReply(says("a"), finish("stop"), counts(usageOf9), counts(`"prompt_tokens":0,"completion_tokens":0,"total_tokens":0`), done),
	"usage that is null at last":  usageReply(says("a"), finish("stop"), counts(usageOf9), `{"choices":[],"usage":null}`, done),
	"usage in a choice":           usageReply(says("a"), choice(`"delta":{}`, `"finish_reason":"stop"`, `"usage":{`+usageOf9+`}`), done),
	"usage of Groq":               usageReply(says("a"), `{"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{`+usageOf9+`}}}`, done),
	"usage in texts":              usageReply(says("a"), finish("stop"), counts(`"prompt_tokens":"9","completion_tokens":"5"`), done),
	"usage in fractions":          usageReply(says("a"), finish("stop"), counts(`"prompt_tokens":9.0,"completion_tokens":5.4`), done),
	"usage under newer names":     usageReply(says("a"), finish("stop"), counts(`"input_tokens":9,"output_tokens":5`), done),
	"usage with details of null":  usageReply(says("a"), finish("stop"), counts(usageOf9+`,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}`), done),
	"usage with counts below nil": usageReply(says("a"), finish("stop"), counts(usageOf9+`,"cached_tokens":-1`), done),

	"F74 details":                             {frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}`), done}, want: []string{"message a", "completed"}, usage: "9/4/1/5/2"},
	"F74 the cache of DeepSeek":               {frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5`), done}, want: []string{"message a", "completed"}, usage: "9/4/0/5/0"},
	"F74 the cache of Kimi":                   {frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"cached_tokens":4`), done}, want: []string{"message a", "completed"}, usage: "9/4/0/5/0"},
	"F74 the cache of Qwen":                   {frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"prompt_tokens_details":{"cached_tokens":4,"cache_creation_input_tokens":2}`), done}, want: []string{"message a", "completed"}, usage: "9/4/2/5/0"},
	"F74 a cache beside the input":            {frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":136,"completion_tokens":5,"cache_read_input_tokens":3200`), done}, want: []string{"message a", "completed"}, usage: "3336/3200/0/5/0"},
	"F74 reasoning beside the output":         {frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":32,"completion_tokens":90,"total_tokens":202,"completion_tokens_details":{"reasoning_tokens":80}`), done}, want: []string{"message a", "completed"}, usage: "32/0/0/170/80"},
	"F74 reasoning in the output":             {frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":32,"completion_tokens":90,"total_tokens":122,"completion_tokens_details":{"reasoning_tokens":80}`), done}, want: []string{"message a", "completed"}, usage: "32/0/0/90/80"},
	"F72 usage of a failure":                  {frames: []string{says("a"), counts(usageOf9)}, want: []string{"open: message in_progress", "failed broke off its reply"}, usage: "9/0/0/5/0"},
	"usage with numbers that no int64 can be": {frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":1e300,"completion_tokens":5,"total_tokens":"many"`), done}, want: []string{"message a", "completed"}},
}

func usageReply(frames ...string) reply {
	return reply{frames: frames, want: []string{"message a", "completed"}, usage: "9/0/0/5/0"}
}

// faults are replies that become errors on the way.
var faults = map[string]reply{
	"F63 an error as the first chunk":   {frames: []string{`{"error":{"message":"boom","type":"server_error"}}`}, want: []string{"failed boom"}},
	"F63 an error after text":           {frames: []string{says("a"), `{"error":{"message":"boom","type":"server_error"}}`, done}, want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error after the finish":     {frames: []string{says("a"), finish("stop"), `{"error":{"message":"boom"}}`}, want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error beside a choice":      {frames: []string{says("a"), `{"error":{"code":502,"message":"Provider returned error","metadata":{"provider_name":"X","raw":"{\"error\":{\"message\":\"boom\"}}"}},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}`}, want: []string{"open: message in_progress", "failed Provider returned error: boom"}},
	"F63 an error that is a text":       {frames: []string{says("a"), `{"error":"boom"}`}, want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error in a list":            {frames: []string{says("a"), `[{"error":{"code":429,"message":"boom","status":"RESOURCE_EXHAUSTED"}}]`}, want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error of MiniMax":           {frames: []string{`{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"},"error":null}`}, want: []string{"failed insufficient balance"}},
	"F63 an error of GLM":               {frames: []string{`{"code":401,"msg":"token expired","success":false}`}, want: []string{"failed token expired"}},
	"F63 an error of GLM without words": {frames: []string{`{"code":500,"msg":"busy"}`}, want: []string{"failed busy"}},
	"F63 an error object":               {frames: []string{`{"object":"error","message":"boom","code":400}`}, want: []string{"failed boom"}},
	"F63 a detail":                      {frames: []string{`{"detail":"boom"}`}, want: []string{"failed boom"}},
	"a chunk that is no JSON":           {frames: []string{says("a"), `{"choices":[{"delta":{"content":"b`, says("c"), finish("stop")}, want: []string{"open: message in_progress", "failed sent a chunk that is not JSON"}},
}
