//go:build unix

package redis_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/redis"
)

const base = "codex_responses:{" + owner + "}"

// wantConsistent compares what is kept about the records of the owner with the records, and returns how many there are.
func wantConsistent(t *testing.T, server *goredis.Client) int {
	t.Helper()
	ctx := t.Context()
	keys := server.ZRange(ctx, base+":index", 0, -1).Val()
	sizes := server.HGetAll(ctx, base+":sizes").Val()
	total := 0
	for _, key := range keys {
		record := server.Get(ctx, base+":r:"+key).Val()
		size := len(key) + len(record) - 13
		total += size
		if sizes[key] != strconv.Itoa(size) {
			t.Errorf("the size of %s is %s, want %d", key, sizes[key], size)
		}
		if expires := server.ZScore(ctx, base+":expiries", key).Val(); !strings.HasPrefix(record, fmt.Sprintf("%013.0f", expires)) {
			t.Errorf("%s expires at %.0f and has %.13q", key, expires, record)
		}
	}
	if got := server.ZCard(ctx, base+":expiries").Val(); int(got) != len(keys) {
		t.Errorf("there are %d keys and %d times", len(keys), got)
	}
	if len(keys) > 0 && (len(sizes) != len(keys)+1 || sizes["*"] != strconv.Itoa(total)) {
		t.Errorf("there are %d keys, and sizes of %d with a total of %s, want %d", len(keys), len(sizes)-1, sizes["*"], total)
	}
	if records := server.Keys(ctx, base+":r:*").Val(); len(records) != len(keys) {
		t.Errorf("there are %d keys and %d records", len(keys), len(records))
	}
	return len(keys)
}

func TestWhatIsKeptAboutRecordsStaysTrue(t *testing.T) {
	server := servertest.Redis(t)
	plain := raw(t, server)
	s := open(t, redis.Backend{Addresses: []string{server.Addr()}})
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var changes []session.Change
		for range 1 + random.IntN(8) {
			changes = append(changes, session.Change{
				Key: fmt.Sprint("key/", random.IntN(40)), Op: session.Op(random.IntN(3)), If: session.Condition(max(0, random.IntN(20)-17)),
				Value: make([]byte, random.IntN(200)), Expires: time.Now().Add(time.Duration(random.IntN(100)-2) * time.Hour),
			})
		}
		err := s.Write(t.Context(), owner, session.Batch{Changes: changes, Limit: random.Int64N(2) * 2000})
		if err != nil && !errors.Is(err, session.ErrConflict) {
			t.Fatal(err)
		}
		wantConsistent(t, plain)
		if t.Failed() {
			t.Fatalf("after %+v", changes)
		}
	}
}

func TestRecordsThatExpireLeaveNothing(t *testing.T) {
	server := servertest.Redis(t)
	plain := raw(t, server)
	now := time.Now()
	s := openAt(t, redis.Backend{Addresses: []string{server.Addr()}}, func() time.Time { return now })
	var changes []session.Change
	for i := range 250 {
		changes = append(changes, session.Change{Key: fmt.Sprint("short/", i), Value: make([]byte, 100), Expires: now.Add(time.Hour)})
	}
	write(t, s, changes...)
	if got := wantConsistent(t, plain); got != 250 {
		t.Errorf("there are %d records, want 250", got)
	}
	for _, name := range []string{"index", "expiries", "sizes", "r:short/7"} {
		if rest := plain.PTTL(t.Context(), base+":"+name).Val(); rest < 59*time.Minute || rest > 62*time.Minute {
			t.Errorf("%s goes in %v", name, rest)
		}
	}
	now = now.Add(2 * time.Hour)
	for i := range 3 { // each clears away some
		write(t, s, session.Change{Key: fmt.Sprint("long/", i), Expires: now.Add(time.Hour)})
	}
	if got := wantConsistent(t, plain); got != 3 {
		t.Errorf("there are %d records, want 3", got)
	}
	for i := range 3 {
		write(t, s, session.Change{Key: fmt.Sprint("long/", i), Op: session.Delete})
	}
	if keys := plain.Keys(t.Context(), "*").Val(); len(keys) > 0 {
		t.Errorf("there is still %q", keys)
	}
}

func TestTheServerItselfLetsRecordsExpire(t *testing.T) {
	server := servertest.Redis(t)
	plain := raw(t, server)
	now := time.Now()
	s := openAt(t, redis.Backend{Addresses: []string{server.Addr()}}, func() time.Time { return now }) // a clock that stands
	write(t, s, session.Change{Key: "key", Value: []byte("value"), Expires: now.Add(20 * time.Millisecond)}, put("other", "value"))
	await(t, "the record is gone", func() bool { return plain.Exists(t.Context(), base+":r:key").Val() == 0 })
	wantValue(t, s, "key", "")
	records, err := s.List(t.Context(), owner, session.Query{Limit: 1})
	if err != nil || len(records) != 1 || records[0].Key != "other" {
		t.Errorf("listing gave %v and %v", records, err)
	}
	change := put("key", "again")
	change.If = session.Absent
	write(t, s, change)
	wantConsistent(t, plain)
}

func TestHandlesShareConnections(t *testing.T) {
	server := servertest.Redis(t)
	watching := raw(t, server)
	b := redis.Backend{Addresses: []string{server.Addr()}}
	one, two := open(t, b), open(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	var told []<-chan struct{}
	for i := range 20 {
		told = append(told, one.Watch(ctx, owner, fmt.Sprint("topic", i%5)), two.Watch(ctx, owner, fmt.Sprint("topic", i%5)))
		if channels := watching.PubSubChannels(t.Context(), "*").Val(); len(channels) != min(i+1, 5) {
			t.Errorf("with %d topics watched, the server has the channels %q", min(i+1, 5), channels)
		}
	}
	for i := range 5 {
		if err := one.Write(t.Context(), owner, session.Batch{Topic: fmt.Sprint("topic", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, channel := range told {
		wantTold(t, channel)
	}
	if clients := watching.ClientList(t.Context()).Val(); strings.Count(clients, "\n") != 3 {
		t.Errorf("want three connections, one for notifications, one for writes and that of the test:\n%s", clients)
	}
	cancel()
	await(t, "nothing is subscribed any more", func() bool { return len(watching.PubSubChannels(t.Context(), "*").Val()) == 0 })
	for range 2 {
		if err := one.Close(); err != nil {
			t.Error(err)
		}
	}
	write(t, two, put("key", "value"))
	if err := two.Close(); err != nil {
		t.Error(err)
	}
	await(t, "the connections are closed", func() bool { return strings.Count(watching.ClientList(t.Context()).Val(), "\n") == 1 })
}

func TestForeignKeys(t *testing.T) {
	server := servertest.Redis(t)
	plain := raw(t, server)
	s := open(t, redis.Backend{Addresses: []string{server.Addr()}})
	for _, value := range []string{"short", "longer than the time, but no time"} {
		if err := plain.Set(t.Context(), base+":r:key", value, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(t.Context(), owner, "key"); err == nil || !strings.Contains(err.Error(), "same key prefix") {
			t.Errorf("reading gave %v", err)
		}
	}
}
