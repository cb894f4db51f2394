//go:build unix

package redis_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/redis"
)

// node is a server of a cluster.
type node struct {
	*servertest.RedisServer
	*goredis.Client
	bus int // the port on which nodes talk among themselves
}

func newNode(t *testing.T) node {
	t.Helper()
	bus := servertest.FreePort(t)
	server := servertest.Redis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", strconv.Itoa(bus))
	return node{server, raw(t, server), bus}
}

// newCluster starts three nodes that have a third of the slots each, and a replica of the first one.
func newCluster(t *testing.T) (masters [3]node, replica node) {
	t.Helper()
	const slots = 16384
	for i := range masters {
		masters[i] = newNode(t)
		do(t, masters[i], "cluster", "addslotsrange", i*slots/3, (i+1)*slots/3-1)
		do(t, masters[i], "cluster", "set-config-epoch", i+1)
	}
	replica = newNode(t)
	for _, n := range [...]node{masters[1], masters[2], replica} {
		do(t, n, "cluster", "meet", "127.0.0.1", masters[0].Port(), masters[0].bus)
	}
	all := append(masters[:], replica)
	await(t, "all nodes know all slots", func() bool {
		for _, n := range all {
			info := n.ClusterInfo(t.Context()).Val()
			if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:4") {
				return false
			}
		}
		return true
	})
	do(t, replica, "cluster", "replicate", do(t, masters[0], "cluster", "myid"))
	await(t, "the replica follows its master", func() bool {
		return strings.Contains(replica.Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
	await(t, "all nodes know of the replica", func() bool {
		for _, n := range all {
			if !strings.Contains(n.ClusterNodes(t.Context()).Val(), "slave ") {
				return false
			}
		}
		return true
	})
	return masters, replica
}

func do(t *testing.T, n node, args ...any) any {
	t.Helper()
	reply, err := n.Do(t.Context(), args...).Result()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return reply
}

// await waits until something is so, where nothing tells.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	limit, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !so() {
		select {
		case <-again.C:
		case <-limit.Done():
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestACluster(t *testing.T) {
	masters, _ := newCluster(t)
	t.Run("conforms", func(t *testing.T) {
		conforms(t, redis.Backend{Addresses: []string{masters[0].Addr(), masters[1].Addr()}, Cluster: true})
		for _, n := range masters {
			if size := n.DBSize(t.Context()).Val(); size == 0 {
				t.Errorf("the node %s has nothing of it", n.Addr())
			}
		}
	})
	t.Run("moves slots", func(t *testing.T) { moveSlot(t, masters[0], masters[1], masters[2]) })
}

// moveSlot moves the slot of an owner from one node to another, and looks at it on the way.
func moveSlot(t *testing.T, from, to, beside node) {
	t.Helper()
	s := open(t, redis.Backend{Addresses: []string{beside.Addr()}, Cluster: true})
	name := ownerOn(t, from)
	write := func(key string) error {
		change := put(key, "value")
		change.If = session.Absent
		return s.Write(t.Context(), name, session.Batch{Changes: []session.Change{change}})
	}
	keys := func() (keys []string) {
		records, err := s.List(t.Context(), name, session.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			keys = append(keys, record.Key)
		}
		return keys
	}
	if err := write("one"); err != nil {
		t.Fatal(err)
	}
	slot := from.ClusterKeySlot(t.Context(), "{"+name+"}").Val()
	source, target := do(t, from, "cluster", "myid"), do(t, to, "cluster", "myid")
	do(t, to, "cluster", "setslot", slot, "importing", source)
	do(t, from, "cluster", "setslot", slot, "migrating", target)
	for _, key := range from.ClusterGetKeysInSlot(t.Context(), int(slot), 100).Val() {
		do(t, from, "migrate", "127.0.0.1", to.Port(), key, 0, 1000)
	}
	// The one node has the slot and the other has the keys: it does not yet take new ones.
	if err := write("two"); err == nil || !strings.Contains(err.Error(), "TRYAGAIN") {
		t.Errorf("writing gave %v, want TRYAGAIN", err)
	}
	if got := keys(); !slices.Equal(got, []string{"one"}) {
		t.Errorf("there is %q on the way", got)
	}
	for _, n := range [...]node{to, from, beside} {
		do(t, n, "cluster", "setslot", slot, "node", target)
	}
	if err := write("two"); err != nil {
		t.Error(err)
	}
	if got := keys(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("there is %q in the end", got)
	}
}

func TestAClusterLosesAMaster(t *testing.T) {
	masters, replica := newCluster(t)
	b := redis.Backend{Addresses: []string{masters[1].Addr()}, Cluster: true}
	one, two := open(t, another(b)), open(t, another(b))
	of := func(i int) string { return ownerOn(t, masters[i]) }
	lost, kept := of(0), of(2)
	told := two.Watch(t.Context(), lost, "topic")
	for _, s := range []session.Store{one, two} {
		for _, o := range []string{lost, kept} {
			if err := s.Write(t.Context(), o, session.Batch{Changes: []session.Change{put("key", "before")}, Topic: "topic"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	<-told
	await(t, "the replica has it", func() bool { return replica.DBSize(t.Context()).Val() == masters[0].DBSize(t.Context()).Val() })
	masters[0].Kill()
	if err := one.Write(t.Context(), kept, session.Batch{Changes: []session.Change{put("key", "meanwhile")}}); err != nil {
		t.Errorf("a write to another node: %v", err)
	}
	for i, s := range []session.Store{one, two} {
		value := fmt.Sprint("after", i)
		await(t, "the replica takes over", func() bool {
			return s.Write(t.Context(), lost, session.Batch{Changes: []session.Change{put("key", value)}}) == nil
		})
		records, err := one.Read(t.Context(), lost, "key")
		if err != nil || string(records[0].Value) != value {
			t.Errorf("reading gave %q and %v, want %q", records, err, value)
		}
	}
	await(t, "the watch hears of writes again", func() bool {
		if err := one.Write(t.Context(), lost, session.Batch{Topic: "topic"}); err != nil {
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

// ownerOn returns an owner whose records lie on a node.
func ownerOn(t *testing.T, n node) string {
	t.Helper()
	for i := range 1000 {
		name := fmt.Sprint("owner", i)
		if err := n.Get(t.Context(), "codex_responses:{"+name+"}:r:key").Err(); errors.Is(err, goredis.Nil) {
			return name
		}
	}
	t.Fatal("no owner lies on the node")
	return ""
}
