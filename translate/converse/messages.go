package converse

import (
	"bytes"
	"slices"
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
	for i := range min(turns, len(e.userEnds)) {
		at := e.userEnds[len(e.userEnds)-1-i]
		e.dst = slices.Insert(e.dst, at, []byte(","+cachePoint)...)
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

// blank reports whether an escaped text has nothing but white space, as the service sees it: control characters are as good.
func blank(escaped []byte) bool {
	if len(escaped) > 0 && escaped[0] > ' ' && escaped[0] < 0x80 && escaped[0] != '\\' {
		return false
	}
	rest := bytes.TrimLeftFunc(jsonscan.Unescape(nil, escaped), func(r rune) bool { return r <= ' ' || unicode.IsSpace(r) })
	return len(rest) == 0
}
