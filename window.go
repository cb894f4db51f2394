package codexresponses

import (
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/tokens"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// maxFittings bounds how often a body is written anew because it was still too long.
const maxFittings = 3

// write is a request's body for an attempt.
func (p *responses) write(a *attempt, req *translate.Request) []byte {
	dst := borrow(p.req.Size + p.req.Size/8 + 1024)
	return a.upstream.wire.encode(dst, req, p.target(a), a.dialect)
}

// fit is the body for an attempt, without the oldest of the history where the client would rather go without it than be refused and the
// model's window is too small for all. Where nobody knows the window, only a refusal shows that. A reply that goes on does so with what it
// began with.
func (p *responses) fit(x *exchange, a *attempt, req *translate.Request) []byte {
	if a.fitted != nil {
		return p.write(a, a.fitted)
	}
	body := p.write(a, req)
	may, left := p.room(a, body), 0
	for range maxFittings {
		if int64(len(body))+int64(req.Media*a.dialect.ImageTokens) <= may {
			break // a token has a byte at the least
		}
		has := tokens.Estimate(body, a.dialect.ImageTokens)
		fitted, n := req.Fit(has, may)
		if n == 0 {
			break
		}
		giveBack(body)
		req, left = fitted, left+n
		body = p.write(a, req)
	}
	a.fitted, x.record.Truncated = req, left
	if left > 0 {
		x.handler.logger.Debug("the history does not fit; its oldest messages are left out", zap.String("request_id", x.record.ID),
			zap.String("provider", a.upstream.name), zap.String("model", a.model), zap.Int("messages", left))
	}
	return body
}

// room is how many tokens a prompt may have: what the model's window leaves once there is space for the answer. One that the target has found
// too long may have half of what it got then.
func (p *responses) room(a *attempt, body []byte) int64 {
	const boundless = 1 << 40
	window := a.window()
	answer := window / 8
	if limit, ok := jsonscan.ParseInt(a.dialect.OutputLimit(p.req.MaxOutputTokens, a.upstream.describe(a.model).MaxOutputTokens)); ok {
		answer = min(limit, window/2)
	}
	room := window - answer
	if room == 0 {
		room = boundless
	}
	if a.tight {
		room = min(room, tokens.Estimate(body, a.dialect.ImageTokens)) / 2
	}
	return room
}

// window is how many tokens prompt and answer may have together, 0 where nobody knows.
func (a *attempt) window() int64 { return int64(a.target.window(a.dialect)) }

func (t *target) window(d *dialect.Dialect) int {
	if n := d.NumCtx; n > 0 {
		return n
	}
	return t.upstream.describe(t.model).ContextWindow
}

// truncate makes another attempt at a target that has found the prompt too long, for a client that would rather go without the oldest of
// it.
func (x *exchange) truncate(f *fault.Fault) *fault.Fault {
	p, ok := x.body.(*responses)
	if !ok || f == nil || f.Kind != fault.ContextLength || !p.req.Truncates || x.attempt.native() {
		return f
	}
	if _, n := p.req.Fit(2, 1); n == 0 {
		return f // there is nothing that could go
	}
	x.tight = true
	defer func() { x.tight = false }()
	return x.again()
}
