package bolt

import "time"

// SetClock has the store go by a clock, and clear its file at each tick.
func (b *Bolt) SetClock(now func() time.Time, ticks <-chan time.Time) { b.now, b.ticks = now, ticks }
