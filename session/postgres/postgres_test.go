package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
	"github.com/caddy-codex/responses/session/storetest"
)

// open opens a handle. Handles of different configurations share nothing in the process.
func open(t *testing.T, b *postgres.Backend, now func() time.Time) session.Store {
	t.Helper()
	if err := b.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	s, err := b.OpenAt(now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	server := servertest.Postgres(t)
	var tables atomic.Int32
	storetest.Run(t, func(t *testing.T, now func() time.Time) (a, b session.Store) {
		t.Helper()
		table := fmt.Sprint("sessions_", tables.Add(1))
		one := &postgres.Backend{DSN: server.DSN(), Table: table, MaxConnections: 3, Timeout: caddy.Duration(20*time.Second)}
		other := &postgres.Backend{DSN: server.DSN(), Table: table, MaxConnections: 4, Timeout: caddy.Duration(20*time.Second)}
		return open(t, one, now), open(t, other, now)
	})
}
