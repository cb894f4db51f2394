//go:build unix

package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
)

func TestRecordsThatHaveExpiredAreCleared(t *testing.T) {
	server := servertest.Postgres(t)
	admin := connect(t, server)
	now := time.Now()
	s := openAt(t, postgres.Backend{DSN: server.DSN()}, func() time.Time { return now })
	var changes []session.Change
	for i := range 450 { // more than go in one step
		changes = append(changes, put(fmt.Sprint("key/", i), "x"))
	}
	write(t, s, owner, changes...)
	write(t, s, "bob", put("key", "x"))
	later := put("later", "x")
	later.Expires = now.Add(2 * time.Hour)
	write(t, s, "carol", put("key", "x"), later)

	wantLeft := func(wantRecords, wantOwners int) {
		t.Helper()
		if err := postgres.Clear(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		records := ask[int](t, admin, "SELECT count(*) FROM codex_responses_sessions")
		owners := ask[int](t, admin, "SELECT count(*) FROM codex_responses_sessions_owners")
		if records != wantRecords || owners != wantOwners {
			t.Errorf("there are %d records of %d owners, want %d of %d", records, owners, wantRecords, wantOwners)
		}
	}
	wantLeft(453, 3)
	now = now.Add(90 * time.Minute)
	release := block(t, server, "bob")
	wantLeft(2, 2) // whoever is being written for has to wait
	release()
	wantLeft(1, 1)
	wantRead(t, s, "carol", "later", "x")
}

func TestOneGatewayClearsAtATime(t *testing.T) {
	server := servertest.Postgres(t)
	s := openAt(t, postgres.Backend{DSN: server.DSN()}, func() time.Time { return time.Now().Add(2 * time.Hour) })
	write(t, s, owner, put("key", "x"))
	other := connect(t, server)
	ask[struct{}](t, other, "SELECT pg_advisory_lock(hashtextextended('codex_responses_sessions', 1))")
	for _, want := range []int{1, 0} {
		if err := postgres.Clear(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if got := ask[int](t, other, "SELECT count(*) FROM codex_responses_sessions"); got != want {
			t.Errorf("there are %d records, want %d", got, want)
		}
		ask[struct{}](t, other, "SELECT pg_advisory_unlock_all()")
	}
}
