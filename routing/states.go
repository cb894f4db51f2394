package routing

import (
	"maps"
	"slices"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// KeyState is what is known about a key, for the operator.
type KeyState struct {
	Fingerprint Fingerprint  `json:"fingerprint"`
	State       string       `json:"state"`            // usable, limited (for some models), cooling or out
	Reason      string       `json:"reason,omitempty"` // the error code behind one that is cooling or out
	Cause       string       `json:"cause,omitempty"`  // what the provider said then
	Until       *time.Time   `json:"until,omitempty"`  // of one that is cooling, and for one that is out when it may be tried if all are
	Limits      []LimitState `json:"limits,omitempty"` // by model
	InFlight    int          `json:"in_flight"`
	Uses        uint64       `json:"uses"`
}

// LimitState is a rate limit that a key has met.
type LimitState struct {
	Model   string    `json:"model"`
	Until   time.Time `json:"until"`
	Strikes int       `json:"strikes"` // limits since it last worked
}

// Snapshot tells what is known about the keys, in the order in which they were configured.
func (p *Pool) Snapshot(now time.Time) []KeyState {
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	states := make([]KeyState, len(p.keys))
	for i, k := range p.keys {
		states[i] = k.state.snapshot(now)
		states[i].Fingerprint = k.print
	}
	return states
}

func (s *keyState) snapshot(now time.Time) KeyState {
	state := KeyState{State: "usable", InFlight: s.inFlight, Uses: s.uses}
	for _, model := range slices.Sorted(maps.Keys(s.models)) {
		if c := s.models[model]; now.Before(c.until) {
			state.State = "limited"
			state.Limits = append(state.Limits, LimitState{model, c.until, c.strikes})
		}
	}
	hold := func(name string, kind fault.Kind, until time.Time) {
		state.State, state.Reason, state.Cause, state.Until = name, (&fault.Fault{Kind: kind}).ErrorCode(), s.cause, &until
	}
	switch {
	case s.out:
		hold("out", fault.Unauthorized, s.retrial.until)
	case now.Before(s.account.until):
		hold("cooling", s.account.reason, s.account.until)
	}
	return state
}

// TargetState is what is known about a target, for the operator.
type TargetState struct {
	Provider        string     `json:"provider"`
	Model           string     `json:"model"`
	State           string     `json:"state"`            // usable, trial or resting
	Reason          string     `json:"reason,omitempty"` // the error code behind a rest
	Cause           string     `json:"cause,omitempty"`  // what the provider said then
	Until           *time.Time `json:"until,omitempty"`  // of a rest
	Failures        int        `json:"failures"`         // in a row
	InFlight        int        `json:"in_flight"`
	Uses            uint64     `json:"uses"`
	SuccessRate     *float64   `json:"success_rate,omitempty"`      // of late, between 0 and 1
	FirstEventMS    *float64   `json:"first_event_ms,omitempty"`    // of late
	TokensPerSecond *float64   `json:"tokens_per_second,omitempty"` // of late
}

// Snapshot tells what is known about the target.
func (h *Health) Snapshot(now time.Time) TargetState {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := TargetState{
		Provider: h.target.Provider, Model: h.target.Model, State: "usable", Failures: h.failures, InFlight: h.inFlight, Uses: h.uses,
		SuccessRate: h.success.scaled(1), FirstEventMS: h.firstEvent.scaled(1000), TokensPerSecond: h.speed.scaled(1),
	}
	switch ready := h.ready(false); {
	case !h.trial.IsZero():
		s.State = "trial"
	case ready.After(now):
		s.State, s.Until = "resting", &ready
	}
	if s.State != "usable" {
		s.Reason, s.Cause = (&fault.Fault{Kind: h.lastFault}).ErrorCode(), h.lastCause
	}
	return s
}

func (a average) scaled(factor float64) *float64 {
	if !a.known {
		return nil
	}
	value := a.value * factor
	return &value
}
