package messages

import (
	"bytes"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// start begins a block, which may be there whole.
func (dec *Decoder) start(index int64, raw []byte, out *translate.Stream) error {
	o := readOpening(raw)
	b := &block{kind: kindOf(o.typ), index: index}
	dec.settle(b.kind, out)
	dec.blocks = append(dec.blocks, b)
	switch b.kind {
	case textBlock:
		dec.startText(b, &o, out)
	case thinkingBlock:
		dec.thinking = b
		b.signature = bytes.Clone(o.signature)
		dec.think(b, o.thinking, out)
	case redactedBlock:
		b.raw = bytes.Clone(raw)
		dec.sealAlone(sealable{field: fieldThinking, data: b.raw}, dec.keeps, out)
	case callBlock:
		b.raw = bytes.Clone(raw)
		return dec.startCall(b, &o, out)
	case serverBlock:
		b.raw = bytes.Clone(raw)
		dec.startSearch(&o, out)
	case resultBlock:
		b.raw = bytes.Clone(raw)
	case otherBlock:
	}
	return nil
}

// settle ends what cannot go on when a block of a kind begins, for some hosts leave out the ends of blocks.
func (dec *Decoder) settle(next blockKind, out *translate.Stream) {
	if dec.thinking != nil {
		dec.end(dec.thinking, out)
	}
	serving := next == serverBlock || next == resultBlock
	for _, b := range dec.blocks {
		switch {
		case b.kind == callBlock && b.ended:
			b.settle()
		case (b.kind == serverBlock || b.kind == resultBlock) && !serving:
			dec.end(b, out)
		}
	}
	if !serving {
		dec.endServer(out)
	}
}

// settle passes on the empty object that has turned out to be all there is of a call's arguments.
func (b *block) settle() {
	if b.item.Empty() {
		b.item.Arguments([]byte("{}"))
	}
}

func (dec *Decoder) startText(b *block, o *opening, out *translate.Stream) {
	if dec.searches {
		b.mark = out.Mark()
	}
	c := jsonscan.New(o.citations)
	for range c.Elements() {
		b.citations = appendElement(b.citations, c.Raw())
	}
	dec.answer(b, o.text, out)
}

func (dec *Decoder) startCall(b *block, o *opening, out *translate.Stream) error {
	if len(o.name) == 0 {
		return dec.target.Fault(fault.BadReply, "made a tool call without a name")
	}
	dec.output = true
	b.item = out.Call(unescaped(o.id), unescaped(o.name))
	return nil
}

func unescaped(raw []byte) string { return string(jsonscan.Unescape(nil, raw)) }

// delta adds to a block.
func (dec *Decoder) delta(ev *event, out *translate.Stream) {
	b := dec.at(ev.index)
	if b == nil {
		if b = dec.implied(ev, out); b == nil {
			return
		}
	}
	switch b.kind {
	case textBlock:
		dec.answer(b, ev.text, out)
		b.citations = appendElement(b.citations, ev.citation)
	case thinkingBlock:
		b.signature = append(b.signature, ev.signature...)
		dec.think(b, ev.thinking, out)
	case callBlock:
		if len(ev.input) > 0 {
			b.item.Arguments(ev.input)
			dec.keep(b, ev.input)
		}
	case serverBlock:
		b.text = append(b.text, ev.input...)
	case redactedBlock, resultBlock, otherBlock: // come whole
	}
}

// implied begins a block by what is added to it, for some hosts leave out the beginnings of text and thinking.
func (dec *Decoder) implied(ev *event, out *translate.Stream) *block {
	b := &block{index: ev.index}
	switch {
	case ev.text != nil:
		b.kind = textBlock
	case ev.thinking != nil:
		b.kind = thinkingBlock
	default:
		return nil
	}
	dec.settle(b.kind, out)
	dec.blocks = append(dec.blocks, b)
	if b.kind == thinkingBlock {
		dec.thinking = b
	}
	return b
}

// keep keeps text for a reply that goes on with another request.
func (dec *Decoder) keep(b *block, text []byte) {
	if dec.searches {
		b.text = append(b.text, text...)
	}
}

func (dec *Decoder) answer(b *block, text []byte, out *translate.Stream) {
	if len(text) > 0 {
		dec.output = true
		out.Text(text)
		dec.keep(b, text)
	}
}

func (dec *Decoder) think(b *block, text []byte, out *translate.Stream) {
	if len(text) == 0 || b.ended {
		return
	}
	dec.output = true
	dec.show(b)
	out.Reasoning(text)
	dec.keep(b, text)
}

// end ends a block, once.
func (dec *Decoder) end(b *block, out *translate.Stream) {
	if b.ended {
		return
	}
	b.ended = true
	switch b.kind {
	case textBlock:
		b.cite(out)
	case thinkingBlock:
		dec.thinking = nil
		if !b.shown && dec.keeps && len(b.signature) > 0 {
			dec.show(b)
			out.Reasoning(nil)
		}
		if b.shown {
			out.Close()
		}
	case callBlock:
		b.given()
	case serverBlock:
		b.raw = withInput(b.raw, b.text)
		dec.asked(b.raw)
		dec.server = appendElement(dec.server, b.raw)
	case resultBlock:
		dec.resulted(b.raw, out)
		dec.server = appendElement(dec.server, b.raw)
	case redactedBlock, otherBlock:
	}
}

// given passes on the arguments of a call that has begun with all of them. An empty object may be all there is, or stand in for what has
// been cut off: that shows at the end of the reply.
func (b *block) given() {
	if !b.item.Empty() {
		return
	}
	input := jsonscan.AppendCompact(nil, readOpening(b.raw).input)
	if len(input) > len("{}") && input[0] == '{' {
		b.item.Arguments(jsonscan.AppendNested(nil, input))
	}
}
