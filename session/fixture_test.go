package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/memory"
	"github.com/caddy-codex/responses/session/storetest"
	"github.com/caddy-codex/responses/translate/envelope"
)

// ttl is how long the sessions of a fixture are kept.
const ttl = 10 * 24 * time.Hour

const day = 24 * time.Hour

var (
	alice = session.Owner("user", "alice")
	bob   = session.Owner("user", "bob")
)

// fixture are sessions in a store that is watched, at a time that is set.
type fixture struct {
	*testing.T
	*session.Sessions
	store *spy
	clock *storetest.Clock
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	c := storetest.NewClock(time.Unix(1_700_000_000, 0))
	store := &spy{Store: memory.New(1<<30, c.Now)}
	return &fixture{t, session.New(store, ring(t, "a secret of enough bytes"), session.Options{TTL: ttl, Now: c.Now}), store, c}
}

// reopened are sessions in the same store with other keys.
func (f *fixture) reopened(secrets ...string) *session.Sessions {
	return session.New(f.store, ring(f.T, secrets...), session.Options{TTL: ttl, Now: f.clock.Now})
}

func ring(t *testing.T, secrets ...string) *envelope.Ring {
	t.Helper()
	raw := make([][]byte, len(secrets))
	for i, secret := range secrets {
		raw[i] = []byte(secret)
	}
	r, err := envelope.NewRing(raw...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keys are all that the store holds of an owner.
func (f *fixture) keys(owner string) []string {
	f.Helper()
	records, err := f.store.Store.List(f.Context(), owner, session.Query{})
	f.must(err)
	keys := make([]string, len(records))
	for i, record := range records {
		keys[i] = record.Key
	}
	return keys
}

// size is how many bytes the store holds of an owner.
func (f *fixture) size(owner string) (n int) {
	f.Helper()
	records, err := f.store.Store.List(f.Context(), owner, session.Query{})
	f.must(err)
	for _, record := range records {
		n += len(record.Key) + len(record.Value)
	}
	return n
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// want checks which error something gives.
func (f *fixture) want(what string, got, want error) {
	f.Helper()
	if !errors.Is(got, want) {
		f.Errorf("%s gave %v, want %v", what, got, want)
	}
}

// response is one that has come to an end, with one message.
func response(id string) *session.Response {
	return inStatus(id, "completed", fmt.Sprintf(`{"id":"msg_%s","type":"message","text":"answer %s"}`, id, id))
}

func inStatus(id, status, output string) *session.Response {
	return &session.Response{
		ID: id, Input: fmt.Appendf(nil, `"question %s"`, id),
		Object: fmt.Appendf(nil, `{"id":%q,"status":%q,"output":[%s]}`, id, status, output),
	}
}

// keep stores a response that goes on from another, whose id may be empty.
func (f *fixture) keep(r *session.Response, previous string) *session.Response {
	f.Helper()
	var before *session.Chain
	if previous != "" {
		before = f.chain(previous)
	}
	f.must(f.Keep(f.Context(), alice, &session.Outcome{Response: r, Before: before}))
	return r
}

func (f *fixture) chain(id string) *session.Chain {
	f.Helper()
	c, err := f.Chain(f.Context(), alice, id)
	f.must(err)
	return c
}

// wantChain checks what a response goes on from, by the ids.
func (f *fixture) wantChain(id string, want ...string) {
	f.Helper()
	var got []string
	c := f.chain(id)
	for _, r := range c.Responses {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, want) {
		f.Fatalf("%s goes on from %v, want %v", id, got, want)
	}
	parts := make([]string, 0, 2*len(want))
	for _, id := range want {
		parts = append(parts, `"question `+id+`"`, fmt.Sprintf(`[{"id":"msg_%s","type":"message","text":"answer %s"}]`, id, id))
	}
	for i, part := range c.Parts() {
		if string(part) != parts[i] {
			f.Fatalf("part %d of %s is %s, want %s", i, id, part, parts[i])
		}
	}
}

// item is an item of a conversation.
func item(id string) session.Item {
	return session.Item{ID: id, Raw: fmt.Appendf(nil, `{"id":%q,"type":"message","text":"said in %s"}`, id, id)}
}

func items(ids ...string) []session.Item {
	all := make([]session.Item, len(ids))
	for i, id := range ids {
		all[i] = item(id)
	}
	return all
}

// converse stores a conversation.
func (f *fixture) converse(id string, first ...string) {
	f.Helper()
	c := &session.Conversation{ID: id, Created: f.clock.Now().Unix(), Metadata: []byte(`{"a":"b"}`)}
	f.must(f.KeepConversation(f.Context(), alice, c, items(first...)))
}

// wantItems checks a page of a conversation's items, by their ids.
func (f *fixture) wantItems(id string, p session.Page, want ...string) {
	f.Helper()
	got, err := f.Items(f.Context(), alice, id, p)
	f.must(err)
	var ids []string
	for _, it := range got {
		ids = append(ids, it.ID)
		if string(it.Raw) != string(item(it.ID).Raw) {
			f.Errorf("%s is %s", it.ID, it.Raw)
		}
	}
	if !slices.Equal(ids, want) {
		f.Errorf("the items %+v of %s are %v, want %v", p, id, ids, want)
	}
}

// numbered are ids.
func numbered(prefix string, from, to int) []string {
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf("%s%03d", prefix, i))
	}
	return ids
}

// under are the keys with a prefix.
func under(keys []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !strings.HasPrefix(key, prefix) })
}
