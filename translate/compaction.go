package translate

import (
	_ "embed"

	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// A client that takes its provider for OpenAI has the service compact a long conversation: the input ends in a compaction_trigger, and the
// answer is one compaction item that stands for all before it and that only the service can read. Where the provider is another, the model
// writes a summary, and the summary is what the item holds.

// CompactionField is the field of envelopes that hold a summary, escaped. Any target may read it.
const CompactionField = "compaction"

// CompactionPrompt asks the model for a summary of the conversation.
//
//go:embed compaction.md
var CompactionPrompt string

// Compact makes the request one for a summary of its conversation, in the words of prompt.
func (r *Request) Compact(prompt string) {
	if r.summarizing {
		return
	}
	r.Compacts, r.summarizing = true, true
	r.History = append(r.History, Message{Role: User, Parts: []Part{{Text: jsonscan.AppendEscaped(nil, prompt)}}})
	r.ToolChoice, r.Tools.Search, r.Format = ToolChoice{Mode: "none"}, nil, Format{}
}

// compaction is what a summary that came back says.
func (h *history) compaction(it *item) {
	state := h.summaryIn(it)
	if state == nil {
		h.req.Repairs++ // another service's, which nobody here can read
		return
	}
	h.other(Message{Role: User, Parts: []Part{{Text: SummaryText(state.Data)}}})
}

// summaryIn is what an item holds if it is a summary of ours, nil for any other.
func (h *history) summaryIn(it *item) *envelope.Payload {
	if it.typ != "compaction" && it.typ != "compaction_summary" {
		return nil
	}
	if it.state == nil {
		it.state, _ = h.ring.Open(string(it.encrypted))
	}
	if it.state == nil || it.state.Field != CompactionField {
		return nil
	}
	return it.state
}

// SummaryText introduces a summary, both escaped.
func SummaryText(summary []byte) []byte {
	return append([]byte(`[Summary of the conversation before this point]\n\n`), summary...)
}

// summary gathers what the model says of a conversation that is being compacted. Nothing of it is written before it is whole, so that
// another target can take over until then. Reasoning is not kept, and calls the model should not make.
func (s *Stream) summary(raw []byte) {
	s.length += len(raw)
	s.summed = append(s.summed, raw...)
}

// dropped is an item that is not passed on.
func dropped() *outputItem { return &outputItem{kind: functionItem, closed: true} }

// sealSummary writes the item that stands for the conversation.
func (s *Stream) sealSummary() {
	if s.phase == ended || blank(s.summed) {
		return
	}
	s.enqueue(&outputItem{kind: compactionItem, id: s.ids("cmp_"), text: jsonscan.MendSurrogates(s.summed), closed: true})
	s.summed = nil
}

func (it *outputItem) appendCompactionBody(s *Stream, dst []byte) []byte {
	if it.sealed == nil {
		it.sealed = s.ring.Seal(nil, &envelope.Payload{Provider: s.target.Provider, Model: s.target.Model, Field: CompactionField, Data: it.text})
	}
	dst = append(dst, `compaction","encrypted_content":"`...)
	dst = append(dst, it.sealed...)
	return append(dst, `"}`...)
}
