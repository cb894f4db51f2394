//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
)

// load writes one record after the other, and remembers those whose writing has been acknowledged.
type load struct {
	store        session.Store
	owner, name  string
	acknowledged []string
	slowest      time.Duration // failure
}

// run writes until the context is over. Each failure goes to failed, and next gives leave to go on.
func (l *load) run(ctx context.Context, success chan<- struct{}, failed chan<- error, next <-chan struct{}) {
	for i := 0; ctx.Err() == nil; i++ {
		key, begin := fmt.Sprintf("%s/%d", l.name, i), time.Now()
		err := l.store.Write(ctx, l.owner, session.Batch{Changes: []session.Change{put(key, key)}, Topic: "topic"})
		switch {
		case err == nil:
			l.acknowledged = append(l.acknowledged, key)
			select {
			case success <- struct{}{}:
			case <-ctx.Done():
			}
		case ctx.Err() == nil:
			l.slowest = max(l.slowest, time.Since(begin))
			failed <- err
			<-next
		}
	}
}

func TestWhatWasAcknowledgedOutlivesTheServer(t *testing.T) {
	server := servertest.Postgres(t)
	b := postgres.Backend{DSN: server.DSN()}
	stores := []session.Store{open(t, b), open(t, another(b))}
	var loads []*load
	for i := range 8 { // two for each owner
		loads = append(loads, &load{store: stores[i%2], owner: fmt.Sprint("owner", i/2), name: fmt.Sprint("load", i)})
	}
	ctx, stop := context.WithCancel(t.Context())
	success, failed, next := make(chan struct{}), make(chan error), make(chan struct{})
	var running sync.WaitGroup
	for _, l := range loads {
		running.Go(func() { l.run(ctx, success, failed, next) })
	}
	for range 3 {
		for range 200 {
			<-success
		}
		killed := make(chan struct{})
		go func() {
			server.Kill()
			close(killed)
		}()
		for broken := 0; broken < len(loads); {
			select {
			case err := <-failed:
				broken++
				if !strings.HasPrefix(err.Error(), "store postgres: ") {
					t.Errorf("got %v", err)
				}
			case <-success:
			case <-time.After(patience):
				t.Fatal("nothing fails although the server is gone")
			}
		}
		<-killed
		server.Restart()
		for range loads {
			next <- struct{}{}
		}
	}
	for range 200 {
		<-success
	}
	stop()
	running.Wait()
	for _, l := range loads {
		if l.slowest > 5*time.Second {
			t.Errorf("%s: a write failed after %v", l.name, l.slowest)
		}
		for _, key := range l.acknowledged {
			wantRead(t, stores[0], l.owner, key, key)
		}
	}
}

func TestAServerThatIsAwayMayComeLater(t *testing.T) {
	server := servertest.Postgres(t)
	server.Kill()
	s := open(t, postgres.Backend{DSN: server.DSN()})
	told := s.Watch(t.Context(), owner, "topic")
	begin := time.Now()
	_, reading := s.Read(t.Context(), owner, "key")
	_, listing := s.List(t.Context(), owner, session.Query{})
	writing := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("key", "x")}})
	for _, err := range []error{reading, listing, writing} {
		if err == nil || !strings.HasPrefix(err.Error(), "store postgres: connecting: ") || !strings.HasSuffix(err.Error(), "connection refused") {
			t.Errorf("got %v", err)
		}
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v to fail", took)
	}
	server.Restart()
	write(t, s, owner, put("key", "x"))
	wantRead(t, s, owner, "key", "x")
	wantTold(t, told)
}

func TestAServerThatHangsIsNotWaitedForLong(t *testing.T) {
	hanging, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.Close()
	s := open(t, postgres.Backend{DSN: "postgres://app@" + hanging.Addr().String() + "/db", Timeout: caddy.Duration(100 * time.Millisecond)})
	s.Watch(t.Context(), owner, "topic")
	if _, err = s.Read(t.Context(), owner, "key"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
}

func TestConnectionsThatTheServerClosesAreReplaced(t *testing.T) {
	server := servertest.Postgres(t)
	s := open(t, postgres.Backend{DSN: server.DSN()})
	admin := connect(t, server)
	for i := range 3 {
		terminate := func() {
			ask[struct{}](t, admin, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'codex_responses'")
		}
		value := fmt.Sprint("value ", i)
		write(t, s, owner, put("key", value))
		terminate()
		wantRead(t, s, owner, "key", value)
		terminate()
		write(t, s, owner, put("key", "new "+value))
		terminate()
		if err := postgres.Clear(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	write(t, s, owner, put("key", "x"))
	server.Restart()
	write(t, s, owner, put("key", "y"))
	wantRead(t, s, owner, "key", "y")
}

func wantTold(t *testing.T, channel <-chan struct{}) {
	t.Helper()
	select {
	case <-channel:
	case <-time.After(patience):
		t.Fatal("nobody was told of a write")
	}
}

func TestWhoWatchesIsToldAfterTheConnectionWasGone(t *testing.T) {
	server := servertest.Postgres(t)
	b := postgres.Backend{DSN: server.DSN()}
	here, there := open(t, b), open(t, another(b))
	told := there.Watch(t.Context(), owner, "topic")
	tell := func() {
		t.Helper()
		err := here.Write(t.Context(), owner, session.Batch{Topic: "topic"})
		if err != nil { // it went to a connection of before, and whether the batch was written cannot be known
			err = here.Write(t.Context(), owner, session.Batch{Topic: "topic"})
		}
		if err != nil {
			t.Fatal(err)
		}
		wantTold(t, told)
	}
	for range 2 {
		tell()
		server.Kill()
		server.Restart()
		wantTold(t, told) // something may have been written meanwhile
	}
	tell()
}

func TestWhatIsWrittenLastIsToldThoughTheHandleIsClosed(t *testing.T) {
	server := servertest.Postgres(t)
	b := postgres.Backend{DSN: server.DSN()}
	there := open(t, b)
	told := there.Watch(t.Context(), owner, "topic")
	for range 5 {
		here := open(t, another(b))
		if err := here.Write(t.Context(), owner, session.Batch{Topic: "topic"}); err != nil {
			t.Fatal(err)
		}
		here.Close()
		wantTold(t, told)
	}
}
