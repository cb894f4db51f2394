package session

import (
	"context"
	"hash/maphash"
)

// turns let those of this process who change one and the same thing do so one after the other. Others may still be faster, for they are
// in other processes; but those are few, and with hundreds who all begin anew whenever one was faster most would give up.
type turns struct {
	seed  maphash.Seed
	queue [256]chan struct{} // by the hash of the name; who waits in vain for another of the same hash does not wait for long
}

func newTurns() *turns {
	t := &turns{seed: maphash.MakeSeed()}
	for i := range t.queue {
		t.queue[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the turn. The error is that of a context that has ended.
func (t *turns) take(ctx context.Context, name string) (release func(), err error) {
	queue := t.queue[maphash.String(t.seed, name)%uint64(len(t.queue))]
	select {
	case queue <- struct{}{}:
		return func() { <-queue }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
