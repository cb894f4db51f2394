package translate

import (
	"strconv"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// outputItem is one item of the output while it is being made.
type outputItem struct {
	kind  itemKind
	id    string
	index int // output index, once opened

	text   []byte // escaped: all of it so far; of a call its arguments as the upstream sends them
	held   []byte // escaped: a high surrogate that waits for its partner
	opened bool   // its added event was written
	closed bool   // nothing more will come

	prefix []byte // delta events up to the fragment

	summary bool // of reasoning: shown as a summary rather than as raw text

	annotations citations    // of a message
	likely      likelihood   // of a message
	action      SearchAction // of a web search
	sealed      []byte       // of a compaction: its envelope

	callID  string // of a call
	tool    Tool   // of a call
	nesting nesting
	input   inputReader
}

// itemKind is the form of an item.
type itemKind int

const (
	messageItem itemKind = iota
	reasoningItem
	webSearchItem
	compactionItem
	functionItem
	customItem
	searchItem
)

func (it *outputItem) isCall() bool { return it.kind >= functionItem }

// whole reports whether an item can be closed: text can at any time, a call when its arguments are one JSON value.
func (it *outputItem) whole() bool {
	if !it.isCall() {
		return true
	}
	return len(it.text) > 0 && !it.nesting.open() && jsonscan.Valid(jsonscan.Unescape(nil, it.text))
}

// brokenInput reports whether the item is a custom tool's call whose input has begun and not ended. An item that waits has not read its
// input yet.
func (it *outputItem) brokenInput() bool {
	if it.kind != customItem {
		return false
	}
	input := it.input
	if !it.opened {
		input.read(it.text)
	}
	return input.state == insideInput
}

// partForm is how the events of an item's only part are called and what they say besides the text.
type partForm struct {
	text  string // stem of the events with text
	part  string // stem of the events with the part
	index string // which part of the item
	typ   string // type of the part
}

var (
	outputText = partForm{
		text: "response.output_text", part: "response.content_part", index: `,"content_index":0`, typ: "output_text",
	}
	summaryText = partForm{
		text: "response.reasoning_summary_text", part: "response.reasoning_summary_part", index: `,"summary_index":0`, typ: "summary_text",
	}
	reasoningText = partForm{
		text: "response.reasoning_text", part: "response.content_part", index: `,"content_index":0`, typ: "reasoning_text",
	}
)

func (it *outputItem) form() *partForm {
	switch {
	case it.kind == messageItem:
		return &outputText
	case it.summary:
		return &summaryText
	default:
		return &reasoningText
	}
}

// appendPlace appends which item and where in it an event is about.
func (it *outputItem) appendPlace(dst []byte, place string) []byte {
	dst = append(dst, `,"item_id":"`...)
	dst = append(dst, it.id...)
	dst = append(dst, `","output_index":`...)
	dst = strconv.AppendInt(dst, int64(it.index), 10)
	return append(dst, place...)
}

// itemEvent writes the added or done event of an item.
func (it *outputItem) itemEvent(s *Stream, typ string, body []byte) {
	dst := append(s.beginEvent(typ), `,"output_index":`...)
	dst = strconv.AppendInt(dst, int64(it.index), 10)
	dst = append(dst, `,"item":`...)
	dst = append(dst, body...)
	s.send(typ, dst)
}

// open writes the added event, and that of the part where the item has one from the start.
func (it *outputItem) open(s *Stream) {
	it.itemEvent(s, "response.output_item.added", it.body(s, "in_progress", nil))
	switch it.kind {
	case messageItem:
		it.openPart(s)
	case functionItem:
		it.prepareDelta("response.function_call_arguments.delta", "")
	case customItem:
		it.prepareDelta("response.custom_tool_call_input.delta", "")
	case webSearchItem:
		it.searchEvent(s, "response.web_search_call.in_progress")
		it.searchEvent(s, "response.web_search_call.searching")
	case reasoningItem, searchItem, compactionItem:
	}
}

// openPart writes the added event of the item's only part.
func (it *outputItem) openPart(s *Stream) {
	form := it.form()
	typ := form.part + ".added"
	dst := it.appendPlace(s.beginEvent(typ), form.index)
	dst = append(dst, `,"part":`...)
	dst = it.appendPart(dst, nil)
	s.send(typ, dst)
	it.prepareDelta(form.text+".delta", form.index)
}

// prepareDelta writes the part of delta events that is the same in all of them.
func (it *outputItem) prepareDelta(typ, place string) {
	it.prefix = append(it.prefix, `{"type":"`...)
	it.prefix = append(it.prefix, typ...)
	it.prefix = append(it.prefix, '"')
	it.prefix = it.appendPlace(it.prefix, place)
	it.prefix = append(it.prefix, `,"delta":"`...)
}

// delta writes a fragment of an open item.
func (it *outputItem) delta(s *Stream, raw []byte) {
	switch it.kind {
	case messageItem:
		s.delta(it, "response.output_text.delta", raw, it.likely.next())
	case reasoningItem:
		if it.prefix == nil {
			it.openPart(s)
		}
		if it.summary {
			s.delta(it, "response.reasoning_summary_text.delta", raw, `"`)
		} else {
			s.delta(it, "response.reasoning_text.delta", raw, `"`)
		}
	case functionItem:
		s.delta(it, "response.function_call_arguments.delta", raw, `"`)
	case customItem:
		if fragment := it.input.read(raw); len(fragment) > 0 {
			s.delta(it, "response.custom_tool_call_input.delta", fragment, `"`)
		}
	case searchItem, webSearchItem, compactionItem: // have no deltas
	}
}

func (s *Stream) delta(it *outputItem, typ string, raw []byte, tail string) {
	dst := append(s.event[:0], it.prefix...)
	dst = append(dst, raw...)
	dst = append(dst, tail...)
	s.send(typ, dst)
}

// done writes the events that close the item, and returns it as it is in the output.
func (it *outputItem) done(s *Stream, status string) []byte {
	var body []byte
	switch it.kind {
	case messageItem, reasoningItem:
		if it.prefix != nil {
			it.closePart(s)
		}
		body = it.body(s, status, it.text)
	case functionItem:
		args := it.functionArguments(s)
		it.callDone(s, "response.function_call_arguments.done", `,"arguments":"`, args)
		body = it.body(s, status, args)
	case customItem:
		rest, input := it.input.finish(it.text)
		if len(rest) > 0 {
			s.delta(it, "response.custom_tool_call_input.delta", rest, `"`)
		}
		it.callDone(s, "response.custom_tool_call_input.done", `,"input":"`, input)
		body = it.body(s, status, input)
	case webSearchItem:
		it.searchEvent(s, "response.web_search_call.completed")
		body = it.body(s, status, nil)
	case searchItem, compactionItem:
		body = it.body(s, status, it.text)
	}
	it.itemEvent(s, "response.output_item.done", body)
	return body
}

func (it *outputItem) closePart(s *Stream) {
	form := it.form()
	typ := form.text + ".done"
	dst := it.appendPlace(s.beginEvent(typ), form.index)
	dst = append(dst, `,"text":"`...)
	dst = append(dst, it.text...)
	dst = append(dst, '"')
	if it.kind == messageItem {
		dst = it.likely.append(dst)
	}
	s.send(typ, dst)

	typ = form.part + ".done"
	dst = it.appendPlace(s.beginEvent(typ), form.index)
	dst = append(dst, `,"part":`...)
	s.send(typ, it.appendPart(dst, it.text))
}

// appendPart appends the item's only part: before its text, or with all of it.
func (it *outputItem) appendPart(dst, text []byte) []byte {
	form := it.form()
	dst = append(dst, `{"type":"`...)
	dst = append(dst, form.typ...)
	dst = append(dst, `","text":"`...)
	dst = append(dst, text...)
	dst = append(dst, '"')
	switch {
	case it.kind != messageItem:
	case text == nil:
		dst = append(dst, `,"annotations":[],"logprobs":[]`...)
	default:
		dst = append(dst, `,"annotations":[`...)
		dst = it.annotations.append(dst)
		dst = it.likely.append(append(dst, ']'))
	}
	return append(dst, '}')
}

// body is the item as added (text nil) or done.
func (it *outputItem) body(s *Stream, status string, text []byte) []byte {
	dst := make([]byte, 0, len(text)+256)
	dst = append(dst, `{"id":"`...)
	dst = append(dst, it.id...)
	dst = append(dst, `","type":"`...)
	switch it.kind {
	case messageItem:
		dst = append(dst, `message","status":"`...)
		dst = append(dst, status...)
		dst = append(dst, `","role":"assistant","content":[`...)
		if text != nil {
			dst = it.appendPart(dst, text)
		}
		return append(dst, "]}"...)
	case reasoningItem:
		return it.appendReasoningBody(s, dst, text, status != "in_progress")
	case webSearchItem:
		return it.appendSearchBody(dst, status)
	case compactionItem:
		return it.appendCompactionBody(s, dst)
	default:
		return it.appendCallBody(dst, status, text)
	}
}

func (it *outputItem) appendReasoningBody(s *Stream, dst, text []byte, done bool) []byte {
	dst = append(dst, `reasoning","summary":[`...)
	if len(text) > 0 && it.summary {
		dst = it.appendPart(dst, text)
	}
	dst = append(dst, ']')
	if len(text) > 0 && !it.summary {
		dst = append(dst, `,"content":[`...)
		dst = it.appendPart(dst, text)
		dst = append(dst, ']')
	}
	if done && s.req.Encrypted && s.State != nil {
		if state := s.State(text); state != nil {
			state.Provider, state.Model = s.target.Provider, s.target.Model
			dst = append(dst, `,"encrypted_content":"`...)
			dst = s.ring.Seal(dst, state)
			dst = append(dst, '"')
		}
	}
	return append(dst, '}')
}
