package routing

import (
	"time"

	"github.com/caddy-codex/responses/fault"
)

// KeyState is what is known about a key, for the operator.
type KeyState struct {
	Fingerprint Fingerprint `json:"fingerprint"`
	State       string      `json:"state"`            // usable, cooling or out
	Reason      string      `json:"reason,omitempty"` // the error code behind it
	Until       *time.Time  `json:"until,omitempty"`  // of one that is cooling
	Strikes     int         `json:"strikes,omitempty"`
	InFlight    int         `json:"in_flight"`
	Uses        uint64      `json:"uses"`
}

// Snapshot tells what is known about the keys, in the order in which they were configured.
func (p *Pool) Snapshot(now time.Time) []KeyState {
	p.vault.mu.Lock()
	defer p.vault.mu.Unlock()
	states := make([]KeyState, 0, len(p.keys))
	for _, k := range p.keys {
		s := KeyState{Fingerprint: k.print, State: "usable", Strikes: k.state.strikes, InFlight: k.state.inFlight, Uses: k.state.uses}
		switch {
		case k.state.out:
			s.State = "out"
		case !k.state.usable(now):
			until := k.state.until
			s.State, s.Until = "cooling", &until
		}
		if s.State != "usable" {
			s.Reason = (&fault.Fault{Kind: k.state.reason}).ErrorCode()
		}
		states = append(states, s)
	}
	return states
}

// TargetState is what is known about a target, for the operator.
type TargetState struct {
	Provider        string     `json:"provider"`
	Model           string     `json:"model"`
	State           string     `json:"state"`            // usable, trial or resting
	Reason          string     `json:"reason,omitempty"` // the error code behind a rest
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
		s.Reason = (&fault.Fault{Kind: h.lastFault}).ErrorCode()
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
