package session_test

import (
	"context"
	"sync"

	"github.com/caddy-codex/responses/session"
)

// spy counts what a store is asked, keeps the batches, and fails or blocks where it is told to.
type spy struct {
	session.Store
	exclusive bool
	shared    bool

	mu      sync.Mutex
	asked   int
	reads   int
	batches []session.Batch
	broken  func(ctx context.Context) error // nil for a store that works
}

func (s *spy) ask(ctx context.Context) error {
	s.mu.Lock()
	s.asked++
	broken := s.broken
	s.mu.Unlock()
	if broken == nil {
		return nil
	}
	return broken(ctx)
}

func (s *spy) breakBy(broken func(ctx context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *spy) Read(ctx context.Context, owner string, keys ...string) ([]session.Record, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	return s.Store.Read(ctx, owner, keys...)
}

func (s *spy) List(ctx context.Context, owner string, q session.Query) ([]session.Record, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, owner, q)
}

func (s *spy) Write(ctx context.Context, owner string, b session.Batch) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	s.batches = append(s.batches, b)
	s.mu.Unlock()
	return s.Store.Write(ctx, owner, b)
}

func (s *spy) Exclusive() bool { return s.exclusive }
func (s *spy) Shared() bool    { return s.shared }

// readsOf counts the reads that do makes.
func (s *spy) readsOf(do func()) int {
	s.mu.Lock()
	before := s.reads
	s.mu.Unlock()
	do()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads - before
}

// touches counts the records that the last batch keeps for longer.
func (s *spy) touches() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, change := range s.batches[len(s.batches)-1].Changes {
		if change.Op == session.Touch {
			n++
		}
	}
	return n
}
