package translate

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Relaying is for services that speak the Responses API themselves. Their events pass as they are, as far as that goes: the sequence
// numbers stay without a gap where events of our own stand between, there is one response id in the stream and one terminal event, the
// model has the client's name, and what the service has sealed is sealed once more, with its issuer.
//
// An event is one JSON object on one line. It holds during the call only.

// relay is how far the reply under way has been relayed.
type relay struct {
	created bool // the stream began with the service's own response.created
	added   int  // items that were added
}

// Relay passes on an event that says how an item goes on. It is not looked at any further, for there are thousands of them.
func (s *Stream) Relay(typ string, event []byte) {
	if s.phase == ended {
		return
	}
	s.speak()
	if strings.HasSuffix(typ, ".delta") {
		s.length += bytesPerToken // which it is, most often
	}
	s.forward(typ, event, findSequence(event))
}

// speak notes that semantic output is written.
func (s *Stream) speak() {
	s.Begin()
	s.phase = speaking
}

// forward writes an event with its sequence number, which stands at a span, or nowhere.
func (s *Stream) forward(typ string, event []byte, at Span) {
	var digits [20]byte
	number := strconv.AppendInt(digits[:0], s.seq, 10)
	switch {
	case at == Span{}:
		end := len(event) - 1
		s.event = append(s.event[:0], event[:end]...)
		s.event = append(append(append(s.event, `,"sequence_number":`...), number...), '}')
		event = s.event
	case !bytes.Equal(event[at.Start:at.End], number):
		s.event = append(append(append(s.event[:0], event[:at.Start]...), number...), event[at.End:]...)
		event = s.event
	}
	s.seq++
	s.sink.Event(typ, event)
}

var sequenceMember = []byte(`"sequence_number":`)

// findSequence finds the value of sequence_number in an event that holds no object with a member of that name. What looks like it inside
// of a string has backslashes before its quotes. Services have it behind the type, where it need not be searched for.
func findSequence(event []byte) Span {
	start := behindType(event)
	if !bytes.HasPrefix(event[start:], sequenceMember) {
		start = bytes.Index(event, sequenceMember)
	}
	if start < 0 {
		return Span{}
	}
	start += len(sequenceMember)
	for start < len(event) && event[start] == ' ' {
		start++
	}
	end := start
	for end < len(event) && event[end] >= '0' && event[end] <= '9' {
		end++
	}
	if end == start {
		c := jsonscan.New(event[start:])
		c.Skip()
		end = start + c.Offset()
	}
	return Span{start, end}
}

// behindType is where the second member of an event begins whose first is its type; 0 in others.
func behindType(event []byte) int {
	const head = `{"type":"`
	if len(event) < len(head) || string(event[:len(head)]) != head {
		return 0
	}
	end := len(head) + bytes.IndexByte(event[len(head):], '"') + len(`",`)
	if end == len(head)+1 || end > len(event) {
		return 0
	}
	return end
}

// RelayState passes on an event about the response as a whole that is not the last: response.created, response.queued or
// response.in_progress. Where our side has said as much already it is dropped. False for one that is not JSON.
func (s *Stream) RelayState(typ string, event []byte) bool {
	if s.Terse {
		if s.phase == waiting {
			s.named(quickID(event))
			s.Begin() // nothing of what the event says besides would stay
		}
		return true
	}
	r, ok := readRelayed(event)
	if !ok {
		return false
	}
	switch {
	case s.phase == waiting && typ == "response.created" && r.object != Span{}:
		s.phase, s.relay.created = begun, true
		s.adopt(&r, event)
	case s.phase != begun || !s.relay.created || typ == "response.created" || r.object == Span{}:
		return true
	}
	s.relayResponse(typ, event, &r, false)
	return true
}

// adopt makes the stream's response the service's own, before anything of it has been written.
func (s *Stream) adopt(r *relayed, event []byte) {
	if id := r.id.of(event); len(id) > 0 {
		s.named(id[1 : len(id)-1])
	}
	if r.createdAt > 0 {
		s.created = r.createdAt
	}
}

// named gives the response the id that the service has for it, escaped.
func (s *Stream) named(id []byte) {
	if !s.Fixed && bytes.HasPrefix(id, []byte("resp_")) {
		s.id = string(id)
	}
}

