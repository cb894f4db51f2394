package ollama

import (
	"bytes"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Decoder reads one reply. Its zero value is not ready; see NewDecoder.
type Decoder struct {
	target *translate.Target
	tags   *translate.ThinkTags // nil where the dialect has no think tags

	done   bool   // the last line was seen
	reason string // its done_reason

	cursor jsonscan.Cursor // reused, for it would be allocated for each line
	line   line            // reused
}

// line is what one line says. Its slices are pieces of the line.
type line struct {
	failed   bool   // there is an error
	thinking []byte // escaped
	content  []byte // escaped
	logprobs []byte // raw: how likely the tokens of the line were
	calls    []call
	usage    translate.Usage
	done     bool   // it is the last
	reason   string // done_reason, empty where there is none
}

type call struct {
	id, name string
	args     []byte // escaped
}

// NewDecoder makes a decoder for a reply of target.
func NewDecoder(target *translate.Target, d *dialect.Dialect, out *translate.Stream) *Decoder {
	dec := &Decoder{target: target}
	if d.ThinkTags {
		dec.tags = new(translate.ThinkTags)
	}
	out.State = func(text []byte) *envelope.Payload {
		if len(text) == 0 {
			return nil
		}
		return &envelope.Payload{Field: fieldThinking, Data: text}
	}
	return dec
}

// Frame handles one line of the reply, or several where they came as one document. An error is a *fault.Fault that ends the reply;
// whether the reply was whole is for End to say.
func (dec *Decoder) Frame(data []byte, out *translate.Stream) error {
	data = jsonscan.MendUTF8(data)
	for data = bytes.TrimSpace(data); len(data) > 0; {
		dec.cursor = *jsonscan.New(data)
		c := &dec.cursor
		l := &dec.line
		*l = line{calls: l.calls[:0]}
		if c.Kind() != jsonscan.Object {
			return dec.target.Fault(fault.BadReply, "sent a line that is not a JSON object")
		}
		l.read(c)
		if c.Err() != nil {
			return dec.target.Fault(fault.BadReply, "sent a line that is not JSON")
		}
		if l.failed {
			if f, ok := fault.FromBody(dec.target.Provider, data[:c.Offset()], out.Now()); ok {
				return f
			}
		}
		if slices.ContainsFunc(l.calls, func(one call) bool { return one.name == "" }) {
			return dec.target.Fault(fault.BadReply, "made a tool call without a name")
		}
		dec.apply(l, out)
		data = bytes.TrimSpace(data[c.Offset():])
	}
	return nil
}

func (l *line) read(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "message":
			l.message(c)
		case "logprobs":
			l.logprobs = c.Raw()
		case "done":
			l.done = c.Bool()
		case "done_reason":
			l.reason = strings.ToLower(c.Text())
		case "prompt_eval_count":
			l.usage.Input, _ = c.Int()
		case "eval_count":
			l.usage.Output, _ = c.Int()
		case "error":
			l.failed = c.Kind() != jsonscan.Null
		}
	}
}

func (l *line) message(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "thinking":
			l.thinking = c.RawString()
		case "content":
			l.content = c.RawString()
		case "tool_calls":
			for range c.Elements() {
				l.calls = append(l.calls, readCall(c))
			}
		}
	}
}

func readCall(c *jsonscan.Cursor) call {
	var one call
	for key := range c.Members() {
		switch key {
		case "id":
			one.id = c.Text()
		case "function":
			for member := range c.Members() {
				switch member {
				case "name":
					one.name = c.Text()
				case "arguments":
					one.args = readArguments(c)
				}
			}
		}
	}
	return one
}

// readArguments are an object, which the client gets as a text.
func readArguments(c *jsonscan.Cursor) []byte {
	switch c.Kind() {
	case jsonscan.String:
		return c.RawString()
	case jsonscan.Object:
		return jsonscan.AppendNested(nil, jsonscan.AppendCompact(nil, c.Raw()))
	default:
		c.Skip()
		return nil
	}
}

// apply passes on what a line said: reasoning first, then text, then calls, for so a model produces them.
func (dec *Decoder) apply(l *line, out *translate.Stream) {
	if l.reason != "" {
		dec.reason = l.reason
	}
	dec.done = dec.done || l.done
	if l.usage.Input > 0 || l.usage.Output > 0 {
		out.Usage(l.usage)
	}
	if len(l.thinking) > 0 {
		out.Reasoning(l.thinking)
	}
	if len(l.content) > 0 {
		out.Logprobs(l.logprobs)
	}
	switch {
	case len(l.content) == 0:
	case dec.tags != nil:
		reasoning, answer := dec.tags.Read(l.content)
		dec.tagged(reasoning, answer, out)
	default:
		out.Text(l.content)
	}
	for i := range l.calls {
		one := &l.calls[i]
		dec.flush(out)
		args := one.args
		if len(args) == 0 {
			args = []byte("{}")
		}
		out.Call(one.id, one.name).Arguments(args)
	}
}

func (dec *Decoder) tagged(reasoning, answer []byte, out *translate.Stream) {
	if len(reasoning) > 0 {
		out.Reasoning(reasoning)
	}
	if len(answer) > 0 {
		out.Text(answer)
	}
}

// flush gives up waiting for the rest of a tag.
func (dec *Decoder) flush(out *translate.Stream) {
	if dec.tags != nil {
		reasoning, answer := dec.tags.Flush()
		dec.tagged(reasoning, answer, out)
	}
}
