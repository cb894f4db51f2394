package converse

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

const (
	user      = "user"
	assistant = "assistant"
)

// What stands in where the service wants a message or a text and there is none.
const (
	opener   = "[The conversation begins.]"
	goOn     = "[Go on.]"
	noOutput = "[no output]"
	attached = "[The file is attached.]"
)

// cachePoint marks what stands before it for the prompt cache.
const cachePoint = `{"cachePoint":{"type":"default"}}`

// fieldReasoning is the place where the service has reasoning, as it stands in envelopes. Their data are the block's content.
const fieldReasoning = "reasoningContent"

// lead is the leading system text, escaped. The format of the answer stands there and not behind the last message, so that what the
// provider has read of one turn is found again in the next.
func (e *encoder) lead() []byte {
	var text []byte
	if history := e.req.History; len(history) > 0 && history[0].Role == translate.System {
		text = appendJoined(text, history[0].Parts)
	}
	if e.req.Format.Type != "" && !e.fieldedFormat() {
		if len(text) > 0 {
			text = append(text, translate.BlankLine...)
		}
		text = append(text, e.req.Format.Prompt()...)
	}
	return text
}

func (e *encoder) system(text []byte) {
	e.write(`"system":[{"text":`)
	e.escaped(text)
	e.write("}")
	if e.d.CacheControl == "ephemeral" {
		e.write("," + cachePoint)
	}
	e.write("],")
}

// appendJoined appends the texts of parts as one.
func appendJoined(dst []byte, parts []translate.Part) []byte {
	start := len(dst)
	for i := range parts {
		if len(dst) > start {
			dst = append(dst, translate.BlankLine...)
		}
		dst = append(dst, textOf(&parts[i])...)
	}
	return dst
}

// textOf is a part as text.
func textOf(part *translate.Part) []byte {
	if part.Kind != translate.TextPart {
		return translate.Note(part)
	}
	return part.Text
}

// messages writes the history, behind a lead that is not written yet. The service wants the user and the assistant in turn, the user first
// and last, and results of calls in the user's message that follows them.
func (e *encoder) messages(lead []byte) {
	e.write(`"messages":[`)
	e.textBlock(user, lead)
	history := e.req.History
	for i := range history {
		m := &history[i]
		switch m.Role {
		case translate.System:
			if i > 0 {
				e.lateSystem(m.Parts)
			}
		case translate.User:
			e.parts(m.Parts)
		case translate.Assistant:
			e.assistant(m)
		case translate.Result:
			if history[i-1].Role != translate.Result {
				e.results(history[i:])
			}
		}
	}
	if e.role != user {
		e.textBlock(user, []byte(goOn))
	}
	e.endMessage()
	e.markTurns()
	e.write("]")
}

// block begins a block of content; the message begins with its first.
func (e *encoder) block(role string) {
	if e.role == "" && role == assistant {
		e.textBlock(user, []byte(opener))
	}
	if e.role != role {
		e.endMessage()
		e.separate()
		e.write(`{"role":"` + role + `","content":[`)
		e.role = role
	}
	e.separate()
}

func (e *encoder) endMessage() {
	if e.hasDocument && !e.hasText { // refused, even though a document says enough
		e.textBlock(user, []byte(attached))
	}
	switch e.role {
	case "":
		return
	case user:
		e.userEnds = append(e.userEnds, len(e.dst))
	}
	e.write("]}")
	e.hasText, e.hasDocument = false, false
}

// markTurns marks the last two turns of the user, so that the next request finds the end of this one.
func (e *encoder) markTurns() {
	if e.d.CacheControl != "ephemeral" {
		return
	}
	const turns = 2
	mark := []byte("," + cachePoint)
	for i := range min(turns, len(e.userEnds)) {
		at := e.userEnds[len(e.userEnds)-1-i]
		e.dst = append(e.dst, mark...)
		copy(e.dst[at+len(mark):], e.dst[at:len(e.dst)-len(mark)])
		copy(e.dst[at:], mark)
	}
}

// textBlock writes a text, unless it is blank, which is refused.
func (e *encoder) textBlock(role string, text []byte) {
	if blank(text) {
		return
	}
	e.block(role)
	e.write(`{"text":`)
	e.escaped(text)
	e.write("}")
	e.hasText = true
}

