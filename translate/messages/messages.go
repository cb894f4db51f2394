package messages

import "github.com/caddy-codex/responses/translate"

const (
	user      = "user"
	assistant = "assistant"
)

// goOn is what the user says where the history has nothing of the user's and the API wants it: at the start, and at the end.
const goOn = `{"type":"text","text":"Go on."}`

// currentTurn is the index of the first message after the last one from the user.
func currentTurn(history []translate.Message) int {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Role == translate.User {
			return i + 1
		}
	}
	return 0
}

// system writes the leading system text, block by block, and returns where the history goes on. The format of the answer stands there and
// not behind the last message, so that what a provider has read of one turn is found again in the next.
func (e *encoder) system() (next int) {
	start := len(e.dst)
	e.text(`,"system":[`)
	if history := e.req.History; len(history) > 0 && history[0].Role == translate.System {
		next = 1
		for i := range history[0].Parts {
			e.systemText(partText(&history[0].Parts[i]))
		}
	}
	if e.req.Format.Type != "" && e.schema == nil {
		e.systemText(e.req.Format.Prompt())
	}
	if e.dst[len(e.dst)-1] == '[' {
		e.dst = e.dst[:start]
		return next
	}
	e.mark(len(e.dst))
	e.text("]")
	return next
}

func (e *encoder) systemText(text []byte) {
	if !blank(text) {
		e.separate()
		e.textBlock(text)
	}
}

// messages writes the history from an index on. The user and the model take turns: what one of them says in several messages is one.
func (e *encoder) messages(from int) {
	e.text(`,"messages":[`)
	history := e.req.History
	for i := from; i < len(history); {
		if history[i].Role == translate.Assistant {
			e.assistant(&history[i], i)
			i++
			continue
		}
		end := i + 1
		for end < len(history) && (history[end].Role != translate.Assistant || e.silent(&history[end], end)) {
			end++
		}
		e.userTurn(history[i:end])
		i = end
	}
	switch {
	case len(e.target.Continuation) > 0:
		e.turn(assistant)
		e.raw(e.target.Continuation)
	case e.role == assistant, e.role == "":
		e.turn(user) // a reply that goes on with the model's own words is refused
		e.text(goOn)
	}
	e.endTurn()
	e.text("]")
	e.markTurns()
}

// turn begins a block of a role: in the message under way, or in a new one.
func (e *encoder) turn(role string) {
	if e.role == role {
		e.text(",")
		return
	}
	if e.role == "" && role == assistant {
		e.turn(user)
		e.text(goOn)
	}
	e.endTurn()
	e.separate()
	e.text(`{"role":"` + role + `","content":[`)
	e.role = role
}

// endTurn ends the message under way.
func (e *encoder) endTurn() {
	if e.role == "" {
		return
	}
	if e.role == user {
		e.turns = [2]int{e.turns[1], len(e.dst)}
	}
	e.role = ""
	e.text("]}")
}

// userTurn writes what stands between two messages of the model: the results of its calls first, for which the API asks, then what the
// user says. System messages come last, for they may stand right before the model's turn only.
func (e *encoder) userTurn(messages []translate.Message) {
	asUser := e.d.LateSystem != "allow" || !spoken(messages)
	var late []translate.Part
	results := 0
	for results < len(messages) && messages[results].Role == translate.Result {
		e.result(&messages[results])
		results++
	}
	e.liftedImages()
	for i := range messages[results:] {
		switch m := &messages[results+i]; {
		case m.Role == translate.User:
			e.parts(m.Parts)
		case m.Role != translate.System:
		case asUser:
			e.developer(m.Parts)
		default:
			late = append(late, m.Parts...)
		}
	}
	e.lateSystem(late)
}

// spoken reports whether the user says something in messages that are not the model's.
func spoken(messages []translate.Message) bool {
	for i := range messages {
		m := &messages[i]
		if m.Role == translate.Result || m.Role == translate.User && len(joined(m.Parts)) > 0 {
			return true
		}
	}
	return false
}

// developer writes a system message as the user's.
func (e *encoder) developer(parts []translate.Part) {
	text := joined(parts)
	if len(text) == 0 {
		return
	}
	e.turn(user)
	e.text(`{"type":"text","text":"` + translate.DeveloperStart)
	e.raw(text)
	e.text(translate.DeveloperEnd + `"}`)
}

// lateSystem writes a system message between turns.
func (e *encoder) lateSystem(parts []translate.Part) {
	text := joined(parts)
	if len(text) == 0 {
		return
	}
	e.endTurn()
	e.separate()
	e.text(`{"role":"system","content":[`)
	e.textBlock(text)
	e.role = "system"
}
