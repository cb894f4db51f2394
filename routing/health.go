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

	// missingMemory is how long a model of which the provider knows nothing is asked for only after all others.
	missingMemory = time.Minute
)

// Health is what is known about one target: whether it rests, and how fast it is.
//
// A target that fails several times in a row, or whose answers break off so often, rests. After the rest it gets one request as a trial: a
// success ends the matter, a failure begins a longer rest. What a provider asks for in so many seconds holds at once and is never cut short.
type Health struct {
	target Target

	mu       sync.Mutex
	failures int       // to answer, in a row
	breaks   int       // of answers, in a row
	rests    int       // in a row
	rested   time.Time // when the last rest began
	until    time.Time // it rests until then
	failed   time.Time // when it last failed
	hold     time.Time // the provider wants to be left alone until then
	trial    time.Time // when the trial under way began; zero for none
	missing  time.Time // until then the model counts as one that the provider does not have
	inFlight int
	used     time.Time

	success    average // 1 for a success, 0 for a failure
	firstEvent average // seconds to it
	speed      average // output tokens per second after it
	uses       uint64
	lastFault  fault.Kind
	lastCause  string
}

func newHealth(target Target, now time.Time) *Health { return &Health{target: target, used: now} }

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

// Admit begins a request, which must end in Failed, Broke, Ended or Released. It reports false for a target that rests, or that another request
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

// Answered says that a request that began at a time got its first event after a while. The request goes on. Where it was answers that broke
// off, only a whole one ends the matter.
func (h *Health) Answered(began time.Time, wait time.Duration) (recovered bool) {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.firstEvent.add(wait.Seconds(), speedWeight)
	h.missing = time.Time{}
	if h.breaks >= patience {
		if began.Equal(h.trial) {
			h.trial = time.Time{} // others may come meanwhile, one after the other
		}
		return false
	}
	return h.mend(began)
}

// mend ends a rest because of a request that began at a time, but not a time for which the provider wants to be left alone.
func (h *Health) mend(began time.Time) (recovered bool) {
	if h.rests > 0 && began.Before(h.rested) {
		return false // it is older than the trouble
	}
	recovered = h.rests > 0
	h.failures, h.rests = 0, 0
	h.until, h.trial = time.Time{}, time.Time{}
	return recovered
}

// Wake cuts a rest short because the provider is there again, so that the next request is a trial. A time that the provider asked for stays,
// and so does a rest of one that was there and kept silent, or sent what is no good. It reports whether there was one.
func (h *Health) Wake(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lastFault != fault.Unavailable && h.lastFault != fault.Overloaded || !h.until.After(now) {
		return false
	}
	h.until = time.Time{}
	return true
}

// forget forgets what keeps requests from the target.
func (h *Health) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures, h.breaks, h.rests = 0, 0, 0
	h.until, h.hold, h.trial, h.missing = time.Time{}, time.Time{}, time.Time{}, time.Time{}
}

// cause is what the last fault said that spoke against the target.
func (h *Health) cause() string {
	if h == nil {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastCause
}

// Failed ends a request that began at a time and was not answered. Faults that do not speak against the target only end it. It reports
// whether the target rests because of it, and has not rested before.
func (h *Health) Failed(began time.Time, f *fault.Fault, now time.Time) (rests bool) {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.suffer(began, f, now, &h.failures)
}

// Broke is Failed for a request whose answer broke off.
func (h *Health) Broke(began time.Time, f *fault.Fault, now time.Time) (rests bool) {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.suffer(began, f, now, &h.breaks)
}

func (h *Health) suffer(began time.Time, f *fault.Fault, now time.Time, inARow *int) (rests bool) {
	h.inFlight--
	if began.Equal(h.trial) {
		h.trial = time.Time{}
	}
	who, _ := judge(f)
	if f.Kind == fault.NoSuchModel && who != theKey {
		h.missing = now.Add(missingMemory)
	}
	if who != theTarget {
		return false
	}
	rested := h.ready(false).After(now)
	h.success.add(0, successWeight)
	h.lastFault, h.lastCause = f.Kind, f.Bare()
	h.failed = now
	if f.RetryAfter > 0 {
		h.hold = later(h.hold, now.Add(min(f.RetryAfter, maxHold)))
	}
	if h.rests == 0 || !began.Before(h.rested) { // else it is part of the trouble that is known
		h.count(inARow, now)
	}
	return !rested && h.ready(false).After(now)
}

func (h *Health) count(inARow *int, now time.Time) {
	*inARow++
	if *inARow >= patience || h.rests > 0 {
		h.rests++
		h.rested = now
		h.until = now.Add(doubled(firstRest, longestRest, h.rests))
	}
}

// Ended ends a request that began at a time and was answered to the end: with so many output tokens within so long after the first event.
// Either is 0 where it is not known.
func (h *Health) Ended(began time.Time, tokens int, span time.Duration) (recovered bool) {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inFlight--
	h.success.add(1, successWeight)
	if tokens >= leastTokens && span >= leastSpan {
		h.speed.add(float64(tokens)/span.Seconds(), speedWeight)
	}
	if h.rests == 0 || !began.Before(h.rested) {
		h.breaks = 0
	}
	return h.mend(began)
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
