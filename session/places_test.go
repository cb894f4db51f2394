package session_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
)

// placed stores where a thread of alice's is served, for an hour.
func (f *fixture) placed(thread string, p session.Place) session.Place {
	f.Helper()
	p.Expires = f.clock.Now().Add(time.Hour)
	f.must(f.SetPlace(f.Context(), alice, thread, p))
	return p
}

func (f *fixture) wantPlace(thread string, want session.Place) {
	f.Helper()
	got, err := f.Place(f.Context(), alice, thread)
	if err != nil || got != want {
		f.Errorf("%s is at %+v, %v, want %+v", thread, got, err, want)
	}
}

func (f *fixture) wantNoPlace(owner, thread string) {
	f.Helper()
	_, err := f.Place(f.Context(), owner, thread)
	f.want("the place of "+thread, err, session.ErrNotFound)
}

var (
	first  = session.Place{Provider: "deepseek", Model: "deepseek-chat", Key: "11111111"}
	second = session.Place{Provider: "local"}
)

func TestAThreadHasAPlaceUntilItExpires(t *testing.T) {
	f := newFixture(t)
	f.wantNoPlace(alice, "thread")
	f.wantPlace("thread", f.placed("thread", first))
	f.wantPlace("thread", f.placed("thread", second))
	f.clock.Advance(time.Hour - time.Second)
	if _, err := f.Place(t.Context(), alice, "thread"); err != nil {
		t.Errorf("a second before: %v", err)
	}
	f.clock.Advance(time.Second)
	f.wantNoPlace(alice, "thread")
}

func TestAPlaceTellsNothingToOthers(t *testing.T) {
	f := newFixture(t)
	f.placed("a secret thread", first)
	f.wantNoPlace(bob, "a secret thread")
	f.wantNoPlace(alice, "a secret")
	f.must(f.SetPlace(t.Context(), bob, "a secret thread", session.Place{Provider: "x", Expires: f.clock.Now().Add(time.Hour)}))

	keys := f.keys(alice)
	if len(keys) != 1 || keys[0] == f.keys(bob)[0] || strings.Trim(keys[0], "abcdefghijklmnopqrstuvwxyz0123456789/") != "" || strings.Contains(keys[0], "secret") {
		t.Fatalf("the keys are %v and %v", keys, f.keys(bob))
	}
	records, err := f.store.Store.Read(t.Context(), alice, keys[0])
	f.must(err)
	for _, word := range []string{"deepseek", "11111111", "secret"} {
		if bytes.Contains(records[0].Value, []byte(word)) {
			t.Errorf("the record holds %q in the open", word)
		}
	}
	_, err = f.reopened("another secret of enough bytes").Place(t.Context(), alice, "a secret thread")
	f.want("another key", err, session.ErrUnreadable)
}

func TestHowALookUpFailsSaysNothingOfTheStore(t *testing.T) {
	f := newFixture(t)
	f.placed("thread", first)
	f.store.breakBy(down)
	_, err := f.Place(t.Context(), alice, "thread")
	f.want("the look-up", err, errDown)
	f.must(f.Available())

	f.store.breakBy(func(ctx context.Context) error { <-ctx.Done(); return errDown })
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err = f.Place(ctx, alice, "thread")
	f.want("a slow look-up", err, errDown)
	f.must(f.Available())
}

func TestAStoreThatIsKnownToBeBrokenIsAskedForNoPlace(t *testing.T) {
	f := newFixture(t)
	var changes []error
	f.Sessions = session.New(f.store, ring(t, "a secret of enough bytes"), session.Options{
		TTL: ttl, Now: f.clock.Now, Changed: func(err error) { changes = append(changes, err) },
	})
	want := f.placed("thread", first)
	f.store.breakBy(down)
	f.want("storing", f.SetPlace(t.Context(), alice, "thread", second), session.ErrUnavailable)
	f.store.breakBy(nil)
	asked := f.store.askedBy(func() {
		_, err := f.Place(t.Context(), alice, "thread")
		f.want("the look-up", err, session.ErrUnavailable)
	})
	if asked != 0 {
		t.Errorf("the store was asked %d times", asked)
	}
	f.clock.Advance(session.RetryAfter)
	f.wantPlace("thread", want)
	if len(changes) != 2 || changes[1] != nil {
		t.Errorf("the operator was told %v", changes)
	}
}

func TestStoresThatAreShared(t *testing.T) {
	for name, test := range map[string]struct {
		store session.Store
		want  bool
	}{
		"one of a fleet":       {&spy{shared: true}, true},
		"one of a process":     {&spy{}, false},
		"one that says naught": {unsaid{}, false},
	} {
		later := session.NewLater(opener{test.store})
		if later.Shared() {
			t.Errorf("%s is shared before it is open", name)
		}
		if err := later.Open(); err != nil {
			t.Fatal(err)
		}
		if got := session.New(later, ring(t, "a secret of enough bytes"), session.Options{}).Shared(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// unsaid is a store of which nothing else is known.
type unsaid struct{ session.Store }

// opener opens the store that it is.
type opener struct{ session.Store }

func (o opener) Open() (session.Store, error) { return o.Store, nil }
