package translate

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Sink takes the events of one response. data is one JSON object, valid during the call only.
type Sink interface {
	Event(typ string, data []byte)
}

// Stream writes one response as events, for every wire and every sink. Decoders call what the upstream says; the Stream alone owns
// ids, sequence numbers and output indexes, opens and closes items, gathers the final response, and sees to it that there is exactly
// one terminal event and that it is the last.
//
// Items never interleave. Text and calls that belong to a later item wait until the earlier ones are closed.
//
// Fragments are escaped: the inside of a JSON string, cut anywhere but inside an escape sequence.
type Stream struct {
	req  *Request
	ring *envelope.Ring
	sink Sink
	ids  IDs
	now  func() time.Time

	target Target // whose reply this is; reasoning is sealed for it

	// State turns the reasoning of an item into what is sealed for the next turn. Decoders set it; nil seals nothing.
	State func(text []byte) *envelope.Payload

	// Terse leaves the instructions and tools of the request out of the response object. They are most of a request and would come
	// back three times; Codex reads nothing of them.
	Terse bool

	// EveryCall passes on what an upstream calls beside its first call also where the client wants one call at a time and the upstream
	// does not mind that. Codex makes such calls one after the other by itself.
	EveryCall bool

	// Keep, where it is set, is given the response object before its last event is written, and says whether it has been stored. The object
	// holds during the call only.
	Keep func(object []byte) bool

	// Fixed says that the id of the response stays, whatever a service calls it: it has been told already, or others go on from it, and
	// not every service gives ids that no two responses have.
	Fixed bool

	id       string
	created  int64
	seq      int64
	phase    phase
	terminal string
	echoed   []byte // members of the response object that repeat the request, rendered once
	event    []byte // the event being written

	queue  []*outputItem // the first is open, the others wait
	output []byte        // finished items, separated by commas
	index  int           // output index of the first of the queue
	summed []byte        // escaped: the summary of a conversation that is compacted
	spaces []byte        // escaped white space that no text has followed yet
	likely []byte        // how likely the tokens of that were
	calls  []string      // ids of the calls so far
	relay  relay         // how far a reply is relayed that needs no translation
	length int           // bytes of output, for an estimate of its tokens
	usage  Usage
	tier   string // of service, as the upstream says; empty where it does not

	condensed bool // the reply was a summary, and the answer is still to come
	told      bool // the summary has an item
}

// phase is how far the stream has come.
type phase int

const (
	waiting  phase = iota // nothing was written
	begun                 // response.created was written
	speaking              // semantic output was written
	ended                 // the terminal event was written
)

// NewStream makes a stream for the response to req.
func NewStream(req *Request, ring *envelope.Ring, sink Sink, ids IDs, now func() time.Time) *Stream {
	return &Stream{req: req, ring: ring, sink: sink, ids: ids, now: now, id: ids("resp_"), created: now().Unix()}
}

// ID is the id of the response.
func (s *Stream) ID() string { return s.id }

// Attempt says whose reply follows. What an earlier attempt left behind is dropped.
func (s *Stream) Attempt(target Target) {
	s.target = target
	s.State = nil
	s.relay = relay{}
	s.spaces, s.likely, s.summed = nil, nil, nil
	s.usage, s.tier = Usage{}, ""
	s.condensed = false
}

// Now is the time, by the clock of the stream.
func (s *Stream) Now() time.Time { return s.now() }

// Request is what the response answers.
func (s *Stream) Request() *Request { return s.req }

// Object is the response object as it stands: without output before the end, and with what is finished of it behind.
func (s *Stream) Object(status string) []byte { return s.appendResponse(nil, status, nil) }

// Abandon ends the response without an event, for nobody listens. What is under way is dropped.
func (s *Stream) Abandon() {
	s.abandon()
	s.phase = ended
}

// Committed reports whether semantic output has been written: text, reasoning or a tool item. From then on another attempt cannot
// take over.
func (s *Stream) Committed() bool { return s.phase >= speaking }

