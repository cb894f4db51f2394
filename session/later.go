package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrInUse says that another process has a store that only one can have at a time.
var ErrInUse = errors.New("another process has the store")

// Later is a store that is opened again when it is needed, where it could not be opened before: beside a server that runs, a configuration
// can still be validated, or the process that is about to end be replaced.
type Later struct {
	backend Backend

	mu     sync.Mutex
	store  Store // nil while it is not open
	closed bool
}

// NewLater returns the store of a backend. Open opens it.
func NewLater(backend Backend) *Later { return &Later{backend: backend} }

// Open opens the store unless it is open.
func (l *Later) Open() error {
	_, err := l.opened()
	return err
}

func (l *Later) opened() (Store, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return nil, errors.New("the store has been closed")
	case l.store != nil:
		return l.store, nil
	}
	store, err := l.backend.Open()
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	l.store = store
	return store, nil
}

// Read implements Store.
func (l *Later) Read(ctx context.Context, owner string, keys ...string) ([]Record, error) {
	store, err := l.opened()
	if err != nil {
		return nil, err
	}
	return store.Read(ctx, owner, keys...)
}

// List implements Store.
func (l *Later) List(ctx context.Context, owner string, q Query) ([]Record, error) {
	store, err := l.opened()
	if err != nil {
		return nil, err
	}
	return store.List(ctx, owner, q)
}

// Write implements Store.
func (l *Later) Write(ctx context.Context, owner string, b Batch) error {
	store, err := l.opened()
	if err != nil {
		return err
	}
	return store.Write(ctx, owner, b)
}

// Watch implements Store. The channel of a store that cannot be opened is never sent to.
func (l *Later) Watch(ctx context.Context, owner, topic string) <-chan struct{} {
	store, err := l.opened()
	if err != nil {
		return nil
	}
	return store.Watch(ctx, owner, topic)
}

// Close implements Store.
func (l *Later) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.store == nil {
		return nil
	}
	return l.store.Close()
}

// Exclusive implements the interface of that name.
func (l *Later) Exclusive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return exclusive(l.store)
}

// Shared implements the interface of that name.
func (l *Later) Shared() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return shared(l.store)
}

// exclusive reports whether a store belongs to one process.
func exclusive(store Store) bool {
	e, ok := store.(Exclusive)
	return ok && e.Exclusive()
}
