package codexresponses

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/translate/chat"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// serveChatCompletions handles POST /chat/completions: routing, model mapping and keys, and the rest of request and reply as they are.
func (h *Handler) serveChatCompletions(w http.ResponseWriter, r *http.Request) error {
	x := h.newExchange(w, r, "chat_completions")
	defer x.finish()
	body, f := x.readBody()
	if f != nil {
		return x.fail(f)
	}
	p, f := parseChat(body)
	if f != nil {
		return x.fail(f)
	}
	x.body = p
	x.startWatch(nil)
	return x.run(p.model)
}

// passThrough is the payload of POST /chat/completions.
type passThrough struct {
	model         string
	before, after []byte // the body around the value of model
	cacheKey      string
	wants         routing.Needs
}

func parseChat(body []byte) (*passThrough, *fault.Fault) {
	if !utf8.Valid(body) {
		return nil, fault.New(fault.Invalid, "the body is not UTF-8 text")
	}
	p := new(passThrough)
	c := jsonscan.New(body)
	if c.Kind() != jsonscan.Object {
		return nil, fault.New(fault.Invalid, "the body is not a JSON object")
	}
	for key := range c.Members() {
		if key != "model" {
			p.read(key, c)
			continue
		}
		if p.before != nil { // the upstream would take the other one
			return nil, fault.New(fault.Invalid, "model is given twice")
		}
		start := c.Offset()
		p.model = c.Text()
		p.before, p.after = body[:start], body[c.Offset():]
	}
	switch {
	case c.Close() != nil:
		return nil, fault.New(fault.Invalid, "the body is not valid JSON")
	case p.model == "":
		f := fault.New(fault.Invalid, "model is missing")
		f.Param = "model"
		return nil, f
	}
	return p, nil
}

// read takes from a member what routing looks at. The rest is the provider's business.
func (p *passThrough) read(key string, c *jsonscan.Cursor) {
	switch {
	case key == "prompt_cache_key" && c.Kind() == jsonscan.String:
		p.cacheKey = c.Text()
	case key == "reasoning_effort" && c.Kind() == jsonscan.String:
		p.wants.Effort = c.Text()
	case key == "tools":
		p.wants.Tools = len(c.Raw()) > len("null")
	case key == "messages":
		text := c.Raw()
		p.wants.Images = bytes.Contains(text, []byte(`"image_url"`))
		p.wants.Context = leastTokens(text)
	}
}

// leastTokens is how many tokens messages have at the least; 0 for those with data in them, which is not counted by its length.
func leastTokens(messages []byte) int {
	for _, data := range [...]string{";base64,", `"file_data"`, `"input_audio"`} {
		if bytes.Contains(messages, []byte(data)) {
			return 0
		}
	}
	const most = 8    // bytes of a token, whatever the language, JSON included
	const escaped = 5 // bytes that a letter takes more where it is escaped
	return (len(messages) - escaped*bytes.Count(messages, []byte(`\u`))) / most
}

func (p *passThrough) needs() routing.Needs { return p.wants }

func (p *passThrough) names() (cacheKey, conversation string) { return p.cacheKey, "" }

func (p *passThrough) serve(x *exchange, t target) *fault.Fault { return x.try(t) }

func (p *passThrough) giveUp(x *exchange, f *fault.Fault) error { return x.fail(f) }

func (p *passThrough) wirePath(a *attempt) string { return a.upstream.wire.urlPath(a.model, a.dialect) }

func (p *passThrough) encode(_ *exchange, a *attempt) ([]byte, *fault.Fault) {
	if a.upstream.wire != wires[chatWire] {
		f := fault.New(fault.Rejected, "does not speak Chat Completions; use POST /responses")
		f.Provider = a.upstream.name
		return nil, f
	}
	dst := make([]byte, 0, len(p.before)+len(a.model)+len(p.after)+2)
	dst = append(dst, p.before...)
	dst = jsonscan.AppendString(dst, a.model)
	return append(dst, p.after...), nil
}

