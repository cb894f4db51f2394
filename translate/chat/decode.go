package chat

import (
	"bytes"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Decoder reads one reply. Its zero value is not ready; see NewDecoder.
type Decoder struct {
	target *translate.Target
	tags   *translate.ThinkTags // nil where the dialect has no think tags
	markup *markupReader        // nil where calls are not looked for in the text

	calls   calls
	search  searchCalls
	field   string  // the reasoning field that the provider uses
	details details // reasoning_details since the last reasoning item closed

	finish   string // finish_reason, empty until it is there
	done     bool   // [DONE] was seen
	output   bool   // anything of an answer was seen
	streamed bool   // some of it came in deltas
	frames   int    // how many chunks there were
	whole    bool   // the only chunk was a whole reply
	high     []byte // escaped: a high surrogate whose partner is in the next fragment
	delta    delta  // reused
}

// NewDecoder makes a decoder for a reply of target.
func NewDecoder(target *translate.Target, d *dialect.Dialect, out *translate.Stream) *Decoder {
	dec := &Decoder{target: target}
	if d.ThinkTags {
		dec.tags = new(translate.ThinkTags)
	}
	if d.ToolMarkup == "calls" {
		dec.markup = &markupReader{tools: &out.Request().Tools}
	}
	dec.search.on = d.WebSearch == echoedSearch && out.Request().Tools.Search != nil
	keepsDetails := d.ReasoningOut == fieldDetails
	out.State = func(text []byte) *envelope.Payload { return dec.state(text, keepsDetails) }
	return dec
}

// state is what the next turn needs of a reasoning item.
func (dec *Decoder) state(text []byte, keepsDetails bool) *envelope.Payload {
	if elements := dec.details.take(); keepsDetails && len(elements) > 0 {
		return &envelope.Payload{Field: fieldDetails, Data: elements}
	}
	if len(text) == 0 {
		return nil
	}
	return &envelope.Payload{Field: dec.field, Data: text}
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
		return dec.foreign(data, out)
	}
	data = jsonscan.MendUTF8(data)
	c := jsonscan.New(data)
	d := &dec.delta
	*d = delta{text: d.text[:0], reasoning: d.reasoning[:0], calls: d.calls[:0], citations: d.citations[:0], skipMessages: dec.streamed}
	d.read(c)
	if c.Close() != nil {
		return dec.target.Fault(fault.BadReply, "sent a chunk that is not JSON")
	}
	if d.failed {
		if f, ok := fault.FromBody(dec.target.Provider, data, out.Now()); ok {
			return f
		}
	}
	dec.apply(d, out)
	return nil
}

// foreign handles what is no JSON object. Some gateways send their comments as data.
func (dec *Decoder) foreign(data []byte, out *translate.Stream) error {
	if len(data) > 0 && data[0] == '[' {
		if f, ok := fault.FromBody(dec.target.Provider, data, out.Now()); ok {
			return f
		}
	}
	return nil
}

// apply passes on what a chunk said: reasoning first, then text, then calls, for so a model produces them, and the finish last.
func (dec *Decoder) apply(d *delta, out *translate.Stream) {
	dec.frames++
	dec.whole = dec.frames == 1 && d.message && !d.chunk
	dec.streamed = dec.streamed || !d.message && len(d.text)+len(d.reasoning)+len(d.calls) > 0
	if usage, ok := d.counts(); ok {
		out.Usage(usage)
	}
	if len(d.tier) > 0 {
		out.ServiceTier(d.tier)
	}
	dec.reasoning(d, out)
	if len(d.found) > 0 {
		out.Search().Done(translate.SearchAction{Sources: d.found})
	}
	if d.tellsLikelihood() {
		out.Logprobs(d.logprobs)
	}
	for _, text := range d.text {
		dec.text(text, out)
	}
	for _, citation := range d.citations {
		out.Cite(citation)
	}
	if dec.search.on {
		dec.search.reasoning = append(dec.search.reasoning, bytes.Join(d.reasoning, nil)...)
		dec.search.text = append(dec.search.text, bytes.Join(d.text, nil)...)
	}
	for i := range d.calls {
		dec.output = true
		dec.endText(out)
		if dec.search.fragment(&d.calls[i], out) {
			continue
		}
		dec.calls.fragment(&d.calls[i], out)
	}
	if d.finish != "" {
		dec.finish = d.finish
	}
}

func (dec *Decoder) reasoning(d *delta, out *translate.Stream) {
	if len(d.details) > 0 {
		dec.details.add(d.details)
		if len(d.reasoning) == 0 {
			d.reasoning = append(d.reasoning, dec.details.lastText)
			d.field = fieldPlain
		}
	}
	for _, text := range d.reasoning {
		if len(text) == 0 && len(d.details) == 0 {
			continue
		}
		dec.field = d.field
		out.Reasoning(text)
	}
}

func (dec *Decoder) text(text []byte, out *translate.Stream) {
	if len(text) == 0 {
		return
	}
	dec.output = true
	if dec.tags == nil {
		dec.answer(text, out)
		return
	}
	reasoning, answer := dec.tags.Read(text)
	dec.tagged(reasoning, answer, out)
}

// paired holds back a high surrogate at the end of a fragment, for what is to be looked at is unescaped.
func (dec *Decoder) paired(text []byte) []byte {
	if len(dec.high) > 0 {
		text, dec.high = append(dec.high, text...), nil
	}
	text, high := jsonscan.SplitSurrogate(text)
	if len(high) > 0 {
		dec.high = bytes.Clone(high)
	}
	return text
}

func (dec *Decoder) tagged(reasoning, answer []byte, out *translate.Stream) {
	if len(reasoning) > 0 {
		dec.field = fieldTags
		out.Reasoning(reasoning)
	}
	dec.answer(answer, out)
}

// answer passes on text that is no reasoning.
func (dec *Decoder) answer(text []byte, out *translate.Stream) {
	switch {
	case len(text) == 0:
	case dec.markup == nil:
		out.Text(text)
	default:
		dec.marked(dec.markup.read(string(jsonscan.Unescape(nil, dec.paired(text)))), out)
	}
}

func (dec *Decoder) marked(pieces []markupPiece, out *translate.Stream) {
	for _, piece := range pieces {
		if piece.text != "" {
			out.Text(jsonscan.AppendEscaped(nil, piece.text))
		}
		for _, c := range piece.calls {
			out.Call("", c.name).Arguments(jsonscan.AppendNested(nil, c.args))
		}
	}
}

// endText gives up waiting for the rest of a tag or of a block.
func (dec *Decoder) endText(out *translate.Stream) {
	if dec.tags != nil {
		reasoning, answer := dec.tags.Flush()
		dec.tagged(reasoning, answer, out)
	}
	if dec.markup != nil {
		dec.marked(dec.markup.flush(), out)
	}
}

// Done reports whether the provider has said all it will say: reading on serves the connection only.
func (dec *Decoder) Done() bool { return dec.done }
