package codexresponses

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// serveResponses handles POST /responses.
func (h *Handler) serveResponses(w http.ResponseWriter, r *http.Request) error {
	return h.respond(w, r, new(memory))
}

// respond answers a request for a response.
func (h *Handler) respond(w http.ResponseWriter, r *http.Request, m *memory) error {
	x := h.newExchange(w, r, "responses")
	defer x.finish()
	p, f := x.newResponses(m)
	if f != nil {
		return x.fail(f)
	}
	if p.req.State.Background {
		return x.background(p, m)
	}
	if !p.req.Stream {
		x.startWatch(nil)
		return x.run(p.req.Model)
	}
	p.open(x)
	eventStreamHead(x.client.own)
	if p.req.State.WarmUp {
		return x.warmUp(p)
	}
	x.startWatch(p)
	return x.run(p.req.Model)
}

// open begins the one stream that a client gets, whatever becomes of attempts.
func (p *responses) open(x *exchange) {
	p.stream = translate.NewStream(p.req, x.handler.ring, &p.events, translate.RandomIDs, x.handler.now)
	p.stream.Terse, p.stream.EveryCall, p.stream.Keep = x.codex, x.codex, p.keep
	p.stream.Fixed = p.req.State.Keeps
}

// warmUp answers a request of which only the input is to be kept.
func (x *exchange) warmUp(p *responses) error {
	x.record.Model = p.req.Model
	p.stream.Complete()
	x.record.Finish = "completed"
	p.events.sendTo(x.client)
	return nil
}

// newResponses reads the client's request, and what it goes on from.
func (x *exchange) newResponses(m *memory) (*responses, *fault.Fault) {
	body, f := x.readBody()
	if f != nil {
		return nil, f
	}
	req, err := x.handler.parse(body)
	if err != nil {
		return nil, asFault(err)
	}
	if req, f = x.recall(req, m); f != nil {
		return nil, f
	}
	p := &responses{handler: x.handler, req: req}
	if req.State.Keeps || m.lane != nil {
		p.keep = func(object []byte) bool { return x.keep(p, m, object) }
	}
	x.body = p
	x.record.Stream = req.Stream
	return p, nil
}

// parse reads as much of a request as its first target needs. For one that it passes to as it is, that is not much, nor for one that is to
// be expanded first.
func (h *Handler) parse(body []byte) (*translate.Request, error) {
	if len(body) <= usualTurn && bytes.Contains(body, previousMember) {
		return translate.ParseSource(body, h.ring)
	}
	if model, ok := translate.LeadingModel(body); ok {
		if plan, f := h.router.plan(model); f == nil && plan.targets[0].native() {
			return translate.ParseSource(body, h.ring)
		}
	}
	return translate.Parse(body, h.ring)
}

// previousMember is in every request that goes on from an earlier response. Where it is in another one, what was not read is read later; and
// where it is in one that is too long to be looked through, that is read twice.
var previousMember = []byte(`"previous_response_id"`)

// usualTurn is the most bytes that a request usually has which brings only what is new.
const usualTurn = 32 << 10

// native reports whether a target takes requests as they are.
func (t *target) native() bool {
	d, err := t.upstream.dialect(t.model)
	return err == nil && t.upstream.takesRequests(d)
}

// native reports whether the attempt passes the request as it is. The target's dialect may have changed since the attempt began.
func (a *attempt) native() bool { return a.upstream.takesRequests(a.dialect) }

// takesRequests reports whether requests pass as they are in a dialect.
func (u *upstream) takesRequests(d *dialect.Dialect) bool {
	return u.wireName == responsesWire && d.Profile == "native"
}

// responses is the payload of POST /responses.
type responses struct {
	handler *Handler
	req     *translate.Request
	stream  *translate.Stream // one for all attempts of a streamed exchange, one an attempt otherwise
	events  eventSink
	final   finalSink
	keep    func(object []byte) bool     // stores the response; nil where nothing is stored
	render  func(response []byte) []byte // of one document; nil for the response object itself
}

