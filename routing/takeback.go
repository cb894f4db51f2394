package routing

import (
	"time"

	"github.com/caddy-codex/responses/fault"
)

// Stands reports whether the attempt that Next began may still be made, after a wait at a gate. If the target has begun to rest meanwhile, or the
// key to cool down, it takes the attempt back, and Next is to be asked again.
func (p *Plan) Stands(now time.Time) bool {
	c := p.current
	if c == nil {
		return false
	}
	if c.Health.stands(p.began, now) && (c.Keys.none() || c.Keys.stands(p.key, now)) {
		return true
	}
	p.release()
	p.attempts--
	c.tries--
	return false
}

// Full takes back the attempt that Next began, because the provider's gate lets nobody in: the target is not asked in this exchange.
func (p *Plan) Full() {
	c := p.current
	if c == nil {
		return
	}
	f := fault.New(fault.Overloaded, "has too many requests under way")
	f.Provider, f.RetryAfter = c.Provider, fullRetry
	p.Skip(f)
	p.attempts--
	c.tries--
}

// Skip ends the attempt with a fault that says nothing of key and target. The target is not asked again in this exchange.
func (p *Plan) Skip(f *fault.Fault) {
	c := p.current
	if c == nil {
		return
	}
	p.release()
	c.closed, c.fault = true, f
}

// fullRetry is when to come again after a gate has let nobody in.
const fullRetry = time.Second
