package converse

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// document reads the output of a reply that came as one document, as the operation without a stream gives it.
func (dec *Decoder) document(c *jsonscan.Cursor, out *translate.Stream) {
	for key := range c.Members() {
		if key != "message" {
			continue
		}
		for member := range c.Members() {
			if member != "content" {
				continue
			}
			for i := range c.Elements() {
				dec.wholeBlock(int64(i), c, out)
			}
		}
	}
}

func (dec *Decoder) wholeBlock(index int64, c *jsonscan.Cursor, out *translate.Stream) {
	for key := range c.Members() {
		switch key {
		case "text":
			if text := c.RawString(); len(text) > 0 {
				dec.text(index, text, out)
			}
		case "reasoningContent":
			dec.wholeReasoning(index, c, out)
		case "toolUse":
			dec.wholeCall(index, c, out)
		}
	}
}

func (dec *Decoder) wholeReasoning(index int64, c *jsonscan.Cursor, out *translate.Stream) {
	start := *c
	for key := range c.Members() {
		if key == "reasoningText" {
			dec.reasoning(index, c, out)
			return
		}
	}
	dec.reasoning(index, &start, out)
}

func (dec *Decoder) wholeCall(index int64, c *jsonscan.Cursor, out *translate.Stream) {
	input := *c
	id, name, kind := readStart(c)
	dec.begin(index, kind, out)
	if kind != call {
		return
	}
	dec.output = true
	dec.call = out.Call(id, name)
	for key := range input.Members() {
		if key == "input" {
			dec.input(index, &input)
		}
	}
}
