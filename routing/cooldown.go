package routing

import (
	"time"

	"github.com/caddy-codex/responses/fault"
)

// How long a key cools down.
const (
	// firstCooldown follows the first rate limit that does not say how long; each one in a row doubles it, up to longestCooldown.
	firstCooldown   = time.Second
	longestCooldown = time.Minute

	// firstPoverty and longestPoverty are the same for an account without credit, which hardly comes back within a second.
	firstPoverty   = 5 * time.Minute
	longestPoverty = time.Hour

	// firstDenial and longestDenial are the same for a model that a key may not use.
	firstDenial   = 10 * time.Minute
	longestDenial = time.Hour

	// maxCooldown bounds what a provider can ask for. A quota of a month is asked about once a week.
	maxCooldown = 7 * 24 * time.Hour

	// maxLimited bounds for how many models a key can be limited, for clients make up models. Beyond it a limit holds for the whole key.
	maxLimited = 64
)

// cooldown is a time for which a key is not used. The zero value is none.
type cooldown struct {
	until   time.Time
	reason  fault.Kind
	said    bool      // the provider says how long
	strikes int       // limits since it last worked
	struck  time.Time // when the last of them came
}

func (c *cooldown) extend(picked time.Time, f *fault.Fault, now time.Time) {
	if picked.After(c.struck) {
		c.strikes++
		c.struck = now
	}
	wait := min(f.RetryAfter, maxCooldown)
	switch {
	case wait > 0:
	case f.Kind == fault.NoCredit:
		wait = doubled(firstPoverty, longestPoverty, c.strikes)
	case f.Kind == fault.NoSuchModel:
		wait = doubled(firstDenial, longestDenial, c.strikes)
	case f.Kind == fault.Unauthorized:
		wait = doubled(firstRetrial, longestRetrial, c.strikes)
	default:
		wait = doubled(firstCooldown, longestCooldown, c.strikes)
	}
	if until := now.Add(wait); until.After(c.until) {
		c.until, c.reason, c.said = until, f.Kind, f.RetryAfter > 0
	}
}

// worked forgets the strikes, unless the request is older than the last of them.
func (c *cooldown) worked(picked time.Time) {
	if picked.After(c.struck) {
		c.strikes = 0
	}
}

func (s *keyState) usable(model string, now time.Time) bool {
	return !s.out && !now.Before(s.cooldown(model).until)
}

// cooldown is what holds the key up for a model for longest.
func (s *keyState) cooldown(model string) *cooldown {
	if c := s.models[model]; c != nil && c.until.After(s.account.until) {
		return c
	}
	return &s.account
}

// limit is the cooldown of a key for a model.
func (s *keyState) limit(model string, now time.Time) *cooldown {
	if c := s.models[model]; c != nil {
		return c
	}
	if s.models == nil {
		s.models = make(map[string]*cooldown)
	}
	if len(s.models) >= maxLimited {
		for name, c := range s.models {
			if !now.Before(c.until) {
				delete(s.models, name)
			}
		}
	}
	if len(s.models) >= maxLimited {
		return &s.account
	}
	c := new(cooldown)
	s.models[model] = c
	return c
}

func (s *keyState) worked(model string, picked time.Time) {
	if s.out && picked.After(s.retrial.struck) {
		s.out, s.retrial = false, cooldown{}
	}
	s.account.worked(picked)
	if c := s.models[model]; c != nil {
		c.worked(picked)
	}
}

// free reports that the key cools down for nothing.
func (s *keyState) free(now time.Time) bool {
	for _, c := range s.models {
		if now.Before(c.until) {
			return false
		}
	}
	return !now.Before(s.account.until)
}

// forget forgets what holds the key up.
func (s *keyState) forget() {
	s.out, s.account, s.retrial = false, cooldown{}, cooldown{}
	clear(s.models)
}

// doubled is first for the first time, and twice as long each time after, up to longest.
func doubled(first, longest time.Duration, times int) time.Duration {
	const enough = 20
	return min(first<<min(max(times-1, 0), enough), longest)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
