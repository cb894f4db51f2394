package codexresponses

import (
	"context"
	"sync"
	"time"

	"github.com/caddy-codex/responses/routing"
)

// news is what a handler has to tell other gateways of its threads: where each is served now. Requests do not wait for it. One goroutine
// tells it, which is there as long as there is any, so a store that is slow is written to no faster than it takes.
type news struct {
	tell func(context.Context, thread, routing.Place)
	ctx  context.Context
	stop context.CancelFunc

	mu      sync.Mutex
	waiting map[thread]routing.Place // of a thread the newest place alone
	ended   chan struct{}            // closed when the goroutine has ended; nil where there is none
	closed  bool
}

const (
	// mostNews bounds how many threads wait. Of others nobody is told until they are served again.
	mostNews = 1024
	// lastNews is how long what waits may take when the handler is not needed any more.
	lastNews = time.Second
)

func newNews(tell func(context.Context, thread, routing.Place)) *news {
	n := &news{tell: tell, waiting: make(map[thread]routing.Place)}
	n.ctx, n.stop = context.WithCancel(context.Background())
	return n
}

// add has others told of a place.
func (n *news) add(th thread, place routing.Place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, waits := n.waiting[th]; n.closed || len(n.waiting) >= mostNews && !waits {
		return
	}
	n.waiting[th] = place
	if n.ended == nil {
		n.ended = make(chan struct{})
		go n.run(n.ended)
	}
}

func (n *news) run(ended chan struct{}) {
	defer close(ended)
	for {
		th, place, ok := n.next()
		if !ok {
			return
		}
		n.tell(n.ctx, th, place)
	}
}

// next takes one of those that wait. Without any the goroutine ends.
func (n *news) next() (thread, routing.Place, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for th, place := range n.waiting {
		delete(n.waiting, th)
		return th, place, true
	}
	n.ended = nil
	return thread{}, routing.Place{}, false
}

// close returns when the goroutine has ended: when all is told, or what could not be told in a moment is given up.
func (n *news) close() {
	n.mu.Lock()
	n.closed = true
	ended := n.ended
	n.mu.Unlock()
	defer n.stop()
	if ended == nil {
		return
	}
	timer := time.NewTimer(lastNews)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		n.stop()
		<-ended
	}
}
