package ollama

import (
	"slices"
	"strings"

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
			if history[i-1].Role != translate.Result {
				e.results(history[i:])
			}
		}
	}
	e.text("]")
}

// lead writes the leading system message where it says more than the history's, and returns where to go on. The format of the answer
// stands there and not behind the last message, so that what the server has read of one turn is found again in the next.
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
	e.text(`{"role":"` + role + `","content":"`)
}

// system writes a system message. One that does not lead breaks the templates of many models, so it is sent as the user's where the
// dialect says so: in place, for the order of things and the server's prompt cache.
func (e *encoder) system(parts []translate.Part, leads bool) {
	switch {
	case leads && e.d.SystemRole == "user":
		e.role("user")
		e.joined(parts)
	case leads, e.d.LateSystem == "allow":
		e.role("system")
		e.joined(parts)
	default:
		e.role("user")
		e.text(translate.DeveloperStart)
		e.joined(parts)
		e.text(translate.DeveloperEnd)
	}
	e.text(`"}`)
}

// joined writes the texts of parts into one string. Images that are sent stand beside it.
func (e *encoder) joined(parts []translate.Part) {
	start := len(e.dst)
	for i := range parts {
		text := parts[i].Text
		if parts[i].Kind != translate.TextPart {
			if e.image(&parts[i]) != nil {
				continue
			}
			text = translate.Note(&parts[i])
		}
		if len(e.dst) > start {
			e.text(translate.BlankLine)
		}
		e.raw(text)
	}
}

// image returns an image that this model reads in base64, escaped, or nil. The server takes no URLs, and no files.
func (e *encoder) image(part *translate.Part) []byte {
	if part.Kind != translate.ImagePart || e.d.Images == "none" {
		return nil
	}
	source, ok := e.target.Source(part)
	if !ok {
		return nil
	}
	mediaType, data, ok := translate.SplitDataURL(source)
	if !ok || len(data) == 0 || !strings.HasPrefix(mediaType, "image/") {
		return nil
	}
	return data
}

func (e *encoder) user(parts []translate.Part) {
	e.role("user")
	e.joined(parts)
	e.text(`"`)
	images := false
	for i := range parts {
		data := e.image(&parts[i])
		if data == nil {
			continue
		}
		if !images {
			e.text(`,"images":[`)
			images = true
		}
		e.separate()
		e.escaped(data)
	}
	if images {
		e.text("]")
	}
	e.text("}")
}

// assistant writes the model's own message with its calls and, as the dialect wants it, its thinking.
func (e *encoder) assistant(m *translate.Message, current bool) {
	if len(m.Parts) == 0 && len(m.Calls) == 0 {
		return // reasoning that led to nothing
	}
	e.role("assistant")
	for i := range m.Parts {
		if i > 0 {
			e.text(translate.BlankLine)
		}
		if m.Parts[i].Kind == translate.TextPart {
			e.raw(m.Parts[i].Text)
		} else {
			e.raw(translate.Note(&m.Parts[i])) // a model's message has no images
		}
	}
	e.text(`"`)
	if thinking := e.thinking(m); len(thinking) > 0 && (current || e.d.ReasoningScope != "current_turn") {
		e.member("thinking")
		e.escaped(thinking)
	}
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
	e.text("{")
	if e.d.ToolCallID != "omit" {
		e.text(`"id":`)
		e.string(call.ID)
		e.text(",")
	}
	e.text(`"function":{"name":`)
	e.string(call.WireName)
	e.member("arguments")
	e.raw(call.Arguments)
	e.text("}}")
}

// results writes the outputs of one turn's calls, with which the list begins. Templates show images of the user's only, so those of
// results follow behind the last in a message of the user, each with a word on where it comes from.
func (e *encoder) results(list []translate.Message) {
	var images []translate.Part
	for i := range list {
		m := &list[i]
		if m.Role != translate.Result {
			break
		}
		start := len(images)
		for j := range m.Parts {
			if e.image(&m.Parts[j]) != nil {
				images = append(images, translate.Part{Text: translate.FromTool(m.WireName)}, m.Parts[j])
			}
		}
		e.role("tool")
		text := len(e.dst)
		e.joined(m.Parts)
		if len(e.dst) == text && len(images) > start {
			e.text(translate.ImageBelow)
		}
		e.text(`","tool_name":`)
		e.string(m.WireName)
		if e.d.ToolCallID != "omit" {
			e.member("tool_call_id")
			e.string(m.CallID)
		}
		e.text("}")
	}
	if len(images) > 0 {
		e.user(images)
	}
}
