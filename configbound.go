package codexresponses

import (
	"cmp"
	"fmt"
	"time"

	"github.com/caddy-codex/responses/routing"
)

// Bound is how many exchanges may run at once.
type Bound struct {
	// Active is how many run at once.
	Active int `json:"active"`

	// Queued is how many wait for a short time behind them, first come, first served. Negative: none. Default: as many as run
	Queued int `json:"queued,omitempty"`
}

// maxBound bounds both numbers: more is a slip of the pen.
const maxBound = 1_000_000

// limits is the same for a gate, with how long one waits. The receiver may be nil, which bounds nothing.
func (b *Bound) limits(wait time.Duration) routing.Limits {
	if b == nil {
		return routing.Limits{}
	}
	return routing.Limits{Active: b.Active, Queued: max(cmp.Or(b.Queued, b.Active), 0), Wait: wait}
}

func (b *Bound) check() error {
	switch {
	case b == nil:
		return nil
	case b.Active < 1 || b.Active > maxBound:
		return fmt.Errorf("max_concurrent: active is a number from 1 to %d, not %d", maxBound, b.Active)
	case b.Queued > maxBound:
		return fmt.Errorf("max_concurrent: queued is a number up to %d, not %d", maxBound, b.Queued)
	}
	return nil
}
