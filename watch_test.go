package codexresponses

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/fault"
)

// watched begins an exchange whose attempt has been asked and waits for its provider. The channel is closed when the attempt is cancelled.
func watched(t *testing.T, timeouts Timeouts) (x *exchange, cancelled <-chan struct{}) {
	t.Helper()
	ended := make(chan struct{})
	x = &exchange{handler: &Handler{Heartbeat: caddy.Duration(defaultHeartbeat), now: time.Now}}
	x.record.Start = time.Now()
	x.startWatch(nil)
	t.Cleanup(func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.done = true
		x.watch.Stop()
	})
	x.attempt = &attempt{
		target: target{upstream: &upstream{name: "mock", timeouts: timeouts}}, log: &Attempt{Start: time.Now()}, heardAt: time.Now(),
		sent: make(http.Header), cancel: func() { close(ended) },
	}
	x.watchAttempt(timeouts)
	x.setIdle(true)
	return x, ended
}

// chatter lets the provider be heard each second until the attempt is cancelled.
func chatter(x *exchange, cancelled <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			x.attempt.heard.Store(true)
		case <-cancelled:
			return
		}
	}
}

func TestAnAttemptEndsAtItsTotalWhateverComes(t *testing.T) {
	for _, total := range []time.Duration{7 * time.Second, 10 * time.Minute, 10*time.Minute + 3*time.Second + 7*time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			x, cancelled := watched(t, (&Timeouts{Total: caddy.Duration(total)}).withDefaults(false))
			chatter(x, cancelled)
			if took := time.Since(start); took != total {
				t.Errorf("it took %s", took)
			}
			synctest.Wait()
			if f := x.attempt.expired; f.Kind != fault.TimedOut || f.Brief() != "provider mock took longer than "+total.String() {
				t.Errorf("got %s", f.Brief())
			}
		})
	}
}

func TestAnAttemptThatWaitsForItsClientIsNotEndedBeforeItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		x, cancelled := watched(t, (&Timeouts{Total: caddy.Duration(time.Minute)}).withDefaults(false))
		x.setIdle(false)
		select {
		case <-cancelled:
			t.Fatalf("it was cancelled after %s", time.Since(start))
		case <-time.After(2 * time.Minute):
		}
		x.setIdle(true)
		<-cancelled
		if late := time.Since(start) - 2*time.Minute; late > defaultHeartbeat {
			t.Errorf("it was cancelled %s later", late)
		}
	})
}

func TestAnAttemptWithoutATotalLastsAsLongAsSomethingComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, cancelled := watched(t, (*Timeouts)(nil).withDefaults(false))
		for range 24 * 60 {
			select {
			case <-time.After(time.Minute):
				x.attempt.heard.Store(true)
			case <-cancelled:
				t.Fatal("it was cancelled")
			}
		}
	})
}

func TestTheFirstEventMayTakeLongerOfALocalServer(t *testing.T) {
	for preset, want := range map[string]time.Duration{"ollama": 5 * time.Minute, "vllm": 5 * time.Minute, "deepseek": 2 * time.Minute, "none": 2 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			p := &Provider{Name: preset}
			_, cancelled := watched(t, p.Timeouts.withDefaults(p.local()))
			<-cancelled
			if took := time.Since(start); took < want || took > want+defaultHeartbeat {
				t.Errorf("%s had %s", preset, took)
			}
		})
	}
}
