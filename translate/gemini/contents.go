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

// goOn is said for the user where the model has spoken last, as where a reply was cut off behind a text: contents that end with the model
// are refused.
const goOn = "[go on]"

// systemInstruction writes the leading system text, and the format of the answer where the model is told of it in words.
func (e *encoder) systemInstruction() {
	if e.d.SystemRole == userRole {
		return
	}
	if parts, _ := e.req.Lead(e.promptedFormat(), e.d.Verbosity == "prompt"); len(parts) > 0 {
		e.Text(`"systemInstruction":{"parts":[{"text":"`)
		e.joined(parts)
		e.Text(`"}]}`)
	}
}

// contents writes the history. Contents of the two roles alternate, so what follows in the same role goes into the same content.
func (e *encoder) contents() {
	lead, next := e.req.Lead(e.promptedFormat(), e.d.Verbosity == "prompt")
	e.Member("contents")
	e.Text("[")
	if e.d.SystemRole == userRole {
		e.system(lead)
	}
	history := e.req.History
	for i := next; i < len(history); i++ {
		m := &history[i]
		switch m.Role {
		case translate.System:
			e.system(m.Parts)
		case translate.User:
			e.user(m.Parts)
		case translate.Assistant:
			e.model(m)
		case translate.Result:
			results := translate.Results(history[i:])
			e.results(results)
			i += len(results) - 1
		}
	}
	switch e.role {
	case "":
		e.begin()
	case modelRole:
		e.textPart(userRole, []byte(goOn))
	}
	e.Text("]}]")
}

// part begins a part of a role, in the content under way or in a new one.
func (e *encoder) part(role string) {
	switch {
	case e.role == role:
		e.Text(",")
		return
	case e.role == "" && role == modelRole:
		e.begin()
	}
	if e.role != "" {
		e.Text("]},")
	}
	e.Text(`{"role":"` + role + `","parts":[`)
	e.role, e.called = role, false
}

// begin lets the user speak first.
func (e *encoder) begin() { e.textPart(userRole, []byte(beginning)) }

// textPart writes a text, escaped. An empty one is refused.
func (e *encoder) textPart(role string, text []byte) {
	if len(text) > 0 {
		e.part(role)
		e.Text(`{"text":`)
		e.Escaped(text)
		e.Text("}")
	}
}

// system writes a system message that the contents have to hold, as a marked text of the user.
func (e *encoder) system(parts []translate.Part) {
	if len(parts) == 0 {
		return
	}
	e.part(userRole)
	e.Text(`{"text":"` + translate.DeveloperStart)
	e.joined(parts)
	e.Text(translate.DeveloperEnd + `"}`)
}

// joined writes the texts of parts into one string.
func (e *encoder) joined(parts []translate.Part) { e.Dst = translate.AppendTexts(e.Dst, parts) }

func (e *encoder) user(parts []translate.Part) {
	for i := range parts {
		part := &parts[i]
		if part.Kind == translate.TextPart {
			e.textPart(userRole, part.Text)
		} else if blob, ok := e.blob(part); ok {
			e.part(userRole)
			e.inline(blob)
		} else {
			e.textPart(userRole, part.AsText())
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
	e.Text(`{"functionResponse":{`)
	e.callID(m.CallID)
	e.Member("name")
	e.String(m.WireName)
	e.Text(`,"response":{"output":"`)
	e.joined(texts)
	e.Text(`"}`)
	if len(blobs) > 0 {
		e.Text(`,"parts":[`)
		for _, one := range blobs {
			e.Separate()
			e.Text("{")
			e.inlineData(one)
			e.Text("}")
		}
		e.Text("]")
	}
	e.Text("}}")
}

// callID writes the id of a call where the provider knows them. It tells calls apart by their order otherwise.
func (e *encoder) callID(id string) {
	if e.d.ToolCallID != "omit" {
		e.Member("id")
		e.String(id)
	}
}