// quickID finds the id of a response that begins with it, as all do, without reading the rest: it holds the whole request.
func quickID(event []byte) []byte {
	const before, limit = `"response":{"id":"`, 256
	head := event[:min(len(event), limit)]
	start := bytes.Index(head, []byte(before))
	if start < 0 {
		return nil
	}
	id := head[start+len(before):]
	end := bytes.IndexByte(id, '"')
	return id[:max(end, 0)]
}

// RelayEnd passes on the terminal event: response.completed or response.incomplete. Items that only it names have their events written
// before it. False for one that is not JSON.
func (s *Stream) RelayEnd(typ string, event []byte) bool {
	if s.phase == ended {
		return true
	}
	r, ok := readRelayed(event)
	if !ok {
		return false
	}
	if r.used != (Span{}) {
		s.Usage(r.tokens)
	}
	if s.phase == waiting {
		s.adopt(&r, event)
	}
	s.Begin()
	if !s.relayMissing(r.output.of(event)) {
		return false
	}
	switch {
	case r.object != Span{}:
	case typ == "response.incomplete":
		s.Incomplete("max_output_tokens")
		return true
	default:
		s.Complete()
		return true
	}
	s.phase, s.terminal = ended, typ
	s.relayResponse(typ, event, &r, true)
	return true
}

// RelayItem passes on response.output_item.added or response.output_item.done. What the item has sealed is complete only when it is
// done, so it is left out before. False for an event that is not JSON or has no item.
func (s *Stream) RelayItem(typ string, event []byte) bool {
	if s.phase == ended {
		return true
	}
	var at, place Span
	c := jsonscan.New(event)
	for key := range c.Members() {
		start := c.Offset()
		switch key {
		case "sequence_number":
			c.Skip()
			at = Span{start, c.Offset()}
		case "item":
			if c.Kind() == jsonscan.Object {
				c.Skip()
				place = Span{start, c.Offset()}
			}
		}
	}
	if c.Close() != nil || place == (Span{}) {
		return false
	}
	s.speak()
	item := place.of(event)
	if typ == "response.output_item.added" {
		s.relay.added++
		item = unsealed(item)
	} else {
		item = s.sealed(item)
		s.relayedItem(item)
	}
	if len(item) != place.End-place.Start {
		before := len(event)
		event = slices.Concat(event[:place.Start], item, event[place.End:])
		if at.Start > place.Start {
			at.Start, at.End = at.Start+len(event)-before, at.End+len(event)-before
		}
	}
	s.forward(typ, event, at)
	return true
}

// relayedItem notes an item that is done.
func (s *Stream) relayedItem(item []byte) {
	if len(s.output) > 0 {
		s.output = append(s.output, ',')
	}
	s.output = append(s.output, item...)
	s.index++
	s.relay.added = max(s.relay.added, s.index)
}

// ciphertext finds the member encrypted_content of an item where it has content. Some types of items may not be without it.
func ciphertext(item []byte) (at Span, needed bool) {
	c := jsonscan.New(item)
	for key := range c.Members() {
		switch start := c.Offset(); key {
		case "type":
			needed = string(c.RawString()) == "compaction"
		case "encrypted_content":
			if len(c.RawString()) > 0 {
				at = Span{start, c.Offset()}
			}
		}
	}
	return at, needed
}

// unsealed is an item without what the service has sealed.
func unsealed(item []byte) []byte {
	at, needed := ciphertext(item)
	if at == (Span{}) {
		return item
	}
	splicer := jsonscan.NewSplicer(nil, item)
	if needed {
		splicer.Replace(at.Start, at.End, []byte(`""`))
		return splicer.Bytes()
	}
	splicer.Remove(jsonscan.MemberStart(item, at.Start), at.End)
	return splicer.Bytes()
}

// sealed is an item with an envelope in the place of what the service has sealed.
func (s *Stream) sealed(item []byte) []byte {
	at, _ := ciphertext(item)
	if at == (Span{}) || s.State == nil {
		return item
	}
	state := s.State(item)
	if state == nil {
		return item
	}
	state.Provider, state.Model = s.target.Provider, s.target.Model
	envelope := append(s.ring.Seal([]byte{'"'}, state), '"')
	splicer := jsonscan.NewSplicer(nil, item)
	splicer.Replace(at.Start, at.End, envelope)
	return splicer.Bytes()
}

func (at Span) of(text []byte) []byte { return text[at.Start:at.End] }
