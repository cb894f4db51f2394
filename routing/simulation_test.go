package routing

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// world is a fleet of providers with faults by schedule, clients with threads, and a clock that jumps from event to event. It keeps its own
// account of what providers have said, and compares with it what plans do.
type world struct {
	t        *testing.T
	random   *rand.Rand
	now      time.Time
	events   schedule
	registry Registry
	balancer *Balancer
	sticky   *Sticky
	choices  []Choice
	outages  map[Target][][2]time.Time
	replies  time.Duration // how long they take at the most

	keysFree map[string]time.Time // by provider and key: when it may be asked again, by its own word
	held     map[Target]time.Time // the same for targets
	refused  map[string]bool      // keys, since the last reload
	uses     map[string]int

	served, gaveUp, failedAfterOutput, moved, attempts, waits int
	running                                                   int
}

// run is one exchange of the simulation.
type run struct {
	plan     *Plan
	choices  []Choice // as they were when it began
	began    time.Time
	thread   string
	sticky   Place
	attempts int
	asked    map[int]bool
	answered bool
	over     bool
}

type event struct {
	at  time.Time
	do  func()
	seq int
}

type schedule []event

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	return s[i].at.Before(s[j].at) || s[i].at.Equal(s[j].at) && s[i].seq < s[j].seq
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(e any)   { *s = append(*s, e.(event)) }
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

var simulatedBudget = Budget{Within: 30 * time.Second, Attempts: 5}

const simulatedTargets = 5

func newWorld(t *testing.T, seed uint64, policy Policy) *world {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 6))
	w := &world{
		t: t, random: random, now: noon, balancer: NewBalancer(policy, random.Float64), sticky: NewSticky(), replies: 8 * time.Second,
		outages: make(map[Target][][2]time.Time), keysFree: make(map[string]time.Time), held: make(map[Target]time.Time),
		refused: make(map[string]bool), uses: make(map[string]int),
	}
	w.load()
	for i := range w.choices {
		for at := noon; at.Before(after(2 * time.Hour)); at = at.Add(w.span(20 * time.Minute)) {
			w.outages[w.choices[i].Target] = append(w.outages[w.choices[i].Target], [2]time.Time{at, at.Add(w.span(4 * time.Minute))})
		}
	}
	return w
}

// load loads the configuration anew.
func (w *world) load() {
	w.choices = nil
	clear(w.refused)
	for i := range simulatedTargets {
		name := string(rune('a' + i))
		var keys []string
		for k := range i + 1 {
			keys = append(keys, fmt.Sprint(name, k))
		}
		target := Target{name, "m"}
		w.choices = append(w.choices, Choice{
			Target: target, Weight: i + 1, Price: float64(simulatedTargets - i), Can: Can{Window: 1000 * (1 + i%3)},
			Health: w.registry.Health(name, target, w.now), Keys: w.registry.Pool(name, keys, w.now).For(target.Model),
		})
	}
}

// span is a random time up to another.
func (w *world) span(most time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(most))) + time.Millisecond
}

func (w *world) at(at time.Time, do func()) {
	heap.Push(&w.events, event{at, do, w.attempts + w.waits + len(w.events)})
}

func (w *world) simulate() {
	for w.events.Len() > 0 {
		e := heap.Pop(&w.events).(event)
		if e.at.Before(w.now) {
			w.t.Fatal("the clock runs backwards")
		}
		w.now = e.at
		e.do()
	}
}

// begin starts an exchange of a thread.
func (w *world) begin(thread string) {
	r := &run{began: w.now, thread: thread, choices: w.choices, asked: make(map[int]bool)}
	r.sticky, _ = w.sticky.Place("r", thread, w.now)
	r.plan = NewPlan(Setup{
		Balancer: w.balancer, Choices: r.choices, Sticky: r.sticky, Budget: simulatedBudget, Random: w.random.Float64,
		Needs: Needs{Context: w.random.IntN(1500)},
	}, w.now)
	w.running++
	w.step(r)
}

// step does what the plan says.
func (w *world) step(r *run) {
	step := r.plan.Next(w.now)
	switch step.Do {
	case Stop:
		w.stop(r)
	case Wait:
		w.waits++
		if !step.Until.After(w.now) || step.Until.After(r.began.Add(simulatedBudget.Within)) {
			w.t.Fatalf("it waits until %v after its beginning, at %v", step.Until.Sub(r.began), w.now.Sub(r.began))
		}
		w.at(step.Until, func() { w.step(r) })
	case Try:
		w.check(r, step)
		w.attempt(r, step)
	}
}

