package translate

import (
	"bytes"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// State is what a request says of what is stored: what it goes on from, and what is to be kept of it. Providers are told nothing of it.
type State struct {
	Previous     string   // id of the response that it goes on from; empty for none
	Conversation string   // id of the conversation that it belongs to; empty for none
	References   []string // ids of stored items that stand for themselves in the input
	Background   bool     // it runs on without the client
	Store        bool     // the client wants the response kept, by its own word or because it has not said otherwise
	Insists      bool     // it has said so
	WarmUp       bool     // nothing is to be generated, only the input kept

	// Keeps says that the response will be kept here, so that the response object says so and no provider has to.
	Keeps bool
	// Local says that state is a matter of this side, so that a service with a store of its own is not to keep any.
	Local bool
}

// stateMember reads a member that is about state. False for another one.
func (p *parser) stateMember(key string, c *jsonscan.Cursor) bool {
	s := &p.req.State
	switch key {
	case "previous_response_id":
		if p.fits(key, aText, c) {
			s.Previous = c.Text()
			return true
		}
		c.Skip()
	case "conversation":
		s.Conversation = p.conversation(c)
	case "store":
		if kind := c.Kind(); kind == jsonscan.True || kind == jsonscan.False {
			s.Store, s.Insists = c.Bool(), kind == jsonscan.True
			return true
		}
		p.fits(key, aBool, c)
		c.Skip()
	case "background":
		p.fits(key, aBool, c)
		s.Background = c.Bool()
	case "generate":
		s.WarmUp = c.Kind() == jsonscan.False
		c.Skip()
	default:
		return false
	}
	return true
}

// conversation reads an id, or an object that has one.
func (p *parser) conversation(c *jsonscan.Cursor) (id string) {
	switch c.Kind() {
	case jsonscan.String:
		return c.Text()
	case jsonscan.Object:
		for key := range c.Members() {
			if key == "id" {
				id = c.Text()
			}
		}
		if id == "" {
			p.refusef("conversation", "conversation has no id")
		}
		return id
	case jsonscan.Null:
	default:
		p.refusef("conversation", "conversation is neither a text nor an object")
	}
	c.Skip()
	return ""
}

// check finds what a request says of state that does not go together.
func (s *State) check() *fault.Fault {
	refuse := func(param, message string) *fault.Fault {
		f := fault.New(fault.Invalid, "%s", message)
		f.Param = param
		return f
	}
	switch {
	case s.Previous != "" && s.Conversation != "":
		return refuse("previous_response_id", "previous_response_id and conversation exclude each other")
	case s.Background && !s.Store:
		return refuse("background", "background needs store to be true, for a response that nobody waits for has to be kept")
	default:
		return nil
	}
}

// told reports whether the response object says anything of state that a provider does not know.
func (s *State) told() bool { return s.Keeps || s.Previous != "" || s.Conversation != "" }

// Continues reports whether the request goes on from something that is stored.
func (s *State) Continues() bool {
	return s.Previous != "" || s.Conversation != "" || len(s.References) > 0
}

// Earlier is what a request goes on from.
type Earlier struct {
	Parts      [][]byte          // inputs and outputs in their order, raw: each a text or a list of items
	Tools      []byte            // raw; for a request that has none of its own
	Refers     bool              // an input, the request's own or one of the parts, refers to stored items
	References map[string][]byte // raw: those items by their ids, as far as they are there

	lenient bool // one that is not there is no error
}

// Expand appends the body of a request that says the same without what is stored to what room returns, which has room for as many bytes.
// The error is a *fault.Fault.
func (r *Request) Expand(e Earlier, room func(size int) []byte) ([]byte, error) {
	body := r.source.Body
	size := len(body) + len(e.Tools) + 256
	for _, part := range e.Parts {
		size += len(part) + len(messageOfText)
	}
	splicer := jsonscan.NewSplicer(room(size), body)
	var input, tools bool
	for i := range r.source.Members {
		m := &r.source.Members[i]
		switch at := r.source.MemberSpan(m); m.Name {
		case "input":
			input = true
			items, err := e.items(m.Value.of(body))
			if err != nil {
				return nil, err
			}
			splicer.Replace(m.Value.Start, m.Value.End, items...)
		case "previous_response_id", "conversation":
			splicer.Remove(at.Start, at.End)
		case "tools":
			if tools = m.Value.of(body)[0] == '['; !tools && e.Tools != nil {
				splicer.Replace(m.Value.Start, m.Value.End, e.Tools)
				tools = true
			}
		}
	}
	end := bytes.LastIndexByte(body, '}')
	if !input {
		items, err := e.items([]byte("[]"))
		if err != nil {
			return nil, err
		}
		splicer.Replace(end, end, append([][]byte{[]byte(`,"input":`)}, items...)...)
	}
	if !tools && e.Tools != nil {
		splicer.Replace(end, end, []byte(`,"tools":`), e.Tools)
	}
	return splicer.Bytes(), nil
}

// items is the whole input as one list, in pieces.
func (e *Earlier) items(input []byte) ([][]byte, error) {
	pieces := [][]byte{[]byte("[")}
	for _, part := range append(slices.Clip(e.Parts), input) {
		inside, err := e.inside(part)
		if err != nil {
			return nil, err
		}
		if len(inside) > 0 && len(pieces) > 1 {
			pieces = append(pieces, []byte(","))
		}
		if len(inside) > 0 {
			pieces = append(pieces, inside)
		}
	}
	return append(pieces, []byte("]")), nil
}

// messageOfText begins the item that a text stands for.
const messageOfText = `{"type":"message","role":"user","content":`

// inside is the items of an input or output without brackets around them, with what references refer to in their place.
func (e *Earlier) inside(part []byte) ([]byte, error) {
	c := jsonscan.New(part)
	switch {
	case c.Kind() == jsonscan.String:
		return slices.Concat([]byte(messageOfText), part, []byte{'}'}), nil
	case c.Kind() != jsonscan.Array:
		return nil, nil
	case !e.Refers:
		part = bytes.TrimSpace(part)
		return bytes.TrimSpace(part[1 : len(part)-1]), nil
	}
	var dst []byte
	for range c.Elements() {
		item := c.Raw()
		if id, ok := reference(item); ok {
			if item = e.References[id]; item == nil && e.lenient {
				continue
			} else if item == nil {
				return nil, ReferenceFault("input", id)
			}
		}
		if len(dst) > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, item...)
	}
	return dst, nil
}

