package translate

import (
	"iter"

	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Source is a request as it came, with what a wire has to know of it that passes it on instead of writing it anew.
type Source struct {
	Body    []byte
	Members []SourceMember // of the top level, in their order
	Effort  Span           // the value of reasoning.effort; empty where absent

	items []item
	ring  *envelope.Ring
}

// usualMembers is room for the members that a request has at its top level.
const usualMembers = 16

// Span is a stretch of a request's body.
type Span struct{ Start, End int }

// SourceMember is a member of a request and where its value stands.
type SourceMember struct {
	Name  string
	Value Span
}

// SourceItem is an input item as it came.
type SourceItem struct {
	Type string
	Role string // of a message
	Span Span

	CallID string // of a call, and of its output
	Name   string // of a call
	Open   bool   // it has content: of reasoning, that it is told in the open

	ID []byte // escaped; nil where absent

	Encrypted []byte            // escaped: encrypted_content; nil where absent
	Sealed    bool              // that is an envelope of ours
	State     *envelope.Payload // what it holds; nil where it cannot be opened
}

// Source is the request as it came.
func (r *Request) Source() *Source { return &r.source }

// MemberSpan is where a member stands, its name included.
func (s *Source) MemberSpan(m *SourceMember) Span {
	return Span{jsonscan.MemberStart(s.Body, m.Value.Start), m.Value.End}
}

// Items goes over the items of the input, except the declarations of tools. An input that is a text has none.
func (s *Source) Items() iter.Seq[*SourceItem] {
	return func(yield func(*SourceItem) bool) {
		var one SourceItem
		for i := range s.items {
			it := &s.items[i]
			if it.span == (Span{}) {
				continue // the input is a text
			}
			one = SourceItem{Type: it.typ, Role: it.role, Span: it.span, CallID: it.callID, Name: it.name, Open: it.open, ID: it.id, Encrypted: it.encrypted}
			one.Sealed = envelope.Sealed(string(it.encrypted[:min(len(it.encrypted), sealMark)]))
			if one.Sealed {
				if one.State = it.state; one.State == nil {
					one.State, _ = s.ring.Open(string(it.encrypted))
				}
			}
			if !yield(&one) {
				return
			}
		}
	}
}

// sealMark is how much of a text shows whether it is an envelope.
const sealMark = 16
