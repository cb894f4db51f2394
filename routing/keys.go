package routing

import (
	"sync"
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

	// maxCooldown bounds what a provider can ask for. A quota of a month is asked about once a week.
	maxCooldown = 7 * 24 * time.Hour
)

// Pool is the keys of one provider, each with what is known about it. What is known is shared by all pools of the same provider and
// survives them; see Registry. A pool without keys has one that is empty, for providers that want none or know callers by other means.
type Pool struct {
	vault *vault
	keys  []pooled
}

// vault has what is known about the keys of one provider.
type vault struct {
	mu   sync.Mutex
	keys map[Fingerprint]*keyState
	turn uint64 // counts the picks
}

type pooled struct {
	secret Secret
	print  Fingerprint
	state  *keyState
}

// keyState is what is known about a key. The vault's mutex guards it.
type keyState struct {
	out      bool       // refused; only a new configuration brings it back
	until    time.Time  // it cools down until then
	reason   fault.Kind // of either
	strikes  int        // rate limits since it last worked
	struck   time.Time  // when the last of them came
	inFlight int
	uses     uint64
	turn     uint64    // of the last pick
	used     time.Time // last
}

// Key is a key that has been picked for a request. It must be given back, by Report or Release.
type Key struct {
	Fingerprint Fingerprint
	Secret      Secret

	state  *keyState
	picked time.Time
}

// Pick takes a key that may be used now: the preferred one if it may be, else the one that carries the fewest requests, and of those the
// one whose last use is the longest ago. It reports false where every key cools down or is out.
func (p *Pool) Pick(now time.Time, prefer Fingerprint) (Key, bool) {
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	var best *pooled
	for i := range p.keys {
		k := &p.keys[i]
		if !k.state.usable(now) {
			continue
		}
		if k.print == prefer {
			best = k
			break
		}
		if best == nil || k.state.inFlight < best.state.inFlight || k.state.inFlight == best.state.inFlight && k.state.turn < best.state.turn {
			best = k
		}
	}
	if best == nil {
		return Key{}, false
	}
	p.vault.turn++
	s := best.state
	s.turn, s.used = p.vault.turn, now
	s.inFlight++
	s.uses++
	return Key{Fingerprint: best.print, Secret: best.secret, state: s, picked: now}, true
}

// NextReady is when the first key may be used: now or later. It reports false where all keys are out.
func (p *Pool) NextReady(now time.Time) (time.Time, bool) {
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	if k := p.soonest(now); k != nil {
		return later(now, k.until), true
	}
	return time.Time{}, false
}

// wait is how long it takes until a key may be used. It reports false where all keys are out.
func (p *Pool) wait(now time.Time) (time.Duration, bool) {
	ready, ok := p.NextReady(now)
	return ready.Sub(now), ok
}

// soonest finds the key that may be used first, nil where all are out.
func (p *Pool) soonest(now time.Time) *keyState {
	var first *keyState
	for i := range p.keys {
		s := p.keys[i].state
		if s.usable(now) {
			return s
		}
		if !s.out && (first == nil || s.until.Before(first.until)) {
			first = s
		}
	}
	return first
}

// why explains that no key may be used now: by what holds up the one that may be used first.
func (p *Pool) why(now time.Time) fault.Kind {
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	if k := p.soonest(now); k != nil {
		return k.reason
	}
	return fault.Unauthorized
}

// Report gives a key back and says how it went: f is nil for success. It reports whether the key cannot be used now because of it.
//
// A refused key is out. A rate limit or a lack of credit cools it down for as long as the provider says, never shorter, else for longer and
// longer while nothing works. Requests under way at once that meet the same limit count as one; other faults say nothing about a key.
func (p *Pool) Report(k Key, f *fault.Fault, now time.Time) (struck bool) {
	if k.state == nil {
		return false
	}
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	s := k.state
	s.inFlight--
	if f == nil {
		s.worked(k.picked)
		return false
	}
	switch f.Kind {
	case fault.Unauthorized:
		if k.Fingerprint == "" { // the client's key was refused, or an identity for the moment
			return false
		}
		struck = !s.out
		s.out, s.reason = true, f.Kind
		return struck
	case fault.RateLimited, fault.NoCredit:
		s.cool(k.picked, f, now)
		return true
	default:
		return false
	}
}

// Worked says that a key's request has been answered while the key remains in use.
func (p *Pool) Worked(k Key) {
	if k.state == nil {
		return
	}
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	k.state.worked(k.picked)
}

// Release gives a key back of whose use there is nothing to tell.
func (p *Pool) Release(k Key) {
	if k.state == nil {
		return
	}
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	k.state.inFlight--
}

// until is when a key may be used again, by what is known of it now.
func (p *Pool) until(k Key) time.Time {
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	return k.state.until
}

func (s *keyState) usable(now time.Time) bool { return !s.out && !now.Before(s.until) }

// worked forgets the strikes, unless the request is older than the last of them.
func (s *keyState) worked(picked time.Time) {
	if picked.After(s.struck) {
		s.strikes = 0
	}
}

func (s *keyState) cool(picked time.Time, f *fault.Fault, now time.Time) {
	if picked.After(s.struck) {
		s.strikes++
		s.struck = now
	}
	wait := min(f.RetryAfter, maxCooldown)
	switch {
	case wait > 0:
	case f.Kind == fault.NoCredit:
		wait = doubled(firstPoverty, longestPoverty, s.strikes)
	default:
		wait = doubled(firstCooldown, longestCooldown, s.strikes)
	}
	if until := now.Add(wait); until.After(s.until) {
		s.until, s.reason = until, f.Kind
	}
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