// Speaking reports whether the model has said anything.
func (s *Stream) Speaking() bool { return s.Committed() || !blank(s.summed) }

// BrokenInput reports whether there is a call of a custom tool whose input has begun and not ended. What of it is there would be run.
func (s *Stream) BrokenInput() bool {
	return slices.ContainsFunc(s.queue, (*outputItem).brokenInput)
}

// Ended reports whether the terminal event has been written.
func (s *Stream) Ended() bool { return s.phase == ended }

// Outcome is the type of the terminal event, empty before it.
func (s *Stream) Outcome() string { return s.terminal }

// Begin writes response.created and response.in_progress, once, and for a response in the background response.queued between them.
func (s *Stream) Begin() {
	if s.phase != waiting {
		return
	}
	s.phase = begun
	if s.req.State.Background {
		s.state("response.created", "queued", nil)
		s.state("response.queued", "queued", nil)
	} else {
		s.state("response.created", "in_progress", nil)
	}
	s.state("response.in_progress", "in_progress", nil)
}

// Heartbeat writes an event that changes nothing, for clients whose idle timers count events. It begins the stream if need be.
func (s *Stream) Heartbeat() {
	switch s.phase {
	case waiting:
		s.Begin()
	case ended:
	default:
		s.state("response.in_progress", "in_progress", nil)
	}
}

// Usage says how many tokens the exchange took. The last call counts.
func (s *Stream) Usage(u Usage) { s.usage = u }

// Tokens are the counts of the exchange, estimated where the upstream gave none. No prompt has none, whatever an upstream says.
func (s *Stream) Tokens() Usage {
	u := s.usage.aligned()
	if u.Input == 0 {
		u.Input, u.Estimated = s.req.estimate(), true
	}
	if u.Output == 0 && s.length > 0 {
		u.Output, u.Estimated = estimate(s.length), true
	}
	return u.plus(s.req.condensing.spent)
}

// Text is a fragment of the answer. White space before the first word is held back, for many models put some before a call.
func (s *Stream) Text(raw []byte) {
	if s.req.summarizing {
		s.summary(raw)
		return
	}
	item := s.last(messageItem)
	if item == nil {
		s.spaces = append(s.spaces, raw...)
		if blank(s.spaces) {
			return
		}
		raw = s.spaces
		item = s.enqueue(&outputItem{kind: messageItem, id: s.ids("msg_"), likely: likelihood{list: s.likely}})
	}
	s.write(item, raw)
}

// Reasoning is a fragment of the model's reasoning. An empty one opens the item nonetheless, for reasoning that is only state.
func (s *Stream) Reasoning(raw []byte) {
	if s.req.summarizing {
		s.length += len(raw)
		return
	}
	item := s.last(reasoningItem)
	if item == nil {
		item = s.enqueue(&outputItem{kind: reasoningItem, id: s.ids("rs_"), summary: s.req.Summary})
	}
	s.likely = nil // that was of these tokens
	s.write(item, raw)
}

// Close ends the text or reasoning under way. What follows of the same kind is an item of its own.
func (s *Stream) Close() {
	if n := len(s.queue); n > 0 && !s.queue[n-1].isCall() {
		s.queue[n-1].closed = true
		s.advance()
	}
}

// Call begins a tool call. wireName is the name that the upstream uses.
func (s *Stream) Call(callID, wireName string) *CallItem {
	s.length += len(wireName)
	if s.req.summarizing || !s.mayCall(wireName) {
		return &CallItem{stream: s, item: dropped()}
	}
	return &CallItem{stream: s, item: s.enqueue(newCall(s, callID, wireName))}
}

// CallItem is a call under way.
type CallItem struct {
	stream *Stream
	item   *outputItem
}

// Arguments is a fragment of the call's arguments. Once the call is closed it is dropped.
func (c *CallItem) Arguments(raw []byte) {
	if !c.item.closed {
		c.stream.write(c.item, raw)
	}
}

