package ollama

import (
	"strings"

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
	e.Text("]")
}

func (e *encoder) role(role string) {
	e.Separate()
	e.Text(`{"role":"` + role + `","content":"`)
}

func (e *encoder) system(parts []translate.Part) {
	role := "system"
	if e.d.SystemRole == "user" {
		role = "user"
	}
	e.role(role)
	e.joined(parts)
	e.Text(`"}`)
}

// lateSystem writes a system message that does not lead. It breaks the templates of many models, so it is sent as the user's where the
// dialect says so: in place, for the order of things and the server's prompt cache.
func (e *encoder) lateSystem(parts []translate.Part) {
	if e.d.LateSystem == "allow" {
		e.role("system")
		e.joined(parts)
	} else {
		e.role("user")
		e.Text(translate.DeveloperStart)
		e.joined(parts)
		e.Text(translate.DeveloperEnd)
	}
	e.Text(`"}`)
}

// joined writes the texts of parts into one string. Images that are sent stand beside it.
func (e *encoder) joined(parts []translate.Part) {
	start := len(e.Dst)
	for i := range parts {
		if e.image(&parts[i]) != nil {
			continue
		}
		if len(e.Dst) > start {
			e.Text(translate.BlankLine)
		}
		e.Raw(parts[i].AsText())
	}
}

// image returns an image that this model reads in base64, escaped, or nil. The server takes no URLs, and no files.
func (e *encoder) image(part *translate.Part) []byte {
	if part.Kind != translate.ImagePart || e.d.Images == "none" {
		return nil
	}
	mediaType, data, ok := e.target.Inline(part)
	if !ok || !strings.HasPrefix(mediaType, "image/") {
		return nil
	}
	return data
}

func (e *encoder) user(parts []translate.Part) {
	e.role("user")
	e.joined(parts)
	e.Text(`"`)
	images := false
	for i := range parts {
		data := e.image(&parts[i])
		if data == nil {
			continue
		}
		if !images {
			e.Text(`,"images":[`)
			images = true
		}
		e.Separate()
		e.Escaped(data)
	}
	if images {
		e.Text("]")
	}
	e.Text("}")
}

// assistant writes the model's own message with its calls and, as the dialect wants it, its thinking.
func (e *encoder) assistant(m *translate.Message, current bool) {
	if len(m.Parts) == 0 && len(m.Calls) == 0 {
		return // reasoning that led to nothing
	}
	e.role("assistant")
	for i := range m.Parts {
		if i > 0 {
			e.Text(translate.BlankLine)
		}
		e.Raw(m.Parts[i].AsText()) // a model's message has no images
	}
	e.Text(`"`)
	if thinking := e.thinking(m); len(thinking) > 0 && (current || e.d.ReasoningScope != "current_turn") {
		e.Member("thinking")
		e.Escaped(thinking)
	}
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

// fieldThinking is the place where the service has reasoning, as it stands in envelopes and in the knob reasoning_out.
const fieldThinking = "thinking"

// thinking is what this server said before a message, escaped. What it said over its other interface counts as well: that is text, too.
func (e *encoder) thinking(m *translate.Message) []byte {
	if e.d.ReasoningOut == "none" {
		return nil
	}
	var thinking []byte
	for i := range m.Reasoning {
		switch state := m.Reasoning[i].State; {
		case state == nil:
			thinking = append(thinking, m.Reasoning[i].Text...)
		case state.Provider != e.target.Provider:
		case state.Field == fieldThinking, state.Field == "reasoning", state.Field == "reasoning_content":
			thinking = append(thinking, state.Data...)
		}
	}
	return thinking
}

func (e *encoder) call(call *translate.Call) {
	e.Text("{")
	if e.d.ToolCallID != "omit" {
		e.Text(`"id":`)
		e.String(call.ID)
		e.Text(",")
	}
	e.Text(`"function":{"name":`)
	e.String(call.WireName)
	e.Member("arguments")
	e.Raw(call.Arguments)
	e.Text("}}")
}

// results writes the outputs of one turn's calls. Templates show images of the user's only, so those of results follow behind the last in
// a message of the user, each with a word on where it comes from.
func (e *encoder) results(results []translate.Message) {
	var images []translate.Part
	for i := range results {
		m := &results[i]
		start := len(images)
		for j := range m.Parts {
			if e.image(&m.Parts[j]) != nil {
				images = append(images, translate.Part{Text: translate.FromTool(m.WireName)}, m.Parts[j])
			}
		}
		e.role("tool")
		text := len(e.Dst)
		e.joined(m.Parts)
		if len(e.Dst) == text && len(images) > start {
			e.Text(translate.ImageBelow)
		}
		e.Text(`","tool_name":`)
		e.String(m.WireName)
		if e.d.ToolCallID != "omit" {
			e.Member("tool_call_id")
			e.String(m.CallID)
		}
		e.Text("}")
	}
	if len(images) > 0 {
		e.user(images)
	}
}
