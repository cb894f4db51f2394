package session_test

import (
	"testing"

	"github.com/caddy-codex/responses/session"
)

// A runner that could not reach the store for longer than its lease lasts goes on where nobody has given it up meanwhile.
func TestARunnerGoesOnAfterItsLeaseHasRunOut(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.begin("run")
	for what, write := range map[string]func() error{
		"Renew":    func() error { return f.Renew(ctx, alice, "run") },
		"Progress": func() error { return f.Progress(ctx, alice, "run", batch(0, 3), nil) },
	} {
		f.clock.Advance(session.LeaseTime)
		f.wantRunning("run", false)
		f.want(what, write(), nil)
		f.wantRunning("run", true)
	}
	f.clock.Advance(session.LeaseTime)
	f.want("Keep", f.Keep(ctx, alice, ending("run")), nil)
	f.wantStatus("run", "completed")
	f.wantRunning("run", false)
	f.want("Keep again", f.Keep(ctx, alice, ending("run")), session.ErrNotRunning)
}
