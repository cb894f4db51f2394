package codexresponses

import (
	"fmt"
	"io"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/fault"
)

// Timeouts bound how long a provider may keep silent.
type Timeouts struct {
	// FirstEvent is how long the first byte of a reply may take. Models that think long before they say anything need it long. Default: 5m
	FirstEvent caddy.Duration `json:"first_event,omitempty"`

	// Idle is how long a reply may pause. Any byte ends a pause, also one of a comment that only says the provider is alive. Default: 5m
	Idle caddy.Duration `json:"idle,omitempty"`
}

const (
	defaultFirstEvent = 5 * time.Minute
	defaultIdle       = 5 * time.Minute
)

// withDefaults fills in what the configuration leaves open. The receiver may be nil.
func (t *Timeouts) withDefaults() Timeouts {
	full := Timeouts{FirstEvent: caddy.Duration(defaultFirstEvent), Idle: caddy.Duration(defaultIdle)}
	if t != nil && t.FirstEvent > 0 {
		full.FirstEvent = t.FirstEvent
	}
	if t != nil && t.Idle > 0 {
		full.Idle = t.Idle
	}
	return full
}

// beater is a payload whose reply is a stream that can be kept alive.
type beater interface {
	// beat tells the client that the exchange is alive, unless there is nothing more to say. It begins the reply if need be.
	beat(c *client)
}

// startWatch keeps an eye on an exchange in which nothing happens.
//
// It lets the client hear something whenever it has heard nothing for the configured time, also before the reply has begun: the head goes
// out then, so that nothing between client and gateway gives up. And it ends an attempt whose provider keeps silent for too long.
//
// It takes a timer and no goroutine of its own: when the timer fires while the exchange waits for its upstream, the timer acts. b is nil
// for a reply that cannot be kept alive.
func (x *exchange) startWatch(b beater) {
	x.lastWrite = x.record.Start
	x.mu.Lock()
	defer x.mu.Unlock()
	x.pace = time.Duration(x.handler.Heartbeat)
	x.watch = time.AfterFunc(x.pace, func() { x.tick(b) })
}

// watchAttempt looks as often as an attempt's timeouts need.
func (x *exchange) watchAttempt(t Timeouts) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.watch == nil {
		return
	}
	const looks = 8 // within a timeout
	x.pace = min(time.Duration(x.handler.Heartbeat), time.Duration(min(t.FirstEvent, t.Idle))/looks)
	x.watch.Reset(x.pace)
}

// tick does what is due and sets the timer to what is due next.
func (x *exchange) tick(b beater) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done {
		return
	}
	next := x.pace
	if x.idle {
		now := x.handler.now()
		if b != nil {
			next = min(next, x.keepAlive(b, now))
		}
		x.attempt.expire(now)
	}
	x.watch.Reset(next)
}

// keepAlive writes to a client that has heard nothing for long, and returns when to look again.
func (x *exchange) keepAlive(b beater, now time.Time) time.Duration {
	interval := time.Duration(x.handler.Heartbeat)
	if silent := now.Sub(x.lastWrite); silent < interval {
		return interval - silent
	}
	b.beat(x.client)
	x.lastWrite = now
	return interval
}

// expire cancels an attempt whose provider has kept silent for too long.
func (a *attempt) expire(now time.Time) {
	limit := time.Duration(a.upstream.timeouts.FirstEvent)
	switch {
	case a.sent == nil:
		a.heardAt = now // it has not been asked yet
	case a.heard.Swap(false):
		a.heardAt = now
		a.replying = true
	}
	if a.replying {
		limit = time.Duration(a.upstream.timeouts.Idle)
	}
	if silent := now.Sub(a.heardAt); silent >= limit && a.expired == nil {
		a.expired = fault.New(fault.TimedOut, "sent nothing for %s", silent.Round(time.Millisecond))
		a.expired.Provider = a.upstream.name
		a.cancel()
	}
}

// restart makes the time run anew, for another request of the attempt. The watch must not be looking.
func (a *attempt) restart(now time.Time) {
	a.heard.Store(false)
	a.heardAt, a.replying = now, false
}

// listening reads a provider's reply and notes for the watch that something came.
type listening struct {
	io.Reader
	attempt *attempt
}

func (l listening) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.attempt.heard.Store(true)
	}
	return n, err
}

// setIdle marks the time during which the exchange waits for its upstream and touches neither the reply nor the client. When
// setIdle(false) returns, the watch is not writing and will not.
func (x *exchange) setIdle(idle bool) {
	x.mu.Lock()
	x.idle = idle
	x.mu.Unlock()
}

func (t *Timeouts) check() error {
	if t != nil && (t.FirstEvent < 0 || t.Idle < 0) {
		return fmt.Errorf("a timeout is negative")
	}
	return nil
}
