package messages_test

import (
	"maps"
	"strings"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
)

// replies are all replies of the tests.
func replies() map[string]wiretest.Reply {
	all := make(map[string]wiretest.Reply)
	for _, some := range []map[string]wiretest.Reply{answers, toolCalls, thoughts, searches, endings, oddities, faults} {
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
var answers = map[string]wiretest.Reply{
	"text":                         {Frames: whole("end_turn", says("Hel", "lo")), Want: []string{"message Hello", "completed"}, Usage: usual},
	"text in several blocks":       {Frames: whole("end_turn", says("a"), says("b")), Want: []string{"message ab", "completed"}},
	"text at the start of a block": {Frames: changed(whole("end_turn", says("b")), `"text":""`, `"text":"a"`), Want: []string{"message ab", "completed"}},
	"an emoji in two deltas": {
		Frames: changed(whole("end_turn", says("X", "Y")), `"text":"X"`, `"text":"a\ud83d"`, `"text":"Y"`, `"text":"\ude00"`),
		Want:   []string{"message a😀", "completed"},
	},
	"pings":                         {Frames: interspersed(whole("end_turn", says("a", "b")), upstreamtest.MessagesPing), Want: []string{"message ab", "completed"}, Usage: usual},
	"a stop sequence":               {Frames: whole("stop_sequence", says("a")), Want: []string{"message a", "completed"}},
	"a reason that nobody knows":    {Frames: whole("bored", says("a")), Want: []string{"message a", "completed"}},
	"blocks that nobody asked for":  {Frames: changed(whole("end_turn", redacts("x"), says("a")), "redacted_thinking", "compaction"), Want: []string{"message a", "completed"}},
	"events that nobody knows":      {Frames: interspersed(whole("end_turn", says("a")), `{"type":"message_mood","mood":"good"}`), Want: []string{"message a", "completed"}},
	"bytes that are not UTF-8":      {Frames: whole("end_turn", says("a\xffb")), Want: []string{"message a\ufffdb", "completed"}},
	"no answer":                     {Frames: whole("end_turn"), Want: []string{"failed ended its reply without an answer"}},
	"nothing but white space":       {Frames: whole("end_turn", says(" ", "\n")), Want: []string{"failed ended its reply without an answer"}},
	"a whole reply for a stream":    {Frames: []string{document(`[{"type":"text","text":"Hi"}]`, `"end_turn"`)}, Want: []string{"message Hi", "completed"}, Usage: "13/4/0/5/0"},
	"a whole reply without an end":  {Frames: []string{document(`[{"type":"text","text":"Hi"}]`, `null`)}, Want: []string{"message Hi", "completed"}},
	"a whole reply without content": {Frames: []string{document(`[]`, `null`)}, Want: []string{"failed ended its reply before it began"}},
	"F08 a whole reply with all kinds of blocks": {
		Knobs:  searching,
		Frames: []string{document(`[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"Hi"},{"type":"tool_use","id":"toolu_1","name":"f","input":{ "a" : 1 }},{"type":"tool_use","id":"toolu_2","name":"c","input":{"input":"x"}},{"type":"tool_use","id":"toolu_3","name":"g","input":{}}]`, `"tool_use"`)},
		Want:   []string{"reasoning t", "message Hi", callF, "custom_tool_call c toolu_2 x", "function_call g toolu_3 {}", "completed"},
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
var toolCalls = map[string]wiretest.Reply{
	"a call in pieces":             {Frames: whole("tool_use", calls("toolu_1", "f", `{"a"`, `:1}`)), Want: []string{callF, "completed"}, Usage: usual},
	"F56 a call without input":     {Frames: whole("tool_use", calls("toolu_1", "f"), calls("toolu_2", "g")), Want: []string{"function_call f toolu_1 {}", "function_call g toolu_2 {}", "completed"}},
	"parallel calls behind a text": {Frames: whole("tool_use", says("x"), calls("toolu_1", "f", `{"a":1}`), calls("toolu_2", "g", `{}`)), Want: []string{"message x", callF, "function_call g toolu_2 {}", "completed"}},
	"F52 a call in a namespace":    {Frames: whole("tool_use", calls("toolu_1", "ns__n", `{}`)), Want: []string{"function_call ns n toolu_1 {}", "completed"}},
	"F08 a custom call":            {Frames: whole("tool_use", calls("toolu_1", "c", `{"inp`, `ut":"a\n`, `b"}`)), Want: []string{"custom_tool_call c toolu_1 a\nb", "completed"}},
	"F57 calls with another end":   {Frames: whole("end_turn", calls("toolu_1", "f", `{"a":1}`)), Want: []string{callF, "completed"}},
	"a tool that nobody declared":  {Frames: whole("tool_use", calls("toolu_1", "zz", `{}`)), Want: []string{"function_call zz toolu_1 {}", "completed"}},
	"a call with all its input at the start": {
		Frames: changed(whole("tool_use", calls("toolu_1", "f")), `"input":{}`, `"input":{"a":1}`),
		Want:   []string{callF, "completed"},
	},
	"a call with input at the start and in pieces": {
		Frames: changed(whole("tool_use", calls("toolu_1", "f", `{"a":1}`)), `"input":{}`, `"input":{"b":1}`),
		Want:   []string{callF, "completed"},
	},
	"calls of one id": {Frames: whole("tool_use", calls("toolu_1", "f", `{"a":1}`), calls("toolu_1", "f", `{"a":1}`)), Want: []string{callF, `function_call f call_3 {"a":1}`, "completed"}},
	"deltas of two calls by turns": {
		Frames: []string{
			upstreamtest.MessagesStart(counted),
			`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}`,
			`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_2","name":"g","input":{}}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"b\":"}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"2}"}}`,
			`{"type":"content_block_stop","index":0}`, `{"type":"content_block_stop","index":1}`, upstreamtest.MessagesStop("tool_use", counted), upstreamtest.MessagesEnd,
		},
		Want: []string{callF, `function_call g toolu_2 {"b":2}`, "completed"},
	},
	"a call without a name":                 {Frames: whole("tool_use", calls("toolu_1", "")), Want: []string{"failed made a tool call without a name"}},
	"F53 a custom call that breaks off":     {Frames: whole("tool_use", calls("toolu_1", "c", `{"input":"rm -rf /`)), Want: []string{"open: custom_tool_call in_progress c toolu_1 ", "failed broke off the input of a tool call"}},
	"F53 a call that is cut off":            {Frames: whole("max_tokens", calls("toolu_1", "f", `{"a"`)), Want: []string{"open: function_call in_progress f toolu_1 ", "incomplete max_output_tokens"}},
	"F53 a call that is cut off at once":    {Frames: whole("max_tokens", says("x"), calls("toolu_1", "f")), Want: []string{"message x", "open: function_call in_progress f toolu_1 ", "incomplete max_output_tokens"}},
	"F53 a call before one that is cut off": {Frames: whole("max_tokens", calls("toolu_1", "f"), calls("toolu_2", "g", `{"`)), Want: []string{"function_call f toolu_1 {}", "open: function_call in_progress g toolu_2 ", "incomplete max_output_tokens"}},
}

// thoughts are replies with thinking.
var thoughts = map[string]wiretest.Reply{
	"thinking":                                    {Frames: whole("end_turn", thinks("Let me see", "s1", "s2"), says("a")), Want: []string{"reasoning Let me see", "message a", "completed"}, Usage: usual},
	"thinking in several items":                   {Knobs: searching, Frames: whole("tool_use", thinks("a", "s"), says("x"), thinks("b", "s"), thinks("c", "s"), calls("toolu_1", "f", `{"a":1}`)), Want: []string{"reasoning a", "message x", "reasoning b", "reasoning c", callF, "completed"}},
	"thinking that is hidden":                     {Knobs: searching, Frames: whole("end_turn", thinks("", "s"), redacts("r"), says("a")), Want: []string{"reasoning", "reasoning", "message a", "completed"}},
	"thinking that is hidden and not wanted back": {Frames: whole("end_turn", thinks("", "s"), redacts("r"), says("a")), Want: []string{"message a", "completed"}},
	"thinking that nobody has signed":             {Frames: whole("end_turn", thinks("t"), says("a")), Want: []string{"reasoning t", "message a", "completed"}},
	"thinking that is empty":                      {Knobs: searching, Frames: whole("end_turn", thinks(""), says("a")), Want: []string{"message a", "completed"}},
	"thinking that is cut off":                    {Knobs: searching, Frames: whole("max_tokens", thinks("t")), Want: []string{"reasoning t", "incomplete max_output_tokens"}},
	"thinking without ends of blocks":             {Knobs: searching, Frames: without(whole("end_turn", thinks("a", "s"), thinks("b", "s"), says("x")), "content_block_stop"), Want: []string{"reasoning a", "reasoning b", "message x", "completed"}},
	"thinking and nothing else":                   {Frames: whole("end_turn", thinks("t", "s")), Want: []string{"reasoning t", "completed"}},
}

// searches are replies with searches by the provider.
var searches = map[string]wiretest.Reply{
	"a search": {
		Knobs:  searching,
		Frames: whole("end_turn", says("Let me look."), looksUp("srvtoolu_1", "q"), finds("srvtoolu_1", "https://a.org"), says("It is "), cites("so", "https://a.org", "A"), says(".")),
		Want:   []string{"message Let me look.", "web_search_call", "reasoning", "message It is so.", "completed"},
	},
	"searches side by side": {
		Knobs:  searching,
		Frames: whole("end_turn", looksUp("srvtoolu_1", "q"), looksUp("srvtoolu_2", "r"), finds("srvtoolu_1", "https://a.org"), finds("srvtoolu_2"), says("a")),
		Want:   []string{"web_search_call", "web_search_call", "reasoning", "message a", "completed"},
	},
	"a search without a result": {Knobs: searching, Frames: whole("end_turn", looksUp("srvtoolu_1", "q"), says("a")), Want: []string{"web_search_call", "message a", "completed"}},
	"a search and thinking":     {Knobs: searching, Frames: whole("end_turn", thinks("t", "s"), looksUp("srvtoolu_1", "q"), finds("srvtoolu_1"), thinks("u", "s"), says("a")), Want: []string{"reasoning t", "web_search_call", "reasoning", "reasoning u", "message a", "completed"}},
	"a search and a call":       {Knobs: searching, Frames: whole("tool_use", looksUp("srvtoolu_1", "q"), finds("srvtoolu_1"), calls("toolu_1", "f", `{"a":1}`)), Want: []string{"web_search_call", "reasoning", callF, "completed"}},
	"another tool of the provider's": {
		Knobs:  searching,
		Frames: changed(whole("end_turn", looksUp("srvtoolu_1", "q"), finds("srvtoolu_1"), says("a")), "web_search", "code_execution"),
		Want:   []string{"reasoning", "message a", "completed"},
	},
	"a search that pauses for ever": {Knobs: searching, Frames: whole("pause_turn", says("a"), looksUp("srvtoolu_1", "q")), Want: []string{"message a", "web_search_call", "incomplete max_output_tokens"}},
	"a search that is cut off":      {Knobs: searching, Frames: whole("max_tokens", says("a"), looksUp("srvtoolu_1", "q")), Want: []string{"message a", "web_search_call", "incomplete max_output_tokens"}},
}

// endings are replies that end otherwise.
var endings = map[string]wiretest.Reply{
	"F60 the limit":                        {Frames: whole("max_tokens", says("a")), Want: []string{"message incomplete a", "incomplete max_output_tokens"}, Usage: usual},
	"the end of the window":                {Frames: whole("model_context_window_exceeded", says("a")), Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"a reason of another wire":             {Frames: whole("length", says("a")), Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F61 a refusal in the midst":           {Frames: whole("refusal", says("a")), Want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a refusal":                        {Frames: whole("refusal"), Want: []string{"failed withheld its answer: its content filter objects (stop reason refusal)"}},
	"F61 a refusal that says why":          {Frames: changed(whole("refusal"), `"stop_sequence":null}`, `"stop_sequence":null,"stop_details":{"type":"refusal","category":"cyber","explanation":"It is \"bad\"."}}`), Want: []string{`failed It is "bad". (stop reason refusal, category cyber)`}},
	"a host that breaks off":               {Frames: whole("insufficient_system_resource", says("a")), Want: []string{"open: message in_progress", "failed ended its reply with the stop reason insufficient_system_resource"}},
	"no reason but an end":                 {Frames: without(whole("end_turn", says("a")), "message_delta"), Want: []string{"message a", "completed"}},
	"a reason but no end":                  {Frames: without(whole("end_turn", says("a")), "message_stop"), Want: []string{"message a", "completed"}},
	"an end of another wire":               {Frames: append(without(without(whole("end_turn", says("a")), "message_stop"), "message_delta"), "[DONE]"), Want: []string{"message a", "completed"}},
	"F58 neither a reason nor an end":      {Frames: without(without(whole("end_turn", says("a")), "message_stop"), "message_delta"), Want: []string{"open: message in_progress", "failed broke off its reply"}},
	"an end without anything":              {Frames: []string{upstreamtest.MessagesStart(counted), upstreamtest.MessagesEnd}, Want: []string{"failed ended its reply without an answer"}},
	"a paused reply that says nothing new": {Frames: whole("pause_turn", says("a")), Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
}

// oddities are replies as hosts send them that only speak like Anthropic.
var oddities = map[string]wiretest.Reply{
	"no beginnings of blocks":        {Frames: without(whole("end_turn", thinks("t"), says("a")), "content_block_start"), Want: []string{"reasoning t", "message a", "completed"}},
	"no ends of blocks":              {Frames: without(whole("tool_use", says("x"), calls("toolu_1", "f", `{"a":1}`)), "content_block_stop"), Want: []string{"message x", callF, "completed"}},
	"no indexes":                     {Frames: changed(whole("tool_use", thinks("t"), says("x"), calls("toolu_1", "f", `{"a":1}`)), `"index":0,`, ``, `,"index":0`, ``, `"index":1,`, ``, `,"index":1`, ``, `"index":2,`, ``, `,"index":2`, ``), Want: []string{"reasoning t", "message x", callF, "completed"}},
	"one index for all":              {Frames: changed(whole("tool_use", thinks("t"), says("x"), calls("toolu_1", "f", `{"a":1}`)), `"index":1`, `"index":0`, `"index":2`, `"index":0`), Want: []string{"reasoning t", "message x", callF, "completed"}},
	"no beginning of the message":    {Frames: without(whole("end_turn", says("a")), "message_start"), Want: []string{"message a", "completed"}},
	"usage at the beginning alone":   {Frames: changed(whole("end_turn", says("a")), `"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}`, `"output_tokens":0,"input_tokens":0`), Want: []string{"message a", "completed"}, Usage: "15/4/2/1/0"},
	"usage at the end alone":         {Frames: changed(whole("end_turn", says("a")), `"input_tokens":9,"cache_creation_input_tokens":2,"cache_read_input_tokens":4,"output_tokens":1`, `"input_tokens":0`, `"output_tokens":5,`, `"input_tokens":7,"cache_read_input_tokens":3,"output_tokens":5,`), Want: []string{"message a", "completed"}, Usage: "10/3/0/5/3"},
	"usage that is null":             {Frames: changed(whole("end_turn", says("a")), `"usage":{"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}}`, `"usage":null`), Want: []string{"message a", "completed"}, Usage: "15/4/2/1/0"},
	"F74 what was cached is beside":  {Frames: changed(whole("end_turn", says("a")), `"input_tokens":9,"cache_creation_input_tokens":2,"cache_read_input_tokens":4`, `"input_tokens":136,"cache_creation_input_tokens":0,"cache_read_input_tokens":3200`), Want: []string{"message a", "completed"}, Usage: "3336/3200/0/5/3"},
	"comments as data":               {Frames: append([]string{": OK", "ping", `"x"`, "[]"}, whole("end_turn", says("a"))...), Want: []string{"message a", "completed"}},
	"white space around":             {Frames: changed(whole("end_turn", says("a")), `{"type":"content_block_start"`, `  { "type" : "content_block_start"`), Want: []string{"message a", "completed"}},
	"the type of an event behind":    {Frames: changed(whole("end_turn", says("a")), `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`, `{"index":0,"delta":{"text":"a"},"type":"content_block_delta"}`), Want: []string{"message a", "completed"}},
	"a status of success in between": {Frames: interspersed(whole("end_turn", says("a")), `{"type":"x","base_resp":{"status_code":0,"status_msg":"success"},"error":null}`), Want: []string{"message a", "completed"}},
}

// faults are replies that are errors.
var faults = map[string]wiretest.Reply{
	"F63 an error at once":               {Frames: []string{upstreamtest.MessagesError("overloaded_error", "Overloaded")}, Want: []string{"failed Overloaded"}},
	"F63 an error in the midst":          {Frames: append(whole("end_turn", says("a"))[:3], upstreamtest.MessagesError("api_error", "Internal server error")), Want: []string{"open: message in_progress", "failed Internal server error"}},
	"F63 an error without a type":        {Frames: []string{`{"error":{"message":"boom"}}`}, Want: []string{"failed boom"}},
	"F63 an error of MiniMax":            {Frames: []string{`{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`}, Want: []string{"failed insufficient balance"}},
	"F63 an error of GLM":                {Frames: []string{`{"code":401,"msg":"token expired","success":false}`}, Want: []string{"failed token expired"}},
	"F63 an error of MiniMax in a reply": {Frames: []string{strings.Replace(document(`[]`, `null`), `{`, `{"base_resp":{"status_code":1002,"status_msg":"rate limit"},`, 1)}, Want: []string{"failed rate limit"}},
	"what is not JSON":                   {Frames: []string{`{"type":`}, Want: []string{"failed sent an event that is not JSON"}},
}
