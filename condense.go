package codexresponses

import (
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/tokens"
	"github.com/caddy-codex/responses/translate"
)

// worthCondensing is the least share of a prompt for which a summary would have to stand to be worth a request of its own. What the user has
// said stays as it is, and a prompt that is long for that would be summed up in every turn.
const worthCondensing = 0.25

// condenses reports whether a conversation is to be compacted before it goes on: it is longer than the client wants it to get, or than the
// model's window allows.
func (p *responses) condenses(a *attempt, req *translate.Request) bool {
	at := p.compactAt(a)
	if at <= 0 || p.req.Compacts || p.req.Condenses() || a.continuation != nil || req.Condensable() < worthCondensing {
		return false
	}
	body := p.write(a, req)
	defer giveBack(body)
	return tokens.Estimate(body, a.dialect.ImageTokens) > at
}

// compactAt is how many tokens a conversation may have at a target, 0 for any number.
func (p *responses) compactAt(a *attempt) int64 {
	at := p.req.CompactAt
	if at == 0 {
		return 0
	}
	if window := a.window(); window > 0 && (at == translate.CompactByWindow || at > window*9/10) {
		return window * 9 / 10
	}
	return max(at, 0)
}

// answer asks for the answer behind a summary that was made for it.
func (rd *replyReader) answer() *fault.Fault {
	x, a, p := rd.exchange, rd.attempt, rd.payload
	x.handler.logger.Debug("the conversation has been compacted on the way", zap.String("request_id", x.record.ID),
		zap.String("provider", a.upstream.name), zap.String("model", a.model))
	_ = rd.body.Close()
	a.continuation, a.pauses, a.media, a.fitted = nil, 0, nil, nil
	target := p.target(a)
	p.stream.Attempt(*target)
	rd.decoder = a.upstream.wire.decoder(target, a.dialect, p.stream)
	return rd.proceed()
}
