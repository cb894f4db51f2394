package routing

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxKnownKeys and maxKnownTargets bound what a registry remembers.
	maxKnownKeys    = 4096
	maxKnownTargets = 4096

	// memory is how long something is remembered that nobody has used.
	memory = time.Hour

	// sweepPause is the least time between two searches for what may be forgotten while requests wait.
	sweepPause = time.Minute
)

// Registry remembers what is known about keys, targets and bounds for as long as the process lives, so that a configuration that is loaded
// anew goes on where the last one was. The identity of a provider is whatever makes two configurations mean the same one: its name and
// base URL, say. The zero value is empty. It is safe for use by several goroutines.
type Registry struct {
	mu      sync.RWMutex
	vaults  map[string]*vault
	targets map[targetID]*Health
	gates   map[gateID]*knownGate
	swept   time.Time // the targets
}

type targetID struct{ provider, model string }

type gateID struct {
	name   string
	limits Limits
}

type knownGate struct {
	Gate
	loaded time.Time // by a configuration, last
}

// Pool makes the pool of a provider's keys for a configuration that is being loaded. Its keys keep their cooldowns; those that were out are
// tried again.
func (r *Registry) Pool(identity string, secrets []string, now time.Time) *Pool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.vaults == nil {
		r.vaults = make(map[string]*vault)
	}
	r.sweepKeys(now)
	v := r.vaults[identity]
	if v == nil {
		v = &vault{keys: make(map[Fingerprint]*keyState)}
		r.vaults[identity] = v
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	p := &Pool{vault: v}
	for _, secret := range secrets {
		if secret != "" {
			p.add(secret, now)
		}
	}
	if len(p.keys) == 0 {
		p.add("", now)
	}
	return p
}

func (p *Pool) add(secret string, now time.Time) {
	name := FingerprintOf(secret)
	if slices.ContainsFunc(p.keys, func(k pooled) bool { return k.print == name }) {
		return
	}
	s := p.vault.keys[name]
	if s == nil {
		s = new(keyState)
		p.vault.keys[name] = s
	}
	s.out, s.retrial, s.used = false, cooldown{}, now
	p.keys = append(p.keys, pooled{NewSecret(secret), name, s})
}

// sweepKeys forgets keys that are at rest and that nobody has used for long, and beyond the bound also others, beginning with those that
// were used the longest ago. A pool that has one of them goes on with it.
func (r *Registry) sweepKeys(now time.Time) {
	type known struct {
		vault *vault
		print Fingerprint
		used  time.Time
	}
	var kept []known
	for identity, v := range r.vaults {
		v.mu.Lock()
		for print, s := range v.keys {
			if s.inFlight <= 0 && now.Sub(s.used) > memory && s.free(now) {
				delete(v.keys, print)
			} else {
				kept = append(kept, known{v, print, s.used})
			}
		}
		if len(v.keys) == 0 {
			delete(r.vaults, identity)
		}
		v.mu.Unlock()
	}
	if len(kept) <= maxKnownKeys {
		return
	}
	slices.SortFunc(kept, func(a, b known) int { return a.used.Compare(b.used) })
	for _, k := range kept[:len(kept)-maxKnownKeys] {
		k.vault.mu.Lock()
		delete(k.vault.keys, k.print)
		k.vault.mu.Unlock()
	}
}

// Health is what is known about a target. Clients may make up models, so a target that is new when the registry is full gets a health of
// its own that is not remembered.
func (r *Registry) Health(identity string, target Target, now time.Time) *Health {
	id := targetID{identity, target.Model}
	r.mu.RLock()
	h := r.targets[id]
	r.mu.RUnlock()
	if h != nil {
		return h
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.targets[id]; h != nil {
		return h
	}
	h = newHealth(target, now)
	if r.targets == nil {
		r.targets = make(map[targetID]*Health)
	}
	if len(r.targets) >= maxKnownTargets && now.Sub(r.swept) >= sweepPause {
		r.swept = now
		for id, known := range r.targets {
			if known.forgettable(now) {
				delete(r.targets, id)
			}
		}
	}
	if len(r.targets) < maxKnownTargets {
		r.targets[id] = h
	}
	return h
}

// Targets tells what is known about the targets of some providers, by their identities, sorted by provider and model.
func (r *Registry) Targets(now time.Time, identities ...string) []TargetState {
	r.mu.RLock()
	states := []TargetState{}
	for id, h := range r.targets {
		if slices.Contains(identities, id.provider) {
			states = append(states, h.Snapshot(now))
		}
	}
	r.mu.RUnlock()
	slices.SortFunc(states, func(a, b TargetState) int {
		return cmp.Or(strings.Compare(a.Provider, b.Provider), strings.Compare(a.Model, b.Model))
	})
	return states
}

// Forget forgets what holds up the keys and targets of some providers, by their identities: limits, refusals and rests.
func (r *Registry) Forget(identities ...string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, identity := range identities {
		if v := r.vaults[identity]; v != nil {
			v.mu.Lock()
			for _, s := range v.keys {
				s.forget()
			}
			v.mu.Unlock()
		}
	}
	for id, h := range r.targets {
		if slices.Contains(identities, id.provider) {
			h.forget()
		}
	}
}

// Gate is the bound of that name with these limits. Who is under way within it from an earlier configuration counts on; one with other
// limits is another one, so that a configuration which is never run changes nothing.
func (r *Registry) Gate(name string, limits Limits, now time.Time) *Gate {
	if limits.Active <= 0 {
		return new(Gate) // which has nothing to remember
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gates == nil {
		r.gates = make(map[gateID]*knownGate)
	}
	id := gateID{name, limits}
	for other, g := range r.gates {
		if other != id && now.Sub(g.loaded) > memory && g.idle() {
			delete(r.gates, other)
		}
	}
	g := r.gates[id]
	if g == nil {
		g = new(knownGate)
		g.limits = limits
		r.gates[id] = g
	}
	g.loaded = now
	return &g.Gate
}
