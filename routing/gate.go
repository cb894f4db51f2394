package routing

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// Limits bound how many exchanges run at once.
type Limits struct {
	Active int           // at once; 0 for any number
	Queued int           // waiting behind them; 0 for none
	Wait   time.Duration // how long one of these waits at the most; 0 for as long as its context lasts
}

// Why a gate lets nobody in.
var (
	// ErrFull means that as many run as may, and as many wait as may.
	ErrFull = errors.New("too many requests at once")

	// ErrWaited means that the wait took too long.
	ErrWaited = errors.New("too many requests at once, and none ended in time")
)

// Gate bounds how many exchanges run at once. Those beyond it wait in a short queue, first come, first served. The zero value lets everyone
// in. It is safe for use by several goroutines.
type Gate struct {
	mu     sync.Mutex
	limits Limits
	active int
	queue  list.List // of chan struct{}, which are closed for those that are let in
}

// Enter waits to be let in, and fails with ErrFull at once, with ErrWaited, or with the error of the context. Who is let in must Leave.
func (g *Gate) Enter(ctx context.Context) error {
	g.mu.Lock()
	if g.open() { // then nobody waits
		g.active++
		g.mu.Unlock()
		return nil
	}
	if g.queue.Len() >= g.limits.Queued {
		g.mu.Unlock()
		return ErrFull
	}
	in := make(chan struct{})
	place := g.queue.PushBack(in)
	wait := g.limits.Wait
	g.mu.Unlock()

	var late <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		late = timer.C
	}
	var err error
	select {
	case <-in:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-late:
		err = ErrWaited
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-in: // meanwhile
		if errors.Is(err, ErrWaited) {
			return nil
		}
		g.leave()
	default:
		g.queue.Remove(place)
	}
	return err
}

// Leave makes room for the next one.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave()
}

func (g *Gate) leave() {
	g.active--
	g.admit()
}

// admit lets in who waits, as far as there is room.
func (g *Gate) admit() {
	for g.open() && g.queue.Len() > 0 {
		in := g.queue.Remove(g.queue.Front()).(chan struct{})
		g.active++
		close(in)
	}
}

func (g *Gate) open() bool { return g.limits.Active <= 0 || g.active < g.limits.Active }

func (g *Gate) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.active == 0 && g.queue.Len() == 0
}
