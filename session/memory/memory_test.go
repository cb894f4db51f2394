package memory_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/memory"
	"github.com/caddy-codex/responses/session/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, now func() time.Time) (a, b session.Store) {
		s := memory.New(64<<20, now)
		return s, s
	})
}

func open(t *testing.T, m *memory.Memory) session.Store {
	t.Helper()
	s, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func write(t *testing.T, s session.Store, owner string, changes ...session.Change) {
	t.Helper()
	if err := s.Write(t.Context(), owner, session.Batch{Changes: changes}); err != nil {
		t.Fatal(err)
	}
}

func there(t *testing.T, s session.Store, owner, key string) bool {
	t.Helper()
	records, err := s.Read(t.Context(), owner, key)
	if err != nil {
		t.Fatal(err)
	}
	return records[0].Value != nil
}

func put(key string, size int, expires time.Time) session.Change {
	return session.Change{Key: key, Value: []byte(strings.Repeat("x", size)), Expires: expires}
}

func TestWhatIsStoredOutlivesAReload(t *testing.T) {
	now := time.Now()
	before := open(t, &memory.Memory{MaxSize: 1 << 20})
	write(t, before, "alice", put("key", 10, now.Add(time.Hour)))
	after := open(t, &memory.Memory{MaxSize: 1 << 20})
	other := open(t, &memory.Memory{MaxSize: 1 << 21})
	for range 2 { // a second call of Close does nothing
		if err := before.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !there(t, after, "alice", "key") {
		t.Error("the record is gone")
	}
	if there(t, other, "alice", "key") {
		t.Error("a store with another configuration has the record")
	}
	after.Close()
	if there(t, open(t, &memory.Memory{MaxSize: 1 << 20}), "alice", "key") {
		t.Error("the record has outlived the last handle")
	}
}

func TestBeyondMaxSizeWhatExpiresFirstGoesOfAnyOwner(t *testing.T) {
	now := time.Now()
	s := memory.New(100_000, func() time.Time { return now })
	write(t, s, "alice", put(session.Lease+"r", 10, now.Add(time.Second)), put("first", 30_000, now.Add(1*time.Hour)))
	write(t, s, "bob", put("third", 30_000, now.Add(3*time.Hour)), put("second", 30_000, now.Add(2*time.Hour)))
	write(t, s, "carol", put("new", 40_000, now.Add(time.Minute)))
	for _, record := range []struct {
		owner, key string
		want       bool
	}{
		{"alice", "first", false},
		{"bob", "second", false},
		{"bob", "third", true},
		{"carol", "new", true},
		{"alice", session.Lease + "r", true},
	} {
		if got := there(t, s, record.owner, record.key); got != record.want {
			t.Errorf("%s of %s is there: %v, want %v", record.key, record.owner, got, record.want)
		}
	}
}

func TestManySmallRecordsAreBoundedToo(t *testing.T) {
	now := time.Now()
	s := memory.New(100_000, func() time.Time { return now })
	for i := range 2000 {
		write(t, s, "alice", put(fmt.Sprintf("key/%04d", i), 1, now.Add(time.Hour+time.Duration(i))))
	}
	records, err := s.List(t.Context(), "alice", session.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(records); n < 200 || n > 500 || records[n-1].Key != "key/1999" {
		t.Errorf("%d records are left, up to %s", n, records[n-1].Key)
	}
}

func TestABatchThatCannotFitIsRefused(t *testing.T) {
	now := time.Now()
	s := memory.New(1<<20, func() time.Time { return now })
	write(t, s, "alice", put("old", 10, now.Add(time.Hour)))
	err := s.Write(t.Context(), "alice", session.Batch{Changes: []session.Change{put("new", 2<<20, now.Add(time.Hour))}})
	if err == nil || !strings.Contains(err.Error(), "max_size of the store is 1.0 MiB") {
		t.Errorf("got %v", err)
	}
	if !there(t, s, "alice", "old") {
		t.Error("what was there is gone")
	}
}

func TestCaddyfile(t *testing.T) {
	for name, test := range map[string]struct {
		text, err string
		size      int64
	}{
		"no block":            {text: "memory"},
		"an empty block":      {text: "memory {\n}"},
		"a size":              {text: "memory {\nmax_size 64MiB\n}", size: 64 << 20},
		"an argument":         {text: "memory 64MiB", err: "the form is: memory { max_size <size> }"},
		"an unknown line":     {text: "memory {\nsize 64MiB\n}", err: "unrecognized subdirective size; memory takes max_size"},
		"a size that is none": {text: "memory {\nmax_size much\n}", err: "much is not a size from 1 byte to 1TiB, such as 64MiB"},
		"no size":             {text: "memory {\nmax_size\n}", err: "the form is: max_size <size>"},
	} {
		t.Run(name, func(t *testing.T) {
			var m memory.Memory
			err := m.UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.text))
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got the error %v, want %q", err, test.err)
			}
			if m.MaxSize != test.size {
				t.Errorf("max_size is %d, want %d", m.MaxSize, test.size)
			}
		})
	}
}

func TestModule(t *testing.T) {
	info, err := caddy.GetModule("codex_responses.stores.memory")
	if err != nil {
		t.Fatal(err)
	}
	m := info.New().(*memory.Memory)
	if err := errors.Join(m.Provision(caddy.Context{}), m.Validate()); err != nil || m.MaxSize != 256<<20 {
		t.Errorf("got %d and %v", m.MaxSize, err)
	}
	if err := (&memory.Memory{MaxSize: -1}).Validate(); err == nil {
		t.Error("a negative size is accepted")
	}
}
