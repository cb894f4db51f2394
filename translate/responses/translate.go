package responses

import (
	"slices"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// translator reads the reply of a service whose events are not what clients rely on: some are missing, some have other names, and tools
// are called by the names that were sent.
type translator struct {
	target *translate.Target
	field  string // the form in which reasoning goes back
	items  []*item
	states []*item // items of reasoning whose state has not been asked for, oldest first
}

func newTranslator(target *translate.Target, d *dialect.Dialect, out *translate.Stream) *translator {
	t := &translator{target: target, field: d.ReasoningOut}
	out.State = t.state
	return t
}

// state is what the next turn needs of a reasoning item. Items are closed in the order in which they began.
func (t *translator) state(text []byte) *envelope.Payload {
	var of item
	if len(t.states) > 0 {
		of, t.states = *t.states[0], t.states[1:]
	}
	switch t.field {
	case fieldEncrypted:
		if of.sealed != nil {
			return &envelope.Payload{Field: fieldEncrypted, Data: of.sealed}
		}
	case fieldText, fieldSummary:
		if len(text) > 0 {
			return &envelope.Payload{Field: t.field, Data: text}
		}
	}
	return nil
}

func (t *translator) event(data []byte, out *translate.Stream) error {
	data = jsonscan.MendUTF8(data)
	e, ok := readEvent(data)
	if !ok {
		return t.target.Fault(fault.BadReply, "sent an event that is not JSON")
	}
	if m, ok := meanings[e.typ]; ok {
		t.said(m, &e, out)
		return nil
	}
	switch e.typ {
	case "response.output_item.added":
		t.added(&e, out)
	case "response.output_item.done":
		t.done(readItem(e.item), &e, out)
	case "response.completed", "response.incomplete", "response.done":
		return t.ending(readObject(e.response), e.typ, out)
	case "response.failed", "error":
		return failure(t.target, data, out)
	case "":
		if said := readObject(data); said.response {
			return t.ending(said, "", out)
		}
		return foreign(t.target, data, out)
	}
	return nil
}

// ending handles what the response object says at the end.
func (t *translator) ending(said ending, typ string, out *translate.Stream) error {
	if said.usage.Input > 0 || said.usage.Output > 0 {
		out.Usage(said.usage)
	}
	if len(said.tier) > 0 {
		out.ServiceTier(said.tier)
	}
	if said.failed || said.status == "failed" {
		return failure(t.target, said.object, out)
	}
	t.catchUp(said.output, out)
	switch {
	case said.status == "incomplete", said.status == "" && typ == "response.incomplete":
		return t.incomplete(said.reason, out)
	case said.status == "cancelled", typ == "" && (said.status == "queued" || said.status == "in_progress"):
		return t.target.Fault(fault.BadReply, "ended its reply with the status "+said.status)
	default:
		return t.complete(out)
	}
}

// catchUp takes what the response object has and no event has told: the items of a type are in the same order in both.
func (t *translator) catchUp(output []byte, out *translate.Stream) {
	seen := make(map[string]int)
	c := jsonscan.New(output)
	for range c.Elements() {
		raw := c.Raw()
		one := readItem(raw)
		it := t.nth(one.typ, seen[one.typ])
		seen[one.typ]++
		if it == nil {
			it = t.begin(&one, -1, out)
		}
		if !it.done {
			it.finish(t, &one, raw, out)
		}
	}
}

// nth is the item of a type that came as number n, counted from 0.
func (t *translator) nth(typ string, n int) *item {
	for _, it := range t.items {
		if it.typ == typ {
			if n == 0 {
				return it
			}
			n--
		}
	}
	return nil
}

// complete ends a reply that says it is whole, unless it is not: a tool's input that breaks off would be run as it is.
func (t *translator) complete(out *translate.Stream) error {
	for _, it := range t.items {
		it.done = true
		it.beginCall(out)
	}
	nameless := func(it *item) bool {
		return (it.typ == functionCall || it.typ == customCall) && it.call == nil && !it.foreign
	}
	switch {
	case slices.ContainsFunc(t.items, nameless):
		return t.target.Fault(fault.BadReply, "made a tool call without a name")
	case out.BrokenInput():
		return t.target.Fault(fault.Truncated, "broke off the input of a tool call")
	case !out.Speaking() && out.Request().AwaitsAnswer():
		return t.target.Silence()
	}
	out.Complete()
	return nil
}

func (t *translator) incomplete(reason string, out *translate.Stream) error {
	if reason != "content_filter" {
		out.Incomplete("max_output_tokens")
		return nil
	}
	if !out.Speaking() {
		return t.target.Fault(fault.Filtered, "withheld its answer: its content filter objects")
	}
	out.Incomplete(reason)
	return nil
}

// end takes a final mark for the end of a reply that has an answer. Without one the reply has broken off.
func (t *translator) end(marked bool, readErr error, out *translate.Stream) error {
	switch {
	case marked && out.Speaking():
		return t.complete(out)
	case marked:
		return t.target.Silence()
	default:
		return t.target.Truncated(readErr, out)
	}
}