// check compares an attempt with what providers have said.
func (w *world) check(r *run, step Step) {
	c := r.choices[step.Choice]
	name := c.Provider + " " + step.Key.Secret.Reveal()
	r.attempts++
	w.attempts++
	w.uses[name]++
	switch {
	case r.answered || r.over:
		w.t.Fatal("an attempt after output")
	case r.attempts > simulatedBudget.Attempts:
		w.t.Fatal("too many attempts")
	case w.now.Before(w.keysFree[name]):
		w.t.Fatalf("key %s is asked %v too early", name, w.keysFree[name].Sub(w.now))
	case w.now.Before(w.held[c.Target]):
		w.t.Fatalf("target %s is asked %v too early", c.Provider, w.held[c.Target].Sub(w.now))
	case w.refused[name]:
		w.t.Fatalf("key %s is asked though it was refused", name)
	case r.asked[step.Choice] && w.now.After(r.began.Add(simulatedBudget.Within)):
		w.t.Fatal("a target is asked again beyond the budget")
	}
	if r.attempts == 1 && r.sticky.Target == c.Target && r.sticky.Key != step.Key.Fingerprint && w.idle(r.sticky) {
		w.t.Fatal("a thread leaves a key that works")
	}
	if w.now.Equal(r.began) && r.attempts == 1 && r.sticky.Target != (Target{}) && r.sticky.Target != c.Target {
		w.moved++
		for i, own := range r.choices {
			if own.Target == r.sticky.Target && w.idle(r.sticky) && !own.Health.ReadyAt(w.now, false).After(w.now) && r.fits(i) {
				w.t.Fatal("a thread leaves a target that works")
			}
		}
	}
	r.asked[step.Choice] = true
}

func (r *run) fits(i int) bool {
	for _, c := range r.plan.all {
		if c.place == i {
			return true
		}
	}
	return false
}

// idle reports whether the key of a place may be used.
func (w *world) idle(p Place) bool {
	for _, c := range w.choices {
		if c.Target != p.Target {
			continue
		}
		for _, k := range c.Keys.pool.Snapshot(w.now) {
			if k.Fingerprint == p.Key {
				return k.State == "usable"
			}
		}
	}
	return false
}

// attempt has the provider answer, after a while.
func (w *world) attempt(r *run, step Step) {
	c := r.choices[step.Choice]
	name := c.Provider + " " + step.Key.Secret.Reveal()
	f := w.answer(c, name)
	wait := w.span(2 * time.Second)
	if f != nil && f.Kind == fault.TimedOut {
		wait = w.span(2 * time.Minute)
	}
	w.at(w.now.Add(wait), func() {
		switch {
		case f == nil:
			w.reply(r, wait)
		case f.Kind == fault.ClientGone && w.random.IntN(2) == 0: // which nobody may tell
			r.plan.Close()
			w.step(r)
		default:
			w.told(name, c.Target, f)
			r.plan.Failed(f, false, w.now)
			w.step(r)
		}
	})
}

// told notes what a provider has said.
func (w *world) told(key string, target Target, f *fault.Fault) {
	until := w.now.Add(f.RetryAfter)
	switch f.Kind {
	case fault.RateLimited, fault.NoCredit:
		w.keysFree[key] = later(w.keysFree[key], until)
	case fault.Unauthorized:
		w.refused[key] = true
	case fault.Overloaded:
		if f.RetryAfter > 0 {
			w.held[target] = later(w.held[target], until)
		}
	default:
	}
}

// answer is what comes of a request: nil for a reply.
func (w *world) answer(c Choice, key string) *fault.Fault {
	for _, outage := range w.outages[c.Target] {
		if w.now.After(outage[0]) && w.now.Before(outage[1]) {
			kinds := []fault.Kind{fault.Unavailable, fault.TimedOut, fault.Overloaded, fault.BadReply}
			return failing(kinds[w.random.IntN(len(kinds))], 0)
		}
	}
	switch w.random.IntN(40) {
	case 0, 1, 2:
		return failing(fault.RateLimited, w.span(40*time.Second))
	case 3:
		return failing(fault.RateLimited, 0)
	case 4:
		return failing(fault.NoCredit, w.span(10*time.Minute))
	case 5:
		if w.random.IntN(5) == 0 {
			return failing(fault.Unauthorized, 0)
		}
		return failing(fault.Overloaded, w.span(10*time.Second))
	case 6:
		return failing(fault.Unavailable, 0)
	case 7:
		return failing(fault.Rejected, 0)
	case 8:
		return failing(fault.ContextLength, 0)
	case 9:
		return failing(fault.ClientGone, 0)
	}
	return nil
}

// reply lets the client have output, and the reply end after a while, well or not.
func (w *world) reply(r *run, wait time.Duration) {
	r.plan.Answered(wait, w.now)
	r.answered = true
	if place, ok := r.plan.Place(); ok {
		w.sticky.Stay("r", r.thread, place, w.now)
	}
	w.at(w.now.Add(w.span(w.replies)), func() {
		if w.random.IntN(20) == 0 {
			w.failedAfterOutput++
			r.plan.Failed(failing(fault.Truncated, 0), true, w.now)
		} else {
			r.plan.Ended(w.random.IntN(500), nil, w.now)
		}
		w.step(r)
	})
}

