//go:build unix

package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
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

func TestTheStoreConforms(t *testing.T) {
	conforms(t, postgres.Backend{DSN: servertest.Postgres(t).DSN()})
}

// A pooler may know no prepared statements, and a database may begin transactions that see nothing new.
func TestTheStoreConformsWithoutPreparedStatementsAndWithStrictTransactions(t *testing.T) {
	server := servertest.Postgres(t)
	ask[struct{}](t, connect(t, server), "ALTER DATABASE postgres SET default_transaction_isolation = 'repeatable read'")
	conforms(t, postgres.Backend{DSN: server.DSN() + "?default_query_exec_mode=cache_describe"})
}

func TestLargeValuesAreKeptAsTheyAre(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, postgres.Backend{DSN: server.DSN()})
	value := strings.Repeat("x", 20<<20) // which could be compressed
	write(t, s, owner, put("large", value), put("small", "x"))
	wantRead(t, s, owner, "large", value)
	if got := ask[int](t, connect(t, server), "SELECT pg_column_size(value) FROM codex_responses_sessions WHERE key = 'large'"); got != len(value) {
		t.Errorf("it has %d bytes in the table, want %d", got, len(value))
	}
}

// The sizes of owners are kept beside the records, and have to follow whatever is done to them.
func TestTheSizesOfOwnersAreThoseOfTheirRecords(t *testing.T) {
	server := servertest.Postgres(t)
	now := time.Now()
	s := openAt(t, postgres.Backend{DSN: server.DSN()}, func() time.Time { return now })
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		batch := session.Batch{Limit: random.Int64N(2) * 2000}
		for range random.IntN(6) {
			batch.Changes = append(batch.Changes, session.Change{
				Key: fmt.Sprint("key/", random.IntN(40)), Op: session.Op(random.IntN(4)), If: session.Condition(random.IntN(3) % 2 * random.IntN(3)),
				Value: bytes.Repeat([]byte("x"), random.IntN(300)), Expires: now.Add(time.Duration(random.IntN(20)) * time.Minute),
			})
		}
		if err := s.Write(t.Context(), fmt.Sprint("owner", random.IntN(3)), batch); err != nil && !errors.Is(err, session.ErrConflict) {
			t.Fatal(err)
		}
		if now = now.Add(time.Duration(random.IntN(60)) * time.Second); random.IntN(20) == 0 {
			if err := postgres.Clear(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	const wrong = `SELECT count(*) FROM codex_responses_sessions_owners o
		FULL JOIN (SELECT owner, sum(octet_length(key) + octet_length(value)) AS size FROM codex_responses_sessions GROUP BY owner) r USING (owner)
		WHERE o.size IS DISTINCT FROM r.size`
	conn := connect(t, server)
	if got := ask[int](t, conn, wrong); got != 0 {
		t.Errorf("the sizes of %d owners are wrong", got)
	}
	if got := ask[int](t, conn, "SELECT count(*) FROM codex_responses_sessions"); got < 5 {
		t.Errorf("only %d records are left, which proves little", got)
	}
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
	await(t, "the batch is on its way", func() bool {
		return ask[int](t, admin, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1
	})
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

func TestABatchThatTheServerRefusesIsRefusedAlone(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, another(postgres.Backend{DSN: server.DSN()}))
	write(t, s, owner, put("first", "x"))
	release := block(t, server, owner)
	var writers sync.WaitGroup
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
	await(t, "all but those on their way wait", func() bool { return postgres.Waiting(s, owner) >= 1 })
	release()
	writers.Wait()
	if found, err := s.List(t.Context(), owner, session.Query{Prefix: "key/"}); err != nil || len(found) != 9 {
		t.Errorf("there are %d records, want 9 (%v)", len(found), err)
	}
}

func TestAWriteWaitsForOthersOnlySoLong(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, postgres.Backend{DSN: server.DSN()})
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

func TestHandlesOfOneConfigurationShareConnections(t *testing.T) {
	server := servertest.Postgres(t)
	b := postgres.Backend{DSN: server.DSN(), MaxConnections: 2}
	first, second := open(t, b), open(t, b)
	write(t, first, owner, put("key", "x"))
	wantRead(t, second, owner, "key", "x")
	if got := postgres.Connections(second); got < 1 || got > 2 {
		t.Errorf("there are %d connections, want 1 or 2", got)
	}
	first.Close()
	first.Close() // which is no other one's
	wantRead(t, second, owner, "key", "x")
	second.Close()
	if _, err := second.Read(t.Context(), owner, "key"); err == nil {
		t.Error("reading works after the last handle was closed")
	}
	if err := second.Write(t.Context(), owner, session.Batch{}); err == nil {
		t.Error("writing works after the last handle was closed")
	}
	admin := connect(t, server)
	await(t, "the connections are closed", func() bool {
		return ask[int](t, admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'codex_responses'") == 0
	})
}
