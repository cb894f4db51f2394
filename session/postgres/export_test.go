package postgres

import (
	"context"
	"time"

	"github.com/caddy-codex/responses/session"
)

// OpenAt opens a store with a clock.
func (b *Backend) OpenAt(now func() time.Time) (session.Store, error) { return open(b.settings, now) }

// Clear removes what has expired, which otherwise happens now and then.
func Clear(ctx context.Context, s session.Store) error { return s.(*handle).clear(ctx) }

// Waiting is how many batches of an owner wait for others of it.
func Waiting(s session.Store, owner string) int {
	h := s.(*handle)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lanes[owner] == nil {
		return 0
	}
	return len(h.lanes[owner].waiting)
}

// Connections is how many connections a store has, without the one that listens.
func Connections(s session.Store) int { return int(s.(*handle).conns.Stat().TotalConns()) }