// Whole reports whether the arguments so far are one whole JSON value.
func (c *CallItem) Whole() bool { return c.item.whole() }

// Has reports whether the arguments so far are these, escaped as they came.
func (c *CallItem) Has(raw []byte) bool { return bytes.Equal(c.item.text, raw) }

// Empty reports whether the call has no arguments yet.
func (c *CallItem) Empty() bool { return len(c.item.text) == 0 }

// last returns the item at the end of the queue if it is of the kind.
func (s *Stream) last(kind itemKind) *outputItem {
	if n := len(s.queue); n > 0 && s.queue[n-1].kind == kind && !s.queue[n-1].closed {
		return s.queue[n-1]
	}
	return nil
}

// enqueue adds an item. What stands before it is closed where nothing more can belong to it.
func (s *Stream) enqueue(item *outputItem) *outputItem {
	if s.phase == ended {
		item.closed = true
		return item
	}
	s.tellSummary()
	s.Begin()
	s.phase = speaking
	s.spaces, s.likely = nil, nil
	for _, earlier := range s.queue {
		if !earlier.closed && earlier.whole() {
			earlier.closed = true
		}
	}
	s.queue = append(s.queue, item)
	s.advance()
	return item
}

// advance finishes closed items at the head of the queue and opens the next.
func (s *Stream) advance() {
	for len(s.queue) > 0 {
		head := s.queue[0]
		s.openItem(head)
		if !head.closed {
			return
		}
		s.finish(head, "completed")
		s.queue = s.queue[1:]
	}
}

// openItem writes an item's added event, and what has come of it while it waited.
func (s *Stream) openItem(item *outputItem) {
	if item.opened {
		return
	}
	item.opened = true
	item.index = s.index
	item.open(s)
	if len(item.text) > 0 {
		item.delta(s, item.text)
	}
	item.annotations.send(s, item)
}

func (s *Stream) finish(item *outputItem, status string) {
	body := item.done(s, status)
	if len(s.output) > 0 {
		s.output = append(s.output, ',')
	}
	s.output = append(s.output, body...)
	s.index++
}

// write adds a fragment to an item and passes it on if the item is open.
func (s *Stream) write(item *outputItem, raw []byte) {
	if len(item.held) > 0 {
		raw = append(item.held, raw...)
		item.held = nil
	}
	raw, high := jsonscan.SplitSurrogate(raw)
	if len(high) > 0 {
		item.held = append([]byte(nil), high...)
	}
	raw = jsonscan.MendSurrogates(raw)
	if len(raw) == 0 {
		return
	}
	s.length += len(raw)
	item.text = append(item.text, raw...)
	if item.isCall() {
		item.nesting.read(raw)
	}
	if item.opened {
		item.delta(s, raw)
	}
}

// beginEvent starts an event; send completes it.
func (s *Stream) beginEvent(typ string) []byte {
	dst := append(s.event[:0], `{"type":"`...)
	dst = append(dst, typ...)
	return append(dst, '"')
}

func (s *Stream) send(typ string, dst []byte) {
	dst = append(dst, `,"sequence_number":`...)
	dst = strconv.AppendInt(dst, s.seq, 10)
	dst = append(dst, '}')
	s.seq++
	s.event = dst
	s.sink.Event(typ, dst)
}

// state writes an event that carries the whole response.
func (s *Stream) state(typ, status string, detail func([]byte) []byte) {
	dst := append(s.beginEvent(typ), `,"response":`...)
	start := len(dst)
	dst = s.appendResponse(dst, status, detail)
	if s.phase == ended && !s.kept(dst[start:]) {
		dst = s.appendResponse(dst[:start], status, detail)
	}
	s.send(typ, dst)
}

// blank reports whether escaped text is white space only.
func blank(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case ' ':
		case '\\':
			i++
			if i == len(raw) || raw[i] != 'n' && raw[i] != 't' && raw[i] != 'r' {
				return false
			}
		default:
			return false
		}
	}
	return true
}
