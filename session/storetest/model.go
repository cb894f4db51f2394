package storetest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/caddy-codex/responses/session"
)

// Model is the contract of stores in its simplest form, for one goroutine. What a store does can be compared with it.
type Model struct {
	now     func() time.Time
	records map[string]map[string]session.Record // by owner and key
}

// NewModel returns a model without records.
func NewModel(now func() time.Time) *Model {
	return &Model{now: now, records: make(map[string]map[string]session.Record)}
}

func (m *Model) live(owner, key string) (session.Record, bool) {
	r, ok := m.records[owner][key]
	return r, ok && r.Expires.After(m.now())
}

// List returns all records of an owner.
func (m *Model) List(owner string) (records []session.Record) {
	for key := range m.records[owner] {
		if r, ok := m.live(owner, key); ok {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, func(a, b session.Record) int { return strings.Compare(a.Key, b.Key) })
	return records
}

// Write does what Write of a store does. Of records that expire at the same time the limit removes the one with the least key first.
func (m *Model) Write(owner string, b session.Batch) error {
	for i := range b.Changes {
		if !m.met(owner, &b.Changes[i]) {
			return session.ErrConflict
		}
	}
	if m.records[owner] == nil {
		m.records[owner] = make(map[string]session.Record)
	}
	written := make(map[string]bool)
	for _, c := range b.Changes {
		r, ok := m.live(owner, c.Key)
		switch {
		case c.Op == session.Put:
			m.records[owner][c.Key] = session.Record{Key: c.Key, Value: append([]byte{}, c.Value...), Expires: c.Expires}
		case c.Op == session.Touch && ok:
			r.Expires = c.Expires
			m.records[owner][c.Key] = r
		case c.Op == session.Delete:
			delete(m.records[owner], c.Key)
		}
		written[c.Key] = written[c.Key] || c.Op == session.Put || c.Op == session.Touch
	}
	if b.Limit > 0 {
		m.limit(owner, b.Limit, written)
	}
	return nil
}

func (m *Model) met(owner string, c *session.Change) bool {
	r, ok := m.live(owner, c.Key)
	switch c.If {
	case session.Absent:
		return !ok
	case session.Present:
		return ok
	case session.Unchanged:
		return ok && bytes.Equal(r.Value, c.Was)
	default:
		return true
	}
}

func (m *Model) limit(owner string, limit int64, written map[string]bool) {
	all := m.List(owner)
	var size int64
	for _, r := range all {
		size += int64(len(r.Key) + len(r.Value))
	}
	slices.SortStableFunc(all, func(a, b session.Record) int { return a.Expires.Compare(b.Expires) })
	for _, r := range all {
		if size > limit && !written[r.Key] && !strings.HasPrefix(r.Key, session.Lease) {
			delete(m.records[owner], r.Key)
			size -= int64(len(r.Key) + len(r.Value))
		}
	}
}
