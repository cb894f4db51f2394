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

// subscription is the wish to hear of a topic.
type subscription struct {
	topic   hub.Topic
	asked   bool          // the server has been asked, on the present connection
	settled chan struct{} // closed when the server has confirmed it, or is found not to be able to
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

// subscription returns the one of a topic. The lock is held.
func (f *feed) subscription(topic hub.Topic) *subscription {
	channel := f.channel(topic.Owner, topic.Name)
	s := f.subscriptions[channel]
	if s == nil {
		s = &subscription{topic: topic, settled: make(chan struct{})}
		f.subscriptions[channel] = s
		if f.down {
			s.settle()
		}
	}
	return s
}

func (s *subscription) isSettled() bool {
	select {
	case <-s.settled:
		return true
	default:
		return false
	}
}

func (s *subscription) settle() {
	if !s.isSettled() {
		close(s.settled)
	}
}

// run keeps a connection as long as the feed is there.
func (f *feed) run(ctx context.Context) {
	defer close(f.ended)
	const shortest, longest = 100 * time.Millisecond, 5 * time.Second
	pause := shortest
	for ctx.Err() == nil {
		err := f.connection(ctx)
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

// connection makes a connection, and subscribes on it to what is watched until it is lost.
func (f *feed) connection(ctx context.Context) error {
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

// difference is what the server must be asked for and what it must not send any more.
func (f *feed) difference() (wanted, unwanted []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	watched := make(map[string]bool)
	for _, topic := range f.watched.Topics() {
		watched[f.channel(topic.Owner, topic.Name)] = true
		f.subscription(topic)
	}
	for channel, s := range f.subscriptions {
		switch {
		case !watched[channel]:
			delete(f.subscriptions, channel)
			if s.asked {
				unwanted = append(unwanted, channel)
			}
		case !s.asked:
			s.asked = true
			wanted = append(wanted, channel)
		}
	}
	return wanted, unwanted
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

// confirmed is called for each subscription that the server has made.
func (f *feed) confirmed(channel string) {
	f.mu.Lock()
	if f.down {
		f.down = false
		f.logger().Info("notifications are back")
	}
	s := f.subscriptions[channel]
	missed := s != nil && s.isSettled() // nobody waited for it: something may have been written before
	if s != nil {
		s.settle()
	}
	f.mu.Unlock()
	if missed {
		f.watched.Notify(s.topic.Owner, s.topic.Name)
	}
}

// published is called for each write of a topic.
func (f *feed) published(channel string) {
	f.mu.Lock()
	s := f.subscriptions[channel]
	f.mu.Unlock()
	if s != nil {
		f.watched.Notify(s.topic.Owner, s.topic.Name)
	}
}
