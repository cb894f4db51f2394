package messages

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// sealable is what an item of reasoning holds for the next turn: a block of thinking, or data as they are.
type sealable struct {
	block *block
	field string
	data  []byte
}

// state is what the next turn needs of an item of reasoning. Items are closed in the order in which they began.
func (dec *Decoder) state(text []byte) *envelope.Payload {
	if len(dec.sealed) == 0 {
		return nil
	}
	one := dec.sealed[0]
	dec.sealed = dec.sealed[1:]
	switch {
	case one.block == nil:
		return &envelope.Payload{Field: one.field, Data: one.data}
	case !dec.keeps:
		return nil
	case len(one.block.signature) > 0:
		return &envelope.Payload{Field: fieldThinking, Data: appendThinking(nil, text, one.block.signature)}
	case dec.unsigned && len(text) > 0:
		return &envelope.Payload{Field: fieldUnsigned, Data: text}
	default:
		return nil
	}
}

// show notes that the item of a block of thinking begins.
func (dec *Decoder) show(b *block) {
	if b.shown {
		return
	}
	b.shown = true
	if dec.seals {
		dec.sealed = append(dec.sealed, sealable{block: b})
	}
}

// sealAlone puts data into an item of its own, which shows nothing.
func (dec *Decoder) sealAlone(data sealable, wanted bool, out *translate.Stream) {
	if wanted {
		dec.sealed = append(dec.sealed, data)
		out.Reasoning(nil)
		out.Close()
	}
}

// endServer ends what the provider's own tools were doing, and seals what they have done.
func (dec *Decoder) endServer(out *translate.Stream) {
	dec.endSearches(out)
	if done := paired(dec.server); len(done) > 0 {
		dec.sealAlone(sealable{field: fieldServer, data: done}, dec.seals, out)
	}
	dec.server = nil
}

// paired leaves out calls that have no result, such as those at the end of a reply that was cut off, and results without a call: a request
// with either is refused, and with it every later one of the thread.
func paired(blocks []byte) []byte {
	if len(blocks) == 0 {
		return nil
	}
	type half struct{ raw, id []byte }
	var all []half
	times := make(map[string]int) // that an id stands in a call or in a result
	c := jsonscan.New(slices.Concat([]byte{'['}, blocks, []byte{']'}))
	for range c.Elements() {
		var one half
		inside := *c
		one.raw = c.Raw()
		for key := range inside.Members() {
			if key == "id" || key == "tool_use_id" {
				one.id = inside.RawString()
			}
		}
		times[string(one.id)]++
		all = append(all, one)
	}
	var whole []byte
	for _, one := range all {
		if times[string(one.id)] > 1 {
			whole = appendElement(whole, one.raw)
		}
	}
	return whole
}

// Paused implements the pause of a reply: the model's turn so far goes back as it came, and the provider goes on with it.
func (dec *Decoder) Paused() (continuation []byte, ok bool) {
	if dec.stop != pauseTurn || !dec.searches {
		return nil, false
	}
	for _, b := range dec.blocks {
		dec.said = appendElement(dec.said, b.sent())
	}
	dec.spent, dec.counts = dec.counts.addedTo(dec.spent), counts{}
	dec.blocks, dec.stop, dec.done, dec.whole = nil, "", false, false
	return append([]byte{}, dec.said...), true
}

// sent is the block as it goes back, nil for one that cannot.
func (b *block) sent() []byte {
	switch b.kind {
	case textBlock:
		if blank(b.text) {
			return nil
		}
		dst := append([]byte(`{"type":"text","text":"`), b.text...)
		dst = append(dst, '"')
		if len(b.citations) > 0 {
			dst = append(append(append(dst, `,"citations":[`...), b.citations...), ']')
		}
		return append(dst, '}')
	case thinkingBlock:
		return appendThinking(nil, b.text, b.signature)
	case callBlock:
		return withInput(b.raw, b.text)
	case redactedBlock, serverBlock, resultBlock:
		return b.raw
	default:
		return nil
	}
}

// appendThinking writes a block of thinking as the API takes it back.
func appendThinking(dst, text, signature []byte) []byte {
	dst = append(dst, `{"type":"thinking","thinking":"`...)
	dst = append(dst, text...)
	dst = append(dst, `","signature":"`...)
	dst = append(dst, signature...)
	return append(dst, `"}`...)
}

// withInput is a call with the input that came in pieces after it, if any came. input is escaped.
func withInput(raw, input []byte) []byte {
	input = bytes.TrimSpace(jsonscan.Unescape(nil, input))
	if len(input) == 0 || input[0] != '{' || !jsonscan.Valid(input) {
		return raw
	}
	dst := []byte{'{'}
	c := jsonscan.New(raw)
	for key := range c.Members() {
		value := c.Raw()
		if key == "input" {
			continue
		}
		dst = jsonscan.AppendString(dst, key)
		dst = append(append(append(dst, ':'), value...), ',')
	}
	return append(append(append(dst, `"input":`...), input...), '}')
}

// appendElement adds an element to a list without its brackets. Nothing adds nothing.
func appendElement(dst, element []byte) []byte {
	if len(element) == 0 {
		return dst
	}
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	return append(dst, element...)
}
