package session_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
)

// begin stores a response that begins to run.
func (f *fixture) begin(id string) *session.Response {
	f.Helper()
	r := inStatus(id, "queued", "")
	r.Background = true
	f.must(f.Begin(f.Context(), alice, r, nil))
	return r
}

// ending is the outcome of a run.
func ending(id string) *session.Outcome {
	return &session.Outcome{Response: response(id), Leased: true}
}

func (f *fixture) wantStatus(id, want string) {
	f.Helper()
	r, err := f.Response(f.Context(), alice, id)
	f.must(err)
	if got := r.Status(); got != want {
		f.Errorf("%s is %s, want %s", id, got, want)
	}
}

func (f *fixture) wantRunning(id string, want bool) {
	f.Helper()
	running, err := f.Running(f.Context(), alice, id)
	f.must(err)
	if running != want {
		f.Errorf("%s runs: %v, want %v", id, running, want)
	}
}

func TestARunFromBeginningToEnd(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	r := f.begin("run")
	f.wantRunning("run", true)
	f.wantStatus("run", "queued")
	f.want("beginning it again", f.Begin(ctx, alice, inStatus("run", "queued", ""), nil), session.ErrConflict)

	r.Object = inStatus("run", "in_progress", "").Object
	f.must(f.Progress(ctx, alice, "run", batch(0, 2), r))
	f.wantStatus("run", "in_progress")
	f.progress("run", 2, 5)
	f.wantStatus("run", "in_progress")
	for range 10 {
		f.clock.Advance(session.LeaseRenewal)
		f.must(f.Renew(ctx, alice, "run"))
		f.wantRunning("run", true)
	}
	for range 10 {
		f.clock.Advance(session.LeaseRenewal)
		f.must(f.Progress(ctx, alice, "run", nil, nil)) // which is as good
	}

	end := ending("run")
	end.Events = batch(5, 6)
	f.must(f.Keep(ctx, alice, end))
	f.wantRunning("run", false)
	f.wantStatus("run", "completed")
	f.wantEvents("run", 0, 6)
	for what, err := range map[string]error{
		"Renew": f.Renew(ctx, alice, "run"), "Progress": f.Progress(ctx, alice, "run", batch(6, 7), nil), "Keep": f.Keep(ctx, alice, ending("run")),
		"Cancel": f.Cancel(ctx, alice, "run"),
	} {
		f.want(what+" after the end", err, session.ErrConflict)
	}
	f.wantEvents("run", 0, 6)
}

func TestARunThatGoesOnFromAChain(t *testing.T) {
	f := newFixture(t)
	f.keep(withTools("a", `[{"name":"first"}]`), "")
	f.keep(response("b"), "a")
	before := f.chain("b")
	r := withTools("run", `[{"name":"first"}]`)
	f.must(f.Begin(t.Context(), alice, r, before))
	f.wantChain("run", "a", "b", "run")
	end := &session.Outcome{Response: r, Before: before, Leased: true}
	f.must(f.Keep(t.Context(), alice, end))
	f.wantChain("run", "a", "b", "run")
	whole, err := f.Whole(t.Context(), alice, "run")
	f.must(err)
	if string(whole.Tools) != `[{"name":"first"}]` {
		t.Errorf("its tools are %s", whole.Tools)
	}
}

func TestARunnerThatKeepsSilentCountsAsDead(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.begin("run")
	f.progress("run", 0, 2)
	r, err := f.Response(ctx, alice, "run")
	f.must(err)
	failed := inStatus("run", "failed", "").Object
	f.want("giving up a run that goes on", f.Abandon(ctx, alice, r, failed), session.ErrConflict)

	f.clock.Advance(session.LeaseTime)
	f.wantRunning("run", false)
	f.must(f.Abandon(ctx, alice, r, failed))
	f.wantStatus("run", "failed")
	for what, err := range map[string]error{
		"Renew": f.Renew(ctx, alice, "run"), "Progress": f.Progress(ctx, alice, "run", batch(2, 3), nil), "Keep": f.Keep(ctx, alice, ending("run")),
	} {
		f.want(what+" of the dead", err, session.ErrNotRunning)
	}
	f.want("giving it up again", f.Abandon(ctx, alice, r, failed), session.ErrConflict)
	f.wantStatus("run", "failed")
	f.wantEvents("run", 0, 2)
}

