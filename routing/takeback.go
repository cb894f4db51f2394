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

// Full takes back the attempt that Next began, because the provider's gate lets nobody in: others are asked, or waited for, before the target
// is.
func (p *Plan) Full() {
	c := p.current
	if c == nil {
		return
	}
	p.release()
	p.attempts--
	c.tries--
	c.full, c.fault = true, fault.New(fault.Overloaded, "has too many requests under way")
	c.fault.Provider, c.fault.RetryAfter = c.Provider, fullRetry
}

// reopen lets targets be asked again whose gates have let nobody in, as there is something to wait for. It returns until when.
func (p *Plan) reopen(now, soonest time.Time) time.Time {
	for i := range p.all {
		if c := &p.all[i]; c.full {
			c.full, c.notBefore = false, now.Add(fullRetry)
			if c.notBefore.Before(soonest) {
				soonest = c.notBefore
			}
		}
	}
	return soonest
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
