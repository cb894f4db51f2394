package bolt

import (
	"context"
	"errors"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/terms"
)

// write is a batch that waits to be written.
type write struct {
	owner string
	batch *session.Batch
	err   error
	done  chan struct{} // closed when err is final
}

// enqueue has a batch written, and returns when it is durable. Nobody waits for company: who comes while nothing is being written begins at
// once, with a transaction for all that is in the queue, and who comes meanwhile is in the next one.
func (s *store) enqueue(ctx context.Context, w *write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	s.queue = append(s.queue, w)
	s.mu.Unlock()
	select {
	case <-w.done:
	case <-ctx.Done():
		if s.withdraw(w) {
			return ctx.Err()
		}
		<-w.done // it is being written
	case s.turn <- struct{}{}:
		s.commit(s.take())
		<-s.turn
		<-w.done // by this commit, or by one before
	}
	return w.err
}

// withdraw reports whether a batch was still in the queue.
func (s *store) withdraw(w *write) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.queue, w)
	if i < 0 {
		return false
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	return true
}

// take empties the queue.
func (s *store) take() []*write {
	s.mu.Lock()
	defer s.mu.Unlock()
	group := s.queue
	s.queue = nil
	return group
}

// commit writes a group in one transaction. A batch that conflicts is no matter of the others.
func (s *store) commit(group []*write) {
	if len(group) == 0 {
		return
	}
	err := s.update(func(t *tables) error {
		if err := s.makeRoom(t, group); err != nil {
			return err
		}
		now := instantOf(s.now())
		for _, w := range group {
			w.err = t.write(w.owner, w.batch, now)
			if w.err != nil && !errors.Is(w.err, session.ErrConflict) {
				return w.err
			}
		}
		return nil
	})
	for _, w := range group {
		if err != nil {
			w.err = err
		}
		if w.err == nil && w.batch.Topic != "" {
			s.hub.Notify(w.owner, w.batch.Topic)
		}
		close(w.done)
	}
}

// update runs a function in a transaction that writes, and commits it where the function has changed something. The caller has the turn.
func (s *store) update(run func(t *tables) error) error {
	if broken := s.broken.Load(); broken != nil {
		return *broken
	}
	err := guarded(func() error {
		return s.transact(func(tx *bbolt.Tx) (changed bool, err error) {
			t := openTables(tx)
			err = run(t)
			return t.changed, err
		})
	})
	err = s.explain("writing to", err)
	if errors.Is(err, errDamaged) {
		s.broken.Store(&err)
	}
	return err
}

// transact does what Update of bbolt does, but goes back without reading through the file, where a damaged page would end the process.
func (s *store) transact(run func(tx *bbolt.Tx) (changed bool, err error)) error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // says that the transaction has been committed
	if changed, err := run(tx); err != nil || !changed {
		return err
	}
	return tx.Commit()
}

// write makes the changes of a batch, or returns session.ErrConflict.
func (t *tables) write(owner string, b *session.Batch, now instant) error {
	for i := range b.Changes {
		if err := t.check(owner, &b.Changes[i], now); err != nil {
			return err
		}
	}
	a := t.account(owner)
	for i := range b.Changes {
		if err := a.apply(&b.Changes[i], now); err != nil {
			return err
		}
	}
	if err := a.limit(b, now); err != nil {
		return err
	}
	return a.close()
}

// check finds whether the condition of a change is met.
func (t *tables) check(owner string, c *session.Change, now instant) error {
	if c.If == session.Always {
		return nil
	}
	r, found, err := t.get(owner, c.Key)
	if err != nil {
		return err
	}
	var value []byte
	switch {
	case !found || r.expires <= now:
	case c.If == session.Unchanged:
		if value, err = t.read(&r); err != nil {
			return err
		}
	default:
		value = []byte{}
	}
	if !terms.Met(c, value) {
		return session.ErrConflict
	}
	return nil
}

func (a *account) apply(c *session.Change, now instant) error {
	expires := instantOf(c.Expires)
	if c.Op == session.Put && expires > now {
		return a.put(c.Key, c.Value, expires)
	}
	if c.Op == session.Check {
		return nil
	}
	r, found, err := a.get(a.owner, c.Key)
	if err != nil || !found {
		return err
	}
	if c.Op == session.Touch && r.expires > now && expires > now {
		return a.touch(c.Key, &r, expires)
	}
	return a.remove(c.Key, &r) // also where a change lets it expire at once
}

// limit removes what the owner has too much.
func (a *account) limit(b *session.Batch, now instant) error {
	if b.Limit <= 0 || a.size <= b.Limit {
		return nil
	}
	if err := a.reap(leases, forever, &quota{until: now, records: unlimited, bytes: unlimited}); err != nil {
		return err
	}
	return a.reap(ordinary, forever, &quota{
		until: forever, records: unlimited, bytes: a.size - b.Limit, spared: terms.Written(b),
	})
}
