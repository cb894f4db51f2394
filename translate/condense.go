package translate

import (
	"slices"

	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// A client may leave it to the service when a conversation is compacted: context_management names a number of tokens beyond which it is to be
// done on the way. One exchange is two requests then. The first has the model write a summary of all there is, the second goes on from it,
// and the client gets both: the item that stands for the conversation so far, and behind it the answer.

// condensing is how far a request has come that is compacted on the way.
type condensing struct {
	whole   *Request // as it was, while the summary is being made
	summary []byte   // escaped: what has been made; nil before
	spent   Usage    // on that
}

// Condense makes the request one for a summary of its conversation, in the words of prompt. When the Stream has that, the request becomes
// one for the answer.
func (r *Request) Condense(prompt string) {
	whole := *r
	r.Compact(prompt)
	r.Compacts = false // for that is not what the client has asked for
	r.MaxOutputTokens, r.Verbosity = nil, nil
	r.condensing.whole = &whole
}

// Condenses reports whether the request is compacted on the way, or has been.
func (r *Request) Condenses() bool { return r.condensing.whole != nil || r.condensing.summary != nil }

// Condensable is about how much of a prompt a summary would stand for, as a share of it: what the model has said and what its tools have. What
// the user says stays as it is.
func (r *Request) Condensable() float64 {
	whole, some := 1, 0
	for i := range r.History {
		m := &r.History[i]
		whole += m.weight()
		if m.Role == Assistant || m.Role == Result {
			some += m.weight()
		}
	}
	return float64(some) / float64(whole)
}

// goOn makes a request for a summary the one that goes on from it.
func (r *Request) goOn(summary []byte, spent Usage) {
	*r = *r.condensing.whole
	r.condensing = condensing{summary: summary, spent: spent}
	h := history{req: r, ring: r.source.ring}
	repairs := r.Repairs
	r.History, r.Media = nil, 0
	h.instructions(jsonscan.New(r.echo.instructions).RawString())
	items := append(slices.Clip(r.source.items), item{typ: "compaction", state: &envelope.Payload{Field: CompactionField, Data: summary}})
	h.items(items)
	r.Repairs = repairs
	r.Size += len(summary) + size(h.sinceCompaction(items)) - size(items)
}

// size is how many bytes items have in the request.
func size(items []item) int {
	n := 0
	for i := range items {
		n += items[i].span.End - items[i].span.Start
	}
	return n
}

// sinceCompaction are the items that count: of those before the last summary only what the user and the client have said, for the summary
// stands for the rest. Clients need not leave that out.
func (h *history) sinceCompaction(items []item) []item {
	last := len(items) - 1
	for last > 0 && h.summaryIn(&items[last]) == nil {
		last--
	}
	if last <= 0 {
		return items
	}
	kept := make([]item, 0, len(items))
	for i := range last {
		if it := &items[i]; it.typ == "message" && it.role != "assistant" {
			kept = append(kept, *it)
		}
	}
	return append(kept, items[last:]...)
}

// condense takes what the model has said for the summary of the conversation, and leaves the response open for the answer.
func (s *Stream) condense() {
	s.req.goOn(jsonscan.MendSurrogates(s.summed), s.Tokens())
	s.summed, s.usage, s.length = nil, Usage{}, 0
	s.condensed = true
}

// Over reports whether a decoder has ended its reply: the terminal event was written, or the reply was a summary behind which the answer is
// still to come.
func (s *Stream) Over() bool { return s.phase == ended || s.condensed }

// tellSummary writes the item of a summary that was made on the way, once, before anything of the answer.
func (s *Stream) tellSummary() {
	if summary := s.req.condensing.summary; summary != nil && !s.told {
		s.told = true
		s.enqueue(&outputItem{kind: compactionItem, id: s.ids("cmp_"), text: summary, closed: true})
	}
}
