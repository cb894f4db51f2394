package responses

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// relayer reads the reply of a service whose events are the client's.
type relayer struct {
	target *translate.Target
}

func newRelayer(target *translate.Target, out *translate.Stream) *relayer {
	out.State = func(item []byte) *envelope.Payload { return &envelope.Payload{Field: fieldEncrypted, Data: item} }
	return &relayer{target}
}

// passage is what happens to an event on its way.
type passage int

const (
	passes  passage = iota // as it is
	carries                // it carries the response as it begins
	opens                  // it carries an item
	ends
	fails
	dropped // what it says is not for clients
)

// passages has the types of events with anything but text in them. All others of the API pass.
var passages = map[string]passage{
	"response.created":           carries,
	"response.queued":            carries,
	"response.in_progress":       carries,
	"response.output_item.added": opens,
	"response.output_item.done":  opens,
	"response.completed":         ends,
	"response.incomplete":        ends,
	"response.failed":            fails,
	"error":                      fails,
	"response.metadata":          dropped, // headers that Codex takes for those of the answer, such as openai-model
}

// kind is a type of event and what becomes of it.
type kind struct {
	typ     string
	passage passage
	delta   bool // there are many of it in a reply, and none of them is large
}

// types are the types of which there are many in a reply, or that are large, so that their names need not be copied.
var types = func() map[string]kind {
	all := make(map[string]kind)
	for _, typ := range [...]string{
		"response.output_text.delta", "response.function_call_arguments.delta", "response.custom_tool_call_input.delta",
		"response.reasoning_summary_text.delta", "response.reasoning_text.delta", "response.refusal.delta",
	} {
		all[typ] = kind{typ, passes, true}
	}
	for typ, passage := range passages {
		all[typ] = kind{typ, passage, false}
	}
	return all
}()

func (r *relayer) event(data []byte, out *translate.Stream) error {
	it, ok := types[string(quickType(data))]
	if ok && it.delta && looksWhole(data) {
		out.Relay(it.typ, data)
		return nil
	}
	data = jsonscan.MendUTF8(data)
	if bytes.IndexByte(data, '\n') >= 0 || bytes.IndexByte(data, '\r') >= 0 {
		data = jsonscan.AppendCompact(nil, data)
	}
	if !ok || it.passage == passes || it.passage == fails { // the others are read once, when they pass
		if !jsonscan.Valid(data) {
			return r.garbled()
		}
		it.typ = typeOf(data)
		it.passage = passages[it.typ]
	}
	switch typ := it.typ; {
	case it.passage == carries:
		return r.relayed(out.RelayState(typ, data))
	case it.passage == opens:
		return r.relayed(out.RelayItem(typ, data))
	case it.passage == ends:
		return r.ending(typ, data, out)
	case it.passage == fails:
		return failure(r.target, data, out)
	case it.passage == passes && isEvent(typ):
		out.Relay(typ, data)
	case typ == "":
		return r.document(data, out)
	}
	return nil
}

// relayed is the error of an event that could not be passed on.
func (r *relayer) relayed(ok bool) error {
	if ok {
		return nil
	}
	return r.garbled()
}

func (r *relayer) garbled() error {
	return r.target.Fault(fault.BadReply, "sent an event that is not JSON")
}

// quickType is the type of an event that begins with it, as nearly all do.
func quickType(data []byte) []byte {
	const start = `{"type":"`
	if len(data) < len(start) || string(data[:len(start)]) != start {
		return nil
	}
	rest := data[len(start):]
	if end := bytes.IndexByte(rest, '"'); end >= 0 {
		return rest[:end]
	}
	return nil
}

// looksWhole tells a delta on one line that has not been cut, without reading it: there are thousands of them. Those with an escape in them
// are read.
func looksWhole(data []byte) bool {
	return data[len(data)-1] == '}' && bytes.Count(data, []byte{'"'})%2 == 0 && bytes.IndexByte(data, '\\') < 0 && bytes.IndexByte(data, '\n') < 0 &&
		utf8.Valid(data)
}

// isEvent tells the types of events, which become names of frames: those are on one line.
func isEvent(typ string) bool {
	const stem = "response."
	return len(typ) > len(stem) && typ[:len(stem)] == stem && !strings.ContainsAny(typ, "\r\n")
}

func typeOf(data []byte) string {
	typ := ""
	c := jsonscan.New(data)
	for key := range c.Members() {
		if key == "type" {
			typ = c.Text()
		}
	}
	return typ
}

// ending passes on the terminal event, unless it is that of a reply without an answer: another target may have one.
func (r *relayer) ending(typ string, data []byte, out *translate.Stream) error {
	if !out.Speaking() {
		said := readEnding(data)
		out.Usage(said.usage)
		if f := said.silence(r.target, out); f != nil {
			return f
		}
	}
	return r.relayed(out.RelayEnd(typ, data))
}

// document takes a reply that came as one response object.
func (r *relayer) document(data []byte, out *translate.Stream) error {
	said := readObject(data)
	switch {
	case !said.response:
		return foreign(r.target, data, out)
	case said.status == "completed", said.status == "incomplete", said.status == "" && !said.failed:
		typ := "response.completed"
		if said.status == "incomplete" {
			typ = "response.incomplete"
		}
		return r.ending(typ, append(append([]byte(`{"type":"`+typ+`","response":`), data...), '}'), out)
	default:
		return failure(r.target, data, out)
	}
}

func (r *relayer) end(_ bool, readErr error, out *translate.Stream) error {
	return r.target.Truncated(readErr, out)
}

// foreign is an object that is neither an event nor a response.
func foreign(target *translate.Target, data []byte, out *translate.Stream) error {
	if f, ok := fault.FromBody(target.Provider, data, out.Now()); ok {
		return f
	}
	return nil
}
