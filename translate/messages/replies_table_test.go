package messages_test

import (
	"maps"
	"strings"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// replies are all replies of the tests.
func replies() map[string]reply {
	all := make(map[string]reply)
	for _, some := range []map[string]reply{answers, toolCalls, thoughts, searches, endings, oddities, faults} {
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
	usual = "15/4/2/5/3"
	callF = `function_call f toolu_1 {"a":1}`
)

// answers are replies of text.
var answers = map[string]reply{
	"text":                         {events: whole("end_turn", says("Hel", "lo")), want: []string{"message Hello", "completed"}, usage: usual},
	"text in several blocks":       {events: whole("end_turn", says("a"), says("b")), want: []string{"message ab", "completed"}},
	"text at the start of a block": {events: changed(whole("end_turn", says("b")), `"text":""`, `"text":"a"`), want: []string{"message ab", "completed"}},
	"an emoji in two deltas": {
		events: changed(whole("end_turn", says("X", "Y")), `"text":"X"`, `"text":"a\ud83d"`, `"text":"Y"`, `"text":"\ude00"`),
		want:   []string{"message a😀", "completed"},
	},
	"pings":                         {events: interspersed(whole("end_turn", says("a", "b")), upstreamtest.MessagesPing), want: []string{"message ab", "completed"}, usage: usual},
	"a stop sequence":               {events: whole("stop_sequence", says("a")), want: []string{"message a", "completed"}},
	"a reason that nobody knows":    {events: whole("bored", says("a")), want: []string{"message a", "completed"}},
	"blocks that nobody asked for":  {events: changed(whole("end_turn", redacts("x"), says("a")), "redacted_thinking", "compaction"), want: []string{"message a", "completed"}},
	"events that nobody knows":      {events: interspersed(whole("end_turn", says("a")), `{"type":"message_mood","mood":"good"}`), want: []string{"message a", "completed"}},
	"bytes that are not UTF-8":      {events: whole("end_turn", says("a\xffb")), want: []string{"message a\ufffdb", "completed"}},
	"no answer":                     {events: whole("end_turn"), want: []string{"failed ended its reply without an answer"}},
	"nothing but white space":       {events: whole("end_turn", says(" ", "\n")), want: []string{"failed ended its reply without an answer"}},
	"a whole reply for a stream":    {events: []string{document(`[{"type":"text","text":"Hi"}]`, `"end_turn"`)}, want: []string{"message Hi", "completed"}, usage: "13/4/0/5/0"},
	"a whole reply without an end":  {events: []string{document(`[{"type":"text","text":"Hi"}]`, `null`)}, want: []string{"message Hi", "completed"}},
	"a whole reply without content": {events: []string{document(`[]`, `null`)}, want: []string{"failed ended its reply before it began"}},
	"F08 a whole reply with all kinds of blocks": {
		knobs:  searching,
		events: []string{document(`[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"Hi"},{"type":"tool_use","id":"toolu_1","name":"f","input":{ "a" : 1 }},{"type":"tool_use","id":"toolu_2","name":"c","input":{"input":"x"}},{"type":"tool_use","id":"toolu_3","name":"g","input":{}}]`, `"tool_use"`)},
		want:   []string{"reasoning t", "message Hi", callF, "custom_tool_call c toolu_2 x", "function_call g toolu_3 {}", "completed"},
	},
}

func document(content, stop string) string {
	return `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":` + content + `,"stop_reason":` + stop +
		`,"stop_sequence":null,"usage":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":5}}`
}

// interspersed puts an event between all others.
func interspersed(events []string, between string) []string {
	return strings.Split(strings.Join(events, "\x00"+between+"\x00"), "\x00")
}

// toolCalls are replies with calls.
var toolCalls = map[string]reply{
	"a call in pieces":             {events: whole("tool_use", calls("toolu_1", "f", `{"a"`, `:1}`)), want: []string{callF, "completed"}, usage: usual},
	"F56 a call without input":     {events: whole("tool_use", calls("toolu_1", "f"), calls("toolu_2", "g")), want: []string{"function_call f toolu_1 {}", "function_call g toolu_2 {}", "completed"}},
	"parallel calls behind a text": {events: whole("tool_use", says("x"), calls("toolu_1", "f", `{"a":1}`), calls("toolu_2", "g", `{}`)), want: []string{"message x", callF, "function_call g toolu_2 {}", "completed"}},
	"F52 a call in a namespace":    {events: whole("tool_use", calls("toolu_1", "ns__n", `{}`)), want: []string{"function_call ns n toolu_1 {}", "completed"}},
	"F08 a custom call":            {events: whole("tool_use", calls("toolu_1", "c", `{"inp`, `ut":"a\n`, `b"}`)), want: []string{"custom_tool_call c toolu_1 a\nb", "completed"}},
	"F57 calls with another end":   {events: whole("end_turn", calls("toolu_1", "f", `{"a":1}`)), want: []string{callF, "completed"}},
	"a tool that nobody declared":  {events: whole("tool_use", calls("toolu_1", "zz", `{}`)), want: []string{"function_call zz toolu_1 {}", "completed"}},
	"a call with all its input at the start": {
		events: changed(whole("tool_use", calls("toolu_1", "f")), `"input":{}`, `"input":{"a":1}`),
		want:   []string{callF, "completed"},
	},
	"a call with input at the start and in pieces": {
		events: changed(whole("tool_use", calls("toolu_1", "f", `{"a":1}`)), `"input":{}`, `"input":{"b":1}`),
		want:   []string{callF, "completed"},
	},
	"calls of one id": {events: whole("tool_use", calls("toolu_1", "f", `{"a":1}`), calls("toolu_1", "f", `{"a":1}`)), want: []string{callF, `function_call f call_3 {"a":1}`, "completed"}},
	"deltas of two calls by turns": {
		events: []string{
			upstreamtest.MessagesStart(counted),
			`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}`,
			`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_2","name":"g","input":{}}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"b\":"}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"2}"}}`,
			`{"type":"content_block_stop","index":0}`, `{"type":"content_block_stop","index":1}`, upstreamtest.MessagesStop("tool_use", counted), upstreamtest.MessagesEnd,
		},
		want: []string{callF, `function_call g toolu_2 {"b":2}`, "completed"},
	},
	"a call without a name":                 {events: whole("tool_use", calls("toolu_1", "")), want: []string{"failed made a tool call without a name"}},
	"F53 a custom call that breaks off":     {events: whole("tool_use", calls("toolu_1", "c", `{"input":"rm -rf /`)), want: []string{"open: custom_tool_call in_progress c toolu_1 ", "failed broke off the input of a tool call"}},
	"F53 a call that is cut off":            {events: whole("max_tokens", calls("toolu_1", "f", `{"a"`)), want: []string{"open: function_call in_progress f toolu_1 ", "incomplete max_output_tokens"}},
	"F53 a call that is cut off at once":    {events: whole("max_tokens", says("x"), calls("toolu_1", "f")), want: []string{"message x", "open: function_call in_progress f toolu_1 ", "incomplete max_output_tokens"}},
	"F53 a call before one that is cut off": {events: whole("max_tokens", calls("toolu_1", "f"), calls("toolu_2", "g", `{"`)), want: []string{"function_call f toolu_1 {}", "open: function_call in_progress g toolu_2 ", "incomplete max_output_tokens"}},
}

// thoughts are replies with thinking.
var thoughts = map[string]reply{
	"thinking":                                    {events: whole("end_turn", thinks("Let me see", "s1", "s2"), says("a")), want: []string{"reasoning Let me see", "message a", "completed"}, usage: usual},
	"thinking in several items":                   {knobs: searching, events: whole("tool_use", thinks("a", "s"), says("x"), thinks("b", "s"), thinks("c", "s"), calls("toolu_1", "f", `{"a":1}`)), want: []string{"reasoning a", "message x", "reasoning b", "reasoning c", callF, "completed"}},
	"thinking that is hidden":                     {knobs: searching, events: whole("end_turn", thinks("", "s"), redacts("r"), says("a")), want: []string{"reasoning", "reasoning", "message a", "completed"}},
	"thinking that is hidden and not wanted back": {events: whole("end_turn", thinks("", "s"), redacts("r"), says("a")), want: []string{"message a", "completed"}},
	"thinking that nobody has signed":             {events: whole("end_turn", thinks("t"), says("a")), want: []string{"reasoning t", "message a", "completed"}},
	"thinking that is empty":                      {knobs: searching, events: whole("end_turn", thinks(""), says("a")), want: []string{"message a", "completed"}},
	"thinking that is cut off":                    {knobs: searching, events: whole("max_tokens", thinks("t")), want: []string{"reasoning t", "incomplete max_output_tokens"}},
	"thinking without ends of blocks":             {knobs: searching, events: without(whole("end_turn", thinks("a", "s"), thinks("b", "s"), says("x")), "content_block_stop"), want: []string{"reasoning a", "reasoning b", "message x", "completed"}},
	"thinking and nothing else":                   {events: whole("end_turn", thinks("t", "s")), want: []string{"reasoning t", "completed"}},
}

// searches are replies with searches by the provider.
var searches = map[string]reply{
	"a search": {
		knobs:  searching,
		events: whole("end_turn", says("Let me look."), looksUp("srvtoolu_1", "q"), finds("srvtoolu_1", "https://a.org"), says("It is "), cites("so", "https://a.org", "A"), says(".")),
		want:   []string{"message Let me look.", "web_search_call", "reasoning", "message It is so.", "completed"},
	},
	"searches side by side": {
		knobs:  searching,
		events: whole("end_turn", looksUp("srvtoolu_1", "q"), looksUp("srvtoolu_2", "r"), finds("srvtoolu_1", "https://a.org"), finds("srvtoolu_2"), says("a")),
		want:   []string{"web_search_call", "web_search_call", "reasoning", "message a", "completed"},
	},
	"a search without a result": {knobs: searching, events: whole("end_turn", looksUp("srvtoolu_1", "q"), says("a")), want: []string{"web_search_call", "reasoning", "message a", "completed"}},
	"a search and thinking":     {knobs: searching, events: whole("end_turn", thinks("t", "s"), looksUp("srvtoolu_1", "q"), finds("srvtoolu_1"), thinks("u", "s"), says("a")), want: []string{"reasoning t", "web_search_call", "reasoning", "reasoning u", "message a", "completed"}},
	"a search and a call":       {knobs: searching, events: whole("tool_use", looksUp("srvtoolu_1", "q"), finds("srvtoolu_1"), calls("toolu_1", "f", `{"a":1}`)), want: []string{"web_search_call", "reasoning", callF, "completed"}},
	"another tool of the provider's": {
		knobs:  searching,
		events: changed(whole("end_turn", looksUp("srvtoolu_1", "q"), finds("srvtoolu_1"), says("a")), "web_search", "code_execution"),
		want:   []string{"reasoning", "message a", "completed"},
	},
	"a search that pauses for ever": {knobs: searching, events: whole("pause_turn", says("a"), looksUp("srvtoolu_1", "q")), want: []string{"message a", "web_search_call", "reasoning", "incomplete max_output_tokens"}},
}

// endings are replies that end otherwise.
var endings = map[string]reply{
	"F60 the limit":                        {events: whole("max_tokens", says("a")), want: []string{"message incomplete a", "incomplete max_output_tokens"}, usage: usual},
	"the end of the window":                {events: whole("model_context_window_exceeded", says("a")), want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"a reason of another wire":             {events: whole("length", says("a")), want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F61 a refusal in the midst":           {events: whole("refusal", says("a")), want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a refusal":                        {events: whole("refusal"), want: []string{"failed withheld its answer: its content filter objects (stop reason refusal)"}},
	"F61 a refusal that says why":          {events: changed(whole("refusal"), `"stop_sequence":null}`, `"stop_sequence":null,"stop_details":{"type":"refusal","category":"cyber","explanation":"It is \"bad\"."}}`), want: []string{`failed It is "bad". (stop reason refusal, category cyber)`}},
	"a host that breaks off":               {events: whole("insufficient_system_resource", says("a")), want: []string{"open: message in_progress", "failed ended its reply with the stop reason insufficient_system_resource"}},
	"no reason but an end":                 {events: without(whole("end_turn", says("a")), "message_delta"), want: []string{"message a", "completed"}},
	"a reason but no end":                  {events: without(whole("end_turn", says("a")), "message_stop"), want: []string{"message a", "completed"}},
	"an end of another wire":               {events: append(without(without(whole("end_turn", says("a")), "message_stop"), "message_delta"), "[DONE]"), want: []string{"message a", "completed"}},
	"F58 neither a reason nor an end":      {events: without(without(whole("end_turn", says("a")), "message_stop"), "message_delta"), want: []string{"open: message in_progress", "failed broke off its reply"}},
	"an end without anything":              {events: []string{upstreamtest.MessagesStart(counted), upstreamtest.MessagesEnd}, want: []string{"failed ended its reply without an answer"}},
	"a paused reply that says nothing new": {events: whole("pause_turn", says("a")), want: []string{"message incomplete a", "incomplete max_output_tokens"}},
}

// oddities are replies as hosts send them that only speak like Anthropic.
var oddities = map[string]reply{
	"no beginnings of blocks":        {events: without(whole("end_turn", thinks("t"), says("a")), "content_block_start"), want: []string{"reasoning t", "message a", "completed"}},
	"no ends of blocks":              {events: without(whole("tool_use", says("x"), calls("toolu_1", "f", `{"a":1}`)), "content_block_stop"), want: []string{"message x", callF, "completed"}},
	"no indexes":                     {events: changed(whole("tool_use", thinks("t"), says("x"), calls("toolu_1", "f", `{"a":1}`)), `"index":0,`, ``, `,"index":0`, ``, `"index":1,`, ``, `,"index":1`, ``, `"index":2,`, ``, `,"index":2`, ``), want: []string{"reasoning t", "message x", callF, "completed"}},
	"one index for all":              {events: changed(whole("tool_use", thinks("t"), says("x"), calls("toolu_1", "f", `{"a":1}`)), `"index":1`, `"index":0`, `"index":2`, `"index":0`), want: []string{"reasoning t", "message x", callF, "completed"}},
	"no beginning of the message":    {events: without(whole("end_turn", says("a")), "message_start"), want: []string{"message a", "completed"}},
	"usage at the beginning alone":   {events: changed(whole("end_turn", says("a")), `"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}`, `"output_tokens":0,"input_tokens":0`), want: []string{"message a", "completed"}, usage: "15/4/2/1/0"},
	"usage at the end alone":         {events: changed(whole("end_turn", says("a")), `"input_tokens":9,"cache_creation_input_tokens":2,"cache_read_input_tokens":4,"output_tokens":1`, `"input_tokens":0`, `"output_tokens":5,`, `"input_tokens":7,"cache_read_input_tokens":3,"output_tokens":5,`), want: []string{"message a", "completed"}, usage: "10/3/0/5/3"},
	"usage that is null":             {events: changed(whole("end_turn", says("a")), `"usage":{"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}}`, `"usage":null`), want: []string{"message a", "completed"}, usage: "15/4/2/1/0"},
	"F74 what was cached is beside":  {events: changed(whole("end_turn", says("a")), `"input_tokens":9,"cache_creation_input_tokens":2,"cache_read_input_tokens":4`, `"input_tokens":136,"cache_creation_input_tokens":0,"cache_read_input_tokens":3200`), want: []string{"message a", "completed"}, usage: "3336/3200/0/5/3"},
	"comments as data":               {events: append([]string{": OK", "ping", `"x"`, "[]"}, whole("end_turn", says("a"))...), want: []string{"message a", "completed"}},
	"white space around":             {events: changed(whole("end_turn", says("a")), `{"type":"content_block_start"`, `  { "type" : "content_block_start"`), want: []string{"message a", "completed"}},
	"the type of an event behind":    {events: changed(whole("end_turn", says("a")), `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`, `{"index":0,"delta":{"text":"a"},"type":"content_block_delta"}`), want: []string{"message a", "completed"}},
	"a status of success in between": {events: interspersed(whole("end_turn", says("a")), `{"type":"x","base_resp":{"status_code":0,"status_msg":"success"},"error":null}`), want: []string{"message a", "completed"}},
}

// faults are replies that are errors.
var faults = map[string]reply{
	"F63 an error at once":               {events: []string{upstreamtest.MessagesError("overloaded_error", "Overloaded")}, want: []string{"failed Overloaded"}},
	"F63 an error in the midst":          {events: append(whole("end_turn", says("a"))[:3], upstreamtest.MessagesError("api_error", "Internal server error")), want: []string{"open: message in_progress", "failed Internal server error"}},
	"F63 an error without a type":        {events: []string{`{"error":{"message":"boom"}}`}, want: []string{"failed boom"}},
	"F63 an error of MiniMax":            {events: []string{`{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`}, want: []string{"failed insufficient balance"}},
	"F63 an error of GLM":                {events: []string{`{"code":401,"msg":"token expired","success":false}`}, want: []string{"failed token expired"}},
	"F63 an error of MiniMax in a reply": {events: []string{strings.Replace(document(`[]`, `null`), `{`, `{"base_resp":{"status_code":1002,"status_msg":"rate limit"},`, 1)}, want: []string{"failed rate limit"}},
	"what is not JSON":                   {events: []string{`{"type":`}, want: []string{"failed sent an event that is not JSON"}},
}
