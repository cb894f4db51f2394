package translate

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// relayed is an event with a response object, as far as it is changed on its way. The spans are those of values in the event, empty where
// there are none.
type relayed struct {
	sequence Span
	object   Span // the response, where it has members

	id, model, output   Span
	instructions, tools Span
	state               [4]Span // of the members that stateMembers names
	headers             Span    // what the service says of its own answer; Codex would act upon it
	used                Span    // usage
	tokens              Usage
	counted             bool // usage has all that clients read
	twice               bool // a member is there twice, so that who reads it may take either
	createdAt           int64
}

// readRelayed reports false for what is not JSON, or says something twice.
func readRelayed(event []byte) (relayed, bool) {
	var r relayed
	c := jsonscan.New(event)
	for key := range c.Members() {
		start := c.Offset()
		switch key {
		case "sequence_number":
			c.Skip()
			r.sequence = Span{start, c.Offset()}
		case "response":
			if c.Kind() == jsonscan.Object {
				r.response(c, event, start)
			}
		}
	}
	return r, c.Close() == nil && !r.twice
}

func (r *relayed) response(c *jsonscan.Cursor, event []byte, from int) {
	members := false
	for key := range c.Members() {
		members = true
		at := Span{Start: c.Offset()}
		var of *Span
		switch key {
		case "id":
			of = &r.id
		case "model":
			of = &r.model
		case "output":
			of = &r.output
		case "instructions":
			of = &r.instructions
		case "tools":
			of = &r.tools
		case "headers":
			of = &r.headers
		case "usage":
			of = &r.used
		case "created_at":
			r.createdAt, _ = c.Int()
			continue
		default:
			if i := slices.Index(stateMembers[:], key); i >= 0 {
				of = &r.state[i]
				break
			}
			continue
		}
		c.Skip()
		if at.End = c.Offset(); c.Err() == nil {
			r.twice = r.twice || *of != Span{}
			*of = at
		}
	}
	if c.Err() != nil || !members {
		return
	}
	r.object = Span{from, c.Offset()}
	r.tokens, r.counted = ReadUsage(r.used.of(event))
}

// stateMembers are the members of a response object that say what is stored. The service is told nothing of that.
var stateMembers = [...]string{"store", "background", "previous_response_id", "conversation"}

// tell makes the response say what is stored here.
func (s *State) tell(member func(name string, at Span, text []byte), r *relayed) {
	c := jsonscan.New(slices.Concat([]byte{'{'}, s.append(nil)[1:], []byte{'}'}))
	for key := range c.Members() {
		member(key, r.state[slices.Index(stateMembers[:], key)], c.Raw())
	}
}

// edit is what stands in the place of a span. Without text the member whose value is there is left out.
type edit struct {
	at   Span
	text []byte
}

// relayResponse writes the event. In the last one the output is what was relayed before it, and the token counts are there in any case.
func (s *Stream) relayResponse(typ string, event []byte, r *relayed, last bool) {
	edits := make([]edit, 0, 8)
	member := func(name string, at Span, text []byte) {
		switch {
		case at == Span{}:
			inside := Span{r.object.Start + 1, r.object.Start + 1}
			edits = append(edits, edit{inside, slices.Concat([]byte(`"`+name+`":`), text, []byte{','})})
		case !bytes.Equal(at.of(event), text):
			edits = append(edits, edit{at, text})
		}
	}
	member("id", r.id, jsonscan.AppendString(nil, s.id))
	member("model", r.model, jsonscan.AppendString(nil, s.req.Model))
	if last {
		member("output", r.output, slices.Concat([]byte{'['}, s.output, []byte{']'}))
		if !r.counted {
			usage := s.Tokens()
			member("usage", r.used, usage.append(nil))
		}
	}
	if s.Terse {
		for at, text := range map[Span]string{r.instructions: "null", r.tools: "[]"} {
			if (at != Span{}) && string(at.of(event)) != text {
				edits = append(edits, edit{at, []byte(text)})
			}
		}
	}
	if (r.headers != Span{}) {
		edits = append(edits, edit{at: r.headers})
	}
	if s.req.State.told() {
		s.req.State.tell(member, r)
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.at.Start - b.at.Start })
	if last && s.Keep != nil && !s.kept(responseOf(edited(nil, event, edits))) {
		s.relayResponse(typ, event, r, last)
		return
	}
	s.forwardEdited(typ, event, r.sequence, edits)
}

// responseOf is the response object of an event.
func responseOf(event []byte) []byte {
	c := jsonscan.New(event)
	for key := range c.Members() {
		if key == "response" {
			return c.Raw()
		}
	}
	return nil
}

// edited appends an event with changes, which are in the order of the text.
func edited(dst, event []byte, edits []edit) []byte {
	splicer := jsonscan.NewSplicer(dst, event)
	for _, e := range edits {
		if e.text == nil {
			splicer.Remove(jsonscan.MemberStart(event, e.at.Start), e.at.End)
		} else {
			splicer.Replace(e.at.Start, e.at.End, e.text)
		}
	}
	return splicer.Bytes()
}

// forwardEdited writes an event with changes, which are in the order of the text.
func (s *Stream) forwardEdited(typ string, event []byte, sequence Span, edits []edit) {
	if len(edits) == 0 {
		s.forward(typ, event, sequence)
		return
	}
	number := strconv.AppendInt(nil, s.seq, 10)
	if (sequence == Span{}) {
		end := len(event) - 1
		sequence, number = Span{end, end}, append([]byte(`,"sequence_number":`), number...)
	}
	i, _ := slices.BinarySearchFunc(edits, sequence.Start, func(e edit, start int) int { return e.at.Start - start })
	edits = slices.Insert(edits, i, edit{sequence, number})
	s.event = edited(s.event[:0], event, edits)
	s.seq++
	s.sink.Event(typ, s.event)
}

// ReadUsage reads the token counts of a response object. whole says that all is there that clients read: Codex repeats a turn for a count
// that is missing.
func ReadUsage(raw []byte) (u Usage, whole bool) {
	var input, output, total bool
	details := 0
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "input_tokens":
			u.Input, input = c.Int()
		case "output_tokens":
			u.Output, output = c.Int()
		case "total_tokens":
			_, total = c.Int()
		case "input_tokens_details", "output_tokens_details":
			if u.readDetails(c) {
				details++
			}
		}
	}
	return u, input && output && total && details == 2 && c.Close() == nil
}

// readDetails reports whether the object has its count.
func (u *Usage) readDetails(c *jsonscan.Cursor) (counted bool) {
	for key := range c.Members() {
		switch key {
		case "cached_tokens":
			u.Cached, counted = c.Int()
		case "reasoning_tokens":
			u.Reasoning, counted = c.Int()
		case "cache_write_tokens", "cache_creation_input_tokens":
			u.CacheWrite, _ = c.Int()
		}
	}
	return counted
}
