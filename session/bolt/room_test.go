package bolt

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/caddy-codex/responses/session"
)

// opened is a store at a fixed time, which the test may set.
func opened(t *testing.T, maxSize int64, now *time.Time, ticks <-chan time.Time) *front {
	t.Helper()
	f, err := openStore(filepath.Join(t.TempDir(), "sessions.db"), maxSize, func() time.Time { return *now }, ticks)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(f.flush(context.Background()), verify(f.store)); err != nil {
			t.Error(err)
		}
		if err := f.Destruct(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (s *store) transaction(t *testing.T) (id int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

func put(key string, size int, expires time.Time) session.Change {
	return session.Change{Key: key, Value: make([]byte, size), Expires: expires}
}

// keep puts changes into the file.
func (f *front) keep(t *testing.T, owner string, changes ...session.Change) {
	t.Helper()
	if err := errors.Join(f.Write(t.Context(), owner, session.Batch{Changes: changes}), f.flush(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// keys is how many keys the file has, of records and of what is kept about them.
func (s *store) keys(t *testing.T) (n int) {
	t.Helper()
	err := s.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(recordsBucket).Stats().KeyN + tx.Bucket(valuesBucket).Stats().KeyN
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatHasExpiredIsClearedFromTheFileAtATick(t *testing.T) {
	now := time.Now()
	ticks := make(chan time.Time)
	s := opened(t, 1<<30, &now, ticks)
	for i := range 2*step + 10 {
		s.keep(t, fmt.Sprint("owner", i%7), put(fmt.Sprint("key", i), 10+i%3*2000, now.Add(time.Hour)))
	}
	s.keep(t, "alice", put(session.Lease+"1", 10, now.Add(time.Minute)), put("stays", 5000, now.Add(3*time.Hour)))
	s.turn <- struct{}{} // the clock is not set while the file is cleared
	now = now.Add(2 * time.Hour)
	<-s.turn
	ticks <- now
	ticks <- now // taken when the first is done with
	if got, want := s.keys(t), 1+1+1+1+6; got != want {
		t.Errorf("the file has %d keys, want %d: one record with its value in six pieces", got, want)
	}
	before := s.transaction(t)
	ticks <- now
	ticks <- now
	if got := s.transaction(t); got != before {
		t.Error("there was a transaction with nothing to clear")
	}
}

func TestWhatExpiresFirstIsRemovedFirstOfAllOwners(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := opened(t, 1<<30, &now, nil)
	order := rand.New(rand.NewPCG(1, 1)).Perm(200)
	for i, due := range order {
		key := fmt.Sprintf("key/%03d", due)
		if due%10 == 0 {
			key = session.Lease + key
		}
		s.keep(t, fmt.Sprint("owner", i%9), put(key, 100, now.Add(time.Hour+time.Duration(due)*time.Second)))
	}
	err := s.update(func(t *tables) error {
		return t.reap(ordinary, &quota{until: forever, records: 90, bytes: unlimited})
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, due := range order {
		key, want := fmt.Sprintf("key/%03d", due), due > 100
		if due%10 == 0 {
			key, want = session.Lease+key, true
		}
		records, err := s.Read(t.Context(), fmt.Sprint("owner", i%9), key)
		if err != nil {
			t.Fatal(err)
		}
		if got := records[0].Value != nil; got != want {
			t.Errorf("%s is there: %v, want %v", key, got, want)
		}
	}
}

func TestTheFileKeepsToItsSize(t *testing.T) {
	const maxSize = 4 << 20
	now := time.Unix(1_700_000_000, 0)
	s := opened(t, maxSize, &now, nil)
	s.db.NoSync = true // for speed
	chance := rand.New(rand.NewPCG(1, 1))
	written := 0
	for i := range 3000 {
		size := []int{20, 200, 3000, 30_000, 200_000}[chance.IntN(5)]
		if i%1000 < 300 {
			size = 100 // many short ones, and then long ones again
		}
		written += size
		s.keep(t, fmt.Sprint("owner", i%9), put(fmt.Sprintf("key/%05d", i), size, now.Add(time.Hour+time.Duration(i)*time.Second)))
	}
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if written < 20*maxSize || info.Size() > 2*maxSize {
		t.Errorf("after %d bytes the file has %d, for a max_size of %d", written, info.Size(), maxSize)
	}
	kept := 0
	for owner := range 9 {
		records, err := s.List(t.Context(), fmt.Sprint("owner", owner), session.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			kept += len(record.Value)
		}
	}
	if kept < maxSize/2 {
		t.Errorf("only %d bytes are kept for a max_size of %d", kept, maxSize)
	}
}

func TestTheFileShrinksToASmallerSizeStepByStep(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	ticks := make(chan time.Time)
	s := opened(t, 1<<30, &now, ticks)
	s.db.NoSync = true // for speed
	for i := range 1000 {
		s.keep(t, "alice", put(fmt.Sprintf("key/%05d", i), 4000, now.Add(time.Hour+time.Duration(i)*time.Second)))
	}
	s.maxSize.Store(1 << 20)
	ticks <- now
	ticks <- now
	var used int64
	if err := s.update(func(tables *tables) error { used = s.used(tables); return nil }); err != nil {
		t.Fatal(err)
	}
	records, err := s.List(t.Context(), "alice", session.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if used > 1<<20 || len(records) < 100 || records[len(records)-1].Key != "key/00999" {
		t.Errorf("%d bytes are used by %d records", used, len(records))
	}
}
