package bolt

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/caddy-codex/responses/session"
)

// opened is a store at a fixed time, which the test may set.
func opened(t *testing.T, maxSize int64, now *time.Time, ticks <-chan time.Time) *store {
	t.Helper()
	s, err := openStore(filepath.Join(t.TempDir(), "sessions.db"), maxSize, func() time.Time { return *now }, ticks)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := verify(s); err != nil {
			t.Error(err)
		}
		if err := s.Destruct(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *store) transaction(t *testing.T) (id int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

// queued waits until so many batches wait to be written.
func (s *store) queued(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		s.mu.Lock()
		queued := len(s.queue)
		s.mu.Unlock()
		if queued == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d batches are in the queue, want %d", queued, n)
		}
	}
}

func put(key string, size int, expires time.Time) session.Change {
	return session.Change{Key: key, Value: make([]byte, size), Expires: expires}
}

func TestWhatComesDuringACommitIsCommittedTogether(t *testing.T) {
	now := time.Now()
	s := opened(t, 1<<30, &now, nil)
	before := s.transaction(t)
	s.turn <- struct{}{} // a commit is under way
	const n = 20
	results := make(chan error, n)
	for i := range n {
		c := put(fmt.Sprint("key", i), 10, now.Add(time.Hour))
		if i%5 == 0 {
			c.If = session.Present // it is not
		}
		go func() { results <- s.Write(t.Context(), "alice", session.Batch{Changes: []session.Change{c}}) }()
	}
	s.queued(t, n)
	<-s.turn
	conflicts := 0
	for range n {
		if err := <-results; errors.Is(err, session.ErrConflict) {
			conflicts++
		} else if err != nil {
			t.Error(err)
		}
	}
	if got := s.transaction(t) - before; got != 1 || conflicts != n/5 {
		t.Errorf("there were %d transactions and %d conflicts, want 1 and %d", got, conflicts, n/5)
	}
}

func TestABatchWhoseContextEndsInTheQueueIsNotWritten(t *testing.T) {
	now := time.Now()
	s := opened(t, 1<<30, &now, nil)
	s.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		result <- s.Write(ctx, "alice", session.Batch{Changes: []session.Change{put("key", 10, now.Add(time.Hour))}})
	}()
	s.queued(t, 1)
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-s.turn
	if records, err := s.List(t.Context(), "alice", session.Query{}); err != nil || len(records) != 0 {
		t.Errorf("there are %v and %v", records, err)
	}
}

func TestWhatWritesNothingCommitsNothing(t *testing.T) {
	now := time.Now()
	s := opened(t, 1<<30, &now, nil)
	before := s.transaction(t)
	for _, c := range []session.Change{
		{Key: "key", Op: session.Check, If: session.Absent},
		{Key: "key", Op: session.Check, If: session.Present},
		{Key: "key", Op: session.Touch, Expires: now.Add(time.Hour)},
		{Key: "key", Op: session.Delete},
	} {
		if err := s.Write(t.Context(), "alice", session.Batch{Changes: []session.Change{c}}); err != nil && !errors.Is(err, session.ErrConflict) {
			t.Error(err)
		}
	}
	if got := s.transaction(t); got != before {
		t.Errorf("there were %d transactions", got-before)
	}
}
