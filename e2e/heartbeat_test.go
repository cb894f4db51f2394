package e2e

import (
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Codex gives up on a stream without an event within this time; the provider keeps silent for longer than that.
const (
	impatience = "stream_idle_timeout_ms = 1000\nrequest_max_retries = 0\nstream_max_retries = 0"
	silence    = 2500 * time.Millisecond
)

// TestSilenceOfTheProvider takes real time, as the clock is that of Codex.
func TestSilenceOfTheProvider(t *testing.T) {
	for name, test := range map[string]struct {
		hold      func(upstreamtest.Reply, <-chan struct{}) upstreamtest.Reply
		heartbeat string
		survives  bool
	}{
		"before the reply":                       {upstreamtest.Reply.HoldHeader, "heartbeat 100ms", true},
		"amid the reply":                         {upstreamtest.Reply.Hold, "heartbeat 100ms", true},
		"amid the reply with too rare heartbeat": {upstreamtest.Reply.Hold, "heartbeat 1h", false},
	} {
		t.Run(name, func(t *testing.T) {
			step := make(chan struct{})
			reply := upstreamtest.Stream(upstreamtest.Text("Hel"), upstreamtest.Text("lo."), upstreamtest.Finish("stop"))
			provider := upstreamtest.New(t, test.hold(reply, step))
			c := newCodex(t, gateway(t, provider, test.heartbeat), settings{provider: impatience})

			p := c.start(prompt, "-m", model)
			provider.Request(0)
			time.AfterFunc(silence, func() { close(step) })
			r := p.wait()

			if test.survives {
				r.answers("Hello.").silent()
			} else {
				mentions(t, r.fails(), "idle timeout")
			}
		})
	}
}

func TestInterruptReachesTheProvider(t *testing.T) {
	provider := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hel")).Hang())
	c := newCodex(t, gateway(t, provider), settings{})

	p := c.start(prompt, "-m", model)
	provider.Request(0)
	p.interrupt()
	p.wait()

	provider.WaitClosed()
}
