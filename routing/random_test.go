package routing

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// Whatever happens to exchanges, they end within their budget, wait for nothing that has passed, and hold nothing at the end.
func TestPlansEndAndHoldNothing(t *testing.T) {
	for seed := range uint64(3000) {
		w := &wild{t: t, random: rand.New(rand.NewPCG(seed, 1)), now: noon, seed: seed}
		var r Registry
		for i := range 1 + w.random.IntN(3) {
			target := Target{fmt.Sprint("p", i), "m"}
			keys := r.Pool(target.Provider, []string{"1", "2"}[:1+w.random.IntN(2)], noon).For("m")
			w.choices = append(w.choices, Choice{Target: target, Keys: keys, Health: r.Health(target.Provider, target, noon)})
		}
		w.full, w.bad = w.random.Float64(), w.random.Float64()
		for range 8 {
			w.exchange()
			w.now = w.now.Add(w.span(10 * time.Minute))
		}
		for _, c := range w.choices {
			held := c.Health.Snapshot(w.now).InFlight
			for _, k := range c.Keys.pool.Snapshot(w.now) {
				held += k.InFlight
			}
			if held != 0 {
				t.Fatalf("seed %d: %s still holds something", seed, c.Provider)
			}
		}
	}
}

// wild is exchanges to which anything may happen.
type wild struct {
	t         *testing.T
	seed      uint64
	random    *rand.Rand
	now       time.Time
	choices   []Choice
	full, bad float64 // how often a gate is full, and an attempt fails
}

func (w *wild) span(most time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(most)))
}

func (w *wild) fault() *fault.Fault {
	kinds := []fault.Kind{
		fault.RateLimited, fault.Unauthorized, fault.NoCredit, fault.Overloaded, fault.Unavailable, fault.Rejected, fault.NoSuchModel, fault.TimedOut,
	}
	f := failing(kinds[w.random.IntN(len(kinds))], 0)
	if w.random.IntN(3) == 0 {
		f.RetryAfter, f.Said = w.span(90*time.Second), true
	}
	if w.random.IntN(4) == 0 {
		f.Status = forbidden
	}
	return f
}

func (w *wild) exchange() {
	p := NewPlan(Setup{Choices: w.choices, Random: w.random.Float64}, w.now)
	defer p.Close()
	start, enough := w.now, 400
	for range enough {
		switch step := p.Next(w.now); step.Do {
		case Stop:
			if f := p.Exhausted(w.now).Fault(); f.Error() == "" || f.RetryAfter < 0 {
				w.t.Fatalf("seed %d: it ends in %+v", w.seed, f)
			}
			return
		case Wait:
			if !step.Until.After(w.now) || step.Until.Sub(start) > defaultWithin+mostSpread {
				w.t.Fatalf("seed %d: after %v it waits until %v", w.seed, w.now.Sub(start), step.Until.Sub(start))
			}
			w.now = step.Until
		case Try:
			if w.attempt(p) {
				return
			}
		}
	}
	w.t.Fatalf("seed %d: it does not end in %v", w.seed, w.now.Sub(start))
}

// attempt plays an attempt, and reports whether the exchange has ended with it.
func (w *wild) attempt(p *Plan) bool {
	switch {
	case w.random.Float64() < w.full:
		p.Full()
		return false
	case !p.Stands(w.now):
		return false
	}
	w.now = w.now.Add(w.span(2 * time.Second))
	if w.random.Float64() < w.bad {
		p.Rotate(w.fault(), w.now)
		p.Failed(w.fault(), false, w.now)
		return false
	}
	p.Answered(time.Second, w.now)
	var f *fault.Fault
	if w.random.Float64() < w.bad {
		f = failing(fault.Truncated, 0)
	}
	p.Ended(10, f, w.now)
	return true
}
