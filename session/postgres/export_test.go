package postgres

import (
	"context"
	"time"

	"github.com/caddy-codex/responses/session"
)

// Open opens a store with a clock.
func (b *Backend) OpenAt(now func() time.Time) (session.Store, error) { return open(b.settings, now) }

// Clear removes what has expired, which otherwise happens now and then, and returns how many records are left.
func Clear(ctx context.Context, s session.Store) error { return s.(*handle).clear(ctx) }
