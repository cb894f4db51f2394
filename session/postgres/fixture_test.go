//go:build unix

package postgres_test

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/jackc/pgx/v5"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
	"github.com/caddy-codex/responses/session/storetest"
)

const owner = "alice"

// patience bounds the wait for what must happen, on machines that have other things to do.
const patience = 20 * time.Second

// open opens a handle with the real time. It is closed with the test.
func open(t *testing.T, b postgres.Backend) session.Store {
	t.Helper()
	return openAt(t, b, time.Now)
}

func openAt(t *testing.T, b postgres.Backend, now func() time.Time) session.Store {
	t.Helper()
	b.Timeout = cmp.Or(b.Timeout, caddy.Duration(patience/2)) // the machine may have other things to do
	if err := b.Provision(caddy.Context{}); err != nil {
		t.Fatal(err)
	}
	s, err := b.OpenAt(now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// another is the same store as another process has it, with connections of its own.
func another(b postgres.Backend) postgres.Backend {
	b.Timeout = caddy.Duration(patience - time.Duration(processes.Add(1)))
	return b
}

var processes atomic.Int64

// conforms runs the suite of all stores, each test with a table of its own.
func conforms(t *testing.T, b postgres.Backend) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, now func() time.Time) (session.Store, session.Store) {
		t.Helper()
		b.Table = fmt.Sprint("test_", processes.Add(1))
		return openAt(t, another(b), now), openAt(t, another(b), now)
	})
}

// put is a change that writes a record for an hour.
func put(key, value string) session.Change {
	return session.Change{Key: key, Value: []byte(value), Expires: time.Now().Add(time.Hour)}
}

func write(t *testing.T, s session.Store, owner string, changes ...session.Change) {
	t.Helper()
	if err := s.Write(t.Context(), owner, session.Batch{Changes: changes}); err != nil {
		t.Fatal(err)
	}
}

func wantRead(t *testing.T, s session.Store, owner, key, want string) {
	t.Helper()
	records, err := s.Read(t.Context(), owner, key)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(records[0].Value); got != want {
		t.Errorf("%s of %s: got %.40q, want %.40q", key, owner, got, want)
	}
}

// connect connects as an administrator would.
func connect(t *testing.T, server *servertest.PostgresServer) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// ask runs a query that returns one value, or nothing where T is struct{}.
func ask[T any](t *testing.T, conn *pgx.Conn, query string, args ...any) (value T) {
	t.Helper()
	var err error
	if _, none := any(value).(struct{}); none {
		_, err = conn.Exec(t.Context(), query, args...)
	} else {
		err = conn.QueryRow(t.Context(), query, args...).Scan(&value)
	}
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// block keeps all batches of an owner from being made until the returned function is called.
func block(t *testing.T, server *servertest.PostgresServer, owner string) (release func()) {
	t.Helper()
	conn := connect(t, server)
	ask[struct{}](t, conn, "SELECT pg_advisory_lock(hashtextextended($1, 0))", "codex_responses_sessions/"+owner)
	return func() {
		t.Helper()
		ask[struct{}](t, conn, "SELECT pg_advisory_unlock_all()")
	}
}

// await waits until something is the case.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for limit := time.After(patience); !is(); {
		select {
		case <-look.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
