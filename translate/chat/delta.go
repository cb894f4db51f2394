package chat

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// delta is what one chunk says. Its slices are pieces of the chunk.
type delta struct {
	failed    bool     // there is an error member that is not null
	text      [][]byte // escaped
	reasoning [][]byte // escaped
	field     string   // where the reasoning stood
	details   []byte   // raw: reasoning_details
	calls     []callFragment
	citations []translate.Citation
	found     [][]byte // escaped: URLs of what a search has found
	finish    string
	usage     translate.Usage
	total     int64 // all tokens, as the provider adds them up

	logprobs []byte // raw: how likely the tokens of the text were
	tier     []byte // escaped: the tier of service

	message      bool // there is a whole message instead of a delta
	repeated     bool // there is a message that says again what deltas have said
	chunk        bool // the object says that it is a part of a stream
	skipMessages bool // a message says again what deltas have said
}

func (d *delta) read(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "choices":
			for i := range c.Elements() {
				if i == 0 {
					d.choice(c)
				}
			}
		case "usage":
			d.readUsage(c)
		case "x_groq":
			for inner := range c.Members() {
				if inner == "usage" {
					d.readUsage(c)
				}
			}
		case "web_search":
			d.readSearch(c)
		case "service_tier":
			d.tier = c.RawString()
		case "error":
			d.failed = d.failed || c.Kind() != jsonscan.Null
		case "base_resp", "success", "detail", "message", "msg":
			d.failed = true // where it is no error, there is a choice as well, and FromBody finds none
		case "object":
			object := string(c.RawString())
			d.failed = d.failed || object == "error"
			d.chunk = object == "chat.completion.chunk"
		}
	}
}

func (d *delta) choice(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "delta":
			d.say(c)
		case "message":
			switch {
			case c.Kind() != jsonscan.Object:
			case d.skipMessages:
				d.repeated = true
			default:
				d.message = true
				d.say(c)
			}
		case "logprobs":
			d.likely(c)
		case "finish_reason":
			d.finish = c.Text()
		case "usage":
			d.readUsage(c)
		}
	}
}

// say reads a delta of a stream or the message of a whole reply.
func (d *delta) say(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "content":
			d.content(c)
		case "refusal":
			if text := c.RawString(); len(text) > 0 {
				d.text = append(d.text, text)
			}
		case fieldContent:
			d.think(fieldContent, c.RawString())
		case fieldPlain, "reasoning_text", "thinking":
			d.think(fieldPlain, c.RawString())
		case fieldDetails:
			if c.Kind() == jsonscan.Array {
				d.details = c.Raw()
			}
		case "tool_calls":
			for range c.Elements() {
				d.calls = append(d.calls, readCall(c))
			}
		case "annotations":
			d.readCitations(c)
		case "function_call":
			if c.Kind() == jsonscan.Object {
				var call callFragment
				call.function(c)
				d.calls = append(d.calls, call)
			}
		}
	}
}

// think takes reasoning. Some providers send the same text under two names.
func (d *delta) think(field string, text []byte) {
	if len(text) > 0 && len(d.reasoning) == 0 {
		d.field, d.reasoning = field, append(d.reasoning, text)
	}
}

// content is a text, or a list of parts with thinking among them.
func (d *delta) content(c *jsonscan.Cursor) {
	if c.Kind() != jsonscan.Array {
		if text := c.RawString(); len(text) > 0 {
			d.text = append(d.text, text)
		}
		return
	}
	for range c.Elements() {
		if c.Kind() == jsonscan.String {
			d.text = append(d.text, c.RawString())
			continue
		}
		for key := range c.Members() {
			switch key {
			case "text":
				if text := c.RawString(); text != nil {
					d.text = append(d.text, text)
				}
			case "thinking":
				d.thinking(c)
			}
		}
	}
}

// thinking is a text or a list of text parts.
func (d *delta) thinking(c *jsonscan.Cursor) {
	d.field = fieldThinking
	if c.Kind() == jsonscan.String {
		d.reasoning = append(d.reasoning, c.RawString())
		return
	}
	for range c.Elements() {
		for key := range c.Members() {
			if key == "text" {
				if text := c.RawString(); text != nil {
					d.reasoning = append(d.reasoning, text)
				}
			}
		}
	}
}

// readUsage reads token counts under all the names that providers have for them. Null says nothing.
func (d *delta) readUsage(c *jsonscan.Cursor) {
	if c.Kind() != jsonscan.Object {
		c.Skip()
		return
	}
	u := &d.usage
	for key := range c.Members() {
		switch key {
		case "prompt_tokens", "input_tokens":
			count(c, &u.Input)
		case "completion_tokens", "output_tokens":
			count(c, &u.Output)
		case "total_tokens":
			count(c, &d.total)
		case "prompt_tokens_details", "input_tokens_details", "completion_tokens_details", "output_tokens_details":
			for inner := range c.Members() {
				countDetail(c, inner, u)
			}
		default:
			countDetail(c, key, u)
		}
	}
}

func countDetail(c *jsonscan.Cursor, key string, u *translate.Usage) {
	switch key {
	case "cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens":
		count(c, &u.Cached)
	case "cache_write_tokens", "cache_creation_input_tokens", "created_cache_tokens":
		count(c, &u.CacheWrite)
	case "reasoning_tokens":
		count(c, &u.Reasoning)
	}
}

func count(c *jsonscan.Cursor, n *int64) {
	if value, ok := c.Int(); ok && value > 0 {
		*n = value
	}
}

// counts returns the token counts, if there are any: those of nothing say nothing.
func (d *delta) counts() (translate.Usage, bool) {
	u := d.usage
	if u.Reasoning > 0 && d.total == u.Input+u.Output+u.Reasoning {
		u.Output += u.Reasoning // xAI and Gemini count it beside the output
	}
	return u, u.Input > 0 || u.Output > 0
}
