package chat_test

import (
	"slices"

	"github.com/caddy-codex/responses/internal/wiretest"
)

// endings are replies that end in all manners.
var endings = map[string]wiretest.Reply{
	"no [DONE]":                          {Frames: []string{says("a"), finish("stop")}, Want: []string{"message a", "completed"}},
	"no finish reason":                   {Frames: []string{says("a"), done}, Want: []string{"message a", "completed"}},
	"F58 neither":                        {Frames: []string{says("a")}, Want: []string{"open: message in_progress", "failed broke off its reply"}},
	"F58 neither, and a call that began": {Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\""}}`)}, Want: []string{"open: function_call in_progress f call_1 ", "failed broke off its reply"}},
	"F02 nothing at all":                 {Want: []string{"failed ended its reply before it began"}},
	"F02 nothing but [DONE]":             {Frames: []string{done}, Want: []string{"failed ended its reply without an answer"}},
	"F02 nothing but usage":              {Frames: []string{counts(usageOf9)}, Want: []string{"failed ended its reply before it began"}},
	"a finish reason and nothing else":   {Frames: []string{finish("stop"), done}, Want: []string{"failed ended its reply without an answer"}},
	"stop in the midst of an input": {
		Frames: []string{calls(`{"index":0,"id":"1","function":{"name":"c","arguments":"{\"input\":\"rm -rf /tmp/x"}}`), finish("stop"), done},
		Want:   []string{"open: custom_tool_call in_progress c 1 ", "failed broke off the input of a tool call"},
	},
	"stop in the midst of an input that waits": {
		Frames: []string{
			calls(`{"index":0,"id":"1","function":{"name":"f","arguments":"{\"a\":"}}`), calls(`{"index":1,"id":"2","function":{"name":"c","arguments":"{\"input\":\"rm -rf /tmp/x"}}`),
			finish("stop"), done,
		},
		Want: []string{"open: function_call in_progress f 1 ", "failed broke off the input of a tool call"},
	},
	"text behind the finish reason":  {Frames: []string{says("a"), finish("stop"), says("b"), done}, Want: []string{"message ab", "completed"}},
	"a finish reason that is empty":  {Frames: []string{choice(`"delta":{"content":"a"}`, `"finish_reason":""`), done}, Want: []string{"message a", "completed"}},
	"finish reasons that contradict": {Frames: []string{says("a"), finish("tool_calls"), finish("stop"), done}, Want: []string{"message a", "completed"}},
	"chunks behind [DONE]":           {Frames: []string{says("a"), finish("stop"), done, says("b")}, Want: []string{"message a", "completed"}},

	"F57 stop with calls":           {Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("stop"), done}, Want: []string{callF, "completed"}},
	"F57 tool_calls without calls":  {Frames: []string{says("a"), finish("tool_calls"), done}, Want: []string{"message a", "completed"}},
	"F57 calls without reason":      {Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), done}, Want: []string{callF, "completed"}},
	"F57 end_turn with calls":       {Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("end_turn"), done}, Want: []string{callF, "completed"}},
	"F57 the word of Gemini":        {Frames: []string{says("a"), finish("STOP"), done}, Want: []string{"message a", "completed"}},
	"F61 a reason nobody knows":     {Frames: []string{says("a"), finish("eternity"), done}, Want: []string{"message a", "completed"}},
	"F60 length after text":         {Frames: []string{says("a"), finish("length"), counts(usageOf9), done}, Want: []string{"message incomplete a", "incomplete max_output_tokens"}, Usage: "9/0/0/5/0"},
	"F60 length in another word":    {Frames: []string{says("a"), finish("MAX_TOKENS"), done}, Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F60 length of Mistral":         {Frames: []string{says("a"), finish("model_length"), done}, Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F60 length before anything":    {Frames: []string{finish("length"), done}, Want: []string{"incomplete max_output_tokens"}},
	"F53 length inside a call":      {Frames: []string{says("a"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"cmd\":\"ls"}}`), finish("length"), done}, Want: []string{"message a", "open: function_call in_progress f call_1 ", "incomplete max_output_tokens"}},
	"F53 length inside a later one": {Frames: []string{calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), calls(`{"index":1,"id":"call_2","function":{"name":"c","arguments":"{\"input\":\"ab"}}`), finish("length"), done}, Want: []string{callF, "open: custom_tool_call in_progress c call_2 ", "incomplete max_output_tokens"}},
	"F61 a filter after text":       {Frames: []string{says("a"), finish("content_filter"), done}, Want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a filter before text":      {Frames: []string{finish("content_filter"), done}, Want: []string{"failed withheld its answer: its content filter objects (finish reason content_filter)"}},
	"F61 a filter of GLM":           {Frames: []string{says("a"), finish("sensitive"), done}, Want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a filter of Gemini":        {Frames: []string{says("a"), finish("PROHIBITED_CONTENT"), done}, Want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 no capacity after text":    {Frames: []string{says("a"), finish("insufficient_system_resource"), done}, Want: []string{"open: message in_progress", "failed ended its reply with the finish reason insufficient_system_resource"}},
	"F61 no capacity before text":   {Frames: []string{finish("insufficient_system_resource"), done}, Want: []string{"failed ended its reply with the finish reason insufficient_system_resource"}},
	"F61 a network error":           {Frames: []string{says("a"), finish("network_error"), done}, Want: []string{"open: message in_progress", "failed ended its reply with the finish reason network_error"}},
}

// reasonings are replies with reasoning, wherever it stands.
var reasonings = map[string]wiretest.Reply{
	"F04 reasoning_content":               {Frames: []string{delta(`"role":"assistant","content":null,"reasoning_content":"Let"`), thinks(" me"), says("a"), finish("stop"), done}, Want: []string{"reasoning Let me", "message a", "completed"}},
	"F04 reasoning":                       {Frames: []string{delta(`"reasoning":"t"`), says("a"), finish("stop"), done}, Want: []string{"reasoning t", "message a", "completed"}},
	"F04 reasoning under two names":       {Frames: []string{delta(`"reasoning":"t","reasoning_content":"t"`), delta(`"reasoning_content":"u","reasoning":"u"`), says("a"), finish("stop"), done}, Want: []string{"reasoning tu", "message a", "completed"}},
	"F04 reasoning under one of two":      {Frames: []string{delta(`"reasoning_content":"","reasoning":"t"`), delta(`"reasoning":null,"reasoning_content":"u"`), says("a"), finish("stop"), done}, Want: []string{"reasoning tu", "message a", "completed"}},
	"F04 reasoning under other names":     {Frames: []string{delta(`"reasoning_text":"t"`), delta(`"thinking":"u"`), says("a"), finish("stop"), done}, Want: []string{"reasoning tu", "message a", "completed"}},
	"reasoning that is empty":             {Frames: []string{delta(`"reasoning_content":"","content":"a"`), delta(`"reasoning_content":null,"content":"b"`), finish("stop"), done}, Want: []string{"message ab", "completed"}},
	"reasoning and text in one chunk":     {Frames: []string{delta(`"content":"a","reasoning_content":"t"`), finish("stop"), done}, Want: []string{"reasoning t", "message a", "completed"}},
	"reasoning before a call":             {Frames: []string{thinks("t"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, Want: []string{"reasoning t", callF, "completed"}},
	"reasoning between text":              {Frames: []string{says("a"), thinks("t"), says("b"), finish("stop"), done}, Want: []string{"message a", "reasoning t", "message b", "completed"}},
	"reasoning that is cut off":           {Frames: []string{thinks("t"), finish("length"), done}, Want: []string{"reasoning t", "incomplete max_output_tokens"}},
	"thinking parts":                      {Frames: []string{delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]`), delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"u"},{"type":"reference"}],"closed":true},{"type":"text","text":"a"}]`), says("b"), finish("stop"), done}, Want: []string{"reasoning tu", "message ab", "completed"}},
	"a thinking part that is a text":      {Frames: []string{delta(`"content":[{"type":"thinking","thinking":"t"}]`), says("a"), finish("stop"), done}, Want: []string{"reasoning t", "message a", "completed"}},
	"F107 details":                        {Frames: []string{delta(`"reasoning":"t","reasoning_details":[{"type":"reasoning.text","text":"t","format":"f","index":0}]`), delta(`"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0}]`), says("a"), finish("stop"), done}, Want: []string{"reasoning t", "message a", "completed"}},
	"F107 details alone":                  {Frames: []string{delta(`"reasoning_details":[{"text":"t"}]`), delta(`"reasoning_details":[{"text":"u"}]`), says("a"), finish("stop"), done}, Want: []string{"reasoning tu", "message a", "completed"}},
	"F107 details that are all encrypted": {Frames: []string{delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"e"}]`), says("a"), finish("stop"), done}, Want: []string{"reasoning", "message a", "completed"}},

	"F69 tags":                           {Knobs: tagged, Frames: []string{says("<think>t</think>a"), finish("stop"), done}, Want: []string{"reasoning t", "message a", "completed"}},
	"F69 tags in pieces":                 {Knobs: tagged, Frames: []string{says("<"), says("think"), says(">a</thi"), says("nk>b"), finish("stop"), done}, Want: []string{"reasoning a", "message b", "completed"}},
	"F69 tags behind white space":        {Knobs: tagged, Frames: []string{says("\n "), says("<think>\nt"), says("\n</think>"), says("\n\n"), says("a"), finish("stop"), done}, Want: []string{"reasoning \nt\n", "message a", "completed"}},
	"F69 no tags":                        {Knobs: tagged, Frames: []string{says("<div"), says(">a"), finish("stop"), done}, Want: []string{"message <div>a", "completed"}},
	"F69 half a tag at the end":          {Knobs: tagged, Frames: []string{says("<thi"), finish("stop"), done}, Want: []string{"message <thi", "completed"}},
	"F69 half a closing tag at the end":  {Knobs: tagged, Frames: []string{says("<think>t</thi"), finish("stop"), done}, Want: []string{"reasoning t</thi", "completed"}},
	"F69 half a tag before a call":       {Knobs: tagged, Frames: []string{says("<thi"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, Want: []string{"message <thi", callF, "completed"}},
	"F69 tags in the midst of an answer": {Knobs: tagged, Frames: []string{says("a <think>"), says("b</think>"), finish("stop"), done}, Want: []string{"message a <think>b</think>", "completed"}},
	"F69 tags twice":                     {Knobs: tagged, Frames: []string{says("<think>t</think>a<think>b</think>"), finish("stop"), done}, Want: []string{"reasoning t", "message a<think>b</think>", "completed"}},
	"F69 tags that are empty":            {Knobs: tagged, Frames: []string{says("<think>\n\n</think>\n\na"), finish("stop"), done}, Want: []string{"reasoning \n\n", "message a", "completed"}},
	"F69 tags with a call behind":        {Knobs: tagged, Frames: []string{says("<think>t</think>\n"), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, Want: []string{"reasoning t", callF, "completed"}},
	"F69 tags that are escaped":          {Knobs: tagged, Frames: []string{delta(`"content":"\u003cthink\u003et\u003c/think\u003ea\u003c"`), finish("stop"), done}, Want: []string{"reasoning t", "message a<", "completed"}},
	"F69 an emoji in two chunks":         {Knobs: tagged, Frames: []string{delta(`"content":"<think>\ud83d"`), delta(`"content":"\ude00</think>a\ud83d"`), delta(`"content":"\ude00"`), finish("stop"), done}, Want: []string{"reasoning 😀", "message a😀", "completed"}},
	"F69 tags where nobody looks":        {Frames: []string{says("<think>t</think>a"), finish("stop"), done}, Want: []string{"message <think>t</think>a", "completed"}},
	"F69 tags that never close":          {Knobs: tagged, Frames: []string{says("<think>t"), says("u"), finish("length"), done}, Want: []string{"reasoning tu", "incomplete max_output_tokens"}},
}

var tagged = []string{"think_tags", "true"}

// marked are replies of servers that let calls through as text.
var marked = map[string]wiretest.Reply{
	"F71 an emoji in two chunks":      {Knobs: markup, Frames: []string{delta(`"content":"a\ud83d"`), delta(`"content":"\ude00b"`), finish("stop"), done}, Want: []string{"message a😀b", "completed"}},
	"F71 a block":                     {Knobs: markup, Frames: []string{says("So:\n<tool_"), says(`call>{"name":"f","arguments":{"a":1}}`), says("</tool_call>"), finish("stop"), done}, Want: []string{"message So:\n", callF2, "completed"}},
	"F71 a block of a custom tool":    {Knobs: markup, Frames: []string{says(`<tool_call>{"name":"c","arguments":{"input":"é\n\"😀"}}</tool_call>`), finish("stop"), done}, Want: []string{"custom_tool_call c call_2 é\n\"😀", "completed"}},
	"F71 half a block":                {Knobs: markup, Frames: []string{says(`a<tool_call>{"name":"f"`), finish("length"), done}, Want: []string{`message incomplete a<tool_call>{"name":"f"`, "incomplete max_output_tokens"}},
	"F71 a block behind tags":         {Knobs: append(slices.Clone(markup), tagged...), Frames: []string{says("<think><tool_call></think>"), says(`<tool_call>{"name":"f","arguments":{"a":1}}</tool_call>`), finish("stop"), done}, Want: []string{"reasoning <tool_call>", callF2, "completed"}},
	"F71 a block where nobody looks":  {Frames: []string{says(`<tool_call>{"name":"f"}</tool_call>`), finish("stop"), done}, Want: []string{`message <tool_call>{"name":"f"}</tool_call>`, "completed"}},
	"F71 a block with a call besides": {Knobs: markup, Frames: []string{says(`<tool_call>{"name":"f"`), calls(`{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\":1}"}}`), finish("tool_calls"), done}, Want: []string{`message <tool_call>{"name":"f"`, callF, "completed"}},
}

const callF2 = `function_call f call_3 {"a":1}`

var markup = []string{"tool_markup", "calls"}

// usages are replies whose counts stand in all places.
var usages = map[string]wiretest.Reply{
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

	"F74 details":                             {Frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}`), done}, Want: []string{"message a", "completed"}, Usage: "9/4/1/5/2"},
	"F74 the cache of DeepSeek":               {Frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5`), done}, Want: []string{"message a", "completed"}, Usage: "9/4/0/5/0"},
	"F74 the cache of Kimi":                   {Frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"cached_tokens":4`), done}, Want: []string{"message a", "completed"}, Usage: "9/4/0/5/0"},
	"F74 the cache of Qwen":                   {Frames: []string{says("a"), finish("stop"), counts(usageOf9 + `,"prompt_tokens_details":{"cached_tokens":4,"cache_creation_input_tokens":2}`), done}, Want: []string{"message a", "completed"}, Usage: "9/4/2/5/0"},
	"F74 a cache beside the input":            {Frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":136,"completion_tokens":5,"cache_read_input_tokens":3200`), done}, Want: []string{"message a", "completed"}, Usage: "3336/3200/0/5/0"},
	"F74 reasoning beside the output":         {Frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":32,"completion_tokens":90,"total_tokens":202,"completion_tokens_details":{"reasoning_tokens":80}`), done}, Want: []string{"message a", "completed"}, Usage: "32/0/0/170/80"},
	"F74 reasoning in the output":             {Frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":32,"completion_tokens":90,"total_tokens":122,"completion_tokens_details":{"reasoning_tokens":80}`), done}, Want: []string{"message a", "completed"}, Usage: "32/0/0/90/80"},
	"F72 usage of a failure":                  {Frames: []string{says("a"), counts(usageOf9)}, Want: []string{"open: message in_progress", "failed broke off its reply"}, Usage: "9/0/0/5/0"},
	"usage with numbers that no int64 can be": {Frames: []string{says("a"), finish("stop"), counts(`"prompt_tokens":1e300,"completion_tokens":5,"total_tokens":"many"`), done}, Want: []string{"message a", "completed"}},
}

func usageReply(frames ...string) wiretest.Reply {
	return wiretest.Reply{Frames: frames, Want: []string{"message a", "completed"}, Usage: "9/0/0/5/0"}
}

// faults are replies that become errors on the way.
var faults = map[string]wiretest.Reply{
	"F63 an error as the first chunk":   {Frames: []string{`{"error":{"message":"boom","type":"server_error"}}`}, Want: []string{"failed boom"}},
	"F63 an error after text":           {Frames: []string{says("a"), `{"error":{"message":"boom","type":"server_error"}}`, done}, Want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error after the finish":     {Frames: []string{says("a"), finish("stop"), `{"error":{"message":"boom"}}`}, Want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error beside a choice":      {Frames: []string{says("a"), `{"error":{"code":502,"message":"Provider returned error","metadata":{"provider_name":"X","raw":"{\"error\":{\"message\":\"boom\"}}"}},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}`}, Want: []string{"open: message in_progress", "failed Provider returned error: boom"}},
	"F63 an error that is a text":       {Frames: []string{says("a"), `{"error":"boom"}`}, Want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error in a list":            {Frames: []string{says("a"), `[{"error":{"code":429,"message":"boom","status":"RESOURCE_EXHAUSTED"}}]`}, Want: []string{"open: message in_progress", "failed boom"}},
	"F63 an error of MiniMax":           {Frames: []string{`{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"},"error":null}`}, Want: []string{"failed insufficient balance"}},
	"F63 an error of GLM":               {Frames: []string{`{"code":401,"msg":"token expired","success":false}`}, Want: []string{"failed token expired"}},
	"F63 an error of GLM without words": {Frames: []string{`{"code":500,"msg":"busy"}`}, Want: []string{"failed busy"}},
	"F63 an error object":               {Frames: []string{`{"object":"error","message":"boom","code":400}`}, Want: []string{"failed boom"}},
	"F63 a detail":                      {Frames: []string{`{"detail":"boom"}`}, Want: []string{"failed boom"}},
	"a chunk that is no JSON":           {Frames: []string{says("a"), `{"choices":[{"delta":{"content":"b`, says("c"), finish("stop")}, Want: []string{"open: message in_progress", "failed sent a chunk that is not JSON"}},
}
