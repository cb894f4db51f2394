package chat

import (
	"bytes"

	"github.com/caddy-codex/responses/translate"
)

// messages writes the history.
func (e *encoder) messages() {
	e.Text(`,"messages":[`)
	history := e.req.History
	current := e.req.CurrentTurn()
	lead, next := e.req.Lead(e.promptedFormat(), e.d.Verbosity == "prompt")
	if len(lead) > 0 || next > 0 {
		e.system(lead)
	}
	for i := next; i < len(history); i++ {
		m := &history[i]
		switch m.Role {
		case translate.System:
			e.lateSystem(m.Parts)
		case translate.User:
			e.user(m.Parts)
		case translate.Assistant:
			e.assistant(m, i >= current)
		case translate.Result:
			results := translate.Results(history[i:])
			e.results(results)
			i += len(results) - 1
		}
	}
	e.Raw(e.target.Continuation)
	e.Text("]")
}

func (e *encoder) role(role string) {
	e.Separate()
	e.Text(`{"role":"` + role + `"`)
}

func (e *encoder) system(parts []translate.Part) {
	e.role(e.d.SystemRole)
	e.Text(`,"content":"`)
	e.joined(parts)
	e.Text(`"}`)
}

// lateSystem writes a system message that does not lead. It breaks the templates of many models, so it is sent as the user's where the
// dialect says so: in place, for the order of things and the provider's prompt cache.
func (e *encoder) lateSystem(parts []translate.Part) {
	if e.d.LateSystem == "allow" {
		e.system(parts)
		return
	}
	e.role("user")
	e.Text(`,"content":"` + translate.DeveloperStart)
	e.joined(parts)
	e.Text(translate.DeveloperEnd + `"}`)
}

// joined writes the texts of parts into one string.
func (e *encoder) joined(parts []translate.Part) { e.Dst = translate.AppendTexts(e.Dst, parts) }

func (e *encoder) user(parts []translate.Part) {
	e.role("user")
	e.Member("content")
	e.content(parts)
	e.Text("}")
}

// content writes a text where it can, for lists of parts make some models imitate them, and a list where an image or a file is among the parts.
func (e *encoder) content(parts []translate.Part) {
	attached := false
	for i := range parts {
		attached = attached || e.sends(&parts[i])
	}
	if !attached {
		e.Text(`"`)
		e.joined(parts)
		e.Text(`"`)
		return
	}
	e.Text("[")
	for i := range parts {
		part := &parts[i]
		if e.sends(part) {
			e.Separate()
			e.attachment(part)
			continue
		}
		if text := part.AsText(); len(text) > 0 {
			e.Separate()
			e.Text(`{"type":"text","text":`)
			e.Escaped(text)
			e.Text("}")
		}
	}
	e.Text("]")
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
		e.Text(`{"type":"file","file":{"filename":`)
		e.Escaped(part.FileName())
		e.Text(`,"file_data":`)
		e.Escaped(source)
		e.Text("}}")
		return
	}
	e.Text(`{"type":"image_url","image_url":`)
	if e.d.ImageForm == "string" {
		e.Escaped(source)
		e.Text("}")
		return
	}
	e.Text(`{"url":`)
	e.Escaped(source)
	if detail := chatDetail(part.Detail); e.d.ImageDetail == "send" && detail != "" {
		e.Member("detail")
		e.String(detail)
	}
	e.Text("}}")
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
		e.Member("content")
		e.contentWithReasoning(m, reasoning)
	case len(m.Parts) > 0 || e.d.AssistantContent == "empty":
		e.Text(`,"content":"`)
		e.joined(m.Parts)
		e.Text(`"`)
	case e.d.AssistantContent == "null":
		e.Text(`,"content":null`)
	}
	e.reasoningField(reasoning)
	if len(m.Calls) > 0 {
		e.Text(`,"tool_calls":[`)
		for i := range m.Calls {
			e.Separate()
			e.call(&m.Calls[i])
		}
		e.Text("]")
	}
	e.Text("}")
}

func (e *encoder) call(call *translate.Call) {
	e.Text(`{"id":`)
	e.callID(call.ID)
	e.Text(`,"type":"function","function":{"name":`)
	e.String(call.WireName)
	e.Text(`,"arguments":`)
	e.Nested(call.Arguments)
	e.Text("}}")
}

// results writes the outputs of one turn's calls. A tool message holds text only, so images follow behind the last of them in a
// message of the user, each with a word on where it comes from.
func (e *encoder) results(results []translate.Message) {
	var images []translate.Part
	for i := range results {
		m := &results[i]
		e.role("tool")
		e.Member("tool_call_id")
		e.callID(m.CallID)
		if e.d.ToolMessageName {
			e.Member("name")
			e.String(m.WireName)
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
		e.Text(`,"content":"`)
		e.joined(texts)
		e.Text(`"}`)
	}
	if len(images) > 0 {
		e.user(images)
	}
}

// callID writes an id in the form that the provider takes.
func (e *encoder) callID(id string) {
	switch {
	case e.d.ToolCallID == "alphanumeric9":
		id = translate.MistralID(id)
	case e.d.ToolCallID == "max40" && len(id) > 40:
		id = translate.HashedID(id, "call_")
	}
	e.String(id)
}
