package routing

import (
	"sync"
	"time"

	"github.com/caddy-codex/responses/fault"
)

const (
	// patience is how many failures in a row send a target to rest.
	patience = 3

	// firstRest is the first rest; each one in a row is twice as long as the last, up to longestRest.
	firstRest   = 5 * time.Second
	longestRest = 2 * time.Minute

	// maxHold bounds how long a provider can ask that a target be left alone. It is asked once an hour all the same.
	maxHold = time.Hour

	// trialHold is how long a trial keeps others from a target that has rested. After it, another one may try: a model that thinks
	// for minutes before it says anything must not look like one that is down.
	trialHold = 10 * time.Second
)

// Health is what is known about one target: whether it rests, and how fast it is.
//
// A target that fails several times in a row rests. After the rest it gets one request as a trial: a success ends the matter, a failure
// begins a longer rest. What a provider asks for in so many seconds holds at once and is never cut short.
type Health struct {
	target Target

	mu       sync.Mutex
	failures int       // in a row
	rests    int       // in a row
	rested   time.Time // when the last rest began
	until    time.Time // it rests until then
	failed   time.Time // when it last failed
	hold     time.Time // the provider wants to be left alone until then
	trial    time.Time // when the trial under way began; zero for none
	inFlight int
	used     time.Time

	success    average // 1 for a success, 0 for a failure
	firstEvent average // seconds to it
	speed      average // output tokens per second after it
	uses       uint64
	lastFault  fault.Kind
}

// average is an exponentially weighted moving average. Its first value counts in full.
type average struct {
	value float64
	known bool
}

func (a *average) add(value, weight float64) {
	if !a.known {
		a.value, a.known = value, true
		return
	}
	a.value += weight * (value - a.value)
}

// The weight of the newest value in an average.
const (
	speedWeight   = 0.2
	successWeight = 0.1
)

func newHealth(target Target, now time.Time) *Health { return &Health{target: target, used: now} }

// NewHealth makes the health of a target that no registry remembers.
func NewHealth(target Target) *Health { return &Health{target: target} }

// view is what the order of targets goes by.
type view struct {
	ready      time.Duration // from now; 0 for now
	inFlight   int
	failures   int
	success    average
	firstEvent average
	speed      average
}

func (h *Health) view(now time.Time) view {
	if h == nil {
		return view{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	v := view{inFlight: h.inFlight, failures: h.failures, success: h.success, firstEvent: h.firstEvent, speed: h.speed}
	if h.rests > 0 || !h.hold.IsZero() {
		v.ready = max(h.ready(false).Sub(now), 0)
	}
	return v
}

// ready is when the target may be asked. Where there is nothing else to ask, a rest for failures is cut short.
func (h *Health) ready(alone bool) time.Time {
	ready := h.until
	if alone && !ready.IsZero() {
		if short := h.failed.Add(firstRest); short.Before(ready) {
			ready = short
		}
	}
	if !h.trial.IsZero() {
		ready = later(ready, h.trial.Add(trialHold))
	}
	return later(ready, h.hold)
}

// ReadyAt is when the target may be asked: a time that is not after now, or that of the end of its rest. alone says that there is nothing
// else to ask: then a rest lasts no longer than the first one does, for a request that would be refused otherwise may as well find out. A
// target that the provider wants left alone is left alone even so.
func (h *Health) ReadyAt(now time.Time, alone bool) time.Time {
	if h == nil {
		return now
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return later(now, h.ready(alone))
}

// Admit begins a request, which must end in Failed, Ended or Released. It reports false for a target that rests, or that another request
// has just begun to try out.
func (h *Health) Admit(now time.Time, alone bool) bool {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ready(alone).After(now) {
		return false
	}
	if h.rests > 0 {
		h.trial = now
	}
	h.inFlight++
	h.uses++
	h.used = now
	return true
}

// stands reports whether nothing has come to be known since a request was admitted because of which it would not be any more.
func (h *Health) stands(began, now time.Time) bool {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.hold.After(now) && (h.rested.Before(began) || !h.until.After(now))
}

// Answered says that a request that began at a time got its first event after a while. The request goes on.
func (h *Health) Answered(began time.Time, wait time.Duration) (recovered bool) {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.firstEvent.add(wait.Seconds(), speedWeight)
	h.success.add(1, successWeight)
	if h.rests > 0 && began.Before(h.rested) {
		return false // it is older than the trouble
	}
	recovered = h.rests > 0
	h.mend()
	return recovered
}

// mend ends a rest, but not a time for which the provider wants to be left alone.
func (h *Health) mend() {
	h.failures, h.rests = 0, 0
	h.until, h.trial = time.Time{}, time.Time{}
}

// Mend ends a rest, after a probe that succeeded. A time that the provider asked for stays.
func (h *Health) Mend() (recovered bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	recovered = h.rests > 0
	h.mend()
	return recovered
}

// Failed ends a request that began at a time with a fault. Faults that do not speak against the target only end it. It reports whether the
// target rests because of it.
func (h *Health) Failed(began time.Time, f *fault.Fault, now time.Time) (rests bool) {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inFlight--
	if began.Equal(h.trial) {
		h.trial = time.Time{}
	}
	if who, _ := judge(f); who != theTarget {
		return false
	}
	h.success.add(0, successWeight)
	h.lastFault = f.Kind
	h.failed = now
	if f.RetryAfter > 0 {
		h.hold = later(h.hold, now.Add(min(f.RetryAfter, maxHold)))
		rests = true
	}
	if h.rests > 0 && began.Before(h.rested) {
		return rests // it is part of the trouble that is known
	}
	h.failures++
	if h.failures >= patience {
		h.rests++
		h.rested = now
		h.until = now.Add(doubled(firstRest, longestRest, h.rests))
		rests = true
	}
	return rests
}

// leastSpan and leastTokens are what a reply must have for its speed to say something.
const (
	leastSpan   = 50 * time.Millisecond
	leastTokens = 8
)

// Ended ends a request that was answered: with so many output tokens within so long after the first event. Either is 0 where it is not
// known.
func (h *Health) Ended(tokens int, span time.Duration) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inFlight--
	if tokens >= leastTokens && span >= leastSpan {
		h.speed.add(float64(tokens)/span.Seconds(), speedWeight)
	}
}

// Released ends a request that began at a time and of which there is nothing to tell.
func (h *Health) Released(began time.Time) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inFlight--
	if began.Equal(h.trial) {
		h.trial = time.Time{}
	}
}

// forgettable reports that nobody has asked the target for long, and that it is not in use.
func (h *Health) forgettable(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.inFlight <= 0 && now.Sub(h.used) > memory && !h.ready(false).After(now)
}
