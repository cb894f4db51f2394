package codexresponses

import (
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
)

const (
	// leavePatience is how long the responses of a connection have for their end when the connection is to end.
	leavePatience = 10 * time.Minute
	// exitPatience is the same where the process ends.
	exitPatience = 5 * time.Second
	// closePatience is how long a connection then takes to close.
	closePatience = 6 * time.Second
)

// sockets are the connections of a handler. Caddy does not know of them: they have been taken over from its server, which neither waits for
// them nor closes them.
type sockets struct {
	mu      sync.Mutex
	open    map[*socket]struct{}
	left    bool   // the handler has been cleaned up
	release func() // to be called when the last one has ended; nil before left
}

// add notes a connection. False where the handler has been cleaned up already.
func (ss *sockets) add(s *socket) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.left {
		return false
	}
	if ss.open == nil {
		ss.open = make(map[*socket]struct{})
	}
	ss.open[s] = struct{}{}
	return true
}

// remove forgets a connection.
func (ss *sockets) remove(s *socket) {
	ss.mu.Lock()
	delete(ss.open, s)
	ss.mu.Unlock()
	ss.settle(false)
}

// settle calls release when no connection is left, or at all events. It is called once.
func (ss *sockets) settle(now bool) {
	ss.mu.Lock()
	release := ss.release
	if release == nil || len(ss.open) > 0 && !now {
		ss.mu.Unlock()
		return
	}
	ss.release = nil
	ss.mu.Unlock()
	release()
}

// leave ends all connections, those with responses that run when these have ended, and then calls release. Where the process ends, it
// returns when that is done, or took too long.
func (ss *sockets) leave(release func()) {
	patience := leavePatience
	if caddy.Exiting() {
		patience = exitPatience
	}
	released := make(chan struct{})
	ss.mu.Lock()
	ss.left = true
	ss.release = func() { release(); close(released) }
	for s := range ss.open {
		s.leave <- patience
	}
	ss.mu.Unlock()
	ss.settle(false)
	if !caddy.Exiting() {
		return
	}
	late := time.NewTimer(exitPatience + closePatience)
	defer late.Stop()
	select {
	case <-released:
	case <-late.C:
		ss.settle(true)
	}
}
