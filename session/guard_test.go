package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-codex/responses/session"
)

var errDown = errors.New("connection refused")

func down(context.Context) error { return errDown }

// asked counts how often the store is asked while something is done.
func (s *spy) askedBy(do func()) int {
	s.mu.Lock()
	before := s.asked
	s.mu.Unlock()
	do()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked - before
}

func (f *fixture) read() error {
	_, err := f.Conversation(f.Context(), alice, "conv")
	return err
}

func TestAStoreThatFailsIsLeftAloneForAMoment(t *testing.T) {
	f := newFixture(t)
	f.converse("conv")
	f.store.breakBy(down)
	err := f.read()
	f.want("the failure", err, session.ErrUnavailable)
	f.want("its cause", err, errDown)
	f.want("what is known of it", f.Available(), session.ErrUnavailable)
	asked := f.store.askedBy(func() {
		for range 100 {
			f.want("reading", f.read(), session.ErrUnavailable)
			f.want("writing", f.Keep(t.Context(), alice, &session.Outcome{Response: response("a")}), session.ErrUnavailable)
			_, err := f.Items(t.Context(), alice, "conv", session.Page{})
			f.want("listing", err, session.ErrUnavailable)
		}
	})
	if asked != 0 {
		t.Errorf("the store was asked %d times", asked)
	}

	f.clock.Advance(session.RetryAfter)
	if err := f.Available(); err != nil {
		t.Errorf("after a moment it gives %v", err)
	}
	if asked := f.store.askedBy(func() { f.want("the next try", f.read(), errDown) }); asked != 1 {
		t.Errorf("the store was asked %d times", asked)
	}
	f.want("what is known then", f.Available(), session.ErrUnavailable)

	f.store.breakBy(nil)
	f.want("reading too early", f.read(), session.ErrUnavailable)
	f.clock.Advance(session.RetryAfter)
	f.must(f.read())
	f.must(f.read())
	f.must(f.Available())
}

func TestOneTriesForAll(t *testing.T) {
	f := newFixture(t)
	f.converse("conv")
	f.store.breakBy(down)
	f.want("reading", f.read(), session.ErrUnavailable)
	f.clock.Advance(session.RetryAfter)

	trying, answer := make(chan struct{}), make(chan error)
	f.store.breakBy(func(context.Context) error {
		trying <- struct{}{}
		return <-answer
	})
	first := make(chan error)
	go func() { first <- f.read() }()
	<-trying
	for range 10 {
		f.want("reading meanwhile", f.read(), session.ErrUnavailable)
	}
	f.store.breakBy(nil)
	answer <- nil
	f.must(<-first)
	f.must(f.read())
}

func TestWhoeverGivesUpSaysNothingOfTheStore(t *testing.T) {
	for name, test := range map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		want    error
	}{
		"a client that goes away": {context.WithCancel, context.Canceled},
		"a time that is up": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Nanosecond)
		}, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.converse("conv")
			for _, broken := range []bool{false, true} {
				if broken {
					f.store.breakBy(down)
					f.want("reading", f.read(), session.ErrUnavailable)
					f.clock.Advance(session.RetryAfter)
				}
				ctx, cancel := test.context(t.Context())
				f.store.breakBy(func(ctx context.Context) error {
					cancel()
					<-ctx.Done()
					return fmt.Errorf("reading: %w", ctx.Err())
				})
				_, err := f.Conversation(ctx, alice, "conv")
				f.want("reading", err, test.want)
				f.must(f.Available())
				f.store.breakBy(nil)
				f.must(f.read())
			}
		})
	}
}

func TestARefusalSaysNothingOfTheStore(t *testing.T) {
	for name, refusal := range map[string]error{"a conflict": session.ErrConflict, "a batch that is too large": session.ErrTooLarge} {
		f := newFixture(t)
		f.converse("conv")
		f.store.breakBy(func(context.Context) error { return fmt.Errorf("writing: %w", refusal) })
		f.want(name, f.Keep(t.Context(), alice, &session.Outcome{Response: response("a")}), refusal)
		f.store.breakBy(nil)
		f.must(f.Available())
		f.must(f.read())
	}
}

func TestAStoreThatDoesNotAnswerIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.store.breakBy(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		start := time.Now()
		err := f.read()
		f.want("reading", err, session.ErrUnavailable)
		if waited := time.Since(start); waited > 10*time.Second || waited < time.Second {
			t.Errorf("it was waited for %s", waited)
		}
		f.want("reading again", f.read(), session.ErrUnavailable)
		if waited := time.Since(start); waited > 10*time.Second {
			t.Errorf("both have waited for %s", waited)
		}
	})
}
