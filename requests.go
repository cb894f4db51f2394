package codexresponses

import (
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// requests are those that a handler is serving. Caddy cleans a handler up while some still are: they go on with the former configuration,
// and need what that has until they end.
type requests struct {
	mu      sync.Mutex
	count   int
	release func() // to be called when the last one has ended; nil before the handler is cleaned up
}

// enter notes a request that begins. What it returns is to be called when it has ended.
func (rs *requests) enter() (leave func()) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.count++
	return rs.left
}

func (rs *requests) left() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.count--
	if rs.count == 0 && rs.release != nil {
		go rs.release() // which the client need not wait for
		rs.release = nil
	}
}

// leave calls release when no request needs the handler any more: at once, or when the last one has ended. Where the process ends Caddy has
// waited for them as long as it is told to.
func (rs *requests) leave(release func()) {
	rs.mu.Lock()
	if rs.count > 0 && !caddy.Exiting() {
		rs.release = release
		rs.mu.Unlock()
		return
	}
	rs.mu.Unlock()
	release()
}
