package converse

import "github.com/caddy-codex/responses/translate"

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
			e.textBlock(assistant, m.Parts[piece.Index].AsText())
		case translate.CallPiece:
			call := &m.Calls[piece.Index]
			e.block(assistant)
			e.Text(`{"toolUse":{"toolUseId":`)
			e.callID(call.ID)
			e.Member("name")
			e.String(call.WireName)
			e.Member("input")
			e.Raw(call.Arguments)
			e.Text("}}")
		}
	}
}

// saidUntil is where the last text or call of a message ends.
func (e *encoder) saidUntil(m *translate.Message) int {
	for i := len(m.Said); i > 0; i-- {
		switch piece := m.Said[i-1]; {
		case piece.Kind == translate.CallPiece, piece.Kind == translate.PartPiece && !blank(m.Parts[piece.Index].AsText()):
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
	e.Text(`{"reasoningContent":`)
	e.Raw(state.Data)
	e.Text("}")
}

// results writes the outputs of one turn's calls. Images that may not stand in a result follow behind the last, each with a word on where
// it comes from.
func (e *encoder) results(results []translate.Message) {
	var below []translate.Part
	for i := range results {
		m := &results[i]
		e.block(user)
		e.Text(`{"toolResult":{"toolUseId":`)
		e.callID(m.CallID)
		e.Text(`,"content":[`)
		moved := e.result(m.Parts)
		if last := e.Dst[len(e.Dst)-1]; last == '[' {
			text := noOutput
			if len(moved) > 0 {
				text = translate.ImageBelow
			}
			e.Text(`{"text":"` + text + `"}`)
		}
		e.Text("]}}")
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
			e.Separate()
			e.medium(m)
		case ok:
			moved = append(moved, parts[i])
		case !blank(parts[i].AsText()):
			e.Separate()
			e.Text(`{"text":`)
			e.Escaped(parts[i].AsText())
			e.Text("}")
		}
	}
	return moved
}

// callID writes an id in the form that the service or, with nine letters and digits, Mistral's models take.
func (e *encoder) callID(id string) {
	if e.d.ToolCallID == "alphanumeric9" {
		e.String(translate.MistralID(id))
		return
	}
	e.String(translate.PlainID(id, "call_"))
}
