package routing

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// Plan decides what an exchange does next. It is for one goroutine at a time.
//
// Next says what to do. After a Try, exactly one of these follows: Failed, Full, or Answered and then Ended. Close ends it all, whatever has
// been going on, and must be called.
type Plan struct {
	setup    Setup
	start    time.Time
	all      []candidate // as in the route
	order    []uint16    // in which they are asked
	left     []Result    // that are not asked
	wake     time.Time   // when the wait ends that Next has asked for; zero for none
	attempts int
	over     bool
	final    *fault.Fault // that ended it

	// The attempt under way; nil for none.
	current  *candidate
	key      Key
	began    time.Time
	answered time.Time
	place    Place // that served the client
}

// candidate is a choice within a plan.
type candidate struct {
	*Choice
	place     int // in the route
	tries     int
	notBefore time.Time
	closed    bool
	full      bool         // its gate has let nobody in
	fault     *fault.Fault // the last
}

// Action says what to do next.
type Action int

// The actions.
const (
	Stop Action = iota // give up; see Plan.Exhausted
	Try                // ask a target
	Wait               // until a time, and then ask the plan again
)

// Step is what to do next.
type Step struct {
	Do     Action
	Choice int       // to try, by its place in the setup
	Key    Key       // to try it with; empty where the key is the client's own, or where there is none
	Until  time.Time // to wait for, before the plan is asked again
	Ready  time.Time // when something can be tried, by what is known now; it may be later than Until
}

var inOrder = Balancer{policy: First}

// NewPlan plans an exchange that begins now.
func NewPlan(s Setup, now time.Time) *Plan {
	s.Budget = s.Budget.withDefaults()
	if s.Random == nil {
		s.Random = rand.Float64
	}
	p := &Plan{setup: s, start: now}
	p.all, p.left = fit(s.Choices, s.Needs)
	balancer := s.Balancer
	if balancer == nil {
		balancer = &inOrder
	}
	p.order = balancer.order(p.all, s.Sticky, now)
	return p
}

// Next says what to do next: try the first target that can be asked now, wait for the one that can be asked soonest, or give up.
func (p *Plan) Next(now time.Time) Step {
	p.release()
	if p.over || p.attempts >= p.setup.Budget.Attempts {
		return Step{Do: Stop}
	}
	step, soonest := p.try(now, false)
	if step.Do == Stop && !p.soon(now) { // there is nothing else than to cut rests short
		step, soonest = p.try(now, true)
	}
	p.wake = time.Time{}
	switch {
	case step.Do == Try:
		return step
	case p.late(soonest):
		return Step{Do: Stop}
	default:
		soonest = p.reopen(now, soonest)
		p.wake = p.nap(now, soonest)
		return Step{Do: Wait, Until: p.wake, Ready: soonest}
	}
}

// soon reports whether a target that does not rest can be asked before long.
func (p *Plan) soon(now time.Time) bool {
	return slices.ContainsFunc(p.all, func(c candidate) bool {
		at, ok := c.readyAt(now, false)
		return ok && at.Sub(now) <= firstRest && !p.late(at) && !c.Health.ReadyAt(now, false).After(now)
	})
}

// late reports whether a time is none, or one for which the exchange does not wait.
func (p *Plan) late(t time.Time) bool { return t.IsZero() || t.After(p.deadline()) }

// outOfTime reports whether it is too late to ask a target again. A wait that has been within the budget may end a little beyond it.
func (p *Plan) outOfTime(now time.Time) bool {
	if !p.wake.IsZero() && now.Sub(p.wake) < oversleep {
		now = p.wake
	}
	return now.After(p.deadline())
}

func (p *Plan) deadline() time.Time { return p.start.Add(p.setup.Budget.Within) }

// try begins an attempt at the first target that can be asked now. Where there is none, it returns when there is one: zero for never.
func (p *Plan) try(now time.Time, alone bool) (Step, time.Time) {
	var soonest time.Time
	for _, i := range p.order {
		c := &p.all[i]
		at, ok := c.readyAt(now, alone)
		if !ok || c.tries > 0 && p.outOfTime(now) {
			continue
		}
		if !at.After(now) {
			if p.begin(c, now, alone) {
				return Step{Do: Try, Choice: c.place, Key: p.key}, now
			}
			if at, ok = c.readyAt(now, alone); !ok { // another exchange was faster
				continue
			}
			at = later(at, now.Add(leastBackoff))
		}
		if soonest.IsZero() || at.Before(soonest) {
			soonest = at
		}
	}
	return Step{}, soonest
}