// Resolve is an input with what its references refer to in their place. What is not there any more is left out.
func (e *Earlier) Resolve(input []byte) []byte {
	if !e.Refers {
		return input
	}
	there := Earlier{Refers: true, References: e.References, lenient: true}
	items, err := there.items(input)
	if err != nil {
		return input // which a lenient one never says
	}
	return bytes.Join(items, nil)
}

// reference is the id that an item refers to, false for one that stands for itself.
func reference(item []byte) (id string, ok bool) {
	members := 0
	c := jsonscan.New(item)
	for key := range c.Members() {
		members++
		switch key {
		case "type":
			ok = c.Text() == "item_reference"
		case "id":
			id = c.Text()
		}
	}
	return id, ok || members == 1 && id != ""
}

// ReferenceFault says that there is no item that an input refers to.
func ReferenceFault(param, id string) *fault.Fault {
	f := fault.New(fault.NotFound, "Item with id '%s' not found.", id)
	f.Param = param
	return f
}

// References are the ids that items of an input refer to.
func References(part []byte) (ids []string) {
	c := jsonscan.New(part)
	for range c.Elements() {
		if id, ok := reference(c.Raw()); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// CheckCalls finds an output without its call, or a call without its output, in a request that goes on from something that is stored. There
// everything was under our eyes, so what is missing has been forgotten, and a model would go on from something that was not. Nil where all
// is well.
func (r *Request) CheckCalls() *fault.Fault {
	open := make(map[string]bool)
	var order []string
	for i := range r.source.items {
		it := &r.source.items[i]
		switch {
		case it.callID == "":
		case it.isResult():
			if _, known := open[it.callID]; !known {
				return callFault("No tool call found for %s with call_id %s.", strings.ReplaceAll(it.typ, "_", " "), it.callID)
			}
			open[it.callID] = false
		case !open[it.callID]:
			open[it.callID] = true
			order = append(order, it.callID)
		}
	}
	for _, id := range order {
		if open[id] && !r.Compacts {
			return callFault("No tool output found for function call %s.", id)
		}
	}
	return nil
}

func callFault(format string, args ...any) *fault.Fault {
	f := fault.New(fault.Invalid, format, args...)
	f.Param = "input"
	return f
}

// Input is the request's own input, raw: a text or a list. Nil where it has none.
func (r *Request) Input() []byte {
	for i := range r.source.Members {
		if m := &r.source.Members[i]; m.Name == "input" {
			return m.Value.of(r.source.Body)
		}
	}
	return nil
}

// Instructions are the request's own, raw; nil where it has none.
func (r *Request) Instructions() []byte { return present(r.echo.instructions) }

// RawTools are the request's own tools, raw; nil where it has none.
func (r *Request) RawTools() []byte { return only(r.echo.tools, jsonscan.Array) }

// append appends the members of the response object that are about state, each after a comma.
func (s *State) append(dst []byte) []byte {
	dst = append(dst, `,"store":`...)
	dst = appendBool(dst, s.Keeps)
	dst = append(dst, `,"background":`...)
	dst = appendBool(dst, s.Background)
	dst = append(dst, `,"previous_response_id":`...)
	if s.Previous == "" {
		dst = append(dst, "null"...)
	} else {
		dst = jsonscan.AppendString(dst, s.Previous)
	}
	if s.Conversation != "" {
		dst = append(dst, `,"conversation":{"id":`...)
		dst = append(jsonscan.AppendString(dst, s.Conversation), '}')
	}
	return dst
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}
