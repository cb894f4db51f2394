//go:build unix

package postgres_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/jackc/pgx/v5"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
)

func TestBatchesOfAnOwnerThatComeTogetherAreCommittedTogether(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, another(postgres.Backend{DSN: server.DSN()}))
	write(t, s, owner, put("first", "x"))
	release := block(t, server, owner)
	var writers sync.WaitGroup
	begin := func(change session.Change, want string) {
		writers.Go(func() {
			err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{change}})
			if got := fmt.Sprint(err); !strings.Contains(got, want) {
				t.Errorf("writing %q: got %v, want %v", change.Key, got, want)
			}
		})
	}
	const none = "<nil>"
	begin(put("on its way", "x"), none)
	admin := connect(t, server)
	await(t, "the batch is on its way", onItsWay(t, admin))
	for i := range 20 {
		begin(put(fmt.Sprint("waiting/", i), "x"), none)
	}
	await(t, "all others wait", func() bool { return postgres.Waiting(s, owner) == 20 })
	write(t, s, "bob", put("key", "has not to wait"))
	release()
	writers.Wait()
	if got := ask[int](t, admin, "SELECT count(DISTINCT xmin::text) FROM codex_responses_sessions WHERE starts_with(key, 'waiting/')"); got != 1 {
		t.Errorf("they were committed in %d transactions", got)
	}
}

// onItsWay reports whether one batch has reached the server, which makes it wait.
func onItsWay(t *testing.T, admin *pgx.Conn) func() bool {
	return func() bool {
		t.Helper()
		return ask[int](t, admin, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1
	}
}

func TestABatchThatTheServerRefusesIsRefusedAlone(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, another(postgres.Backend{DSN: server.DSN()}))
	write(t, s, owner, put("first", "x"))
	release := block(t, server, owner)
	var writers sync.WaitGroup
	writers.Go(func() { write(t, s, owner, put("on its way", "x")) })
	await(t, "the batch is on its way", onItsWay(t, connect(t, server)))
	for i := range 10 {
		writers.Go(func() {
			key := fmt.Sprint("key/", i)
			if i == 5 {
				key += "\x00"
			}
			err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put(key, "x")}})
			if refused := err != nil && strings.Contains(err.Error(), "invalid byte sequence"); refused != (i == 5) {
				t.Errorf("%q: got %v", key, err)
			}
		})
	}
	await(t, "all others wait", func() bool { return postgres.Waiting(s, owner) == 10 })
	release()
	writers.Wait()
	if found, err := s.List(t.Context(), owner, session.Query{Prefix: "key/"}); err != nil || len(found) != 9 {
		t.Errorf("there are %d records, want 9 (%v)", len(found), err)
	}
}

func TestAWriteWaitsForOthersOnlySoLong(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, postgres.Backend{DSN: server.DSN(), Timeout: caddy.Duration(2 * time.Second)})
	write(t, s, owner, put("first", "x"))
	release := block(t, server, owner)
	err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("second", "x")}})
	if want := "store postgres: writing: no answer within 2s: context deadline exceeded"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	release() // the second may still be written
	write(t, s, owner, put("third", "x"))
	wantRead(t, s, owner, "third", "x")
}
