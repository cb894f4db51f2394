package chat

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate"
)

// messages writes the history.
func (e *encoder) messages() {
	e.text(`,"messages":[`)
	history := e.req.History
	current := e.currentTurn()
	for i := e.lead(); i < len(history); i++ {
		m := &history[i]
		switch m.Role {
		case translate.System:
			e.system(m.Parts, i == 0)
		case translate.User:
			e.user(m.Parts)
		case translate.Assistant:
			e.assistant(m, i >= current)
		case translate.Result:
			end := i
			for end < len(history) && history[end].Role == translate.Result {
				end++
			}
			e.results(history[i:end])
			i = end - 1
		}
	}
	e.raw(e.target.Continuation)
	e.text("]")
}

// lead writes the leading system message where it says more than the history's, and returns where to go on. The format of the answer
// stands there and not behind the last message, so that what a provider has read of one turn is found again in the next.
func (e *encoder) lead() (next int) {
	if !e.promptedFormat() {
		return 0
	}
	var parts []translate.Part
	if history := e.req.History; len(history) > 0 && history[0].Role == translate.System {
		parts, next = slices.Clip(history[0].Parts), 1
	}
	e.system(append(parts, translate.Part{Text: e.req.Format.Prompt()}), true)
	return next
}

// currentTurn is the index of the first message after the last one from the user.
func (e *encoder) currentTurn() int {
	for i := len(e.req.History) - 1; i >= 0; i-- {
		if e.req.History[i].Role == translate.User {
			return i + 1
		}
	}
	return 0
}

func (e *encoder) role(role string) {
	e.separate()
	e.text(`{"role":"` + role + `"`)
}

// system writes a system message. One that does not lead breaks the templates of many models, so it is sent as the user's where the
// dialect says so: in place, for the order of things and the provider's prompt cache.
func (e *encoder) system(parts []translate.Part, leads bool) {
	if leads || e.d.LateSystem == "allow" {
		e.role(e.d.SystemRole)
		e.text(`,"content":"`)
		e.joined(parts)
		e.text(`"}`)
		return
	}
	e.role("user")
	e.text(`,"content":"` + translate.DeveloperStart)
	e.joined(parts)
	e.text(translate.DeveloperEnd + `"}`)
}

// joined writes the texts of parts into one string.
func (e *encoder) joined(parts []translate.Part) { e.dst = translate.AppendTexts(e.dst, parts) }

func (e *encoder) user(parts []translate.Part) {
	e.role("user")
	e.member("content")
	e.content(parts)
	e.text("}")
}

// content writes a text where it can, for lists of parts make some models imitate them, and a list where an image or a file is among the parts.
func (e *encoder) content(parts []translate.Part) {
	attached := false
	for i := range parts {
		attached = attached || e.sends(&parts[i])
	}
	if !attached {
		e.text(`"`)
		e.joined(parts)
		e.text(`"`)
		return
	}
	e.text("[")
	for i := range parts {
		part := &parts[i]
		if e.sends(part) {
			e.separate()
			e.attachment(part)
			continue
		}
		text := part.Text
		if part.Kind != translate.TextPart {
			text = translate.Note(part)
		}
		if len(text) > 0 {
			e.separate()
			e.text(`{"type":"text","text":`)
			e.escaped(text)
			e.text("}")
		}
	}
	e.text("]")
}

// sends reports whether a part is an image or a file that this target reads.
func (e *encoder) sends(part *translate.Part) bool {
	form := e.d.Images
	switch part.Kind {
	case translate.TextPart:
		return false
	case translate.FilePart:
		form = e.d.Files
	case translate.ImagePart:
	}
	source, ok := e.target.Source(part)
	switch form {
	case "url":
		return ok
	case "data":
		return ok && bytes.HasPrefix(source, []byte("data:"))
	default:
		return false
	}
}

