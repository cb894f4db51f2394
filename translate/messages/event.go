package messages

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// event is what one event of a stream says. Its slices are pieces of the event.
type event struct {
	typ   []byte // escaped
	index int64  // of a block; negative where the event does not say

	failed bool // there may be an error in it

	block   []byte // raw: a block that begins
	content []byte // raw: the blocks of a whole reply
	usage   []byte // raw

	text      []byte // escaped, as are the next two; nil where absent
	thinking  []byte
	signature []byte
	input     []byte // escaped: a piece of JSON
	citation  []byte // raw

	stop     []byte // escaped: why the model has stopped
	category []byte // escaped, of a refusal
	why      []byte // escaped, of a refusal
}

func (ev *event) read(c *jsonscan.Cursor) {
	ev.index = -1
	for key := range c.Members() {
		switch key {
		case "type":
			ev.typ = c.RawString()
			ev.failed = ev.failed || len(ev.typ) == 0 || string(ev.typ) == "error"
		case "index":
			if n, ok := c.Int(); ok {
				ev.index = n
			}
		case "delta":
			ev.readDelta(c)
		case "content_block":
			ev.block = c.Raw()
		case "message":
			ev.readMessage(c)
		case "error", "base_resp":
			ev.failed = ev.failed || c.Kind() != jsonscan.Null
		default:
			ev.readReply(key, c)
		}
	}
	ev.failed = ev.failed || ev.typ == nil
}

// readMessage takes the message that message_start brings.
func (ev *event) readMessage(c *jsonscan.Cursor) {
	for key := range c.Members() {
		if key == "usage" {
			ev.usage = c.Raw()
		}
	}
}

// readReply takes a member that stands in a whole reply or beside a delta.
func (ev *event) readReply(key string, c *jsonscan.Cursor) {
	switch key {
	case "usage":
		ev.usage = c.Raw()
	case "content":
		ev.content = c.Raw()
	case "stop_reason":
		ev.stop = c.RawString()
	case "stop_details":
		ev.readDetails(c)
	}
}

func (ev *event) readDelta(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "text":
			ev.text = c.RawString()
		case "thinking":
			ev.thinking = c.RawString()
		case "signature":
			ev.signature = c.RawString()
		case "partial_json":
			ev.input = c.RawString()
		case "citation":
			ev.citation = c.Raw()
		case "stop_reason", "stop_details":
			ev.readReply(key, c)
		}
	}
}

func (ev *event) readDetails(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "category":
			ev.category = c.RawString()
		case "explanation":
			ev.why = c.RawString()
		}
	}
}

// counts are token counts as the API counts them: the input is what was neither read from the cache nor written into it.
type counts struct {
	input, cached, written, output, thinking int64
}

// read takes counts, which are those of the whole answer so far. Some hosts have them at its beginning and zeros at its end, some the other
// way about.
func (n *counts) read(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "input_tokens":
			count(c, &n.input)
		case "cache_read_input_tokens":
			count(c, &n.cached)
		case "cache_creation_input_tokens":
			count(c, &n.written)
		case "output_tokens":
			count(c, &n.output)
		case "output_tokens_details":
			for inner := range c.Members() {
				if inner == "thinking_tokens" {
					count(c, &n.thinking)
				}
			}
		}
	}
}

// tierIn is the tier of service that token counts tell of, escaped.
func tierIn(usage []byte) []byte {
	var tier []byte
	c := jsonscan.New(usage)
	for key := range c.Members() {
		if key == "service_tier" {
			tier = c.RawString()
		}
	}
	return tier
}

func count(c *jsonscan.Cursor, n *int64) {
	if value, ok := c.Int(); ok && value > 0 {
		*n = value
	}
}

// addedTo adds the counts to those of earlier answers, in the terms of the Responses API.
func (n *counts) addedTo(spent translate.Usage) translate.Usage {
	return translate.Usage{
		Input:      spent.Input + n.input + n.cached + n.written,
		Cached:     spent.Cached + n.cached,
		CacheWrite: spent.CacheWrite + n.written,
		Output:     spent.Output + n.output,
		Reasoning:  spent.Reasoning + n.thinking,
	}
}
