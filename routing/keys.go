package routing

import (
	"sync"
	"time"

	"github.com/caddy-codex/responses/fault"
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
	out      bool                 // refused
	retrial  cooldown             // of one that is out, where there is no other
	cause    string               // why it was last refused, or had no credit
	account  cooldown             // of the whole key
	models   map[string]*cooldown // by model: providers count requests and tokens for each
	inFlight int
	uses     uint64
	turn     uint64    // of the last pick
	used     time.Time // last
}

// Keys are the keys of a pool as requests for one model may use them. The zero value is for requests whose key is the client's own.
type Keys struct {
	pool  *Pool
	model string
}

// For returns the keys for a model. The pool may be nil: then the key is the client's own.
func (p *Pool) For(model string) Keys { return Keys{p, model} }

// none reports that the key is the client's own.
func (k Keys) none() bool { return k.pool == nil }

// Key is a key that has been picked for a request. It must be given back, by Report or Release.
type Key struct {
	Fingerprint Fingerprint
	Secret      Secret

	state  *keyState
	picked time.Time
}

// Pick takes a key that may be used now: the preferred one if it may be, else the one that carries the fewest requests, and of those the
// one whose last use is the longest ago. Where every key is out, one may be tried again now and then. It reports false where there is none to
// use.
func (k Keys) Pick(now time.Time, prefer Fingerprint) (Key, bool) {
	v := k.pool.vault
	v.mu.Lock()
	defer v.mu.Unlock()
	var best *pooled
	for i := range k.pool.keys {
		p := &k.pool.keys[i]
		if !p.state.usable(k.model, now) {
			continue
		}
		if p.print == prefer {
			best = p
			break
		}
		if best == nil || p.state.inFlight < best.state.inFlight || p.state.inFlight == best.state.inFlight && p.state.turn < best.state.turn {
			best = p
		}
	}
	if best == nil {
		best = k.retrial(now)
	}
	if best == nil {
		return Key{}, false
	}
	v.turn++
	s := best.state
	s.turn, s.used = v.turn, now
	s.inFlight++
	s.uses++
	return Key{Fingerprint: best.print, Secret: best.secret, state: s, picked: now}, true
}

// another reports whether a key other than this one may be used now.
func (k Keys) another(than Key, now time.Time) bool {
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	for i := range k.pool.keys {
		if s := k.pool.keys[i].state; s != than.state && s.usable(k.model, now) {
			return true
		}
	}
	return false
}

// stands reports whether a key that has been picked may still be used.
func (k Keys) stands(key Key, now time.Time) bool {
	if key.state == nil {
		return true
	}
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	if key.state.out { // and tried again
		return key.picked.After(key.state.retrial.struck)
	}
	return key.state.usable(k.model, now)
}

// NextReady is when the first key may be used: now or later. It reports false where all keys are out.
func (k Keys) NextReady(now time.Time) (time.Time, bool) {
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	if s := k.soonest(now); s != nil {
		return later(now, s.cooldown(k.model).until), true
	}
	return now, k.due(now) != nil
}

// wait is how long it takes until a key may be used. It reports false where all keys are out.
func (k Keys) wait(now time.Time) (time.Duration, bool) {
	ready, ok := k.NextReady(now)
	return ready.Sub(now), ok
}

// soonest finds the key that may be used first, nil where all are out.
func (k Keys) soonest(now time.Time) *keyState {
	var first *keyState
	var firstUntil time.Time
	for i := range k.pool.keys {
		s := k.pool.keys[i].state
		if s.out {
			continue
		}
		until := s.cooldown(k.model).until
		if !now.Before(until) {
			return s
		}
		if first == nil || until.Before(firstUntil) {
			first, firstUntil = s, until
		}
	}
	return first
}

// why explains that no key may be used now: by what holds up the one that may be used first, and what the provider said then.
func (k Keys) why(now time.Time) (held cooldown, cause string) {
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	s := k.soonest(now)
	if s == nil {
		s = k.pool.keys[0].state
		return s.retrial, s.cause
	}
	return *s.cooldown(k.model), s.cause
}

// Report gives a key back and says how it went: f is nil for success. It reports whether the key cannot be used any more because of it.
//
// A refused key is out until a configuration is loaded, or it is tried again where there is no other and works. A lack of credit cools it
// down, and a rate limit does so for the model, for as long as the provider says, never shorter, else for longer and longer while nothing
// works. So does the refusal of a model, for which another key may be good. Requests under way at once that meet the same limit count as one;
// other faults say nothing about a key.
func (k Keys) Report(key Key, f *fault.Fault, now time.Time) (struck bool) {
	s := key.state
	if s == nil {
		return false
	}
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	s.inFlight--
	switch {
	case f == nil:
		s.worked(k.model, key.picked)
		return false
	case !AboutKey(f), f.Kind == fault.Unauthorized && key.Fingerprint == "": // an identity was refused, for the moment
		return false
	}
	struck = s.usable(k.model, now)
	switch f.Kind {
	case fault.Unauthorized:
		struck = !s.out
		s.out, s.cause = true, f.Bare()
		s.retrial.extend(key.picked, f, now)
	case fault.NoCredit:
		s.cause = f.Bare()
		s.account.extend(key.picked, f, now)
	default:
		s.limit(k.model, now).extend(key.picked, f, now)
	}
	return struck
}

// Worked says that a key's request has been answered while the key remains in use.
func (k Keys) Worked(key Key) {
	if key.state == nil {
		return
	}
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	key.state.worked(k.model, key.picked)
}

// Release gives a key back of whose use there is nothing to tell.
func (k Keys) Release(key Key) {
	if key.state == nil {
		return
	}
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	key.state.inFlight--
	if key.state.out && key.picked.After(key.state.retrial.struck) { // it was to be tried again, which another request may do
		key.state.retrial.until = key.picked
	}
}

// until is when a key may be used again, by what is known of it now.
func (k Keys) until(key Key) time.Time {
	k.pool.vault.mu.Lock()
	defer k.pool.vault.mu.Unlock()
	return key.state.cooldown(k.model).until
}
