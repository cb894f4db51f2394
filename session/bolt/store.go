package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/hub"
	"github.com/caddy-codex/responses/session/internal/terms"
)

// store is an open file.
type store struct {
	path    string
	db      *bbolt.DB
	now     func() time.Time
	maxSize atomic.Int64
	hub     hub.Hub

	turn chan struct{} // held by whoever writes to the file

	broken  atomic.Pointer[error] // what a write has stumbled over, so that no other may follow
	sweeper sweeper
}

// Read implements session.Store.
func (s *store) Read(ctx context.Context, owner string, keys ...string) ([]session.Record, error) {
	records := make([]session.Record, len(keys))
	err := s.view(ctx, func(t *tables) error {
		now := instantOf(s.now())
		for i, key := range keys {
			records[i].Key = key
			r, found, err := t.get(owner, key)
			if err != nil {
				return err
			}
			if !found || r.expires <= now {
				continue
			}
			if records[i], err = t.record(key, &r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

func (t *tables) record(key string, r *row) (session.Record, error) {
	value, err := t.read(r)
	return session.Record{Key: key, Value: value, Expires: r.expires.time()}, err
}

// List implements session.Store.
func (s *store) List(ctx context.Context, owner string, q session.Query) ([]session.Record, error) {
	var records []session.Record
	err := s.view(ctx, func(t *tables) error {
		now := instantOf(s.now())
		return t.walk(owner, &q, func(key string, raw []byte) (more bool, err error) {
			r, err := parseRow(raw)
			if err != nil || r.expires <= now {
				return true, err
			}
			record, err := t.record(key, &r)
			records = append(records, record)
			return q.Limit == 0 || len(records) < q.Limit, err
		})
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// walk calls visit for the rows that a query is about, in its order and without regard to its limit, until it returns false.
func (t *tables) walk(owner string, q *session.Query, visit func(key string, raw []byte) (more bool, err error)) error {
	from, end := terms.Range(q)
	prefix := string(t.recordKey(owner, ""))
	from, end = prefix+from, prefix+end
	if end == prefix {
		end = string(t.ownerKey(owner, recordMark+1, "")) // behind all records of the owner
	}
	cursor := t.records.Cursor()
	key, raw := cursor.Seek([]byte(from))
	step := cursor.Next
	if q.Descending {
		key, raw = seekBefore(cursor, end)
		step = cursor.Prev
	}
	for ; key != nil && from <= string(key) && string(key) < end; key, raw = step() {
		if more, err := visit(string(key[len(prefix):]), raw); err != nil || !more {
			return err
		}
	}
	return nil
}

// seekBefore moves a cursor to the last key before another.
func seekBefore(cursor *bbolt.Cursor, end string) (key, value []byte) {
	if key, _ := cursor.Seek([]byte(end)); key == nil {
		return cursor.Last()
	}
	return cursor.Prev()
}

// Watch implements session.Store.
func (s *store) Watch(ctx context.Context, owner, topic string) <-chan struct{} {
	return s.hub.Watch(ctx, owner, topic)
}

// view runs a function in a transaction that reads.
func (s *store) view(ctx context.Context, read func(t *tables) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := guarded(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { return read(openTables(tx)) })
	})
	return s.explain("reading from", err)
}

// errDamaged says that the file does not have the form that it should have.
var errDamaged = errors.New("the file is damaged")

// guarded turns into an error what happens when a page of the file is not what it should be, or cannot be read by the system.
func guarded(run func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", errDamaged, cause)
		}
	}()
	return run()
}

func (s *store) explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return fmt.Errorf("%s %s: the store has been closed", doing, s.path)
	case errors.Is(err, errRow), errors.Is(err, errPiece), errors.Is(err, errOrder):
		err = fmt.Errorf("%w: %w", errDamaged, err)
	}
	return fmt.Errorf("%s %s: %w", doing, s.path, err)
}
