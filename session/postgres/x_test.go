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

func TestX(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, another(postgres.Backend{DSN: server.DSN()}))
	write(t, s, owner, put("first", "x"))
	conn := connect(t, server)
	for _, when := range []string{"fresh", "full"} {
		if when == "full" {
			ask[struct{}](t, conn, "INSERT INTO codex_responses_sessions SELECT 'o'||(i%10), 'key/'||i, decode(repeat('ab',500),'hex'), now() + (i||' s')::interval FROM generate_series(1,200000) i")
			ask[struct{}](t, conn, "INSERT INTO codex_responses_sessions_owners SELECT owner, sum(octet_length(key) + octet_length(value)) FROM codex_responses_sessions WHERE owner<>'alice' group by 1")
			// no analyze
		}
		ask[struct{}](t, conn, "SET plan_cache_mode=force_generic_plan")
		for i, q := range []string{
			"(text,text,text,text,timestamptz,int) AS SELECT key, value, expires FROM codex_responses_sessions WHERE owner = $1 AND key >= $2 AND key > $3 AND key < $4 AND expires > $5 ORDER BY key DESC LIMIT $6",
			"(text,text[],timestamptz) AS SELECT key, value, expires FROM codex_responses_sessions WHERE owner = $1 AND key = ANY ($2) AND expires > $3",
			"(timestamptz,int) AS SELECT r.owner, r.key FROM codex_responses_sessions r WHERE r.expires <= $1 ORDER BY r.expires LIMIT $2",
			"(text,text[],text,timestamptz) AS SELECT r.key, octet_length(r.key) + octet_length(r.value) AS size FROM codex_responses_sessions r WHERE r.owner = $1 AND NOT r.key = ANY ($2) AND NOT (starts_with(r.key, $3) AND r.expires > $4) ORDER BY r.expires, r.key LIMIT 10000",
		} {
			ask[struct{}](t, conn, fmt.Sprintf("PREPARE q%s%d %s", when, i, q))
			args := []string{"'o1','a','','z',now(),10", "'o1','{a,b}',now()", "now(),200", "'o1','{a,b}','lease/',now()"}[i]
			rows, err := conn.Query(t.Context(), fmt.Sprintf("EXPLAIN EXECUTE q%s%d(%s)", when, i, args))
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var l string
				rows.Scan(&l)
				t.Log(when, i, l)
			}
		}
	}
	for i := range 5 {
		begin := time.Now()
		if err := s.Write(t.Context(), "o3", session.Batch{Changes: []session.Change{put(fmt.Sprint("n", i), "x")}, Limit: 15e6}); err != nil {
			t.Fatal(err)
		}
		t.Log("write at limit", time.Since(begin), ask[int](t, conn, "select size from codex_responses_sessions_owners where owner='o3'"))
	}
	begin := time.Now()
	if err := s.Write(t.Context(), "o2", session.Batch{Changes: []session.Change{put("n", "x")}, Limit: 1e6}); err != nil {
		t.Fatal(err)
	}
	t.Log("write far beyond limit", time.Since(begin), ask[int](t, conn, "select size from codex_responses_sessions_owners where owner='o2'"))
}
