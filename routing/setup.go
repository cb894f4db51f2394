package routing

import (
	"time"

	"github.com/caddy-codex/responses/fault"
)

// Setup is what the plan of an exchange is made from.
type Setup struct {
	Balancer *Balancer // nil for First
	Choices  []Choice
	Needs    Needs
	Sticky   Place // where the thread was last; the zero value where that is not known
	Budget   Budget
	Random   func() float64 // from 0 up to 1; nil for a source of the standard library
	Notify   func(Change)   // told of what happens to keys and targets; nil for nobody
}

// Change is something that happened to a key or a target.
type Change struct {
	What   ChangeKind
	Target Target
	Key    Fingerprint  // of a change to a key
	Fault  *fault.Fault // that led to it; nil for a recovery
	Until  time.Time    // zero where there is no end to it
}

// ChangeKind says what has happened.
type ChangeKind string

// The kinds.
const (
	KeyOut          ChangeKind = "key_out"
	KeyCooling      ChangeKind = "key_cooling"
	TargetResting   ChangeKind = "target_resting"
	TargetRecovered ChangeKind = "target_recovered"
)
