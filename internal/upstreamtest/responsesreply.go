package upstreamtest

import (
	"fmt"
	"strings"
)

// ResponsesItem is an item of a reply: its events, and the item itself when it is done.
type ResponsesItem struct {
	added, done string   // members of the item when it is added and done, without the braces
	events      []string // between the two: a type, a line feed, and the members besides item_id and output_index
}

// ResponsesMessage is an answer, with its text in pieces. An empty id is left out.
func ResponsesMessage(id string, pieces ...string) ResponsesItem {
	text := marshal(strings.Join(pieces, ""))
	part := func(text string) string {
		return `{"type":"output_text","text":` + text + `,"annotations":[],"logprobs":[]}`
	}
	item := ResponsesItem{
		added:  identified(id, `"type":"message","status":"in_progress","role":"assistant","content":[]`),
		done:   identified(id, `"type":"message","status":"completed","role":"assistant","content":[`+part(text)+`]`),
		events: []string{"response.content_part.added\n" + `"content_index":0,"part":` + part(`""`)},
	}
	for _, piece := range pieces {
		item.events = append(item.events, "response.output_text.delta\n"+`"content_index":0,"delta":`+marshal(piece)+`,"logprobs":[],"obfuscation":"x7"`)
	}
	item.events = append(
		item.events, "response.output_text.done\n"+`"content_index":0,"text":`+text+`,"logprobs":[]`,
		"response.content_part.done\n"+`"content_index":0,"part":`+part(text),
	)
	return item
}

// ResponsesReasoning is reasoning with a summary and something sealed. Either may be empty.
func ResponsesReasoning(id, summary, sealed string) ResponsesItem {
	if sealed != "" {
		sealed = `,"encrypted_content":` + marshal(sealed)
	}
	if summary == "" {
		return ResponsesItem{added: identified(id, `"type":"reasoning","summary":[]`+sealed), done: identified(id, `"type":"reasoning","summary":[]`+sealed)}
	}
	text := marshal(summary)
	part := func(text string) string { return `{"type":"summary_text","text":` + text + `}` }
	return ResponsesItem{
		added: identified(id, `"type":"reasoning","summary":[]`+sealed),
		done:  identified(id, `"type":"reasoning","summary":[`+part(text)+`]`+sealed),
		events: []string{
			"response.reasoning_summary_part.added\n" + `"summary_index":0,"part":` + part(`""`),
			"response.reasoning_summary_text.delta\n" + `"summary_index":0,"delta":` + text + `,"obfuscation":"x7"`,
			"response.reasoning_summary_text.done\n" + `"summary_index":0,"text":` + text,
			"response.reasoning_summary_part.done\n" + `"summary_index":0,"part":` + part(text),
		},
	}
}

// ResponsesThought is reasoning in the open, as DeepSeek sends it.
func ResponsesThought(id, text string) ResponsesItem {
	quoted := marshal(text)
	return ResponsesItem{
		added:  identified(id, `"type":"reasoning","summary":[]`),
		done:   identified(id, `"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":`+quoted+`}]`),
		events: []string{"response.reasoning_text.delta\n" + `"content_index":0,"delta":` + quoted, "response.reasoning_text.done\n" + `"content_index":0,"text":` + quoted},
	}
}

// ResponsesCall is a function call, with its arguments in pieces.
func ResponsesCall(id, callID, name string, pieces ...string) ResponsesItem {
	return callItem("function_call", "arguments", "response.function_call_arguments", id, callID, name, pieces)
}

// ResponsesCustomCall is a call of a custom tool, with its input in pieces.
func ResponsesCustomCall(id, callID, name string, pieces ...string) ResponsesItem {
	return callItem("custom_tool_call", "input", "response.custom_tool_call_input", id, callID, name, pieces)
}

func callItem(typ, text, stem, id, callID, name string, pieces []string) ResponsesItem {
	all := marshal(strings.Join(pieces, ""))
	members := func(status, value string) string {
		return identified(id, fmt.Sprintf(`"type":%q,"status":%q,"call_id":%s,"name":%s,%q:%s`, typ, status, marshal(callID), marshal(name), text, value))
	}
	item := ResponsesItem{added: members("in_progress", `""`), done: members("completed", all)}
	for _, piece := range pieces {
		item.events = append(item.events, stem+".delta\n"+`"delta":`+marshal(piece))
	}
	end := fmt.Sprintf(`%q:%s`, text, all)
	if typ == "function_call" {
		end += `,"name":` + marshal(name)
	}
	item.events = append(item.events, stem+".done\n"+end)
	return item
}

