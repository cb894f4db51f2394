//go:build unix

package redis_test

import (
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/redis"
)

// newReplicas starts a master that has a replica, and a Sentinel. All want passwords.
func newReplicas(t *testing.T) (master, replica *servertest.RedisServer, b redis.Backend) {
	t.Helper()
	passwords := []string{"--requirepass", "server-secret", "--masterauth", "server-secret"}
	master = servertest.Redis(t, passwords...)
	replica = servertest.Redis(t, append(passwords, "--replicaof", "127.0.0.1 "+master.Port())...)
	following := goredis.NewClient(&goredis.Options{Addr: replica.Addr(), Password: "server-secret"})
	defer following.Close()
	await(t, "the replica follows its master", func() bool {
		return strings.Contains(following.Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
	sentinel := servertest.Sentinel(t, "main", master, "sentinel auth-pass main server-secret", "requirepass sentinel-secret")
	asking := goredis.NewSentinelClient(&goredis.Options{Addr: sentinel.Addr(), Password: "sentinel-secret"})
	defer asking.Close()
	await(t, "the Sentinel knows of the replica", func() bool {
		replicas := asking.Replicas(t.Context(), "main").Val()
		return len(replicas) == 1 && replicas[0]["flags"] == "slave"
	})
	t.Setenv("SERVER_SECRET", "server-secret")
	t.Setenv("SENTINEL_SECRET", "sentinel-secret")
	return master, replica, redis.Backend{
		Addresses: []string{sentinel.Addr()}, Password: "{env.SERVER_SECRET}",
		Sentinel: &redis.Sentinel{Master: "main", Password: "{env.SENTINEL_SECRET}"},
	}
}

func TestSentinels(t *testing.T) {
	_, _, b := newReplicas(t)
	conforms(t, b)
}

func TestSentinelsChooseAnotherMaster(t *testing.T) {
	master, replica, b := newReplicas(t)
	one, two := open(t, another(b)), open(t, another(b))
	told := two.Watch(t.Context(), owner, "topic")
	write(t, one, put("key", "before"))
	wantValue(t, two, "key", "before")
	following := goredis.NewClient(&goredis.Options{Addr: replica.Addr(), Password: "server-secret"})
	defer following.Close()
	await(t, "the replica has it", func() bool { return following.Exists(t.Context(), "codex_responses:{alice}:r:key").Val() == 1 })
	master.Kill()
	for _, s := range []session.Store{one, two} {
		await(t, "the replica takes over", func() bool {
			return s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("after", "value")}}) == nil
		})
		wantValue(t, s, "key", "before")
	}
	await(t, "the watch hears of writes again", func() bool {
		if err := one.Write(t.Context(), owner, session.Batch{Topic: "topic"}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-told:
			return true
		default:
			return false
		}
	})
}

func TestAMasterThatStepsDown(t *testing.T) {
	master, _, b := newReplicas(t)
	s := open(t, b)
	write(t, s, put("key", "before"))
	asking := goredis.NewSentinelClient(&goredis.Options{Addr: b.Addresses[0], Password: "sentinel-secret"})
	defer asking.Close()
	if err := asking.Failover(t.Context(), "main").Err(); err != nil {
		t.Fatal(err)
	}
	await(t, "there is another master", func() bool {
		place := asking.GetMasterAddrByName(t.Context(), "main").Val()
		return len(place) == 2 && place[1] != master.Port()
	})
	await(t, "writes work again", func() bool {
		return s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("after", "value")}}) == nil
	})
	wantValue(t, s, "after", "value")
}
