package messages

import (
	"slices"
	"strconv"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// thinking is what the request says of the model's thinking.
type thinking struct {
	typ    string // adaptive, enabled, between_tools, disabled; empty where it says nothing
	budget int64  // tokens, for enabled; 0 for none
	effort string // a word, beside it; empty for none
	mute   bool   // thinking of earlier turns stays out
}

const (
	adaptive     = "adaptive"
	enabled      = "enabled"
	disabled     = "disabled"
	betweenTools = "between_tools"
)

// on reports whether the model thinks as it answers.
func (t *thinking) on() bool { return t.typ == adaptive || t.typ == enabled }

// In tokens: the smallest budget for thinking, and what has to be left for the answer beside it.
const (
	leastBudget = 1024
	leastAnswer = 1024
)

// chooseThinking decides by the requested effort. limit is how many tokens thinking and answer may have together.
func (e *encoder) chooseThinking(limit int64) thinking {
	value, send := e.d.Effort(e.req.Effort)
	off := send && value == dialect.Off
	switch e.d.EffortParam {
	case "thinking.adaptive":
		switch {
		case off:
			return thinking{typ: disabled, mute: true}
		case value == betweenTools: // which goes with little effort alone
			return thinking{typ: betweenTools, effort: "low"}
		default:
			return thinking{typ: adaptive, effort: value}
		}
	case "thinking.budget":
		return e.budgeted(value, off, limit)
	case "thinking":
		switch {
		case off:
			return thinking{typ: disabled, mute: true}
		case send || len(e.d.ThinkingFields) > 0:
			return thinking{typ: enabled}
		}
	}
	return thinking{}
}

// budgeted is for models that think within a number of tokens, and that do not think unless they are told to.
func (e *encoder) budgeted(value string, off bool, limit int64) thinking {
	if off {
		return thinking{typ: disabled, mute: true}
	}
	budget, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return thinking{mute: true}
	}
	budget = min(budget, limit-leastAnswer)
	if budget < leastBudget || e.loopWithoutThinking() {
		return thinking{typ: disabled, mute: true}
	}
	return thinking{typ: enabled, budget: budget}
}

// loopWithoutThinking reports whether calls are being answered that came without thinking, such as another model's. The API refuses to
// begin thinking in the midst of that. Whatever the user says besides results ends such a loop.
func (e *encoder) loopWithoutThinking() bool {
	history := e.req.History
	first := -1
	for i := len(history) - 1; i >= 0; i-- {
		m := &history[i]
		switch {
		case m.Role == translate.Assistant && !e.silent(m, i):
			if first < 0 && len(m.Calls) == 0 {
				return false
			}
			first = i
		case e.interrupts(m):
			return first >= 0 && !e.beginsWithThinking(&history[first], first)
		}
	}
	return first >= 0 && !e.beginsWithThinking(&history[first], first)
}

// interrupts reports whether there is more in a message of the user's than results.
func (e *encoder) interrupts(m *translate.Message) bool {
	switch m.Role {
	case translate.User, translate.System:
		return len(joined(m.Parts)) > 0
	case translate.Result:
		return e.d.ToolResultImages != "native" && slices.ContainsFunc(m.Parts, func(part translate.Part) bool {
			return part.Kind == translate.ImagePart && e.media(&part).source != nil
		})
	default:
		return false
	}
}

// beginsWithThinking reports whether the first of what is sent of message i is thinking.
func (e *encoder) beginsWithThinking(m *translate.Message, i int) bool {
	for _, piece := range m.Said {
		if e.says(m, piece, i) {
			return piece.Kind == translate.ReasoningPiece && e.past(&m.Reasoning[piece.Index], i) == thought
		}
	}
	return false
}

// thinkingFields writes the thinking object.
func (e *encoder) thinkingFields() {
	t := &e.thinking
	if t.typ == "" {
		return
	}
	e.Text(`,"thinking":{"type":"` + t.typ + `"`)
	if t.budget > 0 {
		e.Member("budget_tokens")
		e.Int(t.budget)
	}
	if t.on() && len(e.d.ThinkingFields) > 0 {
		e.Text(",")
		e.Raw(e.d.ThinkingFields)
	}
	e.Text("}")
}

// Names of the states that envelopes hold on this wire.
const (
	fieldThinking = "thinking"          // a block that thinks, signed or redacted
	fieldUnsigned = "unsigned_thinking" // escaped: the text of one that is neither
	fieldServer   = "server_blocks"     // what tools of the provider's own did: blocks with commas between them
)

// pastKind is what becomes of an item of reasoning that has come back.
type pastKind int

const (
	forgotten pastKind = iota
	thought
	served
)

// past says what goes back of an item of reasoning of message i. A signature is good for the model that made it and for nobody else.
func (e *encoder) past(r *translate.Reasoning, i int) pastKind {
	state := r.State
	switch {
	case state != nil && state.Provider != e.target.Provider:
		return forgotten
	case state != nil && state.Field == fieldServer:
		if !isServerSearch(e.d.WebSearch) {
			return forgotten
		}
		return served
	case e.thinking.mute, e.d.ReasoningOut != "thinking", e.d.ReasoningScope == "current_turn" && i < e.current:
		return forgotten
	case state == nil, state.Field == fieldUnsigned:
		if !e.d.UnsignedThinking || len(unsigned(r)) == 0 {
			return forgotten
		}
		return thought
	case state.Field == fieldThinking && state.Model == e.target.Model:
		return thought
	default:
		return forgotten
	}
}

// unsigned is the text of thinking without a signature.
func unsigned(r *translate.Reasoning) []byte {
	if r.State != nil {
		return r.State.Data
	}
	return r.Text
}

// reasoning writes an item of reasoning as the block or blocks that it was.
func (e *encoder) reasoning(r *translate.Reasoning) {
	e.turn(assistant)
	if r.State != nil && r.State.Field != fieldUnsigned {
		e.Raw(r.State.Data)
		return
	}
	e.Text(`{"type":"thinking","thinking":`)
	e.Escaped(unsigned(r))
	e.Text(`,"signature":""}`)
}
