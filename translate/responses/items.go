package responses

import (
	"bytes"
	"cmp"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// item is an item that the upstream is making.
type item struct {
	typ   string
	id    []byte // escaped
	index int64  // negative where the upstream has not said
	done  bool

	streamed bool // some of its text, arguments or input has come
	summary  bool // of reasoning: it comes as a summary
	part     int64

	callID, name string
	call         *translate.CallItem // nil until the name is known, and for a call that is not the client's
	held         []byte              // escaped: arguments that came before the name
	wraps        bool                // of a custom tool's call: its input is put into arguments
	wrapped      bool                // all of it is
	foreign      bool                // of a custom tool that the client does not have: the provider runs it itself

	search *translate.SearchItem
	sealed []byte // raw: an item of reasoning with something sealed, as it is when it is done
}

// find returns the item that an event is about, nil for a new one. Some upstreams leave out ids or indexes, change an id on the way, or
// use an index twice.
func (t *translator) find(typ string, id []byte, index int64) *item {
	var open *item
	for i := len(t.items) - 1; i >= 0; i-- {
		it := t.items[i]
		if it.typ != typ {
			continue
		}
		if len(id) > 0 && bytes.Equal(it.id, id) {
			return it
		}
		if !it.done && (open == nil || it.index == index) {
			open = it
		}
	}
	return open
}

// begin makes an item known and begins what clients see of it.
func (t *translator) begin(one *outputItem, index int64, out *translate.Stream) *item {
	it := &item{typ: one.typ, id: []byte(one.id), index: index, callID: one.callID, name: one.name}
	t.items = append(t.items, it)
	switch it.typ {
	case message, reasoning:
		out.Close()
	case functionCall, customCall:
		it.beginCall(out)
	case searchCall:
		it.search = out.Search()
	}
	return it
}

// beginCall hands a call to the client once its name and its id are known, or no more of it will come. What comes as the call of a custom
// tool that the client has not declared is a tool which the provider runs itself.
func (it *item) beginCall(out *translate.Stream) {
	if it.call != nil || it.name == "" || it.callID == "" && !it.done || it.foreign {
		return
	}
	tool, declared := out.Request().Tools.Called(it.name)
	it.foreign = it.typ == customCall && !declared
	if it.foreign {
		return
	}
	it.call = out.Call(it.callID, it.name)
	it.wraps = it.typ == customCall && tool.Kind == translate.CustomTool
	if it.wraps {
		it.call.Arguments([]byte(`{\"` + translate.InputMember + `\":\"`))
	}
	if len(it.held) > 0 {
		it.arguments(it.held)
	}
}

// arguments passes on a fragment of the arguments or the input.
func (it *item) arguments(raw []byte) {
	switch {
	case it.foreign || it.wrapped || len(raw) == 0:
		return
	case it.call == nil:
		it.held = append(it.held, raw...)
	case it.wraps:
		it.call.Arguments(jsonscan.AppendNested(nil, raw))
	default:
		it.call.Arguments(raw)
	}
	it.streamed = true
}

// closeInput ends the arguments into which an input is put.
func (it *item) closeInput() {
	if it.wraps && !it.wrapped {
		it.wrapped = true
		it.call.Arguments([]byte(`\"}`))
	}
}

func (t *translator) added(e *event, out *translate.Stream) {
	one := readItem(e.item)
	if it := t.find(one.typ, []byte(one.id), e.index); it == nil || it.done || !it.is(&one) {
		t.begin(&one, e.index, out)
	}
}

// is reports whether an upstream means the same item.
func (it *item) is(one *outputItem) bool { return one.id != "" && string(it.id) == one.id }

// said handles an event that adds to an item. An item that nobody has added begins with it.
func (t *translator) said(m meaning, e *event, out *translate.Stream) {
	it := t.find(m.item, e.id, e.index)
	if it == nil {
		it = t.begin(&outputItem{typ: m.item, id: string(e.id), name: e.name}, e.index, out)
	}
	if it.done {
		return
	}
	switch m.what {
	case more, aside:
		it.likely(e.logprobs, out)
		it.fragment(t, e.delta, m.what == aside, e.part, out)
	case whole, asides:
		if it.name == "" {
			it.name = e.name
		}
		if !it.streamed || it.part != e.part && m.item != functionCall && m.item != customCall {
			it.likely(e.logprobs, out)
			it.fragment(t, e.whole, m.what == asides, e.part, out)
		}
		if it.typ == customCall {
			it.beginCall(out)
			it.closeInput()
		}
	case cites:
		cite(e.annotation, out)
	}
}

// fragment passes on a piece of an item's text, arguments or input.
func (it *item) fragment(t *translator, raw []byte, summary bool, part int64, out *translate.Stream) {
	if len(raw) == 0 {
		return
	}
	switch it.typ {
	case message:
		out.Text(raw)
	case reasoning:
		if it.streamed && it.summary != summary {
			return // the same thoughts once more
		}
		if !it.streamed {
			t.states = append(t.states, it)
		} else if it.part != part {
			out.Reasoning([]byte(paragraph))
		}
		it.summary = summary
		out.Reasoning(raw)
	default:
		it.beginCall(out)
		it.arguments(raw)
	}
	it.streamed, it.part = true, part
}

func (t *translator) done(one outputItem, e *event, out *translate.Stream) {
	it := t.find(one.typ, []byte(one.id), e.index)
	switch {
	case it == nil || it.done && !(it.is(&one) && it.index == e.index):
		it = t.begin(&one, e.index, out)
	case it.done:
		return // said twice
	}
	it.finish(t, &one, e.item, out)
}

// finish takes the item as it is when it is done: for some upstreams that is all there is of it.
func (it *item) finish(t *translator, one *outputItem, raw []byte, out *translate.Stream) {
	it.done = true
	switch it.typ {
	case message:
		if !it.streamed {
			it.likely(one.logprobs, out)
			it.fragment(t, one.text, false, 0, out)
		}
		for _, annotation := range one.cited {
			cite(annotation, out)
		}
		out.Close()
	case reasoning:
		it.finishReasoning(t, one, raw, out)
	case functionCall, customCall:
		it.callID, it.name = cmp.Or(it.callID, one.callID), cmp.Or(it.name, one.name)
		it.beginCall(out)
		if !it.streamed {
			it.arguments(one.arguments)
		}
		it.closeInput()
	case searchCall:
		it.search.Done(actionOf(one.action))
	}
}

func (it *item) finishReasoning(t *translator, one *outputItem, raw []byte, out *translate.Stream) {
	if one.encrypted && t.field == fieldEncrypted {
		it.sealed = bytes.Clone(raw)
	}
	switch {
	case it.streamed:
	case len(one.summary) > 0:
		it.fragment(t, one.summary, true, 0, out)
	case len(one.text) > 0:
		it.fragment(t, one.text, false, 0, out)
	case it.sealed != nil:
		t.states = append(t.states, it)
		out.Reasoning(nil)
	}
	out.Close()
}

// cite passes on where a piece of the message under way comes from.
func cite(annotation []byte, out *translate.Stream) {
	var citation translate.Citation
	var start, end int64
	c := jsonscan.New(annotation)
	for key := range c.Members() {
		switch key {
		case "url":
			citation.URL = c.RawString()
		case "title":
			citation.Title = c.RawString()
		case "start_index":
			start, _ = c.Int()
		case "end_index":
			end, _ = c.Int()
		}
	}
	citation.Start, citation.End = int(start), int(end)
	out.Cite(citation)
}

// actionOf reads what a search did.
func actionOf(raw []byte) translate.SearchAction {
	var action translate.SearchAction
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "query":
			action.Query = bytes.Clone(c.RawString())
		case "queries":
			for range c.Elements() {
				if query := c.RawString(); action.Query == nil {
					action.Query = bytes.Clone(query)
				}
			}
		case "url":
			action.OpenURL = bytes.Clone(c.RawString())
		case "sources":
			for range c.Elements() {
				for name := range c.Members() {
					if name == "url" {
						action.Sources = append(action.Sources, bytes.Clone(c.RawString()))
					}
				}
			}
		}
	}
	return action
}
