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

// lead is the leading system text, escaped, and where the history goes on.
func (e *encoder) lead() (text []byte, next int) {
	parts, next := e.req.Lead(e.req.Format.Type != "" && !e.fieldedFormat(), e.d.Verbosity == "prompt")
	return appendJoined(nil, parts), next
}

func (e *encoder) system(text []byte) {
	e.Text(`"system":[{"text":`)
	e.Escaped(text)
	e.Text("}")
	if e.d.CacheControl == "ephemeral" {
		e.Text("," + cachePoint)
	}
	e.Text("],")
}

// appendJoined appends the texts of parts as one.
func appendJoined(dst []byte, parts []translate.Part) []byte {
	start := len(dst)
	for i := range parts {
		if len(dst) > start {
			dst = append(dst, translate.BlankLine...)
		}
		dst = append(dst, parts[i].AsText()...)
	}
	return dst
}

// messages writes the history, behind a lead that is not written yet. The service wants the user and the assistant in turn, the user first
// and last, and results of calls in the user's message that follows them.
func (e *encoder) messages(lead []byte, next int) {
	e.Text(`"messages":[`)
	e.textBlock(user, lead)
	history := e.req.History
	for i := next; i < len(history); i++ {
		m := &history[i]
		switch m.Role {
		case translate.System:
			e.lateSystem(m.Parts)
		case translate.User:
			e.parts(m.Parts)
		case translate.Assistant:
			e.assistant(m)
		case translate.Result:
			results := translate.Results(history[i:])
			e.results(results)
			i += len(results) - 1
		}
	}
	if e.role != user {
		e.textBlock(user, []byte(goOn))
	}
	e.endMessage()
	e.markTurns()
	e.Text("]")
}

// block begins a block of content; the message begins with its first.
func (e *encoder) block(role string) {
	if e.role == "" && role == assistant {
		e.textBlock(user, []byte(opener))
	}
	if e.role != role {
		e.endMessage()
		e.Separate()
		e.Text(`{"role":"` + role + `","content":[`)
		e.role = role
	}
	e.Separate()
}

func (e *encoder) endMessage() {
	if e.hasDocument && !e.hasText { // refused, even though a document says enough
		e.textBlock(user, []byte(attached))
	}
	switch e.role {
	case "":
		return
	case user:
		e.userEnds = append(e.userEnds, len(e.Dst))
	}
	e.Text("]}")
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
		e.Dst = slices.Insert(e.Dst, at, []byte(","+cachePoint)...)
	}
}

// textBlock writes a text, unless it is blank, which is refused.
func (e *encoder) textBlock(role string, text []byte) {
	if blank(text) {
		return
	}
	e.block(role)
	e.Text(`{"text":`)
	e.Escaped(text)
	e.Text("}")
	e.hasText = true
}

func (e *encoder) lateSystem(parts []translate.Part) {
	e.block(user)
	e.Text(`{"text":"` + translate.DeveloperStart)
	e.Dst = appendJoined(e.Dst, parts)
	e.Text(translate.DeveloperEnd + `"}`)
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
		e.textBlock(user, parts[i].AsText())
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
