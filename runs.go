package codexresponses

import (
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// stopPatience is how long a gateway that stops waits for its runs to say so.
const stopPatience = 3 * time.Second

// runs are those of a handler that go on, also when its configuration is replaced.
type runs struct {
	mu      sync.Mutex
	active  map[*run]struct{}
	release func() // to be called when the last one has ended; nil before the handler is cleaned up

	released chan struct{} // closed when it has been called
}

func (rs *runs) add(r *run) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.active == nil {
		rs.active = make(map[*run]struct{})
	}
	rs.active[r] = struct{}{}
}

// replaced are the runs of handlers that have been cleaned up: they are to be told as well when the process ends.
var replaced sync.Map // of *runs

func (rs *runs) remove(r *run) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.active, r)
	if len(rs.active) == 0 && rs.release != nil {
		rs.release()
		rs.release = nil
		replaced.Delete(rs)
	}
}

// leave calls release when no run needs the handler any more: at once, or when the last one has ended. Where the process ends, the runs
// are told to, and get a moment to say so.
func (rs *runs) leave(release func()) {
	rs.mu.Lock()
	if len(rs.active) == 0 {
		rs.mu.Unlock()
		release()
		if caddy.Exiting() {
			stopAll()
		}
		return
	}
	rs.released = make(chan struct{})
	rs.release = func() { release(); close(rs.released) }
	rs.mu.Unlock()
	replaced.Store(rs, nil)
	if caddy.Exiting() {
		stopAll()
	}
}

// stopAll stops the runs of all handlers that have been cleaned up, and waits for a moment until they have said so.
func stopAll() {
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	late := false
	replaced.Range(func(key, _ any) bool {
		key.(*runs).stop() //nolint:forcetypeassert // there is nothing else
		return true
	})
	replaced.Range(func(key, _ any) bool {
		select {
		case <-key.(*runs).released: //nolint:forcetypeassert // there is nothing else
		case <-timer.C:
			late = true
		}
		return !late
	})
}

// stop tells the runs that the process ends.
func (rs *runs) stop() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for r := range rs.active {
		r.cancel(errStopped)
	}
}
