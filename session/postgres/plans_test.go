//go:build unix

package postgres_test

import (
	"fmt"
	"testing"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
)

// PostgreSQL keeps the plans that it made for an empty table until it hears that the table has grown, which may take long.
func TestPlansForAnEmptyTableServeAFullOne(t *testing.T) {
	server := servertest.Postgres(t)
	server.WriteFile("postgresql.auto.conf", "autovacuum = off\nplan_cache_mode = force_generic_plan\n")
	server.Restart()
	s := open(t, another(postgres.Backend{DSN: server.DSN(), MaxConnections: 1}))
	use := func(name string) {
		t.Helper()
		gone, lease := put("gone", ""), put(session.Lease+name, "x")
		gone.Op, lease.If = session.Delete, session.Absent
		again := put("first", "")
		again.Op, again.If, again.Was = session.Touch, session.Unchanged, []byte("x")
		write(t, s, owner, put("first", "x"))
		batch := session.Batch{Changes: []session.Change{put(name, "y"), gone, lease, again}, Limit: 10_000_000}
		if err := s.Write(t.Context(), owner, batch); err != nil {
			t.Fatal(err)
		}
		wantRead(t, s, owner, name, "y")
		for _, query := range []session.Query{{Limit: 3}, {Prefix: "key/1", After: "key/11", Limit: 3}, {Prefix: "key/1", Limit: 3, Descending: true}} {
			if _, err := s.List(t.Context(), owner, query); err != nil {
				t.Fatal(err)
			}
		}
	}
	use("empty")

	admin := connect(t, server)
	ask[struct{}](t, admin, "INSERT INTO codex_responses_sessions SELECT 'alice', 'key/' || i, repeat('x', 491)::bytea, now() + i * interval '1 s' "+
		"FROM generate_series(10000, 40000) AS i")
	ask[struct{}](t, admin, "UPDATE codex_responses_sessions_owners SET size = size + 30001 * 500")
	ask[struct{}](t, admin, "SELECT pg_stat_reset()")
	before := ask[int](t, admin, "SELECT count(*) FROM codex_responses_sessions")
	use("full")
	evicted := before - ask[int](t, admin, "SELECT count(*) FROM codex_responses_sessions")
	if evicted < 5000 {
		t.Errorf("%d records were removed, want thousands", evicted)
	}
	for i := range 20 {
		use(fmt.Sprint("again/", i))
	}

	s.Close() // then it is known what was read
	await(t, "the connection is closed", func() bool {
		return ask[int](t, admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'codex_responses'") == 0
	})
	const read = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes"
	if got, most := ask[int](t, admin, read), 5*evicted+2000; got > most {
		t.Errorf("%d entries of indexes were read, want at most %d", got, most)
	}
	const scanned = "SELECT sum(seq_scan) FROM pg_stat_user_tables"
	if got := ask[int](t, admin, scanned); got > 4 { // by the administrator, above
		t.Errorf("whole tables were read %d times", got)
	}
}
