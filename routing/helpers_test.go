package routing

import (
	"time"

	"github.com/caddy-codex/responses/fault"
)

// noon is when the clocks of the tests begin.
var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// after is a time on that clock.
func after(d time.Duration) time.Time { return noon.Add(d) }

// failing is a fault that asks for a wait, 0 for none.
func failing(kind fault.Kind, wait time.Duration) *fault.Fault {
	return &fault.Fault{Kind: kind, Message: "no", Provider: "p", RetryAfter: wait}
}

func half() float64 { return 0.5 }

// poolOf makes a pool that shares its state with nobody.
func poolOf(secrets ...string) Keys { return new(Registry).Pool("p", secrets, noon).For("m") }

// NewGate makes a gate.
func NewGate(limits Limits) *Gate { return &Gate{limits: limits} }

// Load is how many are in, and how many wait.
func (g *Gate) Load() (active, queued int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.active, g.queue.Len()
}

// NewHealth makes the health of a target that no registry remembers.
func NewHealth(target Target) *Health { return &Health{target: target} }

// Len is how many threads are remembered.
func (s *Sticky) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent.Len()
}
