package gemini

import (
	"github.com/caddy-codex/responses/translate"
)

// Roles of contents. There is none for system messages.
const (
	userRole  = "user"
	modelRole = "model"
)

// beginning is said for the user where the history does not begin with anything that a user said.
const beginning = "[the conversation so far]"

// systemInstruction writes the leading system text, and the format of the answer where the model is told of it in words. That stands
// there and not behind the last message, so that what a provider has read of one turn is found again in the next.
func (e *encoder) systemInstruction() {
	if e.d.SystemRole == userRole {
		return
	}
	if parts := e.leading(); len(parts) > 0 {
		e.text(`"systemInstruction":{"parts":[{"text":"`)
		e.joined(parts)
		e.text(`"}]}`)
	}
}

// leading is the system text at the start.
func (e *encoder) leading() []translate.Part {
	var parts []translate.Part
	if history := e.req.History; len(history) > 0 && history[0].Role == translate.System {
		parts = append(parts, history[0].Parts...)
	}
	if e.promptedFormat() {
		parts = append(parts, translate.Part{Text: e.req.Format.Prompt()})
	}
	return parts
}

// contents writes the history. Contents of the two roles alternate, so what follows in the same role goes into the same content.
func (e *encoder) contents() {
	e.member("contents")
	e.text("[")
	if e.d.SystemRole == userRole {
		e.system(e.leading())
	}
	history := e.req.History
	for i := 0; i < len(history); i++ {
		m := &history[i]
		switch m.Role {
		case translate.System:
			if i > 0 {
				e.system(m.Parts)
			}
		case translate.User:
			e.user(m.Parts)
		case translate.Assistant:
			e.model(m)
		case translate.Result:
			end := i
			for end < len(history) && history[end].Role == translate.Result {
				end++
			}
			e.results(history[i:end])
			i = end - 1
		}
	}
	if e.role == "" {
		e.begin()
	}
	e.text("]}]")
}

// part begins a part of a role, in the content under way or in a new one.
func (e *encoder) part(role string) {
	switch {
	case e.role == role:
		e.text(",")
		return
	case e.role == "" && role == modelRole:
		e.begin()
	}
	if e.role != "" {
		e.text("]},")
	}
	e.text(`{"role":"` + role + `","parts":[`)
	e.role, e.called = role, false
}

// begin lets the user speak first.
func (e *encoder) begin() { e.textPart(userRole, []byte(beginning)) }

// textPart writes a text, escaped. An empty one is refused.
func (e *encoder) textPart(role string, text []byte) {
	if len(text) > 0 {
		e.part(role)
		e.text(`{"text":`)
		e.escaped(text)
		e.text("}")
	}
}

// system writes a system message that the contents have to hold, as a marked text of the user.
func (e *encoder) system(parts []translate.Part) {
	if len(parts) == 0 {
		return
	}
	e.part(userRole)
	e.text(`{"text":"` + translate.DeveloperStart)
	e.joined(parts)
	e.text(translate.DeveloperEnd + `"}`)
}

// joined writes the texts of parts into one string.
func (e *encoder) joined(parts []translate.Part) {
	first := true
	for i := range parts {
		text := parts[i].Text
		if parts[i].Kind != translate.TextPart {
			text = translate.Note(&parts[i])
		}
		if len(text) == 0 {
			continue
		}
		if !first {
			e.text(translate.BlankLine)
		}
		e.raw(text)
		first = false
	}
}

func (e *encoder) user(parts []translate.Part) {
	for i := range parts {
		part := &parts[i]
		if part.Kind == translate.TextPart {
			e.textPart(userRole, part.Text)
		} else if blob, ok := e.blob(part); ok {
			e.part(userRole)
			e.inline(blob)
		} else {
			e.textPart(userRole, translate.Note(part))
		}
	}
}

// results writes the outputs of one turn's calls, all in one content. Images stand in them or, for models that do not read them there,
// behind the last of them.
func (e *encoder) results(results []translate.Message) {
	var behind []translate.Part
	for i := range results {
		m := &results[i]
		texts := make([]translate.Part, 0, len(m.Parts))
		var blobs []blob
		for _, part := range m.Parts {
			one, ok := e.blob(&part)
			switch {
			case !ok:
				texts = append(texts, part)
			case e.d.ToolResultImages == "native":
				blobs = append(blobs, one)
			default:
				behind = append(behind, translate.Part{Text: translate.FromTool(m.WireName)}, part)
			}
		}
		if len(texts) == 0 && len(m.Parts) > 0 {
			texts = append(texts, translate.Part{Text: []byte(translate.ImageBelow)})
		}
		e.result(m, texts, blobs)
	}
	e.user(behind)
}

func (e *encoder) result(m *translate.Message, texts []translate.Part, blobs []blob) {
	e.part(userRole)
	e.text(`{"functionResponse":{`)
	e.callID(m.CallID)
	e.member("name")
	e.string(m.WireName)
	e.text(`,"response":{"output":"`)
	e.joined(texts)
	e.text(`"}`)
	if len(blobs) > 0 {
		e.text(`,"parts":[`)
		for _, one := range blobs {
			e.separate('[')
			e.text("{")
			e.inlineData(one)
			e.text("}")
		}
		e.text("]")
	}
	e.text("}}")
}

// callID writes the id of a call where the provider knows them. It tells calls apart by their order otherwise.
func (e *encoder) callID(id string) {
	if e.d.ToolCallID != "omit" {
		e.member("id")
		e.string(id)
	}
}
