//go:build unix

package redis_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/redis"
)

// wantTold waits for a notification.
func wantTold(t *testing.T, told <-chan struct{}) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(patience):
		t.Fatal("nobody was told")
	}
}

func TestAServerThatIsKilledAmongWrites(t *testing.T) {
	server := servertest.Redis(t)
	s := open(t, redis.Backend{Addresses: []string{server.Addr()}})
	var written sync.Map
	var successes, failures atomic.Int64
	enough := make(chan struct{})
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				key := fmt.Sprintf("key/%d/%d", w, i)
				begun := time.Now()
				err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put(key, key), put("twin/"+key, key)}})
				if took := time.Since(begun); took > 5*time.Second {
					t.Errorf("a write took %v", took)
				}
				if err != nil {
					failures.Add(1)
					continue
				}
				written.Store(key, true)
				if successes.Add(1) == 500 {
					close(enough)
				}
			}
		})
	}
	<-enough
	server.Kill()
	await(t, "writes fail", func() bool { return failures.Load() > 0 })
	server.Restart()
	before := successes.Load()
	await(t, "writes succeed again", func() bool { return successes.Load() > before })
	close(stop)
	writers.Wait()
	records, err := s.List(t.Context(), owner, session.Query{})
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	for _, record := range records {
		there[record.Key] = true
	}
	written.Range(func(key, _ any) bool {
		if !there[key.(string)] {
			t.Errorf("%s was written and is lost", key)
		}
		return true
	})
	for key := range there {
		if twin := strings.TrimPrefix(key, "twin/"); !there[twin] || !there["twin/"+twin] {
			t.Errorf("half of the batch of %s is there", twin)
		}
	}
}

func TestAServerThatIsNotThereYet(t *testing.T) {
	server := servertest.Redis(t, "--requirepass", "not to be seen")
	server.Kill()
	t.Setenv("SECRET", "not to be seen")
	s := open(t, redis.Backend{Addresses: []string{server.Addr()}, Password: "{env.SECRET}"})
	told := s.Watch(t.Context(), owner, "topic")
	err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("key", "value")}})
	if err == nil || !strings.Contains(err.Error(), server.Addr()) || strings.Contains(err.Error(), "not to be seen") {
		t.Errorf("the error does not name the server, or more than it: %v", err)
	}
	server.Restart()
	wantTold(t, told)
	write(t, s, put("key", "value"))
	wantValue(t, s, "key", "value")
}

func TestNotificationsAfterARestart(t *testing.T) {
	server := servertest.Redis(t)
	b := redis.Backend{Addresses: []string{server.Addr()}}
	one, two := open(t, another(b)), open(t, another(b))
	told, other := two.Watch(t.Context(), owner, "topic"), two.Watch(t.Context(), owner, "other")
	server.Kill()
	early := two.Watch(t.Context(), owner, "early")
	server.Restart()
	for _, channel := range []<-chan struct{}{told, other, early} {
		wantTold(t, channel) // something may have been written in between
	}
	for range 3 {
		if err := one.Write(t.Context(), owner, session.Batch{Topic: "topic"}); err != nil {
			t.Fatal(err)
		}
		wantTold(t, told)
	}
	select {
	case <-other:
		t.Error("told of what nobody has written")
	default:
	}
}

func TestAServerThatHangs(t *testing.T) {
	server := servertest.Redis(t)
	s := open(t, redis.Backend{Addresses: []string{server.Addr()}, Timeout: caddy.Duration(300 * time.Millisecond)})
	redis.SetPulse(s, 50*time.Millisecond)
	told := s.Watch(t.Context(), owner, "topic")
	write(t, s, put("key", "before"))
	server.Freeze()
	begun := time.Now()
	err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("key", "after")}})
	if err == nil || !strings.Contains(err.Error(), "no answer within 300ms") {
		t.Errorf("writing gave %v", err)
	}
	if _, err := s.Read(t.Context(), owner, "key"); err == nil {
		t.Error("reading gave no error")
	}
	_ = s.Watch(t.Context(), owner, "another")
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v until all had failed", took)
	}
	server.Thaw()
	wantTold(t, told)
	await(t, "writes work again", func() bool {
		return s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("key", "at last")}}) == nil
	})
	wantValue(t, s, "key", "at last")
}

// proxy passes on connections to a server, and closes one in place of passing on an answer when it is told to.
type proxy struct {
	net.Listener
	cut atomic.Bool
}

func newProxy(t *testing.T, server *servertest.RedisServer) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(client, server.Addr())
		}
	}()
	return p
}

func (p *proxy) pass(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go io.Copy(server, client)
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil || p.cut.CompareAndSwap(true, false) {
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestAnswersThatAreLost(t *testing.T) {
	t.Run("of a server", func(t *testing.T) {
		p := newProxy(t, servertest.Redis(t))
		loseAnswers(t, p, redis.Backend{Addresses: []string{p.Addr().String()}})
	})
	t.Run("of a cluster", func(t *testing.T) {
		n := newNode(t)
		p := newProxy(t, n.RedisServer)
		do(t, n, "config", "set", "cluster-announce-port", p.Addr().(*net.TCPAddr).Port)
		do(t, n, "cluster", "addslotsrange", 0, 16383)
		await(t, "the cluster is there", func() bool {
			return strings.Contains(n.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
		})
		loseAnswers(t, p, redis.Backend{Addresses: []string{p.Addr().String()}, Cluster: true})
	})
}

func loseAnswers(t *testing.T, p *proxy, b redis.Backend) {
	t.Helper()
	s := open(t, b)
	write(t, s, put("key", "value"))
	for _, op := range []session.Op{session.Put, session.Delete} { // each lets the condition fail for a second one
		change := put("new", "value")
		change.Op, change.If = op, map[session.Op]session.Condition{session.Put: session.Absent, session.Delete: session.Present}[op]
		wantValue(t, s, "key", "value") // there is a connection
		p.cut.Store(true)
		err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{change}})
		if err == nil || errors.Is(err, session.ErrConflict) {
			t.Errorf("a write without an answer gave %v, want that it is not known", err)
		}
	}
	p.cut.Store(true)
	wantValue(t, s, "key", "value") // what only reads is asked again
	p.cut.Store(true)
	if records, err := s.List(t.Context(), owner, session.Query{}); err != nil || len(records) != 1 {
		t.Errorf("listing gave %v and %v", records, err)
	}
}
