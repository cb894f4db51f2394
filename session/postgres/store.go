package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/caddy-codex/responses/session"
)

// handle is one user's access to a store.
type handle struct {
	*pool
	close func() error
}

func newHandle(p *pool, release func() error) *handle {
	return &handle{pool: p, close: sync.OnceValue(release)}
}

// Read implements session.Store.
func (h *handle) Read(ctx context.Context, owner string, keys ...string) ([]session.Record, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	found, err := h.query(ctx, "reading", h.names.read, owner, keys, h.now())
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]session.Record, len(found))
	for _, record := range found {
		byKey[record.Key] = record
	}
	records := make([]session.Record, len(keys))
	for i, key := range keys {
		records[i] = byKey[key]
		records[i].Key = key
	}
	return records, nil
}

// behindAll is greater than all characters of keys.
const behindAll = "~"

// List implements session.Store.
func (h *handle) List(ctx context.Context, owner string, q session.Query) ([]session.Record, error) {
	statement, above, below := h.names.ascending, q.After, q.Prefix+behindAll
	if q.Descending {
		statement, above = h.names.descending, ""
		if q.After != "" {
			below = min(below, q.After)
		}
	}
	var limit *int
	if q.Limit > 0 {
		limit = &q.Limit
	}
	return h.query(ctx, "listing", statement, owner, q.Prefix, above, below, h.now(), limit)
}

// query returns the records that a statement selects.
func (p *pool) query(ctx context.Context, at, statement string, args ...any) (records []session.Record, err error) {
	err = p.do(ctx, at, true, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, statement, args...)
		if err != nil {
			return err
		}
		records, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r session.Record, err error) {
			err = row.Scan(&r.Key, &r.Value, &r.Expires)
			return r, err
		})
		return err
	})
	return records, err
}

// Write implements session.Store.
func (h *handle) Write(ctx context.Context, owner string, b session.Batch) error {
	return h.write(ctx, owner, &b)
}

// Watch implements session.Store. The first one returns when the database has confirmed that it will tell, or is found not to at the moment.
func (h *handle) Watch(ctx context.Context, owner, topic string) <-chan struct{} {
	return h.watch(ctx, owner, topic)
}

// Shared implements session.Shared. What gateways tell each other besides is little: a row for each thread and hour, a read of one in a minute.
func (h *handle) Shared() bool { return true }

// Close implements session.Store.
func (h *handle) Close() error { return h.close() }
