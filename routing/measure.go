package routing

import "time"

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

// leastSpan and leastTokens are what a reply must have for its speed to say something.
const (
	leastSpan   = 50 * time.Millisecond
	leastTokens = 8
)

// view is what the order of targets goes by.
type view struct {
	ready      time.Duration // from now; 0 for now
	inFlight   int
	failures   int
	missing    bool // the provider does not have the model
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
	v := view{inFlight: h.inFlight, failures: h.failures, missing: h.missing.After(now), success: h.success, firstEvent: h.firstEvent, speed: h.speed}
	if h.rests > 0 || !h.hold.IsZero() {
		v.ready = max(h.ready(false).Sub(now), 0)
	}
	return v
}
