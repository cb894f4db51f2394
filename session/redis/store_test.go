//go:build unix

package redis_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/redis"
	"github.com/caddy-codex/responses/session/storetest"
)

const owner = "alice"

// patience bounds the wait for what must happen, on machines that have other things to do.
const patience = 30 * time.Second

// open opens a handle with the real time. It is closed with the test.
func open(t *testing.T, b redis.Backend) session.Store {
	t.Helper()
	return openAt(t, b, time.Now)
}

func openAt(t *testing.T, b redis.Backend, now func() time.Time) session.Store {
	t.Helper()
	if err := b.Provision(caddy.Context{Context: t.Context()}); err != nil {
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
func another(b redis.Backend) redis.Backend {
	b.Timeout = caddy.Duration(20*time.Second - time.Duration(processes.Add(1)))
	return b
}

var processes atomic.Int64

// conforms runs the suite of all stores. Its tests share the servers, each with a prefix of its own.
func conforms(t *testing.T, b redis.Backend) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, now func() time.Time) (session.Store, session.Store) {
		t.Helper()
		b.KeyPrefix = fmt.Sprintf("test%d:", processes.Add(1))
		return openAt(t, another(b), now), openAt(t, another(b), now)
	})
}

// raw is a plain client of a server.
func raw(t *testing.T, server *servertest.RedisServer) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { client.Close() })
	return client
}

func put(key, value string) session.Change {
	return session.Change{Key: key, Value: []byte(value), Expires: time.Now().Add(time.Hour)}
}

func write(t *testing.T, s session.Store, changes ...session.Change) {
	t.Helper()
	if err := s.Write(t.Context(), owner, session.Batch{Changes: changes}); err != nil {
		t.Fatal(err)
	}
}

func wantValue(t *testing.T, s session.Store, key, want string) {
	t.Helper()
	records, err := s.Read(t.Context(), owner, key)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(records[0].Value); got != want {
		t.Errorf("%s: got %q, want %q", key, got, want)
	}
}

func TestAServer(t *testing.T) {
	conforms(t, redis.Backend{Addresses: []string{servertest.Redis(t).Addr()}})
}

func TestASocket(t *testing.T) {
	server := servertest.Redis(t, "--unixsocket", "{dir}/redis.sock")
	for _, address := range []string{"unix/" + server.Dir() + "/redis.sock", "unix://" + server.Dir() + "/redis.sock?db=3"} {
		t.Run(address, func(t *testing.T) {
			s := open(t, redis.Backend{Addresses: []string{address}})
			write(t, s, put("key", address))
			wantValue(t, s, "key", address)
		})
	}
}

func TestScriptsThatTheServerForgets(t *testing.T) {
	server := servertest.Redis(t)
	s := open(t, redis.Backend{Addresses: []string{server.Addr()}})
	for i := range 3 {
		if err := raw(t, server).ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		write(t, s, put(fmt.Sprint("key", i), "value"))
		if err := raw(t, server).ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		records, err := s.List(t.Context(), owner, session.Query{})
		if err != nil || len(records) != i+1 {
			t.Fatalf("listing gave %d records and %v, want %d", len(records), err, i+1)
		}
	}
}
