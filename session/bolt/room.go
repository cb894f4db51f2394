package bolt

import (
	"context"
	"sync"
	"time"

	"github.com/caddy-codex/responses/session/internal/terms"
)

const (
	// rowCost is about what a record takes in the file beside its key and value, in bytes.
	rowCost = 300
	// step bounds the records that one transaction in the background clears away, so that nobody waits long for it.
	step = 250
	// pace is how much more than twice its own size a group clears away where the file is too full, in bytes. So the file gets back to its
	// bounds, also after they have been made narrower, and no group takes long.
	pace = 64 << 10
	// interval is how often the file is cleared of what has expired.
	interval = time.Minute
)

// makeRoom removes what expires first, of any owner, where the file has not room enough for more.
func (s *store) makeRoom(t *tables, batches []owned) error {
	var incoming int64
	for _, o := range batches {
		incoming += terms.Size(o.batch) + rowCost*int64(len(o.batch.Changes))
	}
	excess := s.used(t) + incoming - s.maxSize.Load()
	if excess <= 0 {
		return nil
	}
	return t.reap(ordinary, &quota{until: forever, records: unlimited, bytes: min(excess, 2*incoming+pace), cost: rowCost})
}

// used is how many bytes of the file hold something.
func (s *store) used(t *tables) int64 {
	stats, size := s.db.Stats(), t.tx.Size()
	return size - int64(stats.FreePageN+stats.PendingPageN)*int64(s.db.Info().PageSize)
}

// sweeper clears the file in the background.
type sweeper struct {
	stop func()
	done sync.WaitGroup
}

// sweepAt has the file cleared at each tick, until the sweeper is stopped. What has been written before is in the file then: a time that was
// put off must not run out there.
func (f *front) sweepAt(ticks <-chan time.Time) {
	stopped := make(chan struct{})
	f.sweeper.stop = sync.OnceFunc(func() { close(stopped) })
	f.sweeper.done.Go(func() {
		for {
			select {
			case <-stopped:
				return
			case <-ticks:
				if f.flush(context.Background()) == nil {
					f.sweep(stopped)
				}
			}
		}
	})
}

// end stops the sweeper and waits for it.
func (s *sweeper) end() {
	s.stop()
	s.done.Wait()
}

// sweep clears away what has expired, and what is beyond max_size. What fails is tried again the next time; whoever reads or writes is told.
func (s *store) sweep(stopped <-chan struct{}) {
	for {
		select {
		case <-stopped:
			return
		case s.turn <- struct{}{}:
		}
		more := s.sweepStep()
		<-s.turn
		if !more {
			return
		}
	}
}

// sweepStep makes one transaction, and reports whether there may be more to clear.
func (s *store) sweepStep() (more bool) {
	err := s.update(func(t *tables) error {
		now := instantOf(s.now())
		quotas := map[class]*quota{
			leases:   {until: now, records: step, bytes: unlimited},
			ordinary: {until: now, records: step, bytes: unlimited},
		}
		if excess := s.used(t) - s.maxSize.Load(); excess > 0 { // what has expired is the first to go
			quotas[ordinary] = &quota{until: forever, records: step, bytes: excess, cost: rowCost}
		}
		for c, q := range quotas {
			if err := t.reap(c, q); err != nil {
				return err
			}
		}
		more = t.changed
		return nil
	})
	return err == nil && more
}
