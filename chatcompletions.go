package codexresponses

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
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

func (p *passThrough) asks() *translate.Request { return nil }

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

// reply waits for the first byte. Until then the attempt can fail without a trace.
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
	header := make(http.Header)
	for _, name := range passedHeaders {
		if values := res.Header.Values(name); len(values) > 0 {
			header[name] = values
		}
	}
	res.Header = header
	res.Body = &passedBody{Reader: body, Closer: res.Body, exchange: x, attempt: a}
	return res, nil
}

// passedBuffer is no more than what the first byte is waited for with: larger reads go past it.
const passedBuffer = 16

// passedBody notes in the record how a reply that passes through begins and ends.
type passedBody struct {
	io.Reader
	io.Closer
	exchange *exchange
	attempt  *attempt
}

// Read implements io.Reader.
func (b *passedBody) Read(p []byte) (int, error) {
	x := b.exchange
	x.setIdle(true)
	n, err := b.Reader.Read(p)
	x.setIdle(false)
	if n > 0 && x.record.FirstEvent.IsZero() {
		x.record.FirstEvent = x.handler.now()
	}
	switch {
	case err == nil, x.request.Context().Err() != nil: // finish knows of clients that are gone
	case errors.Is(err, io.EOF):
		x.record.Finish = "completed"
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
