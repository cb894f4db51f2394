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
	p := &inputTokens{request}
	x.body = p
	x.startWatch(nil)
	return x.count(p)
}

// count asks the target that would serve the request how many tokens it has, or estimates it where that target does not count. The record
// has no usage, for none is used.
func (x *exchange) count(p *inputTokens) error {
	x.record.Model = p.req.Model
	plan, f := x.handler.router.plan(p.req.Model)
	if f != nil {
		return x.fail(f)
	}
	x.record.Route = plan.route
	for i, t := range plan.targets {
		if t.counter() == nil {
			now := x.handler.now()
			x.record.Attempts = append(x.record.Attempts, Attempt{Provider: t.upstream.name, Model: t.model, Start: now, End: now})
			return x.estimate(p, t)
		}
		f := x.tryCount(t)
		switch {
		case f == nil:
			return nil
		case f.Kind == fault.ClientGone:
			return x.fail(f)
		}
		x.handler.logger.Info("the provider has not counted", zap.String("request_id", x.record.ID), zap.String("provider", t.upstream.name),
			zap.String("model", t.model), zap.String("cause", f.Brief()))
		if doesNotCount(f) || i == len(plan.targets)-1 {
			return x.estimate(p, t)
		}
	}
	return nil // there is no plan without a target
}

// tryCount makes an attempt, and another without the reasoning of earlier turns where that cannot be opened any more. Nothing is learned of
// refusals: what a service does not count, it may still answer.
func (x *exchange) tryCount(t target) (f *fault.Fault) {
	if t.pool != nil {
		var ok bool
		if t.key, ok = t.pool.Pick(x.handler.now(), ""); !ok {
			f = fault.New(fault.RateLimited, "has no key that may be used at the moment")
			f.Provider = t.upstream.name
			return f
		}
		defer func() { t.pool.Report(t.key, f, x.handler.now()) }()
	}
	x.forgets = false
	if f = x.try(t); f != nil && f.Kind == fault.StaleReasoning {
		x.forgets = true
		f = x.try(t)
	}
	return f
}

// doesNotCount tells a target that does not count, or not this request, from one that is out of order, in whose place the next one would
// serve. That another would count is no reason to send it the prompt.
func doesNotCount(f *fault.Fault) bool {
	switch f.Kind {
	case fault.Rejected, fault.StaleReasoning, fault.Misaddressed, fault.BadReply, fault.Filtered:
		return true
	default:
		return !f.AnotherTarget() || f.Status == http.StatusForbidden || f.Status == http.StatusNotImplemented
	}
}

// estimate answers without asking anyone.
func (x *exchange) estimate(p *inputTokens, t target) error {
	d, err := t.upstream.dialect(t.model)
	if err != nil {
		return x.fail(fault.New(fault.Internal, "%v", err))
	}
	a := &attempt{target: t, dialect: d}
	if !a.native() {
		if err := p.req.Complete(); err != nil {
			return x.fail(asFault(err))
		}
		a.media = imagined(p.req, d)
	}
	body, f := p.responses.encode(x, a)
	if f != nil {
		return x.fail(f)
	}
	document := countObject(tokens.Estimate(body, d.ImageTokens), true)
	giveBack(body)
	x.record.Finish = "completed"
	x.client.silence(false)
	x.client.header = documentHeader(document)
	_, err = x.client.Write(document)
	return err
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
