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
}

func (rs *runs) add(r *run) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.active == nil {
		rs.active = make(map[*run]struct{})
	}
	rs.active[r] = struct{}{}
}

func (rs *runs) remove(r *run) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.active, r)
	if len(rs.active) == 0 && rs.release != nil {
		rs.release()
		rs.release = nil
	}
}

// leave calls release when no run needs the handler any more: at once, or when the last one has ended. Where the process ends, the runs
// are told to, and get a moment to say so.
func (rs *runs) leave(release func()) {
	rs.mu.Lock()
	if len(rs.active) == 0 {
		rs.mu.Unlock()
		release()
		return
	}
	released := make(chan struct{})
	rs.release = func() { release(); close(released) }
	if !caddy.Exiting() {
		rs.mu.Unlock()
		return
	}
	for r := range rs.active {
		r.cancel(errStopped)
	}
	rs.mu.Unlock()
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-released:
	case <-timer.C:
	}
}
