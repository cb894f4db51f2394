package messages

import "github.com/caddy-codex/responses/translate"

const (
	user      = "user"
	assistant = "assistant"
)

// goOn is what the user says where the history has nothing of the user's and the API wants it: at the start, and at the end.
const goOn = `{"type":"text","text":"Go on."}`

// system writes the leading system text, block by block, and returns where the history goes on.
func (e *encoder) system() (next int) {
	start := len(e.Dst)
	e.Text(`,"system":[`)
	parts, next := e.req.Lead(e.req.Format.Type != "" && e.schema == nil, e.d.Verbosity == "prompt")
	for i := range parts {
		if text := parts[i].AsText(); !blank(text) {
			e.Separate()
			e.textBlock(text)
		}
	}
	if e.Dst[len(e.Dst)-1] == '[' {
		e.Dst = e.Dst[:start]
		return next
	}
	e.mark(len(e.Dst))
	e.Text("]")
	return next
}

// messages writes the history from an index on. The user and the model take turns: what one of them says in several messages is one.
func (e *encoder) messages(from int) {
	e.Text(`,"messages":[`)
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
		e.Raw(e.target.Continuation)
	case e.role == assistant, e.role == "":
		e.turn(user) // a reply that goes on with the model's own words is refused
		e.Text(goOn)
	}
	e.endTurn()
	e.Text("]")
	e.markTurns()
}

// turn begins a block of a role: in the message under way, or in a new one.
func (e *encoder) turn(role string) {
	if e.role == role {
		e.Text(",")
		return
	}
	if e.role == "" && role == assistant {
		e.turn(user)
		e.Text(goOn)
	}
	e.endTurn()
	e.Separate()
	e.Text(`{"role":"` + role + `","content":[`)
	e.role = role
}

// endTurn ends the message under way.
func (e *encoder) endTurn() {
	if e.role == "" {
		return
	}
	if e.role == user {
		e.turns = [2]int{e.turns[1], len(e.Dst)}
	}
	e.role = ""
	e.Text("]}")
}

// userTurn writes what stands between two messages of the model: the results of its calls first, for which the API asks, then what the
// user says. System messages come last, for they may stand right before the model's turn only.
func (e *encoder) userTurn(messages []translate.Message) {
	asUser := e.d.LateSystem != "allow" || !spoken(messages)
	var late []translate.Part
	results := translate.Results(messages)
	for i := range results {
		e.result(&results[i])
	}
	e.liftedImages()
	for i := len(results); i < len(messages); i++ {
		switch m := &messages[i]; {
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
	e.Text(`{"type":"text","text":"` + translate.DeveloperStart)
	e.Raw(text)
	e.Text(translate.DeveloperEnd + `"}`)
}

// lateSystem writes a system message between turns.
func (e *encoder) lateSystem(parts []translate.Part) {
	text := joined(parts)
	if len(text) == 0 {
		return
	}
	e.endTurn()
	e.Separate()
	e.Text(`{"role":"system","content":[`)
	e.textBlock(text)
	e.role = "system"
}
