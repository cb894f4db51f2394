package session_test

import (
	"context"
	"errors"
	"testing"

	"github.com/caddy-codex/responses/session"
)

// between is a store in which something happens behind each list that is read.
type between struct {
	session.Store
	happens func()
}

func (b *between) List(ctx context.Context, owner string, q session.Query) ([]session.Record, error) {
	records, err := b.Store.List(ctx, owner, q)
	b.happens()
	return records, err
}

func TestNoEventsAreLeftOfAResponseThatIsDeletedWhileItRuns(t *testing.T) {
	f := newFixture(t)
	r := inStatus("resp_1", "queued", "")
	r.Background = true
	f.must(f.Begin(t.Context(), alice, r, nil))
	next := int64(0)
	store := &between{Store: f.store, happens: func() {
		err := f.Progress(t.Context(), alice, "resp_1", &session.Events{First: next, Data: [][]byte{[]byte("{}")}}, nil)
		if err != nil && !errors.Is(err, session.ErrNotRunning) {
			t.Error(err)
		}
		next++
	}}
	sessions := session.New(store, ring(t, "a secret of enough bytes"), session.Options{TTL: ttl, Now: f.clock.Now})
	stored, err := sessions.Response(t.Context(), alice, "resp_1")
	f.must(err)
	f.must(sessions.Delete(t.Context(), alice, stored))
	if keys := f.keys(alice); len(keys) != 0 {
		t.Errorf("the store holds %q", keys)
	}
}