// stop ends an exchange. One that was not served must have had no way on.
func (w *world) stop(r *run) {
	if r.over {
		w.t.Fatal("it ends twice")
	}
	r.over = true
	w.running--
	if r.answered {
		w.served++
	} else {
		w.gaveUp++
		w.checkGivenUp(r)
	}
	r.plan.Close()
}

func (w *world) checkGivenUp(r *run) {
	if r.plan.over || r.attempts == simulatedBudget.Attempts {
		return
	}
	for _, c := range r.plan.all {
		if c.closed || r.asked[c.place] && w.now.After(r.began.Add(simulatedBudget.Within)) {
			continue
		}
		if at, ok := c.readyAt(w.now, false); ok && !at.After(w.now) {
			w.t.Fatalf("it gives up though %s can be asked", c.Provider)
		}
	}
	e := r.plan.Exhausted(w.now)
	if f := e.Fault(); f == nil || f.Message == "" || len(e.Results) != len(r.choices) {
		w.t.Fatalf("it does not say why: %+v", e)
	}
}

// Whatever goes wrong, each exchange ends once, none goes on after output, nobody is asked earlier than he has said, budgets are kept, and
// threads stay where they can.
func TestSimulatedFleet(t *testing.T) {
	t.Parallel()
	for i, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, uint64(i), Policy(policy))
			const exchanges = 5000
			at := noon
			for range exchanges {
				at = at.Add(w.span(2 * time.Second))
				thread := fmt.Sprint(w.random.IntN(300))
				w.at(at, func() { w.begin(thread) })
			}
			for reload := noon; reload.Before(at); reload = reload.Add(w.span(4 * time.Minute)) {
				w.at(reload, w.load)
			}
			w.simulate()
			t.Logf("%d served, %d of them broke off, %d given up, %d attempts, %d waits, %d moves", w.served, w.failedAfterOutput, w.gaveUp,
				w.attempts, w.waits, w.moved)
			if w.running != 0 || w.served+w.gaveUp != exchanges || w.served < exchanges*7/10 {
				t.Errorf("%d are under way", w.running)
			}
			for _, s := range w.registry.Targets(w.now) {
				if s.InFlight != 0 {
					t.Errorf("%s holds %d requests", s.Provider, s.InFlight)
				}
			}
			for _, c := range w.choices {
				for _, k := range c.Keys.pool.Snapshot(w.now) {
					if k.InFlight != 0 {
						t.Errorf("key %s of %s holds %d requests", k.Fingerprint, c.Provider, k.InFlight)
					}
				}
			}
		})
	}
}

// Without faults every key and target gets its share.
func TestNobodyStarves(t *testing.T) {
	w := newWorld(t, 1, RoundRobin)
	p := make([]int, simulatedTargets)
	for i := range 3000 {
		plan := NewPlan(Setup{Balancer: w.balancer, Choices: w.choices}, after(time.Duration(i)*time.Second))
		step := plan.Next(after(time.Duration(i) * time.Second))
		w.uses[step.Key.Secret.Reveal()]++
		p[step.Choice]++
		plan.Answered(1, noon)
		plan.Ended(1, nil, noon)
	}
	for i, n := range p {
		if n != 600 {
			t.Errorf("target %d was asked %d times", i, n)
		}
		for k := range i + 1 {
			if got := w.uses[fmt.Sprint(string(rune('a'+i)), k)]; got < 600/(i+1)-1 || got > 600/(i+1)+1 {
				t.Errorf("key %d of target %d was used %d times", k, i, got)
			}
		}
	}
}

// Many wait for one key that is limited for seconds; all are served.
func TestAllWhoWaitForOneKeyAreServed(t *testing.T) {
	w := newWorld(t, 2, First)
	target := Target{"solo", "m"}
	w.choices = []Choice{{Target: target, Health: NewHealth(target), Keys: poolOf("1")}}
	key, _ := w.choices[0].Keys.Pick(noon.Add(-time.Second), "")
	w.choices[0].Keys.Report(key, failing(fault.RateLimited, 8*time.Second), noon)
	w.random = rand.New(rand.NewPCG(1, 1))
	served := 0
	for range 200 {
		plan := NewPlan(Setup{Choices: w.choices, Random: w.random.Float64}, noon)
		var loop func()
		loop = func() {
			switch step := plan.Next(w.now); step.Do {
			case Try:
				served++
				plan.Answered(1, w.now)
				plan.Ended(1, nil, w.now)
			case Wait:
				w.at(step.Until, loop)
			case Stop:
				t.Error("one gives up")
			}
		}
		w.at(noon, loop)
	}
	w.simulate()
	if served != 200 || w.now.Before(after(8*time.Second)) || w.now.After(after(10*time.Second)) {
		t.Errorf("%d are served by %v", served, w.now.Sub(noon))
	}
}
