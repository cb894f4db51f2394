package responses_test

import (
	"slices"
	"strings"

	up "github.com/caddy-codex/responses/internal/upstreamtest"
)

// translated is a reply of a service whose events are translated.
type translated struct {
	knobs []string
	reply
}

func event(typ, members string) string { return `{"type":"` + typ + `",` + members + `}` }

func added(item string) string {
	return event("response.output_item.added", `"output_index":0,"item":`+item)
}

func doneItem(item string) string {
	return event("response.output_item.done", `"output_index":0,"item":`+item)
}

func textDelta(text string) string {
	return event("response.output_text.delta", `"delta":`+quote(text))
}

// finished is the terminal event of a service that says little.
func finished(output string) string {
	return event("response.completed", `"response":{"id":"r","object":"response","status":"completed","output":[`+output+`],"usage":{"input_tokens":9,"output_tokens":5,"total_tokens":14}}`)
}

const (
	textItem = `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]}`
	callItem = `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"a\":1}"}`
	calledF  = `function_call f call_1 {"a":1}`
	little   = "9/0/0/5/0"
)

// without leaves out the events of which a text is a part.
func without(part string, events []string) []string {
	return slices.DeleteFunc(slices.Clone(events), func(event string) bool { return strings.Contains(event, part) })
}

// dropping takes a member from all events.
func dropping(members []string, events []string) []string {
	events = slices.Clone(events)
	for i := range events {
		for _, member := range members {
			events[i] = strings.ReplaceAll(events[i], member, "")
		}
	}
	return events
}

// everyItem is a reply with one item of each kind.
var everyItem = up.ResponsesEvents(up.ResponsesThought("rs_1", "Let me"), hello, up.ResponsesCall("fc_1", "call_1", "f", `{"a"`, `:1}`), up.ResponsesCall("fc_2", "call_2", "ns__n", `{}`), patch)

var everyLine = []string{
	"reasoning Let me", "message Hello", calledF, "function_call ns n call_2 {}", "custom_tool_call c call_3 *** Begin\n\"quoted\"", "completed",
}

