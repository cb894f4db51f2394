package translate

import (
	"slices"
	"strconv"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// relayMissing writes the events of items that a response object has and no event has brought. False for what is not JSON.
func (s *Stream) relayMissing(output []byte) bool {
	c := jsonscan.New(output)
	for i := range c.Elements() {
		if item := c.Raw(); i >= s.index && jsonscan.New(item).Kind() == jsonscan.Object {
			s.relayWhole(item)
		}
	}
	return c.Err() == nil || len(output) == 0
}

// relayWhole writes all events of an item, as if it had come in pieces.
func (s *Stream) relayWhole(item []byte) {
	s.speak()
	w := readWhole(item)
	w.item = outputItem{id: w.id, index: s.index}
	if s.relay.added == s.index {
		w.item.itemEvent(s, "response.output_item.added", w.bare)
		for _, part := range w.parts {
			w.part(s, part)
		}
		w.call(s)
		s.length += len(item)
	}
	done := s.sealed(item)
	w.item.itemEvent(s, "response.output_item.done", done)
	s.relayedItem(done)
}

// whole is an item that came without events.
type whole struct {
	item  outputItem
	id    string
	bare  []byte // the item as it is when it is added
	parts []wholePart

	name      []byte // raw: of a call
	arguments []byte // raw string: of a function call
	input     []byte // raw string: of a custom tool's call
}

type wholePart struct {
	index string // which part of its list, as a member
	typ   string
	raw   []byte
}

func readWhole(item []byte) *whole {
	w := &whole{bare: []byte{'{'}, name: []byte(`""`)}
	c := jsonscan.New(item)
	for key := range c.Members() {
		kind, raw := c.Kind(), c.Raw()
		switch {
		case key == "encrypted_content":
			continue
		case key == "id":
			w.id = string(jsonscan.New(raw).RawString())
		case key == "name":
			w.name = raw
		case key == "arguments" && kind == jsonscan.String:
			w.arguments, raw = raw, []byte(`""`)
		case key == "input" && kind == jsonscan.String:
			w.input, raw = raw, []byte(`""`)
		case (key == "content" || key == "summary") && kind == jsonscan.Array:
			w.readParts(key, raw)
			raw = []byte("[]")
		case key == "status":
			raw = []byte(`"in_progress"`)
		}
		if len(w.bare) > 1 {
			w.bare = append(w.bare, ',')
		}
		w.bare = append(append(jsonscan.AppendString(w.bare, key), ':'), raw...)
	}
	w.bare = append(w.bare, '}')
	return w
}

func (w *whole) readParts(list string, raw []byte) {
	c := jsonscan.New(raw)
	for i := range c.Elements() {
		part := wholePart{index: `,"` + list + `_index":` + strconv.Itoa(i), raw: c.Raw()}
		members := jsonscan.New(part.raw)
		for key := range members.Members() {
			if key == "type" {
				part.typ = members.Text()
			}
		}
		w.parts = append(w.parts, part)
	}
}

// wholeForm is how the events of a part are called.
type wholeForm struct {
	text   string // stem of the events with text
	part   string // stem of the events with the part
	member string // of the part: its text
	empty  string // the part as it is when it is added
	extra  string // members of events with text
}

var wholeForms = map[string]wholeForm{
	"output_text": {
		"response.output_text", "response.content_part", "text", `{"type":"output_text","text":"","annotations":[],"logprobs":[]}`, `,"logprobs":[]`,
	},
	"refusal":        {"response.refusal", "response.content_part", "refusal", `{"type":"refusal","refusal":""}`, ""},
	"reasoning_text": {"response.reasoning_text", "response.content_part", "text", `{"type":"reasoning_text","text":""}`, ""},
	"summary_text":   {"response.reasoning_summary_text", "response.reasoning_summary_part", "text", `{"type":"summary_text","text":""}`, ""},
}

func (w *whole) part(s *Stream, part wholePart) {
	form, ok := wholeForms[part.typ]
	if !ok {
		return
	}
	text, annotations, extra := []byte(`""`), []byte(nil), form.extra
	c := jsonscan.New(part.raw)
	for key := range c.Members() {
		switch {
		case key == form.member && c.Kind() == jsonscan.String:
			text = c.Raw()
		case key == "annotations":
			annotations = c.Raw()
		case key == "logprobs" && c.Kind() == jsonscan.Array:
			extra = `,"logprobs":` + string(c.Raw())
		}
	}
	w.event(s, form.part+".added", part.index, "part", []byte(form.empty), "")
	w.event(s, form.text+".delta", part.index, "delta", text, extra)
	c = jsonscan.New(annotations)
	for i := range c.Elements() {
		w.event(s, "response.output_text.annotation.added", part.index+`,"annotation_index":`+strconv.Itoa(i), "annotation", c.Raw(), "")
	}
	w.event(s, form.text+".done", part.index, form.member, text, extra)
	w.event(s, form.part+".done", part.index, "part", part.raw, "")
}

// call writes the events of a call's arguments or input.
func (w *whole) call(s *Stream) {
	if w.arguments != nil {
		w.event(s, "response.function_call_arguments.delta", "", "delta", w.arguments, "")
		w.event(s, "response.function_call_arguments.done", "", "arguments", w.arguments, string(slices.Concat([]byte(`,"name":`), w.name)))
	}
	if w.input != nil {
		w.event(s, "response.custom_tool_call_input.delta", "", "delta", w.input, "")
		w.event(s, "response.custom_tool_call_input.done", "", "input", w.input, "")
	}
}

// event writes one event: which item and where in it, and one member besides.
func (w *whole) event(s *Stream, typ, place, member string, raw []byte, extra string) {
	dst := w.item.appendPlace(s.beginEvent(typ), place)
	dst = append(append(append(dst, `,"`...), member...), `":`...)
	dst = append(append(dst, raw...), extra...)
	s.send(typ, dst)
}
