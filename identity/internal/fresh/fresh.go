// Package fresh keeps a value that expires, such as a token, at hand.
//
// It fetches the next value while the last one is still good, so that nobody waits, and fetches once for all who ask at a time.
package fresh

import (
	"context"
	"sync"
	"time"
)

const (
	// Window is how long before its end a value is replaced, if it lives long enough.
	Window = 5 * time.Minute

	// timeout bounds one fetch, however long those who wait for it would.
	timeout = 30 * time.Second

	// margin is what a request may take to its destination: a value that ends sooner is not handed out.
	margin = 10 * time.Second

	// retry is the pause between attempts to replace a value that is still good.
	retry = 30 * time.Second

	// memory is how long a failure is handed out instead of trying again, where there is no value.
	memory = time.Second
)

// Lease is a value and how long it lasts.
type Lease[T any] struct {
	Value   T
	Expires time.Time // zero: never
	Renew   time.Time // when to look for the next value, if that is before the window opens; zero: no wish
}

// Cache hands out a value as long as it is good. Its zero value is not ready; see New.
type Cache[T any] struct {
	fetch func(context.Context) (Lease[T], error)
	now   func() time.Time

	mu     sync.Mutex
	lease  Lease[T]
	have   bool
	err    error     // what the last fetch ended with
	tried  time.Time // when it ended
	flight *flight[T]
}

// flight is a fetch under way.
type flight[T any] struct {
	done  chan struct{} // closed when value and err are there
	value T
	err   error
}

// New makes a cache of what fetch gets. The context of a fetch belongs to no request. now is the clock, time.Now if nil.
func New[T any](fetch func(context.Context) (Lease[T], error), now func() time.Time) *Cache[T] {
	if now == nil {
		now = time.Now
	}
	return &Cache[T]{fetch: fetch, now: now}
}

// Get returns the value, and waits for one only where there is none that is good. When ctx ends the wait ends, the fetch does not.
func (c *Cache[T]) Get(ctx context.Context) (T, error) {
	c.mu.Lock()
	now := c.now()
	if c.have && (c.lease.Expires.IsZero() || now.Before(c.lease.Expires.Add(-margin))) {
		value := c.lease.Value
		if c.flight == nil && !c.lease.Renew.IsZero() && !now.Before(c.lease.Renew) && !now.Before(c.tried.Add(retry)) {
			c.start()
		}
		c.mu.Unlock()
		return value, nil
	}
	if c.flight == nil && c.err != nil && now.Before(c.tried.Add(memory)) {
		defer c.mu.Unlock()
		var none T
		return none, c.err
	}
	f := c.flight
	if f == nil {
		f = c.start()
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// start begins a fetch. c.mu is held.
func (c *Cache[T]) start() *flight[T] {
	f := &flight[T]{done: make(chan struct{})}
	c.flight = f
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		lease, err := c.fetch(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.err, c.tried, c.flight = err, c.now(), nil
		if err == nil {
			c.lease, c.have = lease, true
			c.lease.Renew = renewal(&lease, c.tried)
		}
		f.value, f.err = lease.Value, err
		close(f.done)
	}()
	return f
}

// renewal is when to look for the next value. The last quarter of a short life is window enough.
func renewal[T any](lease *Lease[T], now time.Time) time.Time {
	if lease.Expires.IsZero() {
		return lease.Renew
	}
	opens := lease.Expires.Add(-min(Window, lease.Expires.Sub(now)/4))
	if !lease.Renew.IsZero() && lease.Renew.Before(opens) {
		return lease.Renew
	}
	return opens
}