// translatedReplies are complete replies.
var translatedReplies = map[string]translated{
	"every kind of item":                {nil, reply{everyItem, everyLine, usual}},
	"without added events":              {nil, reply{without("output_item.added", everyItem), everyLine, usual}},
	"without done events":               {nil, reply{without("output_item.done", everyItem), everyLine, usual}},
	"without deltas":                    {nil, reply{without(".delta", everyItem), everyLine, usual}},
	"items in done events alone":        {nil, reply{without(".delta", without("_text.done", without("arguments.done", without("input.done", without("part", without("added", everyItem)))))), everyLine, usual}},
	"items in the end alone":            {nil, reply{[]string{everyItem[0], everyItem[len(everyItem)-1]}, everyLine, usual}},
	"a document":                        {nil, reply{[]string{up.ResponsesCompleted(up.ResponsesThought("rs_1", "t"), hello, callF)}, []string{"reasoning t", "message Hello", calledF, "completed"}, usual}},
	"without sequence numbers":          {nil, reply{dropping([]string{`"sequence_number":-1,`}, everyItem), everyLine, usual}},
	"without ids":                       {nil, reply{dropping([]string{`"id":"rs_1",`, `"id":"fc_1",`, `"id":"` + msg1 + `",`}, everyItem), everyLine, usual}},
	"without indexes":                   {nil, reply{dropping([]string{`"output_index":0,`, `"output_index":1,`, `"output_index":2,`, `"output_index":3,`, `"output_index":4,`}, everyItem), everyLine, usual}},
	"with one index for all":            {nil, reply{replaceAll(everyItem, `"output_index":[0-9]`, `"output_index":0`), everyLine, usual}},
	"with ids that change":              {nil, reply{changingIDs(everyItem), everyLine, usual}},
	"with a final mark":                 {nil, reply{append(slices.Clone(everyItem), "[DONE]"), everyLine, usual}},
	"a final mark for a terminal event": {nil, reply{append(slices.Clone(everyItem[:len(everyItem)-1]), "[DONE]"), everyLine, ""}},
	"events that nobody knows":          {nil, reply{slices.Insert(slices.Clone(everyItem), 3, `{"type":"response.new.thing","delta":"x"}`, `{"type":"keepalive"}`, "ping", `{}`), everyLine, usual}},
	"bytes that are not UTF-8":          {nil, reply{[]string{event("response.output_text.delta", "\"delta\":\"a\xffb\""), finished("")}, []string{"message a\ufffdb", "completed"}, little}},
	"an emoji in two deltas":            {nil, reply{[]string{event("response.output_text.delta", `"delta":"a\ud83d"`), event("response.output_text.delta", `"delta":"\ude00"`), finished("")}, []string{"message a😀", "completed"}, little}},
	"two messages":                      {nil, reply{[]string{added(textItem), textDelta("a"), doneItem(strings.Replace(textItem, "Hello", "a", 1)), added(textItem), textDelta("b"), doneItem(strings.Replace(textItem, "Hello", "b", 1)), finished("")}, []string{"message a", "message b", "completed"}, little}},
	"a refusal is text":                 {nil, reply{[]string{event("response.refusal.delta", `"delta":"No"`), event("response.refusal.done", `"refusal":"No"`), finished("")}, []string{"message No", "completed"}, little}},
	"a refusal as a whole":              {nil, reply{[]string{doneItem(`{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"No"}]}`), finished("")}, []string{"message No", "completed"}, little}},
	"another end":                       {nil, reply{[]string{textDelta("a"), strings.Replace(finished(""), "response.completed", "response.done", 1)}, []string{"message a", "completed"}, little}},
	"an item said twice":                {nil, reply{[]string{added(`{"id":"x",` + textItem[1:]), textDelta("Hello"), doneItem(`{"id":"x",` + textItem[1:]), doneItem(`{"id":"x",` + textItem[1:]), finished(textItem)}, []string{"message Hello", "completed"}, little}},

	"thoughts as a summary": {nil, reply{up.ResponsesEvents(up.ResponsesReasoning("rs_1", "Let me", ""), hello), []string{"reasoning Let me", "message Hello", "completed"}, usual}},
	"thoughts in two parts of a summary": {nil, reply{[]string{
		event("response.reasoning_summary_text.delta", `"summary_index":0,"delta":"a"`), event("response.reasoning_summary_text.done", `"summary_index":0,"text":"a"`),
		event("response.reasoning_summary_text.delta", `"summary_index":1,"delta":"b"`), event("response.reasoning_summary_text.done", `"summary_index":1,"text":"b"`), textDelta("c"), finished(""),
	}, []string{"reasoning a\n\nb", "message c", "completed"}, little}},
	"parts of a summary as a whole": {nil, reply{[]string{
		event("response.reasoning_summary_text.done", `"summary_index":0,"text":"a"`), event("response.reasoning_summary_text.done", `"summary_index":1,"text":"b"`), textDelta("c"), finished(""),
	}, []string{"reasoning a\n\nb", "message c", "completed"}, little}},
	"thoughts twice": {nil, reply{[]string{
		event("response.reasoning_text.delta", `"delta":"raw"`), event("response.reasoning_summary_text.delta", `"delta":"short"`), event("response.reasoning_text.done", `"text":"raw"`),
		doneItem(`{"type":"reasoning","summary":[{"type":"summary_text","text":"short"}],"content":[{"type":"reasoning_text","text":"raw"}]}`), textDelta("c"), finished(""),
	}, []string{"reasoning raw", "message c", "completed"}, little}},
	"thoughts by the names of vLLM": {nil, reply{[]string{
		added(`{"id":"rs_1","type":"reasoning","summary":[],"status":"in_progress"}`), event("response.reasoning_part.added", `"item_id":"rs_1","part":{"type":"reasoning_text","text":""}`),
		event("response.reasoning_text.delta", `"item_id":"rs_1","delta":"t"`), event("response.reasoning_text.done", `"item_id":"rs_1","text":"t"`),
		event("response.reasoning_part.done", `"item_id":"rs_1","part":{"type":"reasoning_text","text":"t"}`),
		doneItem(`{"id":"rs_1","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}],"status":"completed"}`), textDelta("c"), finished(""),
	}, []string{"reasoning t", "message c", "completed"}, little}},
	"thoughts by the names of Open Responses": {nil, reply{[]string{event("response.reasoning.delta", `"delta":"t"`), textDelta("c"), finished("")}, []string{"reasoning t", "message c", "completed"}, little}},
	"thoughts that nobody may read": {
		[]string{"reasoning_out", "encrypted_content"}, reply{[]string{doneItem(`{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"x"}`), textDelta("c"), finished("")}, []string{"reasoning", "message c", "completed"}, little},
	},
	"thoughts that nobody wants back": {nil, reply{[]string{doneItem(`{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"x"}`), textDelta("c"), finished("")}, []string{"message c", "completed"}, little}},

	"calls that take turns": {nil, reply{[]string{
		event("response.output_item.added", `"output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":""}`),
		event("response.output_item.added", `"output_index":1,"item":{"id":"fc_2","type":"function_call","call_id":"call_2","name":"g","arguments":""}`),
		event("response.function_call_arguments.delta", `"item_id":"fc_1","output_index":0,"delta":"{\"a\""`), event("response.function_call_arguments.delta", `"item_id":"fc_2","output_index":1,"delta":"{}"`),
		event("response.function_call_arguments.delta", `"item_id":"fc_1","output_index":0,"delta":":1}"`), finished(""),
	}, []string{calledF, "function_call g call_2 {}", "completed"}, little}},
	"F52 a name that comes late": {nil, reply{[]string{
		event("response.output_item.added", `"output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"call_1","arguments":""}`),
		event("response.function_call_arguments.delta", `"item_id":"fc_1","output_index":0,"delta":"{\"a\":1}"`), event("response.output_item.done", `"output_index":0,"item":{"id":"fc_1",`+callItem[1:]), finished(""),
	}, []string{calledF, "completed"}, little}},
	"a name that never comes":                {nil, reply{[]string{added(`{"type":"function_call","call_id":"call_1"}`), finished("")}, []string{"failed made a tool call without a name"}, ""}},
	"arguments as an object":                 {nil, reply{[]string{doneItem(`{"type":"function_call","call_id":"call_1","name":"f","arguments":{"a":1}}`), finished("")}, []string{calledF, "completed"}, little}},
	"arguments that are missing":             {nil, reply{[]string{doneItem(`{"type":"function_call","call_id":"call_1","name":"f"}`), finished("")}, []string{"function_call f call_1 {}", "completed"}, little}},
	"arguments already when added":           {nil, reply{[]string{added(callItem), finished(callItem)}, []string{calledF, "completed"}, little}},
	"a call of a tool that is not there":     {nil, reply{[]string{doneItem(strings.Replace(callItem, `"f"`, `"x"`, 1)), finished("")}, []string{`function_call x call_1 {"a":1}`, "completed"}, little}},
	"F08 a custom tool called as a function": {nil, reply{[]string{doneItem(`{"type":"function_call","call_id":"call_1","name":"c","arguments":"{\"input\":\"a\\nb\"}"}`), finished("")}, []string{"custom_tool_call c call_1 a\nb", "completed"}, little}},
	"a custom tool's input as a whole":       {nil, reply{[]string{doneItem(`{"type":"custom_tool_call","call_id":"call_1","name":"c","input":"a\n\"b\""}`), finished("")}, []string{"custom_tool_call c call_1 a\n\"b\"", "completed"}, little}},
	"a custom tool's input, closed by its own event": {nil, reply{[]string{
		added(`{"id":"x","type":"custom_tool_call","call_id":"call_1","name":"c","input":""}`), event("response.custom_tool_call_input.delta", `"item_id":"x","delta":"a"`), event("response.custom_tool_call_input.done", `"item_id":"x","input":"a"`), finished(""),
	}, []string{"custom_tool_call c call_1 a", "completed"}, little}},
	"a custom tool's empty input":        {nil, reply{[]string{doneItem(`{"type":"custom_tool_call","call_id":"call_1","name":"c","input":""}`), finished("")}, []string{"custom_tool_call c call_1 ", "completed"}, little}},
	"a function called as a custom tool": {nil, reply{[]string{doneItem(`{"type":"custom_tool_call","call_id":"call_1","name":"f","input":"{\"a\":1}"}`), finished("")}, []string{calledF, "completed"}, little}},
	"tools that the provider runs itself": {nil, reply{[]string{
		added(`{"id":"x","type":"custom_tool_call","call_id":"xs_1","name":"x_keyword_search","input":""}`), event("response.custom_tool_call_input.delta", `"item_id":"x","delta":"q"`), event("response.custom_tool_call_input.done", `"item_id":"x","input":"q"`),
		doneItem(`{"id":"x","type":"custom_tool_call","call_id":"xs_1","name":"x_keyword_search","input":"q"}`), event("response.output_item.added", `"output_index":1,"item":{"type":"code_interpreter_call","id":"ci_1"}`), textDelta("a"), finished(""),
	}, []string{"message a", "completed"}, little}},
	"text between calls": {nil, reply{[]string{doneItem(callItem), textDelta("a"), doneItem(strings.ReplaceAll(callItem, "call_1", "call_2")), finished("")}, []string{calledF, "message a", `function_call f call_2 {"a":1}`, "completed"}, little}},

	"F02 no terminal event":          {nil, reply{everyItem[:len(everyItem)-1], append(slices.Clone(everyLine[:3]), `function_call ns n call_2 {}`, "open: custom_tool_call in_progress c call_3 ", "failed broke off its reply"), ""}},
	"F02 nothing":                    {nil, reply{nil, []string{"failed ended its reply before it began"}, ""}},
	"a mark alone":                   {nil, reply{[]string{"[DONE]"}, []string{"failed ended its reply without an answer"}, ""}},
	"no answer to a question":        {nil, reply{[]string{finished("")}, []string{"failed ended its reply without an answer"}, ""}},
	"no JSON":                        {nil, reply{[]string{textDelta("a"), `{"type":"response.output_text.delta","delta":"b"`}, []string{"open: message in_progress", "failed sent an event that is not JSON"}, ""}},
	"F64 an error at once":           {nil, reply{[]string{event("error", `"code":"server_error","message":"boom"`)}, []string{"failed boom"}, ""}},
	"F64 an error in the midst":      {nil, reply{[]string{textDelta("a"), event("error", `"error":{"code":"server_error","message":"boom"}`)}, []string{"open: message in_progress", "failed boom"}, ""}},
	"F64 a failure":                  {nil, reply{[]string{event("response.failed", `"response":{"status":"failed","error":{"code":"server_error","message":"boom"},"usage":{"input_tokens":9,"output_tokens":5}}`)}, []string{"failed boom"}, little}},
	"F64 a failure that is an end":   {nil, reply{[]string{event("response.completed", `"response":{"status":"failed","error":{"message":"boom"}}`)}, []string{"failed boom"}, ""}},
	"F64 an error without a type":    {nil, reply{[]string{`{"error":{"message":"boom","code":502}}`}, []string{"failed boom"}, ""}},
	"F64 GLM's refusal of a key":     {nil, reply{[]string{`{"code":401,"msg":"token expired","success":false}`}, []string{"failed token expired"}, ""}},
	"a document that failed":         {nil, reply{[]string{`{"object":"response","status":"failed","error":{"message":"boom"},"output":[]}`}, []string{"failed boom"}, ""}},
	"a document that still runs":     {nil, reply{[]string{`{"object":"response","status":"in_progress","output":[]}`}, []string{"failed ended its reply with the status in_progress"}, ""}},
	"cut by length":                  {nil, reply{[]string{textDelta("a"), event("response.incomplete", `"response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}`)}, []string{"message incomplete a", "incomplete max_output_tokens"}, ""}},
	"F60 cut by length in a call":    {nil, reply{[]string{added(strings.Replace(callItem, `{\"a\":1}`, "", 1)), event("response.function_call_arguments.delta", `"delta":"{\"a"`), event("response.incomplete", `"response":{"incomplete_details":{"reason":"max_tokens"}}`)}, []string{"open: function_call in_progress f call_1 ", "incomplete max_output_tokens"}, ""}},
	"F60 cut by length, as an end":   {nil, reply{[]string{textDelta("a"), event("response.completed", `"response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}`)}, []string{"message incomplete a", "incomplete max_output_tokens"}, ""}},
	"F58 a custom tool's half input": {nil, reply{[]string{added(`{"id":"x","type":"custom_tool_call","call_id":"call_1","name":"c","input":""}`), event("response.custom_tool_call_input.delta", `"item_id":"x","delta":"*** Begin"`), finished("")}, []string{"open: custom_tool_call in_progress c call_1 ", "failed broke off the input of a tool call"}, ""}},
	"filtered":                       {nil, reply{[]string{textDelta("a"), event("response.incomplete", `"response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}`)}, []string{"message incomplete a", "incomplete content_filter"}, ""}},
	"filtered at once":               {nil, reply{[]string{event("response.incomplete", `"response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}`)}, []string{"failed withheld its answer: its content filter objects"}, ""}},
	"a search and what it found": {nil, reply{[]string{
		added(`{"id":"ws_1","type":"web_search_call","status":"in_progress"}`), event("response.web_search_call.searching", `"item_id":"ws_1"`),
		doneItem(`{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q","sources":[{"type":"url","url":"https://a"}]}}`),
		textDelta("cited"), event("response.output_text.annotation.added", `"annotation":{"type":"url_citation","url":"https://a","title":"A","start_index":0,"end_index":5}`), finished(""),
	}, []string{"web_search_call", "message cited", "completed"}, little}},
}
