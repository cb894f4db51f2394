package codexresponses

import (
	"io"
	"time"

	"github.com/caddy-codex/responses/fault"
)

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
	if t.Total > 0 {
		x.pace = min(x.pace, time.Duration(t.Total))
	}
	x.watch.Reset(min(x.pace, x.beatIn(x.handler.now())))
}

// beatIn is how long the client may still hear nothing. The exchange must not be writing to it.
func (x *exchange) beatIn(now time.Time) time.Duration {
	return max(time.Duration(x.handler.Heartbeat)-now.Sub(x.lastWrite), 0)
}

// busyPace is how often the watch looks at the least where it finds that the exchange is at work, for it does not know then when the client
// has heard something last.
const busyPace = time.Second

// tick does what is due and sets the timer to what is due next.
func (x *exchange) tick(b beater) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done {
		return
	}
	next := min(x.pace, busyPace)
	if x.idle {
		next = x.pace
		now := x.handler.now()
		if b != nil {
			next = min(next, x.keepAlive(b, now))
		}
		if x.attempt != nil {
			next = x.attempt.expire(now, next)
		}
	}
	x.watch.Reset(next)
}

// keepAlive writes to a client that has heard nothing for long, and returns when to look again.
func (x *exchange) keepAlive(b beater, now time.Time) time.Duration {
	if left := x.beatIn(now); left > 0 {
		return left
	}
	b.beat(x.client)
	x.lastWrite = now
	return time.Duration(x.handler.Heartbeat)
}

// expire cancels an attempt whose provider has kept silent for too long, or that takes too long in all. It returns when to look again, next
// at the latest.
func (a *attempt) expire(now time.Time, next time.Duration) time.Duration {
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
	if silent := now.Sub(a.heardAt); silent >= limit {
		a.giveUp("sent nothing for %s", silent.Round(time.Millisecond))
	}
	total := time.Duration(a.upstream.timeouts.Total)
	if total <= 0 || a.sent == nil || a.expired != nil {
		return next
	}
	left := total - now.Sub(a.log.Start)
	if left <= 0 {
		a.giveUp("took longer than %s", total)
		return next
	}
	return min(next, left)
}

// giveUp ends the attempt because its time has run out.
func (a *attempt) giveUp(format string, limit time.Duration) {
	if a.expired != nil {
		return
	}
	a.expired = fault.New(fault.TimedOut, format, limit)
	a.expired.Provider = a.upstream.name
	a.cancel()
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
