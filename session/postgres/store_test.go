//go:build unix

package postgres_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
)

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
