package messages

import (
	"slices"

	"github.com/caddy-codex/responses/translate"
)

// assistant writes the model's own message i, in the order in which the model made it.
func (e *encoder) assistant(m *translate.Message, i int) {
	for _, piece := range m.Said[:e.spokenEnd(m, i)] {
		if !e.says(m, piece, i) {
			continue
		}
		switch piece.Kind {
		case translate.ReasoningPiece:
			e.reasoning(&m.Reasoning[piece.Index])
		case translate.PartPiece:
			e.turn(assistant)
			e.textBlock(m.Parts[piece.Index].AsText())
		case translate.CallPiece:
			e.turn(assistant)
			e.call(&m.Calls[piece.Index])
		}
	}
}

// silent reports whether nothing of message i is sent.
func (e *encoder) silent(m *translate.Message, i int) bool { return e.spokenEnd(m, i) == 0 }

// spokenEnd is where the pieces of message i end: thinking may not be the last of them.
func (e *encoder) spokenEnd(m *translate.Message, i int) int {
	for end := len(m.Said); end > 0; end-- {
		piece := m.Said[end-1]
		if e.says(m, piece, i) && (piece.Kind != translate.ReasoningPiece || e.past(&m.Reasoning[piece.Index], i) == served) {
			return end
		}
	}
	return 0
}

// says reports whether a piece of message i is sent.
func (e *encoder) says(m *translate.Message, piece translate.Piece, i int) bool {
	switch piece.Kind {
	case translate.ReasoningPiece:
		return e.past(&m.Reasoning[piece.Index], i) != forgotten
	case translate.PartPiece:
		return !blank(m.Parts[piece.Index].AsText())
	default:
		return true
	}
}

func (e *encoder) call(call *translate.Call) {
	e.Text(`{"type":"tool_use","id":`)
	e.callID(call.ID)
	e.Text(`,"name":`)
	e.String(call.WireName)
	e.Text(`,"input":`)
	e.Raw(call.Arguments)
	e.Text("}")
}

// callID writes an id in the form that the API takes: 64 letters, digits, underscores and hyphens at most.
func (e *encoder) callID(id string) {
	e.String(translate.PlainID(id, "toolu_"))
}

// textBlock writes a block of text, which must not be blank.
func (e *encoder) textBlock(text []byte) {
	e.Text(`{"type":"text","text":`)
	e.Escaped(text)
	e.Text("}")
}

// joined is the text of parts in one.
func joined(parts []translate.Part) []byte {
	var all []byte
	for i := range parts {
		text := parts[i].AsText()
		switch {
		case blank(text):
		case all == nil:
			all = slices.Clip(text) // what is added goes into a copy
		default:
			all = append(append(all, translate.BlankLine...), text...)
		}
	}
	return all
}

const mark = `,"cache_control":{"type":"ephemeral"}`

// mark marks the block that ends at an offset for the provider's prompt cache.
func (e *encoder) mark(end int) {
	if e.d.CacheControl != "ephemeral" {
		return
	}
	e.Dst = append(e.Dst, mark...)
	copy(e.Dst[end-1+len(mark):], e.Dst[end-1:])
	copy(e.Dst[end-1:], mark)
}

// markTurns marks the last two turns of the user, so that of what is asked now the turn before is found. With the last tool and the last
// block of the system text that makes four marks, which is as many as are taken.
func (e *encoder) markTurns() {
	for _, end := range [...]int{e.turns[1], e.turns[0]} {
		if end > 0 {
			e.mark(end)
		}
	}
}