// ResponsesRawItem is an item of any kind, by its members when it is added and done.
func ResponsesRawItem(added, done string) ResponsesItem {
	return ResponsesItem{added: added, done: done}
}

func identified(id, members string) string {
	if id == "" {
		return members
	}
	return `"id":` + marshal(id) + "," + members
}

// ResponsesUsage is what replies say that they took.
const ResponsesUsage = `{"input_tokens":9,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":0},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}`

// ResponsesObject is a response object of OpenAI. An empty usage is null; details are further members.
func ResponsesObject(status, output, usage, details string) string {
	if usage == "" {
		usage = "null"
	}
	return `{"id":"resp_00000000000000000000000000000001","object":"response","created_at":1700000001,"status":"` + status +
		`","background":false` + details + `,"instructions":"Be kind.","max_output_tokens":null,"model":"upstream-model-2026-01-01","output":[` +
		output + `],"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{"effort":"medium","summary":null},` +
		`"safety_identifier":null,"service_tier":"default","store":false,"temperature":1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},` +
		`"tool_choice":"auto","tools":[{"type":"function","name":"f","description":null,"parameters":null,"strict":true}],"top_logprobs":0,` +
		`"top_p":1.0,"truncation":"disabled","usage":` + usage + `,"user":null,"metadata":{"sequence_number":"of the client"}}`
}

const noDetails = `,"error":null,"incomplete_details":null`

// ResponsesCompleted is the response object at the end of a reply of these items.
func ResponsesCompleted(items ...ResponsesItem) string {
	return ResponsesObject("completed", outputOf(items), ResponsesUsage, noDetails+`,"completed_at":1700000002`)
}

func outputOf(items []ResponsesItem) string {
	output := make([]string, len(items))
	for i, item := range items {
		output[i] = "{" + item.done + "}"
	}
	return strings.Join(output, ",")
}

// ResponsesEvents are the events of a whole reply, as JSON: of the response, of its items, and the terminal one.
func ResponsesEvents(items ...ResponsesItem) []string {
	return append(ResponsesBegun(items...), ResponsesEvent(-1, "response.completed", `"response":`+ResponsesCompleted(items...)))
}

// ResponsesBegun are the events of a reply up to the terminal one.
func ResponsesBegun(items ...ResponsesItem) []string {
	running := `"response":` + ResponsesObject("in_progress", "", "", noDetails)
	events := []string{ResponsesEvent(-1, "response.created", running), ResponsesEvent(-1, "response.in_progress", running)}
	for i, item := range items {
		events = append(events, ResponsesEvent(-1, "response.output_item.added", fmt.Sprintf(`"output_index":%d,"item":{%s}`, i, item.added)))
		for _, event := range item.events {
			typ, members, _ := strings.Cut(event, "\n")
			events = append(events, ResponsesEvent(-1, typ, fmt.Sprintf(`"item_id":%s,"output_index":%d,%s`, marshal(idOf(item.done)), i, members)))
		}
		events = append(events, ResponsesEvent(-1, "response.output_item.done", fmt.Sprintf(`"output_index":%d,"item":{%s}`, i, item.done)))
	}
	return events
}

func idOf(members string) string {
	id, ok := strings.CutPrefix(members, `"id":"`)
	if !ok {
		return ""
	}
	id, _, _ = strings.Cut(id, `"`)
	return id
}

// ResponsesEvent is one event with members besides its type. A negative number is to be made the right one by ResponsesNumbered.
func ResponsesEvent(number int, typ, members string) string {
	return fmt.Sprintf(`{"type":%q,"sequence_number":%d,%s}`, typ, number, members)
}

// ResponsesNumbered gives events their sequence numbers.
func ResponsesNumbered(events ...string) []string {
	numbered := make([]string, len(events))
	for i, event := range events {
		numbered[i] = strings.Replace(event, `"sequence_number":-1`, fmt.Sprintf(`"sequence_number":%d`, i), 1)
	}
	return numbered
}

// ResponsesFrames are events as they go over the wire.
func ResponsesFrames(events ...string) []string {
	frames := ResponsesNumbered(events...)
	for i, event := range frames {
		typ, _, _ := strings.Cut(strings.TrimPrefix(event, `{"type":"`), `"`)
		frames[i] = "event: " + typ + "\ndata: " + event + "\n\n"
	}
	return frames
}

// ResponsesStream replies with the event stream of a whole reply.
func ResponsesStream(items ...ResponsesItem) Reply {
	return Raw(ResponsesFrames(ResponsesEvents(items...)...)...)
}
