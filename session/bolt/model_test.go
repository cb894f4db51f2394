package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/storetest"
)

// script reads decisions from bytes.
type script struct{ data []byte }

func (s *script) below(n int) int {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return int(b) % n
}

func (s *script) batch(now time.Time) (owner string, b session.Batch) {
	owner = owners[s.below(3)]
	for range 1 + s.below(4) {
		size := []int{0, 5, 300, inline, inline + 1, 2 * piece, 5000}[s.below(7)]
		b.Changes = append(b.Changes, session.Change{
			Key:     modelKeys[s.below(6)],
			Op:      session.Op(s.below(4)),
			Value:   bytes.Repeat([]byte{byte(s.below(3))}, size),
			Expires: now.Add(time.Duration(s.below(20)-3) * time.Second),
			If:      session.Condition([]int{0, 0, 0, 1, 2, 3}[s.below(6)]),
			Was:     bytes.Repeat([]byte{0}, size),
		})
	}
	b.Limit = []int64{0, 0, 1000, 6000}[s.below(4)]
	return owner, b
}

// play makes what a script says with a file and the model, and compares them.
func play(t *testing.T, data []byte) {
	t.Helper()
	present := time.Unix(1_700_000_000, 0)
	now := func() time.Time { return present }
	model := storetest.NewModel(now)
	s := reopened(t, filepath.Join(t.TempDir(), "sessions.db"), now)
	defer func() { s.Destruct() }()
	for sc := (&script{data}); len(sc.data) > 0; {
		switch sc.below(14) {
		case 0:
			// The file forgets what has expired when it is written to, so that what is written must be there first.
			if err := s.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			present = present.Add(time.Duration(sc.below(5)) * time.Second)
		case 1:
			if err := s.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.sweep(nil)
		case 3, 4:
			if err := agree(t, s, model); err != nil {
				t.Fatal(err)
			}
		case 5:
			s = crashed(t, s, now)
		case 2:
			if err := s.Destruct(); err != nil {
				t.Fatal(err)
			}
			s = reopened(t, s.path, now)
		default:
			owner, b := sc.batch(present)
			if got, want := s.Write(t.Context(), owner, b), model.Write(owner, b); !errors.Is(got, want) {
				t.Fatalf("writing %v gave %v, want %v", b, got, want)
			}
			if b.Limit > 0 { // which is seen to when the batch is put into the file
				if err := s.flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := same(t, s, model); err != nil {
			t.Fatal(err)
		}
	}
	if err := agree(t, s, model); err != nil {
		t.Fatal(err)
	}
}

func reopened(t *testing.T, path string, now func() time.Time) *front {
	t.Helper()
	s, err := openStore(path, 1<<30, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.db.NoSync = true // for speed
	return s
}

// crashed is the store that another process finds after this one has ended at the moment.
func crashed(t *testing.T, f *front, now func() time.Time) *front {
	t.Helper()
	dir := t.TempDir()
	f.turn <- struct{}{}
	f.mu.Lock()
	for _, suffix := range []string{"", ".journal0", ".journal1"} {
		content, err := os.ReadFile(f.path + suffix)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "sessions.db"+suffix), content, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	f.mu.Unlock()
	<-f.turn
	if err := f.Destruct(); err != nil {
		t.Error(err)
	}
	return reopened(t, filepath.Join(dir, "sessions.db"), now)
}

// same compares all records as they can be read, wherever they are.
func same(t *testing.T, s *front, model *storetest.Model) error {
	t.Helper()
	for _, owner := range owners {
		records, err := s.Read(t.Context(), owner, modelKeys...)
		if err != nil {
			return err
		}
		records = slices.DeleteFunc(records, func(r session.Record) bool { return r.Value == nil })
		if err := equal(owner, records, model.List(owner)); err != nil {
			return err
		}
	}
	return nil
}

// The owners and keys of the test, in their order.
var (
	owners    = []string{"a", "a-", "b"}
	modelKeys = []string{"k", "k/1", "k/2", "l", session.Lease + "1", session.Lease + "2"}
)

func equal(owner string, got, want []session.Record) error {
	if !slices.EqualFunc(got, want, func(a, b session.Record) bool {
		return a.Key == b.Key && bytes.Equal(a.Value, b.Value) && a.Expires.Equal(b.Expires)
	}) {
		return fmt.Errorf("%s:\n got %s\nwant %s", owner, brief(got), brief(want))
	}
	return nil
}

// agree compares all that is in the file.
func agree(t *testing.T, s *front, model *storetest.Model) error {
	t.Helper()
	if err := errors.Join(s.flush(t.Context()), verify(s.store)); err != nil {
		return err
	}
	for _, owner := range owners {
		got, err := s.List(t.Context(), owner, session.Query{})
		if err != nil {
			return err
		}
		if err := equal(owner, got, model.List(owner)); err != nil {
			return err
		}
	}
	return nil
}

// brief describes records by the length and the first byte of their values.
func brief(records []session.Record) string {
	var b strings.Builder
	for _, r := range records {
		fmt.Fprintf(&b, "%s: %d of %.1v until %s; ", r.Key, len(r.Value), r.Value[:min(1, len(r.Value))], r.Expires.Format(time.TimeOnly))
	}
	return b.String()
}

func TestAFileDoesWhatAModelDoes(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 2000)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { play(t, data) })
	}
}

func FuzzAFileDoesWhatAModelDoes(f *testing.F) {
	f.Add([]byte("\x05\x00\x01\x02\x00\x00\x01\x07\x00\x03\x01\x00\x00\x05\x00\x00\x02\x01"))
	f.Fuzz(func(t *testing.T, data []byte) { play(t, data[:min(len(data), 500)]) })
}
