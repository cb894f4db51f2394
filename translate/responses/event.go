package responses

import (
	"bytes"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// event is one event of a reply that is translated. Its slices are pieces of the event.
type event struct {
	typ        string
	id         []byte // escaped: item_id
	index      int64  // output_index, negative where absent
	part       int64  // summary_index or content_index
	delta      []byte // escaped
	whole      []byte // escaped: text, refusal, arguments or input of an event that ends one of them
	name       string
	logprobs   []byte // raw: how likely the tokens of the text were
	item       []byte // raw
	annotation []byte // raw
	response   []byte // raw
}

func readEvent(data []byte) (event, bool) {
	e := event{index: -1}
	c := jsonscan.New(data)
	for key := range c.Members() {
		switch key {
		case "type":
			if typ, ok := known[string(c.RawString())]; ok {
				e.typ = typ
			} else {
				e.typ = typeOf(data)
			}
		case "item_id":
			e.id = c.RawString()
		case "output_index":
			if index, ok := c.Int(); ok {
				e.index = index
			}
		case "summary_index", "content_index":
			e.part, _ = c.Int()
		case "delta":
			e.delta = c.RawString()
		case "text", "refusal", "arguments", "input":
			e.whole = argumentsOf(c)
		case "name":
			e.name = c.Text()
		case "logprobs":
			e.logprobs = c.Raw()
		case "item":
			e.item = c.Raw()
		case "annotation":
			e.annotation = c.Raw()
		case "response":
			e.response = c.Raw()
		}
	}
	return e, c.Close() == nil
}

// argumentsOf reads a text, or an object that stands where a text with one should be.
func argumentsOf(c *jsonscan.Cursor) []byte {
	if c.Kind() == jsonscan.Object {
		return jsonscan.AppendNested(nil, c.Raw())
	}
	return c.RawString()
}

// Types of items.
const (
	message      = "message"
	reasoning    = "reasoning"
	functionCall = "function_call"
	customCall   = "custom_tool_call"
	searchCall   = "web_search_call"
)

// meaning is what an event says of an item.
type meaning struct {
	item string // the type of the item
	what what
}

type what int

const (
	more   what = iota + 1 // a fragment of its text, arguments or input
	whole                  // all of that
	aside                  // a fragment of the summary of reasoning
	asides                 // all of that
	cites
)

// meanings are the events that say something of an item, under all their names. The events about parts say nothing that these do not.
var meanings = map[string]meaning{
	"response.output_text.delta":             {message, more},
	"response.output_text.done":              {message, whole},
	"response.refusal.delta":                 {message, more},
	"response.refusal.done":                  {message, whole},
	"response.output_text.annotation.added":  {message, cites},
	"response.reasoning_text.delta":          {reasoning, more},
	"response.reasoning_text.done":           {reasoning, whole},
	"response.reasoning.delta":               {reasoning, more}, // of the Open Responses specification
	"response.reasoning.done":                {reasoning, whole},
	"response.reasoning_summary_text.delta":  {reasoning, aside},
	"response.reasoning_summary_text.done":   {reasoning, asides},
	"response.reasoning_summary.delta":       {reasoning, aside},
	"response.reasoning_summary.done":        {reasoning, asides},
	"response.function_call_arguments.delta": {functionCall, more},
	"response.function_call_arguments.done":  {functionCall, whole},
	"response.custom_tool_call_input.delta":  {customCall, more},
	"response.custom_tool_call_input.done":   {customCall, whole},
}

// known are the types of events that come often, so that their names need not be copied.
var known = func() map[string]string {
	all := make(map[string]string)
	for typ := range meanings {
		all[typ] = typ
	}
	return all
}()

// outputItem is an item as an event or a response object has it. Its slices are pieces of that.
type outputItem struct {
	typ, id, callID, name string

	text      []byte // escaped: of a message, or raw reasoning
	summary   []byte // escaped
	cited     [][]byte
	logprobs  []byte // raw: of a message, how likely its tokens were
	arguments []byte // escaped: arguments or input
	encrypted bool   // it has something sealed
	action    []byte // raw: of a web search
}

func readItem(raw []byte) outputItem {
	var it outputItem
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "type":
			it.typ = c.Text()
		case "id":
			it.id = string(c.RawString())
		case "call_id":
			it.callID = c.Text()
		case "name":
			it.name = c.Text()
		case "arguments", "input":
			it.arguments = argumentsOf(c)
		case "content":
			it.text = it.readParts(c, "")
		case "summary":
			it.summary = it.readParts(c, paragraph)
		case "encrypted_content":
			it.encrypted = len(c.RawString()) > 0
		case "action":
			it.action = c.Raw()
		}
	}
	return it
}

// paragraph stands between the parts of a summary, escaped.
const paragraph = `\n\n`

// readParts joins the texts of parts.
func (it *outputItem) readParts(c *jsonscan.Cursor, between string) []byte {
	if c.Kind() == jsonscan.String {
		return c.RawString()
	}
	var texts [][]byte
	for range c.Elements() {
		for key := range c.Members() {
			switch key {
			case "text", "refusal":
				if text := c.RawString(); len(text) > 0 {
					texts = append(texts, text)
				}
			case "annotations":
				for range c.Elements() {
					it.cited = append(it.cited, c.Raw())
				}
			case "logprobs":
				it.logprobs = c.Raw()
			}
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return bytes.Join(texts, []byte(between))
}
