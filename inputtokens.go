package codexresponses

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/tokens"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// serveInputTokens handles POST /responses/input_tokens: how many tokens a request has. Nothing is answered and nothing is kept.
func (h *Handler) serveInputTokens(w http.ResponseWriter, r *http.Request) error {
	x := h.newExchange(w, r, "input_tokens")
	defer x.finish()
	request, f := x.newResponses(new(memory))
	if f != nil {
		return x.fail(f)
	}
	request.keep, request.req.State.Keeps = nil, false
	request.req.Stream, x.record.Stream = false, false
	p := &inputTokens{responses: request}
	x.body = p
	x.startWatch(nil)
	return x.run(p.req.Model)
}

// serve asks a target that counts how many tokens the request has there, or estimates it for one that does not. The record has no usage, for
// none is used.
func (p *inputTokens) serve(x *exchange, t target) *fault.Fault {
	p.target = t
	if t.counter() == nil {
		now := x.handler.now()
		x.record.Attempts = append(x.record.Attempts, Attempt{Provider: t.upstream.name, Model: t.model, Start: now, End: now})
		return x.estimate(p)
	}
	f := x.tryCount(t)
	if f == nil || !doesNotCount(f) {
		return f
	}
	x.handler.logger.Info("the provider does not count", zap.String("request_id", x.record.ID), zap.String("provider", t.upstream.name),
		zap.String("model", t.model), zap.String("cause", f.Brief()))
	return x.estimate(p)
}

// giveUp estimates what nobody can count at the moment.
func (p *inputTokens) giveUp(x *exchange, f *fault.Fault) error {
	if p.target.upstream == nil { // none was asked
		plan, unknown := x.handler.router.plan(p.req.Model)
		if unknown != nil {
			return x.fail(f)
		}
		p.target = plan.targets[0]
	}
	if f := x.estimate(p); f != nil {
		return x.fail(f)
	}
	return nil
}

// tryCount makes an attempt, and another without the reasoning of earlier turns where that cannot be opened any more. Nothing is learned of
// refusals: what a service does not count, it may still answer.
func (x *exchange) tryCount(t target) *fault.Fault {
	x.forgets = false
	f := x.try(t)
	if f != nil && f.Kind == fault.StaleReasoning {
		x.forgets = true
		f = x.again()
	}
	return f
}

// doesNotCount tells a target that does not count, or not this request, from one that is out of order, in whose place the next one would
// serve. That another would count is no reason to send it the prompt.
func doesNotCount(f *fault.Fault) bool {
	switch f.Kind {
	case fault.ClientGone:
		return false
	case fault.Rejected, fault.StaleReasoning, fault.Misaddressed, fault.BadReply, fault.Filtered:
		return true
	default:
		return !f.AnotherTarget() || f.Status == http.StatusForbidden || f.Status == http.StatusNotImplemented
	}
}

// estimate answers without asking anyone.
func (x *exchange) estimate(p *inputTokens) *fault.Fault {
	t := p.target
	d, err := t.upstream.dialect(t.model)
	if err != nil {
		return fault.New(fault.Internal, "%v", err)
	}
	a := &attempt{target: t, dialect: d}
	if !a.native() {
		if err := p.req.Complete(); err != nil {
			return asFault(err)
		}
		a.media = imagined(p.req, d)
	}
	body, f := p.responses.encode(x, a)
	if f != nil {
		return f
	}
	document := countObject(tokens.Estimate(body, d.ImageTokens), true)
	giveBack(body)
	x.record.Finish = "completed"
	x.client.silence(false)
	x.client.header = documentHeader(document)
	_, _ = x.client.Write(document) // a client that is gone needs no error
	return nil
}

// imagined is what a target gets of a request's images and files, with one of no size in the place of each that would have to be fetched:
// an estimate does not look into them.
func imagined(req *translate.Request, d *dialect.Dialect) translate.Media {
	at := attachments{media: make(translate.Media, req.Media), sizes: make([]int64, req.Media), dialect: d}
	for i := range req.History {
		for j := range req.History[i].Parts {
			part := &req.History[i].Parts[j]
			at.look(part)
			if !slices.Contains(at.wanted, part.Ordinal) || part.Kind == translate.TextPart {
				continue
			}
			at.media[part.Ordinal].DataURL = []byte("data:image/png;base64,AA==")
			if part.Kind == translate.FilePart {
				at.media[part.Ordinal].DataURL = []byte("data:application/pdf;base64,AA==")
			}
		}
	}
	at.keepWithin(int64(d.MediaBytes), d.MediaCount)
	return at.media
}

// inputTokens is the payload of POST /responses/input_tokens. What it sends is made from what the request itself would be.
type inputTokens struct {
	*responses
	target target // that was asked last
}

func (p *inputTokens) wirePath(a *attempt) string { return a.counter().urlPath(a.model) }

func (p *inputTokens) encode(x *exchange, a *attempt) ([]byte, *fault.Fault) {
	body, f := p.responses.encode(x, a)
	if f != nil {
		return nil, f
	}
	defer giveBack(body)
	c := a.counter()
	return c.encode(body, c.counted(a.model)), nil
}

func (p *inputTokens) header(h http.Header, a *attempt) {
	p.responses.header(h, a)
	h.Set("Accept", "application/json")
}

func (p *inputTokens) reply(x *exchange, a *attempt, res *http.Response) (*http.Response, *fault.Fault) {
	x.setIdle(true)
	text, err := io.ReadAll(io.LimitReader(listening{res.Body, a}, maxWhole))
	x.setIdle(false)
	if err != nil {
		return nil, readFault(a, err)
	}
	counted := gjson.GetBytes(text, a.counter().tokens)
	if counted.Type != gjson.Number || counted.Int() < 1 {
		f := fault.New(fault.BadReply, "sent no number of tokens")
		f.Provider, f.Status = a.upstream.name, res.StatusCode
		return nil, f
	}
	res.Body.Close()
	x.record.FirstEvent, x.record.Finish = x.handler.now(), "completed"
	document := countObject(counted.Int(), false)
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: documentHeader(document), ContentLength: int64(len(document)), Body: io.NopCloser(bytes.NewReader(document)),
	}, nil
}

// fail cannot happen: nothing is sent before there is a number.
func (p *inputTokens) fail(*exchange, *fault.Fault) {}

// countObject is what the client gets. An estimate says so, in a member that OpenAI's object does not have.
func countObject(tokens int64, estimated bool) []byte {
	object := strconv.AppendInt([]byte(`{"object":"response.input_tokens","input_tokens":`), tokens, 10)
	if estimated {
		object = append(object, `,"estimated":true`...)
	}
	return append(object, '}')
}

func documentHeader(document []byte) http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(document))}}
}
