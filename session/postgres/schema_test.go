//go:build unix

package postgres_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
)

func TestGatewaysThatStartAtOnceMakeTheTablesOnce(t *testing.T) {
	server := servertest.Postgres(t)
	admin := connect(t, server)
	for _, table := range []string{"one", "two", "three", "four"} {
		b := postgres.Backend{DSN: server.DSN(), Table: table}
		var gateways sync.WaitGroup
		for range 8 {
			s := open(t, another(b))
			gateways.Go(func() {
				if err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("key", "x")}}); err != nil {
					t.Error(err)
				}
			})
		}
		gateways.Wait()
		if got := ask[string](t, admin, "SELECT obj_description($1::text::regclass)", table); got != "sessions of codex_responses, version 1" {
			t.Errorf("the comment of %s is %q", table, got)
		}
	}
}

func TestATableMayLieInASchema(t *testing.T) {
	server := servertest.Postgres(t)
	admin := connect(t, server)
	ask[struct{}](t, admin, `CREATE SCHEMA "order"`)
	s := open(t, postgres.Backend{DSN: server.DSN(), Table: "order.user"})
	write(t, s, owner, put("key", "x"))
	wantRead(t, s, owner, "key", "x")
	if got := ask[int](t, admin, `SELECT count(*) FROM "order"."user"`); got != 1 {
		t.Errorf("there are %d records, want 1", got)
	}
}

func TestTablesThatAreGoneAreMadeAgain(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, postgres.Backend{DSN: server.DSN()})
	write(t, s, owner, put("key", "x"))
	admin := connect(t, server)
	const drop = "DROP TABLE codex_responses_sessions, codex_responses_sessions_owners; DROP FUNCTION codex_responses_sessions_write_1, codex_responses_sessions_clear_1"
	ask[struct{}](t, admin, "DO $$ BEGIN "+drop+"; END $$")
	wantRead(t, s, owner, "key", "")
	ask[struct{}](t, admin, "DO $$ BEGIN "+drop+"; END $$")
	write(t, s, owner, put("key", "y"))
	wantRead(t, s, owner, "key", "y")
}

func TestATableOfSomethingElseIsLeftAlone(t *testing.T) {
	server := servertest.Postgres(t)
	ask[struct{}](t, connect(t, server), "CREATE TABLE codex_responses_sessions (what text)")
	s := open(t, postgres.Backend{DSN: server.DSN()})
	_, err := s.Read(t.Context(), owner, "key")
	want := "store postgres: reading: there is a table codex_responses_sessions of something else; choose another name with table"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestARoleThatMayNotMakeTablesIsToldWhatToDo(t *testing.T) {
	server := servertest.Postgres(t)
	admin := connect(t, server)
	ask[struct{}](t, admin, "CREATE ROLE gateway LOGIN")
	ask[struct{}](t, admin, "REVOKE CREATE ON SCHEMA public FROM public") // as it is from PostgreSQL 15 on
	b := postgres.Backend{DSN: strings.Replace(server.DSN(), "postgres@", "gateway@", 1)}
	s := open(t, b)
	err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("key", "x")}})
	for _, want := range []string{
		"the role gateway may not make the tables of codex_responses_sessions", "permission denied for schema public",
		"GRANT USAGE, CREATE ON SCHEMA public TO gateway",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}

	// Another one may make them for it.
	write(t, open(t, postgres.Backend{DSN: server.DSN()}), owner, put("key", "x"))
	ask[struct{}](t, admin, "GRANT SELECT, INSERT, UPDATE, DELETE ON codex_responses_sessions, codex_responses_sessions_owners TO gateway")
	wantRead(t, s, owner, "key", "x")
	write(t, s, owner, put("key", "y"), session.Change{Key: "other", Op: session.Delete})
	wantRead(t, s, owner, "key", "y")
	if err := postgres.Clear(t.Context(), s); err != nil {
		t.Error(err)
	}
}
