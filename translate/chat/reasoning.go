package chat

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// Names of the places where providers put reasoning, as they stand in envelopes and in the knob reasoning_out.
const (
	fieldContent  = "reasoning_content"
	fieldPlain    = "reasoning"
	fieldDetails  = "reasoning_details"
	fieldThinking = "thinking_parts"
	fieldTags     = "think_tags"
)

// pastReasoning is the reasoning of an assistant message in the form that goes back.
type pastReasoning struct {
	text    []byte // escaped
	details []byte // elements of reasoning_details, without the brackets
	filler  bool   // there is none, but the provider wants the field
}

func (r *pastReasoning) empty() bool { return len(r.text) == 0 && len(r.details) == 0 && !r.filler }

// inContent reports whether the reasoning goes into the message's content.
func (r *pastReasoning) inContent(d *dialect.Dialect) bool {
	return len(r.text) > 0 && (d.ReasoningOut == fieldThinking || d.ReasoningOut == fieldTags)
}

// reasoningOf gathers what this provider said before a message. Another's is left out: its form means nothing here.
func (e *encoder) reasoningOf(m *translate.Message, current bool) pastReasoning {
	var r pastReasoning
	if e.d.ReasoningOut == "none" || e.d.ReasoningScope == "current_turn" && !current {
		return r
	}
	for i := range m.Reasoning {
		e.gather(&r, &m.Reasoning[i])
	}
	if r.empty() {
		r.filler = e.d.ReasoningRequired == "always" || e.d.ReasoningRequired == "with_tools" && len(e.tools) > 0
	}
	return r
}

func (e *encoder) gather(r *pastReasoning, one *translate.Reasoning) {
	state := one.State
	switch {
	case state == nil:
		r.text = append(r.text, one.Text...)
	case state.Provider != e.target.Provider:
	case state.Field == fieldDetails:
		if state.Model != e.target.Model || e.d.ReasoningOut != fieldDetails {
			return
		}
		if len(r.details) > 0 {
			r.details = append(r.details, ',')
		}
		r.details = append(r.details, state.Data...)
	case state.Field == fieldContent, state.Field == fieldPlain, state.Field == fieldThinking, state.Field == fieldTags:
		r.text = append(r.text, state.Data...)
	}
}

// reasoningField writes the reasoning beside the content.
func (e *encoder) reasoningField(r pastReasoning) {
	if r.empty() || r.inContent(e.d) {
		return
	}
	switch e.d.ReasoningOut {
	case fieldContent, fieldPlain:
		e.Member(e.d.ReasoningOut)
		if r.filler {
			e.String(e.d.ReasoningFiller)
		} else {
			e.Escaped(r.text)
		}
	case fieldDetails:
		switch {
		case len(r.details) > 0:
			e.Text(`,"reasoning_details":[`)
			e.Raw(r.details)
			e.Text("]")
		case len(r.text) > 0:
			e.Member(fieldPlain)
			e.Escaped(r.text)
		default:
			e.Member(fieldContent)
			e.String(e.d.ReasoningFiller)
		}
	}
}

// contentWithReasoning writes content that begins with the reasoning.
func (e *encoder) contentWithReasoning(m *translate.Message, r pastReasoning) {
	if e.d.ReasoningOut == fieldTags {
		e.Text(`"<think>`)
		e.Raw(r.text)
		e.Text(`</think>`)
		e.joined(m.Parts)
		e.Text(`"`)
		return
	}
	e.Text(`[{"type":"thinking","thinking":[{"type":"text","text":`)
	e.Escaped(r.text)
	e.Text(`}],"closed":true}`)
	if len(m.Parts) > 0 {
		e.Text(`,{"type":"text","text":"`)
		e.joined(m.Parts)
		e.Text(`"}`)
	}
	e.Text("]")
}
