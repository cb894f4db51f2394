package codexresponses

import "time"

// beater is a payload whose reply is a stream that can be kept alive.
type beater interface {
	// beat returns bytes that tell the client that the exchange is alive, nil where there is nothing more to say. It begins the reply
	// if need be.
	beat() []byte
}

// startHeartbeat lets the client hear something whenever it has heard nothing for the configured time, also before the reply has begun:
// the head goes out then, so that nothing between client and gateway gives up.
//
// It takes a timer and no goroutine of its own: when the timer fires while the exchange waits for its upstream, the timer writes.
func (x *exchange) startHeartbeat(b beater) {
	interval := time.Duration(x.handler.Heartbeat)
	x.lastWrite = x.record.Start
	x.mu.Lock()
	defer x.mu.Unlock()
	x.heartbeat = time.AfterFunc(interval, func() { x.tick(b, interval) })
}

func (x *exchange) tick(b beater, interval time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done {
		return
	}
	next := interval
	if x.idle {
		now := x.handler.now()
		if silent := now.Sub(x.lastWrite); silent >= interval {
			if frame := b.beat(); frame != nil {
				x.client.send(frame)
			}
			x.lastWrite = now
		} else {
			next = interval - silent
		}
	}
	x.heartbeat.Reset(next)
}

// setIdle marks the time during which the exchange waits for its upstream and touches neither the reply nor the client. When
// setIdle(false) returns, the heartbeat is not writing and will not.
func (x *exchange) setIdle(idle bool) {
	x.mu.Lock()
	x.idle = idle
	x.mu.Unlock()
}
