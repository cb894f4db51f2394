package redis

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/session/hub"
)

// feed hears what is published and tells those who watch. All share one connection, which is made for the first of them and made again
// whenever it is lost.
type feed struct {
	server  connection
	timeout time.Duration
	pulse   time.Duration // how often the connection is tried where nothing is heard
	channel func(owner, topic string) string
	logger  func() *zap.Logger
	watched hub.Hub
	changed chan struct{} // holds one: what is watched has changed
	begin   func()
	end     context.CancelFunc
	ended   chan struct{}

	mu            sync.Mutex
	subscriptions map[string]*subscription // by channel
	down          bool                     // the connection is lost, and not yet made again
}

func newFeed(c *client) *feed {
	ctx, cancel := context.WithCancel(context.Background())
	f := &feed{
		server: c.connection, timeout: c.timeout, pulse: 10 * time.Second, channel: c.channel, logger: c.logger, end: cancel,
		changed: make(chan struct{}, 1), ended: make(chan struct{}), subscriptions: make(map[string]*subscription),
	}
	f.watched.Changed = func() {
		select {
		case f.changed <- struct{}{}:
		default:
		}
	}
	f.begin = sync.OnceFunc(func() { go f.run(ctx) })
	return f
}

// close gives up the connection.
func (f *feed) close() {
	f.end()
	f.begin() // so that there is an end
	<-f.ended
}

// watch returns when the server has confirmed that it will tell, so that no later write is missed, or when it cannot be asked: those who
// watch are told once when it can.
func (f *feed) watch(ctx context.Context, owner, topic string) <-chan struct{} {
	f.mu.Lock()
	told := f.watched.Watch(ctx, owner, topic)
	if !f.watched.Watched(owner, topic) { // ctx is over
		f.mu.Unlock()
		return told
	}
	s := f.subscription(hub.Topic{Owner: owner, Name: topic})
	f.mu.Unlock()
	f.begin()
	timer := time.NewTimer(f.timeout)
	defer timer.Stop()
	select {
	case <-s.settled:
	case <-ctx.Done():
	case <-timer.C:
		f.mu.Lock()
		s.settle()
		f.mu.Unlock()
	}
	return told
}

// run keeps a connection as long as the feed is there.
func (f *feed) run(ctx context.Context) {
	defer close(f.ended)
	const shortest, longest = 100 * time.Millisecond, 5 * time.Second
	pause := shortest
	for ctx.Err() == nil {
		err := f.listen(ctx)
		if !f.lost() {
			pause = shortest
			if ctx.Err() == nil {
				f.logger().Warn("notifications are interrupted", zap.Error(err))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // no secret: gateways come back one by one
		}
		pause = min(2*pause, longest)
	}
}

// lost notes that the connection is gone and spares everybody the wait for it. It reports whether that was known before.
func (f *feed) lost() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.down
	f.down = true
	for _, s := range f.subscriptions {
		s.asked = false
		s.settle()
	}
	return before
}

var errSilent = errors.New("the server does not answer")

// listen makes a connection, and subscribes on it to what is watched until it is lost.
func (f *feed) listen(ctx context.Context) error {
	server := f.server.Subscribe(ctx)
	var receiver sync.WaitGroup
	defer receiver.Wait()
	defer server.Close()
	var heard atomic.Bool
	heard.Store(true)
	failed := make(chan error, 1)
	receiver.Go(func() { failed <- f.receive(ctx, server, &heard) })
	pulse := time.NewTicker(f.pulse)
	defer pulse.Stop()
	for {
		if err := f.adjust(ctx, server); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.changed:
		case err := <-failed:
			return err
		case <-pulse.C:
			if !heard.Swap(false) {
				return errSilent
			}
			if err := server.Ping(ctx); err != nil {
				return err
			}
		}
	}
}

// adjust brings the subscriptions of the connection in line with what is watched.
func (f *feed) adjust(ctx context.Context, server *goredis.PubSub) error {
	wanted, unwanted := f.difference()
	if len(unwanted) > 0 {
		if err := server.Unsubscribe(ctx, unwanted...); err != nil {
			return err
		}
	}
	if len(wanted) > 0 {
		return server.Subscribe(ctx, wanted...)
	}
	return nil
}

// receive passes on what the server says, until the connection is lost.
func (f *feed) receive(ctx context.Context, server *goredis.PubSub, heard *atomic.Bool) error {
	for {
		message, err := server.Receive(ctx)
		if err != nil {
			return err
		}
		heard.Store(true)
		switch message := message.(type) {
		case *goredis.Subscription:
			if message.Kind == "subscribe" {
				f.confirmed(message.Channel)
			}
		case *goredis.Message:
			f.published(message.Channel)
		}
	}
}