// The runner comes to its end just when its lease runs out and somebody looks.
func TestEitherTheEndOrTheFailureOfARunIsStored(t *testing.T) {
	for round := range 200 {
		f := newFixture(t)
		f.begin("run")
		seen, err := f.Response(t.Context(), alice, "run")
		f.must(err)
		var kept, abandoned error
		var all sync.WaitGroup
		all.Go(func() { kept = f.Keep(t.Context(), alice, ending("run")) })
		all.Go(func() { f.clock.Advance(session.LeaseTime) })
		all.Go(func() { abandoned = f.Abandon(t.Context(), alice, seen, inStatus("run", "failed", "").Object) })
		all.Wait()
		switch {
		case kept == nil && errors.Is(abandoned, session.ErrConflict):
			f.wantStatus("run", "completed")
		case abandoned == nil && errors.Is(kept, session.ErrNotRunning):
			f.wantStatus("run", "failed")
		case errors.Is(abandoned, session.ErrConflict) && errors.Is(kept, session.ErrNotRunning): // one looked before the time, one came after
			f.wantStatus("run", "queued")
		default:
			t.Fatalf("round %d: Keep gave %v and Abandon %v", round, kept, abandoned)
		}
	}
}

func TestWhereTheStoreHasOneProcessTheLeaseOfAnotherIsVoid(t *testing.T) {
	for name, exclusive := range map[string]bool{"a store of one process": true, "a store of a fleet": false} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.store.exclusive = exclusive
			s := f.reopened("a secret of enough bytes")
			r := f.begin("run")
			foreign := session.Change{Key: session.Lease + "run", Value: []byte("another process"), Expires: f.clock.Now().Add(time.Hour)}
			f.must(f.store.Store.Write(t.Context(), alice, session.Batch{Changes: []session.Change{foreign}}))
			running, err := s.Running(t.Context(), alice, "run")
			f.must(err)
			if running == exclusive {
				t.Errorf("it runs: %v", running)
			}
			r, err = s.Response(t.Context(), alice, r.ID)
			f.must(err)
			err = s.Abandon(t.Context(), alice, r, inStatus("run", "failed", "").Object)
			if exclusive {
				f.must(err)
				f.want("Renew", s.Renew(t.Context(), alice, "run"), session.ErrNotRunning)
			} else {
				f.want("Abandon", err, session.ErrConflict)
			}
		})
	}
}

func TestACancellationReachesTheRunner(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.begin("run")
	asked := f.WatchCancellation(ctx, alice, "run")
	if cancelled, err := f.Cancelled(ctx, alice, "run"); err != nil || cancelled {
		t.Errorf("it is cancelled: %v, %v", cancelled, err)
	}
	f.must(f.Cancel(ctx, alice, "run"))
	select {
	case <-asked:
	default:
		t.Error("the runner was not told")
	}
	if cancelled, err := f.Cancelled(ctx, alice, "run"); err != nil || !cancelled {
		t.Errorf("it is cancelled: %v, %v", cancelled, err)
	}
	f.must(f.Keep(ctx, alice, ending("run")))
	if keys := under(f.keys(alice), "cancellation/"); len(keys) > 0 {
		t.Errorf("there is still %v", keys)
	}
	f.want("cancelling what has ended", f.Cancel(ctx, alice, "run"), session.ErrConflict)
}

func TestWhatWasDeletedDoesNotComeBack(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	r := f.begin("run")
	f.progress("run", 0, 2)
	f.must(f.Delete(ctx, alice, r))
	for what, err := range map[string]error{
		"Renew": f.Renew(ctx, alice, "run"), "Progress": f.Progress(ctx, alice, "run", batch(2, 3), r), "Keep": f.Keep(ctx, alice, ending("run")),
	} {
		f.want(what, err, session.ErrNotRunning)
	}
	if keys := f.keys(alice); len(keys) > 0 {
		t.Errorf("there is %v", keys)
	}
}
