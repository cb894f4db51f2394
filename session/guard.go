package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// guard stands before a store that may be out of reach. It bounds how long an operation takes, and after a failure spares callers the wait:
// for a moment all fail at once, then the next one tries.
type guard struct {
	Store
	now func() time.Time
	// changed is called when the store has stopped working, with why, and with nil when it works again.
	changed func(error)

	mu     sync.Mutex
	broken error     // why the last operation failed; nil where it did not
	until  time.Time // when the next one may try
}

const (
	// patience is how long one operation may take.
	patience = 5 * time.Second
	// RetryAfter is how long a store that has failed is left alone.
	RetryAfter = time.Second
)

// ErrUnavailable says that the store cannot be reached or does not work.
var ErrUnavailable = errors.New("the session store is not available")

func newGuard(store Store, o *Options) *guard {
	g := &guard{Store: store, now: o.Now, changed: o.Changed}
	if g.changed == nil {
		g.changed = func(error) {}
	}
	return g
}

// do runs an operation unless the store is known to be broken.
func (g *guard) do(caller context.Context, operation func(context.Context) error) error {
	if err := g.blocked(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(caller, patience, errors.New("it did not answer in time"))
	defer cancel()
	err := operation(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil, errors.Is(err, ErrConflict), errors.Is(err, ErrTooLarge):
		g.works()
		return err
	case caller.Err() != nil: // who has given up, which says nothing of the store
		g.until = g.now()
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if g.broken == nil {
		g.changed(err)
	}
	g.broken = fmt.Errorf("%w: %w", ErrUnavailable, err)
	g.until = g.now().Add(RetryAfter)
	return g.broken
}

// blocked is why nothing is tried at the moment. The first to come when the time is over tries for all.
func (g *guard) blocked() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken == nil {
		return nil
	}
	now := g.now()
	if now.Before(g.until) {
		return g.broken
	}
	g.until = now.Add(patience)
	return nil
}

// Read implements Store.
func (g *guard) Read(ctx context.Context, owner string, keys ...string) (records []Record, err error) {
	err = g.do(ctx, func(ctx context.Context) (err error) {
		records, err = g.Store.Read(ctx, owner, keys...)
		return err
	})
	return records, err
}

// List implements Store.
func (g *guard) List(ctx context.Context, owner string, q Query) (records []Record, err error) {
	err = g.do(ctx, func(ctx context.Context) (err error) {
		records, err = g.Store.List(ctx, owner, q)
		return err
	})
	return records, err
}

// Write implements Store.
func (g *guard) Write(ctx context.Context, owner string, b Batch) error {
	return g.do(ctx, func(ctx context.Context) error { return g.Store.Write(ctx, owner, b) })
}

// Glance is Read for a caller who can do without, and waits too short a time to tell whether the store works: a failure says nothing of it.
func (g *guard) Glance(ctx context.Context, owner string, keys ...string) ([]Record, error) {
	if err := g.resting(); err != nil {
		return nil, err
	}
	records, err := g.Store.Read(ctx, owner, keys...)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.works()
	return records, nil
}

// works notes that the store works. It is called with the mutex held.
func (g *guard) works() {
	if g.broken != nil {
		g.broken = nil
		g.changed(nil)
	}
}

// resting is why the store is left alone at the moment; nil where it is not.
func (g *guard) resting() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken != nil && g.now().Before(g.until) {
		return g.broken
	}
	return nil
}

// Available returns why the store is known not to work at the moment; nil where it may.
func (s *Sessions) Available() error { return s.store.resting() }
