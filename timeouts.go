package codexresponses

import (
	"cmp"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Timeouts bound how long a provider may take.
type Timeouts struct {
	// Connect is how long dialing the provider may take, and then the TLS handshake. A configured transport of the reverse proxy has
	// settings of its own for that, and none of this. Default: 5s
	Connect caddy.Duration `json:"connect,omitempty"`

	// FirstEvent is how long the first byte of a reply may take. Models that think long before they say anything need it long. Default: 5m
	// for providers with the preset of a local server, which may have to load the model first, 2m for others
	FirstEvent caddy.Duration `json:"first_event,omitempty"`

	// Idle is how long a reply may pause. Any byte ends a pause, also one of a comment that only says the provider is alive. Default: 5m
	Idle caddy.Duration `json:"idle,omitempty"`

	// Total is how long an attempt may take from its beginning to the end of the reply, whatever comes meanwhile. Default: no bound
	Total caddy.Duration `json:"total,omitempty"`
}

const (
	defaultConnect         = 5 * time.Second
	defaultFirstEvent      = 2 * time.Minute
	defaultFirstEventLocal = 5 * time.Minute
	defaultIdle            = 5 * time.Minute
)

// withDefaults fills in what the configuration leaves open. The receiver may be nil.
func (t *Timeouts) withDefaults(local bool) Timeouts {
	var full Timeouts
	if t != nil {
		full = *t
	}
	firstEvent := defaultFirstEvent
	if local {
		firstEvent = defaultFirstEventLocal
	}
	full.Connect = cmp.Or(full.Connect, caddy.Duration(defaultConnect))
	full.FirstEvent = cmp.Or(full.FirstEvent, caddy.Duration(firstEvent))
	full.Idle = cmp.Or(full.Idle, caddy.Duration(defaultIdle))
	return full
}

func (t *Timeouts) check() error {
	if t == nil {
		return nil
	}
	for _, timeout := range []struct {
		name  string
		value caddy.Duration
	}{{"connect", t.Connect}, {"first_event", t.FirstEvent}, {"idle", t.Idle}, {"total", t.Total}} {
		if timeout.value < 0 {
			return fmt.Errorf("timeouts: %s is negative", timeout.name)
		}
	}
	return nil
}
