package responses

import (
	"slices"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// assistant writes what the model has said, each thing as an item, in the order in which it said them.
func (e *encoder) assistant(m *translate.Message, current bool) {
	for i := 0; i < len(m.Said); i++ {
		switch piece := m.Said[i]; piece.Kind {
		case translate.ReasoningPiece:
			if (e.d.ReasoningScope != "current_turn" || current) && (len(m.Parts) > 0 || len(m.Calls) > 0) {
				e.pastReasoning(&m.Reasoning[piece.Index])
			}
		case translate.PartPiece:
			first := piece.Index
			for i+1 < len(m.Said) && m.Said[i+1].Kind == translate.PartPiece {
				i++
			}
			e.message("assistant", m.Parts[first:m.Said[i].Index+1])
		case translate.CallPiece:
			e.call(&m.Calls[piece.Index])
		}
	}
}

// pastReasoning writes reasoning in the form that the provider takes back. Another's is left out: its form means nothing here.
func (e *encoder) pastReasoning(r *translate.Reasoning) {
	if e.target.WithoutReasoning {
		return
	}
	switch e.d.ReasoningOut {
	case fieldEncrypted:
		if item := ownState(r.State, e.target); item != nil {
			e.Separate()
			e.Raw(item)
		}
	case fieldText:
		e.openReasoning(e.thought(r), `,"summary":[],"content":[{"type":"reasoning_text","text":`)
	case fieldSummary:
		e.openReasoning(e.thought(r), `,"summary":[{"type":"summary_text","text":`)
	}
}

// thought is reasoning that can be sent in the open, escaped.
func (e *encoder) thought(r *translate.Reasoning) []byte {
	switch {
	case r.State == nil:
		return r.Text
	case r.State.Provider == e.target.Provider && slices.Contains(textFields, r.State.Field):
		return r.State.Data
	default:
		return nil
	}
}

// textFields are the forms of reasoning whose data is the text, those of the chat wire among them: a provider may have been spoken to by
// that before.
var textFields = []string{fieldText, fieldSummary, "reasoning_content", "reasoning", "think_tags", "thinking_parts"}

// openReasoning writes a reasoning item. Strict services want an id; this one depends on the text alone.
func (e *encoder) openReasoning(text []byte, before string) {
	if len(text) == 0 {
		return
	}
	e.item("reasoning")
	e.Text(`,"id":"rs_` + translate.Hash62(string(text), idLen) + `"` + before)
	e.Escaped(text)
	e.Text(`}]}`)
}

// idLen is the length of ids that stand for a text.
const idLen = 24

// call writes a call. One of a custom tool has its own form where the upstream knows the tool as such.
func (e *encoder) call(call *translate.Call) {
	if e.nativeCall(call.WireName) {
		e.item("custom_tool_call")
		e.itemID("ctc_", call.ID)
		e.Text(`,"call_id":`)
		e.callID(call.ID)
		e.Text(`,"name":`)
		e.String(call.WireName)
		e.Text(`,"input":`)
		e.Raw(inputOf(call.Arguments))
		e.Text("}")
		return
	}
	e.item("function_call")
	if e.itemID("fc_", call.ID) {
		e.Text(`,"status":"completed"`)
	}
	e.Text(`,"call_id":`)
	e.callID(call.ID)
	e.Text(`,"name":`)
	e.String(call.WireName)
	e.Text(`,"arguments":"`)
	e.Dst = jsonscan.AppendNested(e.Dst, call.Arguments)
	e.Text(`"}`)
}

// itemID writes an id for services that keep track of items, and reports whether this is one: those whose reasoning goes back sealed.
func (e *encoder) itemID(prefix, callID string) bool {
	keeps := e.d.ReasoningOut == fieldEncrypted
	if keeps {
		e.Text(`,"id":"` + prefix + translate.Hash62(callID, idLen) + `"`)
	}
	return keeps
}

// nativeCall reports whether a name is that of a custom tool which the upstream is told of as such. Calls of tools that are not declared
// any more are those of functions, which every service takes.
func (e *encoder) nativeCall(wireName string) bool {
	tool, ok := e.req.Tools.Called(wireName)
	return ok && e.sendsCustom(tool) && slices.Contains(e.tools, tool)
}

// inputOf is the input of a custom tool's call, as a JSON string.
func inputOf(arguments []byte) []byte {
	input := []byte(`""`)
	c := jsonscan.New(arguments)
	for key := range c.Members() {
		if key == translate.InputMember && c.Kind() == jsonscan.String {
			input = c.Raw()
		}
	}
	return input
}

// callID writes an id in the form that the provider takes.
func (e *encoder) callID(id string) {
	switch {
	case e.d.ToolCallID == "max40" && (len(id) > 40 || !isName(id)), e.d.ToolCallID == "max64" && !isName(id):
		id = "call_" + translate.Hash62(id, idLen)
	}
	e.String(id)
}

// results writes the outputs of one turn's calls. Where an output holds text only, images follow behind the last of them in a message of
// the user, each with a word on where it comes from.
func (e *encoder) results(results []translate.Message) {
	var images []translate.Part
	for i := range results {
		m := &results[i]
		typ := "function_call_output"
		if e.nativeCall(m.WireName) {
			typ = "custom_tool_call_output"
		}
		e.item(typ)
		e.Text(`,"call_id":`)
		e.callID(m.CallID)
		switch {
		case !slices.ContainsFunc(m.Parts, e.sendsMedium):
			e.Text(`,"output":"`)
			e.Dst = translate.AppendTexts(e.Dst, m.Parts)
			e.Text(`"}`)
		case e.d.ToolResultImages == "native":
			e.Text(`,"output":[`)
			e.parts(m.Parts)
			e.Text("]}")
		default:
			images = e.textResult(m, images)
		}
	}
	if len(images) > 0 {
		e.user(images)
	}
}

// textResult writes the texts of an output and adds its images to those that follow.
func (e *encoder) textResult(m *translate.Message, images []translate.Part) []translate.Part {
	texts := make([]translate.Part, 0, len(m.Parts))
	for _, part := range m.Parts {
		if !e.sendsMedium(part) {
			texts = append(texts, part)
			continue
		}
		images = append(images, translate.Part{Text: translate.FromTool(m.WireName)}, part)
	}
	if len(texts) == 0 {
		texts = []translate.Part{{Text: []byte(translate.ImageBelow)}}
	}
	e.Text(`,"output":"`)
	e.Dst = translate.AppendTexts(e.Dst, texts)
	e.Text(`"}`)
	return images
}
