package bolt

import (
	"context"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/terms"
)

// commit puts into the file the batches of the journal with a number, in one transaction.
func (s *store) commit(batches []owned, number uint64) error {
	return s.update(func(t *tables) error {
		if err := s.makeRoom(t, batches); err != nil {
			return err
		}
		now := instantOf(s.now())
		for _, o := range batches {
			if err := t.write(o.owner, o.batch, now); err != nil {
				return err
			}
		}
		return t.tx.Bucket(aboutBucket).Put(journalKey, binary.BigEndian.AppendUint64(nil, number))
	})
}

// lastJournal is the number of the last journal that is in the file; 0 before the first.
func (s *store) lastJournal() (number uint64, err error) {
	err = s.view(context.Background(), func(t *tables) error {
		if raw := t.tx.Bucket(aboutBucket).Get(journalKey); len(raw) == 8 {
			number = binary.BigEndian.Uint64(raw)
		}
		return nil
	})
	return number, err
}

// update runs a function in a transaction that writes, and commits it where the function has changed something. The caller has the turn.
func (s *store) update(run func(t *tables) error) error {
	if broken := s.broken.Load(); broken != nil {
		return *broken
	}
	err := s.transact(func(tx *bbolt.Tx) (changed bool, err error) {
		t := openTables(tx)
		err = run(t)
		return t.changed, err
	})
	err = s.explain("writing to", err)
	if errors.Is(err, errDamaged) {
		s.broken.Store(&err)
	}
	return err
}

// transact does what Update of bbolt does, but goes back without reading through the file, where a damaged page would end the process.
func (s *store) transact(run func(tx *bbolt.Tx) (changed bool, err error)) error {
	return guarded(func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // says that the transaction has been committed
		if changed, err := run(tx); err != nil || !changed {
			return err
		}
		return tx.Commit()
	})
}

// write makes the changes of a batch.
func (t *tables) write(owner string, b *session.Batch, now instant) error {
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
