package routing

import (
	"time"

	"github.com/caddy-codex/responses/fault"
)

// Budget bounds what an exchange does about failures.
type Budget struct {
	// Within is how long after its beginning an exchange waits, or asks a target again. A target that it has not asked yet is asked
	// even later: a provider that keeps silent may well use up the time by itself. Default: 60s
	Within time.Duration `json:"within,omitempty"`

	// Attempts is how often it asks in all. Default: 6
	Attempts int `json:"attempts,omitempty"`
}

const (
	defaultWithin   = 60 * time.Second
	defaultAttempts = 6
)

func (b Budget) withDefaults() Budget {
	if b.Within <= 0 {
		b.Within = defaultWithin
	}
	if b.Attempts <= 0 {
		b.Attempts = defaultAttempts
	}
	return b
}

const (
	// firstBackoff bounds the wait after the first failure of a target; each one doubles it, up to longestBackoff. The wait is a
	// random part of it, but not less than leastBackoff.
	firstBackoff   = 500 * time.Millisecond
	longestBackoff = 8 * time.Second
	leastBackoff   = 50 * time.Millisecond

	// A wait for a time that others may wait for as well is longer by a random part of this share of it, and of this span.
	spreadShare = 0.1
	leastSpread = 50 * time.Millisecond
	mostSpread  = time.Second

	// longestNap bounds one step of a wait.
	longestNap = 2 * time.Second

	// oversleep is by how much a timer may be late.
	oversleep = time.Second
)

// Failed says why the attempt failed. output says that the client has got something of the reply: then there is no other attempt.
func (p *Plan) Failed(f *fault.Fault, output bool, now time.Time) {
	c := p.current
	if c == nil {
		return
	}
	c.fault = f
	p.report(f, now)
	help := helps(f)
	if help == nothing || output || !p.answered.IsZero() {
		p.over, p.final = true, f
		return
	}
	switch help {
	case largerModel:
		p.onlyLarger(c)
	case otherTarget:
		c.closed = true
	case otherKey:
		p.withoutKey(c, f, now)
	default:
		c.notBefore = now.Add(max(f.RetryAfter, p.backoff(c.tries)))
	}
}

// onlyLarger leaves only the targets that are known to have a larger window than the one for which a prompt was too long.
func (p *Plan) onlyLarger(than *candidate) {
	than.closed = true
	for i := range p.all {
		c := &p.all[i]
		if c.closed || than.Can.Window > 0 && c.Can.Window > than.Can.Window {
			continue
		}
		c.closed = true
		c.fault = fault.New(fault.ContextLength, "%s has no larger context window than %s, which was too small", c.Model, than.Model)
		c.fault.Provider = c.Provider
	}
}

// withoutKey goes on after a fault of the key. The pool knows when it has one; the client's own key is nobody else's, and waits here.
func (p *Plan) withoutKey(c *candidate, f *fault.Fault, now time.Time) {
	switch {
	case f.Kind == fault.Unauthorized && p.key.Fingerprint == "", c.Keys.none() && (f.Kind == fault.NoCredit || f.Kind == fault.NoSuchModel):
		c.closed = true
	case c.Keys.none():
		wait := f.RetryAfter
		if wait <= 0 {
			wait = doubled(firstCooldown, longestCooldown, c.tries)
		}
		c.notBefore = now.Add(wait)
	}
}

// backoff is a random wait after so many tries.
func (p *Plan) backoff(tries int) time.Duration {
	return max(time.Duration(p.setup.Random()*float64(doubled(firstBackoff, longestBackoff, tries))), leastBackoff)
}