func (p *passThrough) header(http.Header, *attempt) {}

// passedHeaders are those of the provider's answer that are the client's business.
var passedHeaders = [...]string{"Content-Type", "Content-Encoding", "Content-Length", "Cache-Control", "Retry-After"}

// reply waits for the first of what comes. Until then the attempt can fail without a trace, and so it does where that is an error.
func (p *passThrough) reply(x *exchange, a *attempt, res *http.Response) (*http.Response, *fault.Fault) {
	body := bufio.NewReaderSize(listening{res.Body, a}, passedBuffer)
	x.setIdle(true)
	_, err := body.Peek(1)
	x.setIdle(false)
	switch {
	case errors.Is(err, io.EOF):
		f := fault.New(fault.BadReply, "sent an empty reply")
		f.Provider, f.Status = a.upstream.name, res.StatusCode
		return nil, f
	case err != nil:
		return nil, readFault(a, err)
	}
	head, _ := body.Peek(body.Buffered())
	if f, ok := fault.FromBody(a.upstream.name, firstDocument(head), x.handler.now()); ok {
		f.Status = res.StatusCode
		return nil, f
	}
	header := make(http.Header)
	for _, name := range passedHeaders {
		if values := res.Header.Values(name); len(values) > 0 {
			header[name] = values
		}
	}
	res.Header = header
	res.Body = &passedBody{head: bytes.Clone(head), Reader: body, Closer: res.Body, exchange: x, attempt: a}
	return res, nil
}

// passedBuffer is how much is looked at. Larger reads go past it.
const passedBuffer = 4096

// firstDocument is the document with which a reply begins, or the data of its first event, if that is there to its end; empty if not.
func firstDocument(head []byte) []byte {
	for line := range bytes.Lines(head) {
		text, isData := bytes.CutPrefix(line, []byte("data:"))
		switch text = bytes.TrimSpace(text); {
		case len(text) == 0 || text[0] != '{':
			continue
		case !isData:
			text = head
		}
		if gjson.ValidBytes(text) {
			return text
		}
		return nil
	}
	return nil
}

// passedBody notes in the record how a reply that passes through begins and ends.
type passedBody struct {
	io.Reader
	io.Closer
	exchange *exchange
	attempt  *attempt
	head     []byte // what came first
	tail     []byte // at least chat.TailLength bytes of what came last
}

// remember keeps the end of what has come.
func (b *passedBody) remember(p []byte) {
	p = p[max(len(p)-chat.TailLength, 0):]
	if len(b.tail)+len(p) > 2*chat.TailLength {
		b.tail = append(b.tail[:0], b.tail[len(b.tail)-chat.TailLength:]...)
	}
	b.tail = append(b.tail, p...)
}

// Read implements io.Reader.
func (b *passedBody) Read(p []byte) (int, error) {
	x := b.exchange
	x.setIdle(true)
	n, err := b.Reader.Read(p)
	x.setIdle(false)
	b.remember(p[:n])
	if n > 0 && x.record.FirstEvent.IsZero() {
		x.record.FirstEvent = x.handler.now()
	}
	switch {
	case err == nil, x.request.Context().Err() != nil: // finish knows of clients that are gone
	case errors.Is(err, io.EOF):
		x.record.Finish = "completed"
		var counted bool
		if x.record.Usage, counted = chat.LastUsage(b.tail); !counted { // Mistral's documents begin with it
			x.record.Usage, _ = chat.LastUsage(b.head)
		}
	default:
		f := readFault(b.attempt, err)
		b.attempt.broken = f
		b.attempt.log.Cause = f.Brief()
		x.failedWith(f)
	}
	return n, err
}

// fail cannot happen: nothing is sent before a provider has answered.
func (p *passThrough) fail(*exchange, *fault.Fault) {}
