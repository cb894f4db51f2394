package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
)

func TestAResponseIsGoneWhenItsTimeIsOver(t *testing.T) {
	f := newFixture(t)
	f.keep(response("a"), "")
	f.clock.Advance(ttl - time.Second)
	f.wantChain("a", "a")
	f.clock.Advance(time.Second)
	_, err := f.Response(t.Context(), alice, "a")
	f.want("the response", err, session.ErrNotFound)
	got, err := f.ItemsByID(t.Context(), alice, []string{"msg_a"})
	if err != nil || len(got) > 0 {
		t.Errorf("its item is %s, %v", got, err)
	}
}

func TestWhatAResponseGoesOnFromIsKeptForAsLong(t *testing.T) {
	f := newFixture(t)
	ids := numbered("resp_", 0, 40)
	for i, id := range ids {
		f.keep(response(id), append([]string{""}, ids...)[i])
		f.clock.Advance(ttl / 4)
	}
	f.wantChain(ids[39], ids...)
	got, err := f.ItemsByID(t.Context(), alice, []string{"msg_resp_000"})
	if err != nil || got["msg_resp_000"] == nil {
		t.Errorf("the item of the first is gone: %v", err)
	}
	f.clock.Advance(ttl)
	if keys := f.keys(alice); len(keys) > 0 {
		t.Errorf("there is still %v", keys)
	}
}

func TestNotEachUseIsWorthAWrite(t *testing.T) {
	f := newFixture(t)
	f.keep(response("a"), "")
	f.keep(response("b"), "a")
	if n := f.store.touches(); n != 0 {
		t.Errorf("%d records were kept for longer at once", n)
	}
	f.clock.Advance(time.Hour / 2)
	f.keep(response("c"), "b")
	if n := f.store.touches(); n != 0 {
		t.Errorf("%d records were kept for longer after half an hour", n)
	}
	f.clock.Advance(time.Hour/2 + time.Second)
	f.keep(response("d"), "c")
	if n := f.store.touches(); n != 4 { // a and b, with an item each
		t.Errorf("%d records were kept for longer, want 4", n)
	}
}

func TestDeletingAResponseLeavesNothing(t *testing.T) {
	f := newFixture(t)
	f.keep(response("other"), "")
	others := f.keys(alice)
	f.begin("resp_1")
	f.progress("resp_1", 0, 3)
	f.keep(response("resp_2"), "")
	for _, id := range []string{"resp_1", "resp_2"} {
		r, err := f.Response(t.Context(), alice, id)
		f.must(err)
		f.must(f.Delete(t.Context(), alice, r))
		f.want("deleting it again", f.Delete(t.Context(), alice, r), session.ErrConflict)
		_, err = f.Whole(t.Context(), alice, id)
		f.want("reading it", err, session.ErrNotFound)
	}
	if keys := f.keys(alice); strings.Join(keys, " ") != strings.Join(others, " ") {
		t.Errorf("there is %v, want %v", keys, others)
	}
}

func TestIDsMayBeAnything(t *testing.T) {
	f := newFixture(t)
	ids := []string{"a/b", "a", "../a", "", ".", "ä", strings.Repeat("x", 97), strings.Repeat("x", 98), "a b", "a\x00"}
	for _, id := range ids {
		f.keep(&session.Response{ID: id, Object: []byte(`{"output":[]}`), Input: []byte(`"` + id + `"`)}, "")
		f.converse(id)
	}
	for _, id := range ids {
		r, err := f.Response(t.Context(), alice, id)
		if err != nil || r.ID != id {
			t.Errorf("%q is %+v, %v", id, r, err)
		}
		c, err := f.Conversation(t.Context(), alice, id)
		if err != nil || c.ID != id {
			t.Errorf("%q is %+v, %v", id, c, err)
		}
	}
	for _, key := range f.keys(alice) {
		if len(key) > 200 || strings.IndexFunc(key, func(r rune) bool { return r > '~' || r <= ' ' }) >= 0 {
			t.Errorf("%q is no key", key)
		}
	}
}

func TestALimitHoldsForEachOwner(t *testing.T) {
	f := newFixture(t)
	limited := session.New(f.store, ring(t, "a secret of enough bytes"), session.Options{TTL: ttl, Limit: 20_000, Now: f.clock.Now})
	big := func(id string) *session.Outcome {
		r := response(id)
		r.Input = []byte(`"` + strings.Repeat("x", 5000) + `"`)
		return &session.Outcome{Response: r}
	}
	f.must(limited.Keep(t.Context(), bob, big("of_bob")))
	for _, id := range numbered("resp_", 0, 10) {
		f.clock.Advance(time.Minute)
		f.must(limited.Keep(t.Context(), alice, big(id)))
	}
	if size := f.size(alice); size > 20_000 || size < 15_000 {
		t.Errorf("alice has %d bytes", size)
	}
	f.wantChainless(limited, alice, "resp_000", false)
	f.wantChainless(limited, alice, "resp_009", true)
	f.wantChainless(limited, bob, "of_bob", true)
}

// wantChainless checks whether a response is there.
func (f *fixture) wantChainless(s *session.Sessions, owner, id string, want bool) {
	f.Helper()
	if _, err := s.Response(f.Context(), owner, id); (err == nil) != want {
		f.Errorf("%s is there: %v", id, err)
	}
}
