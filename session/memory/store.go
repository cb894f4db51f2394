package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/hub"
	"github.com/caddy-codex/responses/session/internal/terms"
)

// store keeps the records of all owners.
type store struct {
	maxSize int64
	now     func() time.Time
	hub     hub.Hub

	mu      sync.RWMutex
	records records
}

func newStore(maxSize int64, now func() time.Time) *store {
	return &store{maxSize: maxSize, now: now, records: newRecords()}
}

// Read implements session.Store.
func (s *store) Read(ctx context.Context, owner string, keys ...string) ([]session.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found := make([]session.Record, len(keys))
	s.mu.RLock()
	now := s.now()
	for i, key := range keys {
		found[i].Key = key
		if r := s.records.get(owner, key); r.lives(now) {
			found[i] = r.Record
		}
	}
	s.mu.RUnlock()
	return copied(found), nil
}

// List implements session.Store.
func (s *store) List(ctx context.Context, owner string, q session.Query) ([]session.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []session.Record
	s.mu.RLock()
	now := s.now()
	s.records.walk(owner, &q, func(r *record) bool {
		if r.lives(now) {
			found = append(found, r.Record)
		}
		return q.Limit == 0 || len(found) < q.Limit
	})
	s.mu.RUnlock()
	return copied(found), nil
}

// copied gives the caller values of its own. Those in the store are replaced, never changed, so there is no need for the lock.
func copied(records []session.Record) []session.Record {
	for i := range records {
		records[i].Value = slices.Clone(records[i].Value)
	}
	return records
}

// Write implements session.Store.
func (s *store) Write(ctx context.Context, owner string, b session.Batch) error {
	if size := terms.Size(&b); size > s.maxSize {
		return fmt.Errorf("writing %s at once: %w: max_size of the store is %s", humanize.IBytes(uint64(size)), session.ErrTooLarge, humanize.IBytes(uint64(s.maxSize)))
	}
	values := make([][]byte, len(b.Changes))
	for i := range b.Changes {
		if c := &b.Changes[i]; c.Op == session.Put {
			values[i] = append([]byte{}, c.Value...) // never nil, which would be no record
		}
	}
	if err := s.write(ctx, owner, &b, values); err != nil {
		return err
	}
	if b.Topic != "" {
		s.hub.Notify(owner, b.Topic)
	}
	return nil
}

func (s *store) write(ctx context.Context, owner string, b *session.Batch, values [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	now := s.now()
	s.records.clear(owner, now)
	for i := range b.Changes {
		var value []byte
		if r := s.records.get(owner, b.Changes[i].Key); r != nil {
			value = r.Value
		}
		if !terms.Met(&b.Changes[i], value) {
			return session.ErrConflict
		}
	}
	for i := range b.Changes {
		s.apply(owner, &b.Changes[i], values[i], now)
	}
	s.records.bound(owner, b, s.maxSize)
	return nil
}

func (s *store) apply(owner string, c *session.Change, value []byte, now time.Time) {
	r := s.records.get(owner, c.Key)
	switch lasts := c.Expires.After(now); {
	case c.Op == session.Check:
	case c.Op == session.Put && lasts:
		s.records.put(owner, session.Record{Key: c.Key, Value: value, Expires: c.Expires})
	case r == nil:
	case c.Op == session.Touch && lasts:
		s.records.put(owner, session.Record{Key: c.Key, Value: r.Value, Expires: c.Expires})
	default: // deleted, or it expires at once
		s.records.remove(r)
	}
}

// Watch implements session.Store.
func (s *store) Watch(ctx context.Context, owner, topic string) <-chan struct{} {
	return s.hub.Watch(ctx, owner, topic)
}

// Close implements session.Store. What is stored lasts as long as the store is referred to.
func (s *store) Close() error { return nil }

// Destruct implements caddy.Destructor.
func (s *store) Destruct() error { return nil }