func (e *encoder) lateSystem(parts []translate.Part) {
	e.block(user)
	e.write(`{"text":"` + translate.DeveloperStart)
	e.dst = appendJoined(e.dst, parts)
	e.write(translate.DeveloperEnd + `"}`)
	e.hasText = true
}

// parts writes what the user said.
func (e *encoder) parts(parts []translate.Part) {
	for i := range parts {
		if m, ok := e.readMedium(&parts[i]); ok {
			e.block(user)
			e.medium(m)
			e.hasDocument = e.hasDocument || m.kind == "document"
			continue
		}
		e.textBlock(user, textOf(&parts[i]))
	}
}

// assistant writes what the model said, in its order: the signatures of its reasoning hold for that alone. Reasoning that led to nothing
// is left out, for a message may not end in it.
func (e *encoder) assistant(m *translate.Message) {
	for _, piece := range m.Said[:e.saidUntil(m)] {
		switch piece.Kind {
		case translate.ReasoningPiece:
			e.reasoning(&m.Reasoning[piece.Index])
		case translate.PartPiece:
			e.textBlock(assistant, textOf(&m.Parts[piece.Index]))
		case translate.CallPiece:
			call := &m.Calls[piece.Index]
			e.block(assistant)
			e.write(`{"toolUse":{"toolUseId":`)
			e.callID(call.ID)
			e.member("name")
			e.string(call.WireName)
			e.member("input")
			e.raw(call.Arguments)
			e.write("}}")
		}
	}
}

// saidUntil is where the last text or call of a message ends.
func (e *encoder) saidUntil(m *translate.Message) int {
	for i := len(m.Said); i > 0; i-- {
		switch piece := m.Said[i-1]; {
		case piece.Kind == translate.CallPiece, piece.Kind == translate.PartPiece && !blank(textOf(&m.Parts[piece.Index])):
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
	e.write(`{"reasoningContent":`)
	e.raw(state.Data)
	e.write("}")
}

// results writes the outputs of one turn's calls, with which the list begins. Images that may not stand in a result follow behind the
// last, each with a word on where it comes from.
func (e *encoder) results(list []translate.Message) {
	var below []translate.Part
	for i := range list {
		m := &list[i]
		if m.Role != translate.Result {
			break
		}
		e.block(user)
		e.write(`{"toolResult":{"toolUseId":`)
		e.callID(m.CallID)
		e.write(`,"content":[`)
		moved := e.result(m.Parts)
		if last := e.dst[len(e.dst)-1]; last == '[' {
			text := noOutput
			if len(moved) > 0 {
				text = translate.ImageBelow
			}
			e.write(`{"text":"` + text + `"}`)
		}
		e.write("]}}")
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
			e.separate()
			e.medium(m)
		case ok:
			moved = append(moved, parts[i])
		case !blank(textOf(&parts[i])):
			e.separate()
			e.write(`{"text":`)
			e.escaped(textOf(&parts[i]))
			e.write("}")
		}
	}
	return moved
}

// callID writes an id in the form that the service or, with nine letters and digits, Mistral's models take.
func (e *encoder) callID(id string) {
	const short, long = 9, 24
	switch {
	case e.d.ToolCallID == "alphanumeric9":
		if len(id) != short || strings.ContainsFunc(id, func(r rune) bool { return !isAlphanumeric(r) }) {
			id = translate.Hash62(id, short)
		}
	case !legalID(id):
		id = "call_" + translate.Hash62(id, long)
	}
	e.string(id)
}

// legalID reports whether the service takes an id: 1 to 64 letters, digits, underscores and hyphens.
func legalID(id string) bool {
	const longest = 64
	return id != "" && len(id) <= longest &&
		!strings.ContainsFunc(id, func(r rune) bool { return !isAlphanumeric(r) && r != '_' && r != '-' })
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' && r < 0x80
}

// blank reports whether an escaped text has nothing but white space, as the service sees it: control characters are as good.
func blank(escaped []byte) bool {
	if len(escaped) > 0 && escaped[0] > ' ' && escaped[0] < 0x80 && escaped[0] != '\\' {
		return false
	}
	rest := bytes.TrimLeftFunc(jsonscan.Unescape(nil, escaped), func(r rune) bool { return r <= ' ' || unicode.IsSpace(r) })
	return len(rest) == 0
}
