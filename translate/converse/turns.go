package converse

import (
	"strings"

	"github.com/caddy-codex/responses/translate"
)

// fieldReasoning is the place where the service has reasoning, as it stands in envelopes. Their data are the block's content.
const fieldReasoning = "reasoningContent"

// assistant writes what the model said, in its order: the signatures of its reasoning hold for that alone. Reasoning that led to nothing
// is left out, for a message may not end in it.
func (e *encoder) assistant(m *translate.Message) {
	for _, piece := range m.Said[:e.saidUntil(m)] {
		switch piece.Kind {
		case translate.ReasoningPiece:
			e.reasoning(&m.Reasoning[piece.Index])
		case translate.PartPiece:
			e.textBlock(assistant, textOf(&m.Parts[piece.Index]))
		case translate.CallPiece:
			call := &m.Calls[piece.Index]
			e.block(assistant)
			e.write(`{"toolUse":{"toolUseId":`)
			e.callID(call.ID)
			e.member("name")
			e.string(call.WireName)
			e.member("input")
			e.raw(call.Arguments)
			e.write("}}")
		}
	}
}

// saidUntil is where the last text or call of a message ends.
func (e *encoder) saidUntil(m *translate.Message) int {
	for i := len(m.Said); i > 0; i-- {
		switch piece := m.Said[i-1]; {
		case piece.Kind == translate.CallPiece, piece.Kind == translate.PartPiece && !blank(textOf(&m.Parts[piece.Index])):
			return i
		}
	}
	return 0
}

// reasoning writes what this model has signed. Any other is refused, even by the model that it came from.
func (e *encoder) reasoning(r *translate.Reasoning) {
	state := r.State
	if e.d.ReasoningOut == "none" || state == nil || state.Field != fieldReasoning || state.Provider != e.target.Provider ||
		state.Model != e.target.Model {
		return
	}
	e.block(assistant)
	e.write(`{"reasoningContent":`)
	e.raw(state.Data)
	e.write("}")
}

// results writes the outputs of one turn's calls, with which the list begins. Images that may not stand in a result follow behind the
// last, each with a word on where it comes from.
func (e *encoder) results(list []translate.Message) {
	var below []translate.Part
	for i := range list {
		m := &list[i]
		if m.Role != translate.Result {
			break
		}
		e.block(user)
		e.write(`{"toolResult":{"toolUseId":`)
		e.callID(m.CallID)
		e.write(`,"content":[`)
		moved := e.result(m.Parts)
		if last := e.dst[len(e.dst)-1]; last == '[' {
			text := noOutput
			if len(moved) > 0 {
				text = translate.ImageBelow
			}
			e.write(`{"text":"` + text + `"}`)
		}
		e.write("]}}")
		if len(moved) > 0 {
			below = append(append(below, translate.Part{Text: translate.FromTool(m.WireName)}), moved...)
		}
	}
	e.parts(below)
}

// result writes the content of a result and returns what may not stand in it.
func (e *encoder) result(parts []translate.Part) (moved []translate.Part) {
	for i := range parts {
		m, ok := e.readMedium(&parts[i])
		switch {
		case ok && e.d.ToolResultImages == "native":
			e.separate()
			e.medium(m)
		case ok:
			moved = append(moved, parts[i])
		case !blank(textOf(&parts[i])):
			e.separate()
			e.write(`{"text":`)
			e.escaped(textOf(&parts[i]))
			e.write("}")
		}
	}
	return moved
}

// callID writes an id in the form that the service or, with nine letters and digits, Mistral's models take.
func (e *encoder) callID(id string) {
	const short, long = 9, 24
	switch {
	case e.d.ToolCallID == "alphanumeric9":
		if len(id) != short || strings.ContainsFunc(id, func(r rune) bool { return !isAlphanumeric(r) }) {
			id = translate.Hash62(id, short)
		}
	case !legalID(id):
		id = "call_" + translate.Hash62(id, long)
	}
	e.string(id)
}

// legalID reports whether the service takes an id: 1 to 64 letters, digits, underscores and hyphens.
func legalID(id string) bool {
	const longest = 64
	return id != "" && len(id) <= longest &&
		!strings.ContainsFunc(id, func(r rune) bool { return !isAlphanumeric(r) && r != '_' && r != '-' })
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' && r < 0x80
}
