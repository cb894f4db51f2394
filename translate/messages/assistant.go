package messages

import "github.com/caddy-codex/responses/translate"

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
			e.textBlock(partText(&m.Parts[piece.Index]))
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
		return !blank(partText(&m.Parts[piece.Index]))
	default:
		return true
	}
}

func (e *encoder) call(call *translate.Call) {
	e.text(`{"type":"tool_use","id":`)
	e.callID(call.ID)
	e.text(`,"name":`)
	e.string(call.WireName)
	e.text(`,"input":`)
	e.raw(call.Arguments)
	e.text("}")
}

const (
	maxIDLen  = 64
	hashedLen = 24
)

// callID writes an id in the form that the API takes: 64 letters, digits, underscores and hyphens at most.
func (e *encoder) callID(id string) {
	if !legalID(id) {
		id = "toolu_" + translate.Hash62(id, hashedLen)
	}
	e.string(id)
}

func legalID(id string) bool {
	for i := range len(id) {
		if b := id[i]; !(b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b == '-') {
			return false
		}
	}
	return id != "" && len(id) <= maxIDLen
}

// textBlock writes a block of text, which must not be blank.
func (e *encoder) textBlock(text []byte) {
	e.text(`{"type":"text","text":`)
	e.escaped(text)
	e.text("}")
}

// partText is a part in words.
func partText(part *translate.Part) []byte {
	if part.Kind != translate.TextPart {
		return translate.Note(part)
	}
	return part.Text
}

// joined is the text of parts in one.
func joined(parts []translate.Part) []byte {
	var all []byte
	for i := range parts {
		text := partText(&parts[i])
		switch {
		case blank(text):
		case all == nil:
			all = text
		default:
			all = append(append(all[:len(all):len(all)], translate.BlankLine...), text...)
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
	e.dst = append(e.dst, mark...)
	copy(e.dst[end-1+len(mark):], e.dst[end-1:])
	copy(e.dst[end-1:], mark)
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
