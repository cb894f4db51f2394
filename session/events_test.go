package session_test

import (
	"fmt"
	"testing"

	"github.com/caddy-codex/responses/session"
)

// batch are events of a response, which say their numbers.
func batch(first, end int64) *session.Events {
	e := &session.Events{First: first}
	for n := first; n < end; n++ {
		e.Data = append(e.Data, fmt.Appendf(nil, `{"event":%d}`, n))
	}
	return e
}

func (f *fixture) progress(id string, first, end int64) {
	f.Helper()
	f.must(f.Progress(f.Context(), alice, id, batch(first, end), nil))
}

func TestFollowersAreTold(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.converse("conv")
	f.begin("run")
	changed := f.Watch(ctx, alice, "run")
	elsewhere := f.Watch(ctx, bob, "run")
	told := func(what string) {
		t.Helper()
		select {
		case <-changed:
		default:
			t.Errorf("nobody was told of %s", what)
		}
	}
	f.progress("run", 0, 2)
	told("events")
	end := ending("run")
	end.Response.Conversation = "conv"
	f.must(f.Keep(ctx, alice, end))
	told("the end in a conversation")
	f.must(f.Delete(ctx, alice, end.Response))
	told("the deletion")
	f.begin("run")
	told("the beginning")
	f.clock.Advance(session.LeaseTime)
	r, err := f.Response(ctx, alice, "run")
	f.must(err)
	f.must(f.Abandon(ctx, alice, r, inStatus("run", "failed", "").Object))
	told("the failure")
	select {
	case <-elsewhere:
		t.Error("somebody else was told")
	default:
	}
}

// wantEvents checks that the events from a number on are there, whole and in order.
func (f *fixture) wantEvents(id string, next, end int64) {
	f.Helper()
	all, err := f.Events(f.Context(), alice, id, next)
	f.must(err)
	n := next
	for _, events := range all {
		if events.First != n {
			f.Fatalf("from %d on: a batch begins with %d, want %d", next, events.First, n)
		}
		for _, data := range events.Data {
			if want := fmt.Sprintf(`{"event":%d}`, n); string(data) != want {
				f.Fatalf("from %d on: got %s, want %s", next, data, want)
			}
			n++
		}
		if events.Next() != n {
			f.Fatalf("from %d on: the next of a batch is %d, want %d", next, events.Next(), n)
		}
	}
	if n != max(end, next) {
		f.Fatalf("from %d on there are events up to %d, want %d", next, n, end)
	}
}

func TestEventsCanBeReadFromAnyNumberOn(t *testing.T) {
	f := newFixture(t)
	f.begin("run")
	f.begin("run_2")
	f.wantEvents("run", 0, 0)
	if last, number, err := f.LastEvent(t.Context(), alice, "run"); err != nil || last != nil || number != -1 {
		t.Errorf("the last of none is %s with %d, %v", last, number, err)
	}
	f.wantEvents("run", 5, 0)
	end := int64(0)
	for _, size := range []int64{1, 1, 2, 7, 1, 30, 3, 1000, 1} {
		f.progress("run", end, end+size)
		f.progress("run_2", end, end+1)
		end += size
		last, number, err := f.LastEvent(t.Context(), alice, "run")
		if want := fmt.Sprintf(`{"event":%d}`, end-1); err != nil || string(last) != want || number != end-1 {
			t.Errorf("the last is %s with %d, %v", last, number, err)
		}
		for next := range end + 3 {
			f.wantEvents("run", next, end)
		}
	}
}
