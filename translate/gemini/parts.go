package gemini

import (
	"bytes"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// part passes on one part of the answer.
func (dec *Decoder) part(p *part, out *translate.Stream) error {
	if dec.anew {
		dec.anew = false
		out.Close() // the thoughts that led to nothing
	}
	switch {
	case p.call != nil:
		return dec.call(p, out)
	case p.server != nil:
		dec.server(p, out)
	case p.thought:
		dec.thought(p, out)
	default:
		dec.text(p, out)
	}
	return nil
}

// text passes on a piece of the answer. Where it is signed, the place is noted: signatures follow the text in an item of their own.
func (dec *Decoder) text(p *part, out *translate.Stream) {
	from := dec.length
	if len(p.text) > 0 {
		dec.said = true
		out.Text(p.text)
		dec.length += dec.measure(p.text)
	}
	if p.signature != nil && dec.seals {
		dec.texts = append(dec.texts, signedText{from, dec.length, bytes.Clone(p.signature)})
	}
}

// measure is how many bytes an escaped text has unescaped.
func (dec *Decoder) measure(text []byte) int {
	if dec.grounding == nil && bytes.IndexByte(text, '\\') < 0 {
		return len(text)
	}
	dec.scratch = jsonscan.Unescape(dec.scratch[:0], text)
	if dec.grounding != nil {
		dec.grounding.text = append(dec.grounding.text, dec.scratch...)
	}
	return len(dec.scratch)
}

// endText ends the text under way.
func (dec *Decoder) endText(out *translate.Stream) {
	if len(dec.texts) > 0 {
		out.Close()
		dec.state.texts, dec.texts = dec.texts, nil
		out.Reasoning(nil)
		out.Close()
	}
	dec.length = 0
	if dec.grounding != nil {
		dec.grounding.endText()
	}
}

// thought passes on a piece of what the model tells of its thoughts. A signed piece goes back as it is.
func (dec *Decoder) thought(p *part, out *translate.Stream) {
	dec.endText(out)
	if len(p.text) > 0 {
		out.Reasoning(p.text)
	}
	if p.signature == nil || !dec.seals {
		return
	}
	out.Reasoning(nil)
	raw := append([]byte(`{"text":"`), jsonscan.MendSurrogates(p.text)...)
	raw = append(raw, `","thought":true,"thoughtSignature":"`...)
	dec.state.addPart(append(append(raw, p.signature...), `"}`...))
}

// server keeps a call of a server-side tool, or its result, for the next turn, and shows a search.
func (dec *Decoder) server(p *part, out *translate.Stream) {
	dec.endText(out)
	if p.server.query != nil && dec.grounding != nil {
		dec.grounding.search(p.server.query, out)
	}
	if dec.seals {
		out.Reasoning(nil)
		dec.state.addPart(jsonscan.AppendCompact(nil, p.server.raw))
	}
}

// call hands out a call once it is whole. Its signature goes into the reasoning before it, or into an item of its own.
func (dec *Decoder) call(p *part, out *translate.Stream) error {
	whole, ok := dec.calling.add(p)
	if !ok {
		return nil
	}
	if whole.name == "" {
		return dec.target.Fault(fault.BadReply, "made a tool call without a name")
	}
	dec.endText(out)
	if whole.signature != nil && dec.seals {
		out.Reasoning(nil)
		dec.state.call = whole.signature
	}
	out.Close()
	dec.said = true
	dec.scratch = jsonscan.AppendCompact(dec.scratch[:0], whole.args)
	out.Call(whole.id, whole.name).Arguments(jsonscan.AppendNested(nil, dec.scratch))
	return nil
}
