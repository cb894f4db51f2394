// Package storetest is what every session.Store must pass.
//
// It knows a store only by its interface and by a clock that it sets. What is particular to one store (files, servers that go away) is
// tested beside that store.
package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
)

// Open returns two handles of one and the same store, which is empty. For the store of a fleet they are what two processes would have. What
// the store takes for the present is what now says: it begins with the real time and is never set back. The suite closes the handles.
type Open func(t *testing.T, now func() time.Time) (a, b session.Store)

// Run tests a store. Each test opens one of its own.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time) (a, b session.Store)) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"read", reading},
		{"list", listing},
		{"write", writing},
		{"condition", conditions},
		{"expiry", expiry},
		{"limit", limits},
		{"chance", random},
		{"contention", contention},
		{"watch", watching},
		{"end", ending},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, test := range group.tests {
				t.Run(test.name, func(t *testing.T) { test.run(newFixture(t, open)) })
			}
		})
	}
}

// test is one rule of the contract.
type test struct {
	name string
	run  func(f *fixture)
}

const (
	alice = "alice"
	bob   = "bob"
)

// patience bounds how long the suite waits for what must happen. It is far more than any store needs.
const patience = 20 * time.Second

// fixture is an empty store with two handles, and its clock.
type fixture struct {
	*testing.T
	a, b  session.Store
	clock *Clock
}

func newFixture(t *testing.T, open Open) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: NewClock(time.Now().Truncate(time.Second))}
	a, b := open(t, f.clock.Now)
	f.a, f.b = &once{Store: a}, &once{Store: b}
	t.Cleanup(func() {
		if err := errors.Join(f.a.Close(), f.b.Close()); err != nil {
			t.Errorf("closing the handles: %v", err)
		}
	})
	return f
}

// sub runs a test on the same store.
func (f *fixture) sub(name string, run func(f *fixture)) {
	f.Run(name, func(t *testing.T) { run(&fixture{T: t, a: f.a, b: f.b, clock: f.clock}) })
}

// once is a handle that is closed once, by a test or after it.
type once struct {
	session.Store
	sync.Once
}

// Close implements session.Store.
func (o *once) Close() (err error) {
	o.Do(func() { err = o.Store.Close() })
	return err
}

// Clock is a time that a test sets. It is safe to use from any goroutine.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now is the time that is set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// in is the time after a number of hours.
func (f *fixture) in(hours int) time.Time { return f.clock.Now().Add(time.Duration(hours) * time.Hour) }

// put is a change that writes a record for a number of hours.
func (f *fixture) put(key, value string, hours int) session.Change {
	return session.Change{Key: key, Value: []byte(value), Expires: f.in(hours)}
}

// write writes through the first handle.
func (f *fixture) write(owner string, changes ...session.Change) {
	f.Helper()
	f.batch(owner, session.Batch{Changes: changes})
}

func (f *fixture) batch(owner string, b session.Batch) {
	f.Helper()
	if err := f.a.Write(f.Context(), owner, b); err != nil {
		f.Fatalf("writing: %v", err)
	}
}

// conflict writes through the first handle what must not be written.
func (f *fixture) conflict(b session.Batch) {
	f.Helper()
	if err := f.a.Write(f.Context(), alice, b); !errors.Is(err, session.ErrConflict) {
		f.Fatalf("writing gave %v, want ErrConflict", err)
	}
}

// absent is what read returns for a record that is not there.
const absent = "<absent>"

// read returns values by way of the second handle.
func (f *fixture) read(owner string, keys ...string) []string {
	f.Helper()
	var values []string
	for _, record := range f.records(owner, keys...) {
		if record.Value == nil {
			values = append(values, absent)
		} else {
			values = append(values, string(record.Value))
		}
	}
	return values
}

// records returns one record a key, by way of the second handle.
func (f *fixture) records(owner string, keys ...string) []session.Record {
	f.Helper()
	records, err := f.b.Read(f.Context(), owner, keys...)
	if err != nil {
		f.Fatalf("reading: %v", err)
	}
	if len(records) != len(keys) {
		f.Fatalf("reading %d keys gave %d records", len(keys), len(records))
	}
	for i, record := range records {
		if record.Key != keys[i] {
			f.Fatalf("record %d has the key %q, want %q", i, record.Key, keys[i])
		}
	}
	return records
}

// wantRead compares values in the store with what should be there, in the order of the keys.
func (f *fixture) wantRead(owner string, keys []string, want ...string) {
	f.Helper()
	if got := f.read(owner, keys...); !slices.Equal(got, want) {
		f.Errorf("%q of %s: got %q, want %q", keys, owner, got, want)
	}
}

// list returns records by way of the second handle.
func (f *fixture) list(owner string, q session.Query) []session.Record {
	f.Helper()
	records, err := f.b.List(f.Context(), owner, q)
	if err != nil {
		f.Fatalf("listing: %v", err)
	}
	return records
}

// wantList compares the keys of a list with what should be there.
func (f *fixture) wantList(owner string, q session.Query, want ...string) {
	f.Helper()
	if got := keysOf(f.list(owner, q)); !slices.Equal(got, want) {
		f.Errorf("list %+v of %s: got %q, want %q", q, owner, got, want)
	}
}

func keysOf(records []session.Record) []string {
	var keys []string
	for _, record := range records {
		keys = append(keys, record.Key)
	}
	return keys
}

// within returns a context that ends when the suite's patience does.
func (f *fixture) within() context.Context {
	ctx, cancel := context.WithTimeout(f.Context(), patience)
	f.Cleanup(cancel)
	return ctx
}
