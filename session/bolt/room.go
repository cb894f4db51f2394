package bolt

import (
	"sync"
	"time"

	"github.com/caddy-codex/responses/session/internal/terms"
)

const (
	// rowCost is about what a record takes in the file beside its key and value, in bytes.
	rowCost = 300
	// step bounds the records that one transaction clears away, so that nobody waits long for it.
	step = 250
	// stepBytes is how much more a transaction makes room for than it needs, where the file is too full. As much is cleared in the same
	// time as is written.
	stepBytes = 4 << 20
	// interval is how often the file is cleared of what has expired.
	interval = time.Minute
)

// makeRoom removes what expires first, of any owner, where the file has not room enough for a group.
func (s *store) makeRoom(t *tables, group []*write) error {
	var incoming int64
	for _, w := range group {
		incoming += terms.Size(w.batch) + rowCost*int64(len(w.batch.Changes))
	}
	excess := s.used(t) + incoming - s.maxSize.Load()
	if excess <= 0 {
		return nil
	}
	return t.reap(ordinary, &quota{until: forever, records: unlimited, bytes: min(excess, 2*incoming+stepBytes), cost: rowCost})
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

// sweepAt has the file cleared at each tick, until the sweeper is stopped.
func (s *store) sweepAt(ticks <-chan time.Time) {
	stopped := make(chan struct{})
	s.sweeper.stop = sync.OnceFunc(func() { close(stopped) })
	s.sweeper.done.Go(func() {
		for {
			select {
			case <-stopped:
				return
			case <-ticks:
				s.sweep(stopped)
			}
		}
	})
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

// sweepStep reports whether there may be more to clear.
func (s *store) sweepStep() (more bool) {
	err := s.update(func(t *tables) (changed bool, err error) {
		now := instantOf(s.now())
		for c := range classes {
			q := &quota{until: now, records: step, bytes: unlimited}
			if err := t.reap(c, q); err != nil {
				return false, err
			}
			changed = changed || q.records < step
			more = more || q.met()
		}
		if excess := s.used(t) - s.maxSize.Load(); excess > 0 && !changed {
			q := &quota{until: forever, records: step, bytes: min(excess, stepBytes), cost: rowCost}
			if err := t.reap(ordinary, q); err != nil {
				return false, err
			}
			changed = q.records < step
			more = changed
		}
		return changed, nil
	})
	return err == nil && more
}