func (p *responses) needs() routing.Needs {
	if p.req.Complete() != nil {
		return routing.Needs{}
	}
	images, tools, tokens := p.req.Needs()
	return routing.Needs{Images: images, Tools: tools, Effort: p.req.Effort, Context: tokens}
}

func (p *responses) names() (cacheKey, conversation string) {
	return string(p.req.CacheKey), p.req.State.Conversation
}

func (p *responses) serve(x *exchange, t target) *fault.Fault { return x.persist(t) }

func (p *responses) giveUp(x *exchange, f *fault.Fault) error { return x.fail(f) }

func (p *responses) wirePath(a *attempt) string { return a.upstream.wire.urlPath(a.model, a.dialect) }

func (p *responses) target(a *attempt) *translate.Target {
	model := a.upstream.describe(a.model)
	return &translate.Target{
		Provider: a.upstream.name, Model: a.model, MaxOutput: model.MaxOutputTokens, Reasons: len(model.Efforts) > 0,
		Tiers: a.dialect.ServiceTier == "send", Continuation: a.continuation, Media: a.media, WithoutReasoning: a.forgets,
	}
}

func (p *responses) encode(x *exchange, a *attempt) ([]byte, *fault.Fault) {
	if !a.native() {
		if err := p.req.Complete(); err != nil {
			return nil, asFault(err)
		}
		if p.req.Compacts {
			p.req.Compact(p.handler.compactionPrompt)
		}
		if f := x.gather(p.req, a); f != nil {
			return nil, f
		}
	}
	x.record.Repairs = p.req.Repairs
	x.noteDropped(a, droppedTools(p.req, a))
	req := p.request(a)
	if a.native() || x.body != payload(p) {
		return p.write(a, req), nil
	}
	if p.condenses(a, req) {
		p.req.Condense(p.handler.compactionPrompt)
		req = p.request(a)
	}
	if p.req.Truncates {
		return p.fit(x, a, req), nil
	}
	return p.write(a, req), nil
}

// request is what an attempt encodes.
func (p *responses) request(a *attempt) *translate.Request {
	if a.forgets {
		return p.req.WithoutReasoning()
	}
	return p.req
}

func (p *responses) header(h http.Header, a *attempt) {
	a.upstream.wire.header(h, p.req, a.dialect)
}

// reply reads until the upstream has begun to answer, or for a client that wants one document to its end.
func (p *responses) reply(x *exchange, a *attempt, res *http.Response) (*http.Response, *fault.Fault) {
	if !p.req.Stream {
		p.final = finalSink{}
		p.stream = translate.NewStream(p.req, p.handler.ring, &p.final, translate.RandomIDs, p.handler.now)
		p.stream.Keep, p.stream.Fixed = p.keep, p.req.State.Keeps
	}
	target := p.target(a)
	p.stream.Attempt(*target)
	rd := &replyReader{
		exchange: x, payload: p, attempt: a,
		decoder: a.upstream.wire.decoder(target, a.dialect, p.stream),
	}
	if f := rd.open(res); f != nil {
		return nil, f
	}
	if f := rd.prime(); f != nil {
		return nil, f
	}
	out := &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header),
	}
	if p.req.Stream {
		out.ContentLength = -1
		out.Body = rd
		return out, nil
	}
	rd.Close()
	document := p.final.response
	if p.render != nil {
		document = p.render(document)
	}
	out.Header.Set("Content-Type", "application/json")
	out.Header.Set("Content-Length", strconv.Itoa(len(document)))
	out.ContentLength = int64(len(document))
	out.Body = io.NopCloser(bytes.NewReader(document))
	return out, nil
}

// beat implements beater.
func (p *responses) beat(c *client) {
	p.stream.Heartbeat()
	p.events.sendTo(c)
}

// fail implements payload.
func (p *responses) fail(x *exchange, f *fault.Fault) {
	p.stream.Fail(f)
	p.events.sendTo(x.client)
}

// eventStreamHead sets the headers of a streamed reply, which no proxy on the way is to hold back or change.
func eventStreamHead(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
}
