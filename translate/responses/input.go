package responses

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate"
)

// lead writes the leading system text where it has a member of its own, and returns where the history goes on.
func (e *encoder) lead() (next int) {
	parts, next := e.req.Lead(e.promptedFormat(), e.d.Verbosity == "prompt")
	switch {
	case len(parts) == 0:
	case e.d.Instructions == "field" && e.member("instructions"):
		e.Text(`"`)
		e.Dst = translate.AppendTexts(e.Dst, parts)
		e.Text(`"`)
	default:
		e.Text(`,"input":[`)
		e.message(e.d.SystemRole, parts)
		return next
	}
	e.Text(`,"input":[`)
	return next
}

// input writes the history behind what lead has begun.
func (e *encoder) input(next int) {
	history := e.req.History
	current := e.req.CurrentTurn()
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
	e.Text("]")
}

// item begins an item.
func (e *encoder) item(typ string) {
	e.Separate()
	e.Text(`{"type":"` + typ + `"`)
}

// message writes a message of texts. Its content is a text and no list: that form needs neither an id nor a status, on which strict
// services insist for the other.
func (e *encoder) message(role string, parts []translate.Part) {
	e.item("message")
	e.Text(`,"role":"` + role + `","content":"`)
	e.Dst = translate.AppendTexts(e.Dst, parts)
	e.Text(`"}`)
}

// lateSystem writes a system message after the first turn. One that breaks the templates of models is sent as the user's: in place, for the
// order of things and the provider's prompt cache.
func (e *encoder) lateSystem(parts []translate.Part) {
	if e.d.LateSystem == "allow" {
		e.message(e.d.SystemRole, parts)
		return
	}
	e.item("message")
	e.Text(`,"role":"user","content":"` + translate.DeveloperStart)
	e.Dst = translate.AppendTexts(e.Dst, parts)
	e.Text(translate.DeveloperEnd + `"}`)
}

// user writes a text where it can, and a list where an image or a file is among the parts.
func (e *encoder) user(parts []translate.Part) {
	if !slices.ContainsFunc(parts, e.sendsMedium) {
		e.message("user", parts)
		return
	}
	e.item("message")
	e.Text(`,"role":"user","content":[`)
	e.parts(parts)
	e.Text("]}")
}

// parts writes the elements of a list.
func (e *encoder) parts(parts []translate.Part) {
	for i := range parts {
		part := &parts[i]
		if e.sendsMedium(*part) {
			e.Separate()
			e.medium(part)
			continue
		}
		text := part.Text
		if part.Kind != translate.TextPart {
			text = translate.Note(part)
		}
		if len(text) > 0 {
			e.Separate()
			e.Text(`{"type":"input_text","text":`)
			e.Escaped(text)
			e.Text("}")
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
		e.Text(`{"type":"input_image","image_url":`)
		e.Escaped(source)
		e.Text(`,"detail":"` + e.detail(part.Detail) + `"}`)
		return
	}
	e.Text(`{"type":"input_file"`)
	if !bytes.HasPrefix(source, []byte("data:")) {
		e.Text(`,"file_url":`)
		e.Escaped(source)
		e.Text("}")
		return
	}
	name := part.Name
	if len(name) == 0 {
		name = []byte("file")
	}
	e.Text(`,"filename":`)
	e.Escaped(name)
	e.Text(`,"file_data":`)
	e.Escaped(source)
	e.Text("}")
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
