package converse

import (
	"bytes"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Decoder reads one reply. Its zero value is not ready; see NewDecoder.
type Decoder struct {
	target *translate.Target

	index    int64               // of the block under way
	open     kind                // what it is
	call     *translate.CallItem // the last call, where its arguments may still come
	thoughts thoughts

	stop     string // stopReason, empty until it is there
	metadata bool   // the last message was seen
	output   bool   // anything of an answer was seen
	whole    bool   // the reply came as one document

	cursor, delta jsonscan.Cursor // reused, for they would be allocated for each message
}

// NewDecoder makes a decoder for a reply of target.
func NewDecoder(target *translate.Target, _ *dialect.Dialect, out *translate.Stream) *Decoder {
	dec := &Decoder{target: target}
	out.State = dec.thoughts.state
	return dec
}

// Frame handles the data of one event of the upstream's stream, or a whole reply. An error is a *fault.Fault that ends the reply;
// whether the reply was whole is for End to say.
func (dec *Decoder) Frame(data []byte, out *translate.Stream) error {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	data = jsonscan.MendUTF8(data)
	if !jsonscan.Valid(data) {
		return dec.target.Fault(fault.BadReply, "sent an event that is not JSON")
	}
	dec.cursor = *jsonscan.New(data)
	c := &dec.cursor
	known := false
	for key := range c.Members() {
		switch key {
		case "exception":
			return dec.exception(c.Text(), data, out)
		case "contentBlockStart":
			dec.blockStart(c, out)
		case "contentBlockDelta":
			dec.blockDelta(c, out)
		case "contentBlockStop":
			dec.blockStop(out)
		case "messageStop":
			dec.messageStop(c)
		case "metadata":
			dec.metadata = true
			dec.usageOf(c, out)
		case "messageStart":
		case "output":
			dec.whole = true
			dec.document(c, out)
		case "stopReason":
			dec.stop = c.Text()
		case "usage":
			dec.usage(c, out)
		case "serviceTier":
			tier(c, out)
		default:
			continue
		}
		known = true
	}
	if !known {
		if f, ok := fault.FromBody(dec.target.Provider, data, out.Now()); ok {
			return f
		}
	}
	return nil
}

// exception is an error in the midst of the stream.
func (dec *Decoder) exception(name string, data []byte, out *translate.Stream) error {
	message := ""
	c := jsonscan.New(data)
	for key := range c.Members() {
		switch key {
		case "message", "originalMessage":
			if text := c.Text(); message == "" {
				message = text
			}
		}
	}
	if message == "" {
		message = name
	}
	report := append(jsonscan.AppendString([]byte(`{"error":{"type":`), name), `,"message":`...)
	report = append(jsonscan.AppendString(report, message), "}}"...)
	if f, ok := fault.FromBody(dec.target.Provider, report, out.Now()); ok {
		f.Code = name
		return f
	}
	return dec.target.Fault(fault.Unavailable, "reported "+name)
}

func (dec *Decoder) messageStop(c *jsonscan.Cursor) {
	for key := range c.Members() {
		if key == "stopReason" {
			dec.stop = c.Text()
		}
	}
}

func (dec *Decoder) usageOf(c *jsonscan.Cursor, out *translate.Stream) {
	for key := range c.Members() {
		switch key {
		case "usage":
			dec.usage(c, out)
		case "serviceTier":
			tier(c, out)
		}
	}
}

// tier reads which tier of service the reply has got.
func tier(c *jsonscan.Cursor, out *translate.Stream) {
	for key := range c.Members() {
		if key == "type" {
			out.ServiceTier(c.RawString())
		}
	}
}

// usage reads the token counts. What the cache served is beside the input.
func (dec *Decoder) usage(c *jsonscan.Cursor, out *translate.Stream) {
	var u translate.Usage
	for key := range c.Members() {
		switch key {
		case "inputTokens":
			u.Input = count(c)
		case "outputTokens":
			u.Output = count(c)
		case "cacheReadInputTokens":
			u.Cached = count(c)
		case "cacheWriteInputTokens":
			u.CacheWrite = count(c)
		}
	}
	u.Input += u.Cached + u.CacheWrite
	if u.Input > 0 || u.Output > 0 {
		out.Usage(u)
	}
}

func count(c *jsonscan.Cursor) int64 {
	n, _ := c.Int()
	return max(n, 0)
}

// Done reports whether the provider has said all it will say: reading on serves the connection only.
func (dec *Decoder) Done() bool { return dec.stop != "" && dec.metadata }