// readyAt is when the candidate can be asked. It reports false where that is never.
func (c *candidate) readyAt(now time.Time, alone bool) (time.Time, bool) {
	if c.closed || c.full {
		return time.Time{}, false
	}
	at := later(c.notBefore, c.Health.ReadyAt(now, alone))
	if c.Keys.none() {
		return at, true
	}
	key, ok := c.Keys.NextReady(now)
	return later(at, key), ok
}

func (p *Plan) begin(c *candidate, now time.Time, alone bool) bool {
	p.key = Key{}
	if !c.Keys.none() {
		var prefer Fingerprint
		if c.Target == p.setup.Sticky.Target {
			prefer = p.setup.Sticky.Key
		}
		key, ok := c.Keys.Pick(now, prefer)
		if !ok {
			return false
		}
		p.key = key
	}
	if !c.Health.Admit(now, alone) {
		c.Keys.Release(p.key)
		return false
	}
	p.current, p.began, p.answered = c, now, time.Time{}
	p.attempts++
	c.tries++
	return true
}

// nap is when to look again: when something is ready, or after a while, for it may be ready earlier. The end of the wait is put off by a
// little, so that not all who wait for one thing come at once.
func (p *Plan) nap(now, until time.Time) time.Time {
	if wake := now.Add(longestNap); wake.Before(until) {
		return wake
	}
	span := min(leastSpread+time.Duration(spreadShare*float64(until.Sub(now))), mostSpread)
	put := until.Add(time.Duration(p.setup.Random() * float64(span)))
	if deadline := p.deadline(); put.After(deadline) {
		return deadline
	}
	return put
}

// release ends an attempt of which nobody has said how it went.
func (p *Plan) release() {
	if c := p.current; c != nil {
		c.Keys.Release(p.key)
		c.Health.Released(p.began)
		p.current = nil
	}
}

// Close ends the exchange. It gives back what is still held.
func (p *Plan) Close() {
	p.release()
	p.over = true
}

// Answered says that the attempt's first event has come so long after it was asked. From here on the exchange stays with the target.
func (p *Plan) Answered(wait time.Duration, now time.Time) {
	c := p.current
	if c == nil {
		return
	}
	p.answered = now
	p.place = Place{Target: c.Target, Key: p.key.Fingerprint}
	c.Keys.Worked(p.key)
	if c.Health.Answered(p.began, wait) {
		p.notify(Change{What: TargetRecovered, Target: c.Target})
	}
}

// Ended says that an answered attempt's reply has ended with so many output tokens, and what broke it off: nil for nothing.
func (p *Plan) Ended(tokens int, f *fault.Fault, now time.Time) {
	c := p.current
	if c == nil {
		return
	}
	p.over = true
	if f != nil {
		p.report(f, now)
		return
	}
	p.current = nil
	c.Keys.Release(p.key)
	if c.Health.Ended(p.began, tokens, now.Sub(p.answered)) {
		p.notify(Change{What: TargetRecovered, Target: c.Target})
	}
}

// Place is where the client was served. It reports false where it was not.
func (p *Plan) Place() (Place, bool) { return p.place, p.place.Target != Target{} }

// report ends the attempt and tells its key and target how it went.
func (p *Plan) report(f *fault.Fault, now time.Time) {
	c := p.current
	p.current = nil
	if c.Keys.Report(p.key, f, now) {
		change := Change{What: KeyCooling, Target: c.Target, Key: p.key.Fingerprint, Fault: f}
		if f.Kind == fault.Unauthorized {
			change.What = KeyOut
		} else {
			change.Until = c.Keys.until(p.key)
		}
		p.notify(change)
	}
	end := c.Health.Failed
	if !p.answered.IsZero() {
		end = c.Health.Broke
	}
	if end(p.began, f, now) {
		p.notify(Change{What: TargetResting, Target: c.Target, Fault: f, Until: c.Health.ReadyAt(now, false)})
	}
}

func (p *Plan) notify(change Change) {
	if p.setup.Notify != nil {
		p.setup.Notify(change)
	}
}
