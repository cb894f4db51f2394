package routing

import (
	"time"

	"github.com/caddy-codex/responses/fault"
)

// Rotate goes on with another key of the same target, at once, after a fault that speaks against the key of the attempt under way. Like
// another target, another key is asked even when the time for repeating is over. It reports false where there is no other key to use now, or
// no other attempt to make: then the attempt is to be Failed as ever.
func (p *Plan) Rotate(f *fault.Fault, now time.Time) (Key, bool) {
	c := p.current
	if c == nil || c.Keys.none() || !p.answered.IsZero() || p.attempts >= p.setup.Budget.Attempts {
		return Key{}, false
	}
	if helps(f) != otherKey || !c.Keys.another(p.key, now) {
		return Key{}, false
	}
	c.fault = f
	p.report(f, now)
	if !p.begin(c, now, true) { // another exchange was faster
		return Key{}, false
	}
	return p.key, true
}
