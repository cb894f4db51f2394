package converse

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// kind is what a block of content is.
type kind int

const (
	nothing kind = iota
	text
	reasoning
	call
	foreign // the provider's own doing
)

// begin makes sure that a block is under way. Texts and reasoning begin with their first delta.
func (dec *Decoder) begin(index int64, kind kind, out *translate.Stream) {
	if dec.index == index && dec.open == kind {
		return
	}
	dec.blockStop(out)
	if dec.call != nil && dec.call.Empty() {
		dec.call.Arguments([]byte("{}")) // nothing more will come of it
	}
	dec.call = nil
	dec.index, dec.open = index, kind
	if kind == reasoning {
		dec.thoughts.begin()
	}
}

// blockStop ends the block under way. What is signed is one block of reasoning, so each is an item of its own.
func (dec *Decoder) blockStop(out *translate.Stream) {
	if dec.open == reasoning {
		out.Close()
	}
	dec.open = nothing
}

func (dec *Decoder) blockStart(c *jsonscan.Cursor, out *translate.Stream) {
	var index int64
	var id, name string
	kind := nothing
	for key := range c.Members() {
		switch key {
		case "contentBlockIndex":
			index, _ = c.Int()
		case "start":
			for member := range c.Members() {
				if kind = foreign; member == "toolUse" {
					id, name, kind = readStart(c)
				}
			}
		}
	}
	switch kind {
	case nothing:
	case call:
		dec.begin(index, kind, out)
		dec.output = true
		dec.call = out.Call(id, name)
	default:
		dec.begin(index, kind, out)
	}
}

// readStart reads what a call begins with. One of the provider's own tools is none.
func readStart(c *jsonscan.Cursor) (id, name string, kind kind) {
	kind = call
	for key := range c.Members() {
		switch key {
		case "toolUseId":
			id = c.Text()
		case "name":
			name = c.Text()
		case "type":
			if c.Text() == "server_tool_use" {
				kind = foreign
			}
		}
	}
	return id, name, kind
}

func (dec *Decoder) blockDelta(c *jsonscan.Cursor, out *translate.Stream) {
	var index int64
	delta := &dec.delta
	*delta = jsonscan.Cursor{}
	for key := range c.Members() {
		switch key {
		case "contentBlockIndex":
			index, _ = c.Int()
		case "delta":
			*delta = *c
		}
	}
	for key := range delta.Members() {
		switch key {
		case "text":
			if fragment := delta.RawString(); len(fragment) > 0 {
				dec.text(index, fragment, out)
			}
		case "toolUse":
			for member := range delta.Members() {
				if member == "input" {
					dec.input(index, delta)
				}
			}
		case "reasoningContent":
			dec.reasoning(index, delta, out)
		}
	}
}

func (dec *Decoder) text(index int64, fragment []byte, out *translate.Stream) {
	dec.begin(index, text, out)
	dec.output = true
	out.Text(fragment)
}

// input passes on a fragment of a call's arguments.
func (dec *Decoder) input(index int64, c *jsonscan.Cursor) {
	if dec.call == nil || dec.open != call || dec.index != index {
		return
	}
	if c.Kind() == jsonscan.Object {
		dec.call.Arguments(jsonscan.AppendNested(nil, jsonscan.AppendCompact(nil, c.Raw())))
		return
	}
	if fragment := c.RawString(); len(fragment) > 0 {
		dec.call.Arguments(fragment)
	}
}

func (dec *Decoder) reasoning(index int64, c *jsonscan.Cursor, out *translate.Stream) {
	for key := range c.Members() {
		fragment := c.RawString()
		if len(fragment) == 0 {
			continue
		}
		dec.begin(index, reasoning, out)
		switch key {
		case "text":
			out.Reasoning(fragment)
		case "signature":
			out.Reasoning(nil)
			dec.thoughts.sign(fragment)
		case "redactedContent", "data":
			out.Reasoning(nil)
			dec.thoughts.redact(fragment)
		}
	}
}
