package messages

import (
	"bytes"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Decoder reads one reply, which may come in several answers of the provider. Its zero value is not ready; see NewDecoder.
type Decoder struct {
	target   *translate.Target
	seals    bool // the client sends sealed state back
	keeps    bool // and the provider wants its thinking back
	unsigned bool // also what it has not signed
	searches bool // the provider may search the web, and pause for that

	blocks   []*block // of this answer, those that have begun
	thinking *block   // whose item is open, nil for none

	sealed []sealable // what the items of reasoning hold, oldest first, until they are closed
	server []byte     // blocks of the provider's own tools that are in no item yet
	found  []search   // searches that have no result yet
	said   []byte     // all blocks so far, for a reply that goes on

	stop     string // stop_reason, empty until it is there
	category string // of a refusal
	why      string // of a refusal, in the provider's words
	done     bool   // message_stop was seen
	whole    bool   // the answer came as one document
	output   bool   // anything of an answer was seen

	counts counts          // of this answer
	spent  translate.Usage // on those before
	event  event           // reused
}

// NewDecoder makes a decoder for a reply of target.
func NewDecoder(target *translate.Target, d *dialect.Dialect, out *translate.Stream) *Decoder {
	req := out.Request()
	dec := &Decoder{
		target: target, seals: req.Encrypted, keeps: req.Encrypted && d.ReasoningOut == "thinking", unsigned: d.UnsignedThinking,
		searches: req.Tools.Search != nil && isServerSearch(d.WebSearch),
	}
	out.State = dec.state
	return dec
}

// Frame handles the data of one event of the upstream's stream, or a whole reply. An error is a *fault.Fault that ends the reply;
// whether the reply was whole is for End to say.
func (dec *Decoder) Frame(data []byte, out *translate.Stream) error {
	data = bytes.TrimSpace(data)
	if bytes.Equal(data, []byte("[DONE]")) {
		dec.done = true
		return nil
	}
	if len(data) == 0 || data[0] != '{' {
		return nil // comments that a gateway sends as data
	}
	data = jsonscan.MendUTF8(data)
	ev := &dec.event
	*ev = event{}
	c := jsonscan.New(data)
	ev.read(c)
	if c.Close() != nil {
		return dec.target.Fault(fault.BadReply, "sent an event that is not JSON")
	}
	if ev.failed {
		if f, ok := fault.FromBody(dec.target.Provider, data, out.Now()); ok {
			return f
		}
	}
	return dec.apply(ev, out)
}

// apply passes on what an event says. Events of other types, ping among them, say nothing.
func (dec *Decoder) apply(ev *event, out *translate.Stream) error {
	switch string(ev.typ) {
	case "content_block_delta":
		dec.delta(ev, out)
	case "content_block_start":
		return dec.start(ev.index, ev.block, out)
	case "content_block_stop":
		if b := dec.at(ev.index); b != nil {
			dec.end(b, out)
		}
	case "message_start", "message_delta":
		dec.count(ev, out)
		dec.stopped(ev, out)
	case "message_stop":
		dec.done = true
	case "message":
		return dec.document(ev, out)
	}
	return nil
}

// document handles a reply that came whole.
func (dec *Decoder) document(ev *event, out *translate.Stream) error {
	dec.whole = true
	c := jsonscan.New(ev.content)
	for i := range c.Elements() {
		if err := dec.start(int64(i), c.Raw(), out); err != nil {
			return err
		}
		if b := dec.at(int64(i)); b != nil {
			dec.end(b, out)
		}
	}
	dec.count(ev, out)
	dec.stopped(ev, out)
	return nil
}

// stopped takes why the model has stopped, if an event says so. No block is under way any more then.
func (dec *Decoder) stopped(ev *event, out *translate.Stream) {
	if len(ev.stop) == 0 {
		return
	}
	dec.stop, dec.category, dec.why = string(ev.stop), string(ev.category), string(jsonscan.Unescape(nil, ev.why))
	for _, b := range dec.blocks {
		dec.end(b, out)
	}
}

func (dec *Decoder) count(ev *event, out *translate.Stream) {
	if ev.usage == nil {
		return
	}
	dec.counts.read(jsonscan.New(ev.usage))
	if tier := tierIn(ev.usage); len(tier) > 0 {
		out.ServiceTier(tier)
	}
	if dec.counts != (counts{}) {
		out.Usage(dec.counts.addedTo(dec.spent))
	}
}

// Done reports whether the provider has said all it will say: reading on serves the connection only.
func (dec *Decoder) Done() bool { return dec.done }
