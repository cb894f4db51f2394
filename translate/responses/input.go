package responses

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate"
)

// lead writes the leading system text where it has a member of its own, and returns what the input is to begin with.
func (e *encoder) lead() []translate.Message {
	history := e.req.History
	var parts []translate.Part
	if len(history) > 0 && history[0].Role == translate.System {
		parts, history = history[0].Parts, history[1:]
	}
	if e.promptedFormat() {
		parts = append(slices.Clip(parts), translate.Part{Text: e.req.Format.Prompt()})
	}
	switch {
	case len(parts) == 0:
	case e.d.Instructions == "field" && e.member("instructions"):
		e.text(`"`)
		e.dst = translate.AppendTexts(e.dst, parts)
		e.text(`"`)
	default:
		e.text(`,"input":[`)
		e.message(e.d.SystemRole, parts)
		return history
	}
	e.text(`,"input":[`)
	return history
}

// input writes the history behind what lead has begun.
func (e *encoder) input(history []translate.Message) {
	current := currentTurn(history)
	for i := 0; i < len(history); i++ {
		m := &history[i]
		switch m.Role {
		case translate.System:
			e.lateSystem(m.Parts)
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
	e.text("]")
}

// currentTurn is the index of the first message after the last one from the user.
func currentTurn(history []translate.Message) int {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Role == translate.User {
			return i + 1
		}
	}
	return 0
}

// item begins an item.
func (e *encoder) item(typ string) {
	e.separate()
	e.text(`{"type":"` + typ + `"`)
}

// message writes a message of texts. Its content is a text and no list: that form needs neither an id nor a status, on which strict
// services insist for the other.
func (e *encoder) message(role string, parts []translate.Part) {
	e.item("message")
	e.text(`,"role":"` + role + `","content":"`)
	e.dst = translate.AppendTexts(e.dst, parts)
	e.text(`"}`)
}

// lateSystem writes a system message after the first turn. One that breaks the templates of models is sent as the user's: in place, for the
// order of things and the provider's prompt cache.
func (e *encoder) lateSystem(parts []translate.Part) {
	if e.d.LateSystem == "allow" {
		e.message(e.d.SystemRole, parts)
		return
	}
	e.item("message")
	e.text(`,"role":"user","content":"` + translate.DeveloperStart)
	e.dst = translate.AppendTexts(e.dst, parts)
	e.text(translate.DeveloperEnd + `"}`)
}

// user writes a text where it can, and a list where an image or a file is among the parts.
func (e *encoder) user(parts []translate.Part) {
	if !slices.ContainsFunc(parts, e.sendsMedium) {
		e.message("user", parts)
		return
	}
	e.item("message")
	e.text(`,"role":"user","content":[`)
	e.parts(parts)
	e.text("]}")
}

// parts writes the elements of a list.
func (e *encoder) parts(parts []translate.Part) {
	for i := range parts {
		part := &parts[i]
		if e.sendsMedium(*part) {
			e.separate()
			e.medium(part)
			continue
		}
		text := part.Text
		if part.Kind != translate.TextPart {
			text = translate.Note(part)
		}
		if len(text) > 0 {
			e.separate()
			e.text(`{"type":"input_text","text":`)
			e.escaped(text)
			e.text("}")
		}
	}
}

// sendsMedium reports whether a part is an image or a file that this target reads.
func (e *encoder) sendsMedium(part translate.Part) bool {
	form := e.d.Images
	switch part.Kind {
	case translate.TextPart:
		return false
	case translate.FilePart:
		form = e.d.Files
	case translate.ImagePart:
	}
	source, ok := e.target.Source(&part)
	switch form {
	case "url":
		return ok
	case "data":
		return ok && bytes.HasPrefix(source, []byte("data:"))
	default:
		return false
	}
}

func (e *encoder) medium(part *translate.Part) {
	source, _ := e.target.Source(part)
	if part.Kind == translate.ImagePart {
		e.text(`{"type":"input_image","image_url":`)
		e.escaped(source)
		e.text(`,"detail":"` + e.detail(part.Detail) + `"}`)
		return
	}
	e.text(`{"type":"input_file"`)
	if !bytes.HasPrefix(source, []byte("data:")) {
		e.text(`,"file_url":`)
		e.escaped(source)
		e.text("}")
		return
	}
	name := part.Name
	if len(name) == 0 {
		name = []byte("file")
	}
	e.text(`,"filename":`)
	e.escaped(name)
	e.text(`,"file_data":`)
	e.escaped(source)
	e.text("}")
}

// detail is how closely an image is to be read. The member is required.
func (e *encoder) detail(wanted []byte) string {
	if e.d.ImageDetail != "send" {
		return "auto"
	}
	switch string(wanted) {
	case "low", "high":
		return string(wanted)
	case "original":
		return "high"
	default:
		return "auto"
	}
}