// attachment writes an image or a file.
func (e *encoder) attachment(part *translate.Part) {
	source, _ := e.target.Source(part)
	if part.Kind == translate.FilePart {
		e.text(`{"type":"file","file":{"filename":`)
		e.escaped(part.FileName())
		e.text(`,"file_data":`)
		e.escaped(source)
		e.text("}}")
		return
	}
	e.text(`{"type":"image_url","image_url":`)
	if e.d.ImageForm == "string" {
		e.escaped(source)
		e.text("}")
		return
	}
	e.text(`{"url":`)
	e.escaped(source)
	if detail := chatDetail(part.Detail); e.d.ImageDetail == "send" && detail != "" {
		e.member("detail")
		e.string(detail)
	}
	e.text("}}")
}

// chatDetail is the nearest level of detail that this wire has.
func chatDetail(detail []byte) string {
	switch string(detail) {
	case "auto", "low", "high":
		return string(detail)
	case "original":
		return "high"
	default:
		return ""
	}
}

// assistant writes the model's own message with its calls and, as the dialect wants it, its reasoning.
func (e *encoder) assistant(m *translate.Message, current bool) {
	if len(m.Parts) == 0 && len(m.Calls) == 0 {
		return // reasoning that led to nothing
	}
	reasoning := e.reasoningOf(m, current)
	e.role("assistant")
	switch {
	case reasoning.inContent(e.d):
		e.member("content")
		e.contentWithReasoning(m, reasoning)
	case len(m.Parts) > 0 || e.d.AssistantContent == "empty":
		e.text(`,"content":"`)
		e.joined(m.Parts)
		e.text(`"`)
	case e.d.AssistantContent == "null":
		e.text(`,"content":null`)
	}
	e.reasoningField(reasoning)
	if len(m.Calls) > 0 {
		e.text(`,"tool_calls":[`)
		for i := range m.Calls {
			e.separate()
			e.call(&m.Calls[i])
		}
		e.text("]")
	}
	e.text("}")
}

func (e *encoder) call(call *translate.Call) {
	e.text(`{"id":`)
	e.callID(call.ID)
	e.text(`,"type":"function","function":{"name":`)
	e.string(call.WireName)
	e.text(`,"arguments":"`)
	e.nested(call.Arguments)
	e.text(`"}}`)
}

// results writes the outputs of one turn's calls. A tool message holds text only, so images follow behind the last of them in a
// message of the user, each with a word on where it comes from.
func (e *encoder) results(results []translate.Message) {
	var images []translate.Part
	for i := range results {
		m := &results[i]
		e.role("tool")
		e.member("tool_call_id")
		e.callID(m.CallID)
		if e.d.ToolMessageName {
			e.member("name")
			e.string(m.WireName)
		}
		texts := make([]translate.Part, 0, len(m.Parts))
		for _, part := range m.Parts {
			if !e.sends(&part) {
				texts = append(texts, part)
				continue
			}
			images = append(images, translate.Part{Text: translate.FromTool(m.WireName)}, part)
		}
		if len(texts) == 0 && len(m.Parts) > 0 {
			texts = []translate.Part{{Text: []byte(translate.ImageBelow)}}
		}
		e.text(`,"content":"`)
		e.joined(texts)
		e.text(`"}`)
	}
	if len(images) > 0 {
		e.user(images)
	}
}

// callID writes an id in the form that the provider takes.
func (e *encoder) callID(id string) {
	switch {
	case e.d.ToolCallID == "alphanumeric9" && !alphanumeric9(id):
		id = translate.Hash62(id, shortIDLen)
	case e.d.ToolCallID == "max40" && len(id) > 40:
		id = "call_" + translate.Hash62(id, longIDLen)
	}
	e.string(id)
}

const (
	shortIDLen = 9
	longIDLen  = 24
)

func alphanumeric9(id string) bool {
	for i := range len(id) {
		if b := id[i]; !(b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z') {
			return false
		}
	}
	return len(id) == shortIDLen
}
