package upstreamtest

import (
	"net/http"
	"strconv"
	"strings"
)

// The events of a Messages stream, as Anthropic and those who speak like it send them.

// MessagesBlock makes the events of one block of content, which knows its place.
type MessagesBlock func(index int) []string

// MessagesUsage counts the tokens of a Messages reply: what was neither read from the cache nor written into it, and these two.
type MessagesUsage struct{ Input, CacheRead, CacheWrite, Output, Thinking int }

// usual is the usage of replies that name none.
var usual = MessagesUsage{Input: 9, CacheRead: 4, CacheWrite: 2, Output: 5}

// Messages replies with a whole stream: the blocks in their order, and why the model stopped.
func Messages(stop string, blocks ...MessagesBlock) Reply {
	return MessagesStream(MessagesEvents(stop, usual, blocks...)...)
}

// MessagesEvents are the events of a whole stream.
func MessagesEvents(stop string, usage MessagesUsage, blocks ...MessagesBlock) []string {
	events := []string{MessagesStart(usage)}
	for i, block := range blocks {
		events = append(events, block(i)...)
	}
	return append(events, MessagesStop(stop, usage), MessagesEnd)
}

// MessagesStream replies with an event stream of exactly these events.
func MessagesStream(events ...string) Reply {
	frames := make([]string, len(events))
	for i, event := range events {
		frames[i] = MessagesFrame(event)
	}
	return Raw(frames...)
}

// MessagesFrame is an event as it goes over the wire, with its name.
func MessagesFrame(event string) string {
	_, rest, _ := strings.Cut(event, `"type":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return "event: " + name + "\ndata: " + event + "\n\n"
}

// MessagesStart is the event that begins a reply.
func MessagesStart(usage MessagesUsage) string {
	return `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"mock-model","content":[],` +
		`"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":` + strconv.Itoa(usage.Input) +
		`,"cache_creation_input_tokens":` + strconv.Itoa(usage.CacheWrite) + `,"cache_read_input_tokens":` + strconv.Itoa(usage.CacheRead) +
		`,"output_tokens":1,"service_tier":"standard"}}}`
}

// MessagesStop is the event that says why the model stopped, with the output counted so far.
func MessagesStop(reason string, usage MessagesUsage) string {
	return `{"type":"message_delta","delta":{"stop_reason":` + quoted(reason) + `,"stop_sequence":null},"usage":{"output_tokens":` +
		strconv.Itoa(usage.Output) + `,"output_tokens_details":{"thinking_tokens":` + strconv.Itoa(usage.Thinking) + `}}}`
}

// MessagesEnd is the last event, MessagesPing one that says nothing.
const (
	MessagesEnd  = `{"type":"message_stop"}`
	MessagesPing = `{"type":"ping"}`
)

// MessagesText is a block of text in pieces.
func MessagesText(pieces ...string) MessagesBlock {
	deltas := make([]string, len(pieces))
	for i, piece := range pieces {
		deltas[i] = `{"type":"text_delta","text":` + quoted(piece) + `}`
	}
	return messagesBlock(`{"type":"text","text":""}`, deltas...)
}

// MessagesCited is a block of text with a page that it comes from.
func MessagesCited(text, url, title string) MessagesBlock {
	return messagesBlock(`{"type":"text","text":"","citations":[]}`,
		`{"type":"citations_delta","citation":{"type":"web_search_result_location","url":`+quoted(url)+`,"title":`+quoted(title)+
			`,"encrypted_index":"index","cited_text":"cited"}}`,
		`{"type":"text_delta","text":`+quoted(text)+`}`)
}

// MessagesThinking is a block of thinking, which may be empty, with its signature, in pieces.
func MessagesThinking(text string, signature ...string) MessagesBlock {
	var deltas []string
	if text != "" {
		deltas = append(deltas, `{"type":"thinking_delta","thinking":`+quoted(text)+`}`)
	}
	for _, piece := range signature {
		deltas = append(deltas, `{"type":"signature_delta","signature":`+quoted(piece)+`}`)
	}
	return messagesBlock(`{"type":"thinking","thinking":"","signature":""}`, deltas...)
}

// MessagesRedacted is thinking that may not be seen.
func MessagesRedacted(data string) MessagesBlock {
	return messagesBlock(`{"type":"redacted_thinking","data":` + quoted(data) + `}`)
}

// MessagesCall is a call with its input in pieces. Without any, its input is an empty object.
func MessagesCall(id, name string, input ...string) MessagesBlock {
	return messagesBlock(`{"type":"tool_use","id":`+quoted(id)+`,"name":`+quoted(name)+`,"input":{}}`, messagesInput(input)...)
}

// MessagesSearch is a web search that the provider begins.
func MessagesSearch(id, query string) MessagesBlock {
	return messagesBlock(`{"type":"server_tool_use","id":`+quoted(id)+`,"name":"web_search","input":{}}`,
		messagesInput([]string{`{"query":`, quoted(query) + `}`})...)
}

// MessagesFound is what a web search has found.
func MessagesFound(id string, urls ...string) MessagesBlock {
	results := make([]string, len(urls))
	for i, url := range urls {
		results[i] = `{"type":"web_search_result","url":` + quoted(url) + `,"title":"T","encrypted_content":"sealed","page_age":null}`
	}
	return messagesBlock(`{"type":"web_search_tool_result","tool_use_id":` + quoted(id) + `,"content":[` + strings.Join(results, ",") + `]}`)
}

func messagesInput(pieces []string) []string {
	deltas := []string{`{"type":"input_json_delta","partial_json":""}`}
	for _, piece := range pieces {
		deltas = append(deltas, `{"type":"input_json_delta","partial_json":`+quoted(piece)+`}`)
	}
	return deltas
}

func messagesBlock(start string, deltas ...string) MessagesBlock {
	return func(index int) []string {
		place := `"index":` + strconv.Itoa(index)
		events := []string{`{"type":"content_block_start",` + place + `,"content_block":` + start + `}`}
		for _, delta := range deltas {
			events = append(events, `{"type":"content_block_delta",`+place+`,"delta":`+delta+`}`)
		}
		return append(events, `{"type":"content_block_stop",`+place+`}`)
	}
}

// MessagesError is an error in the shape of Anthropic, as a body or as an event in the midst of a stream.
func MessagesError(kind, message string) string {
	return `{"type":"error","error":{"type":` + quoted(kind) + `,"message":` + quoted(message) + `},"request_id":"req_1"}`
}

// MessagesRefused replies with an error in the shape of Anthropic.
func MessagesRefused(status int, kind, message string) Reply {
	return JSON(status, MessagesError(kind, message))
}

func quoted(text string) string { return marshal(text) }

// StrictMessages makes the upstream refuse what Anthropic refuses, with status 400 and an error body that says why.
func (u *Upstream) StrictMessages(options ...MessagesOption) *Upstream {
	r := newMessagesRules(options)
	return u.StrictBy(func(request Request) (string, Reply) {
		if !strings.HasSuffix(request.Path, "/messages") && !strings.HasSuffix(request.Path, ":streamRawPredict") {
			return "", Reply{}
		}
		why := r.headerRefusal(request.Header, request.Body)
		if why == "" {
			why = r.refusal(request.Body)
		}
		return why, MessagesRefused(http.StatusBadRequest, "invalid_request_error", why)
	})
}
