package codexresponses

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/routing"
)

// gateWait is how long an exchange waits before a bound for one of those that run to end.
const gateWait = 5 * time.Second

// makeGates makes the bounds of the gateway, which is known by where it is and by its providers, and those of the providers. Who runs under an
// earlier configuration with the same bound counts on.
func (rt *router) makeGates(basePath string, all *Bound, providers []*Provider, now time.Time) {
	gateway := []string{basePath}
	for i, u := range rt.upstreams {
		gateway = append(gateway, u.known)
		u.gate = knownTargets.Gate(u.known, providers[i].MaxConcurrent.limits(gateWait), now)
	}
	rt.gate = knownTargets.Gate(strings.Join(gateway, "\n"), all.limits(gateWait), now)
}

// admit passes the gate of the gateway. The exchange leaves it when it finishes.
func (x *exchange) admit() *fault.Fault {
	f := x.enter(x.handler.router.gate)
	x.admitted = f == nil
	if f != nil {
		_ = http.NewResponseController(x.client.ResponseWriter).SetReadDeadline(time.Now().Add(gateWait)) // not every writer can
		_, _ = io.CopyN(io.Discard, x.request.Body, politeness)
	}
	return f
}

// politeness is how much is listened to of a request that is refused, because HTTP/1 clients send before they listen. None of it is kept.
const politeness = 8 << 20

// enter passes a gate. The fault is that it is full, or that the client has gone meanwhile.
func (x *exchange) enter(g *routing.Gate) *fault.Fault {
	x.setIdle(true)
	defer x.setIdle(false)
	err := g.Enter(x.request.Context())
	switch {
	case err == nil:
		return nil
	case errors.Is(err, routing.ErrFull), errors.Is(err, routing.ErrWaited):
		f := fault.New(fault.Overloaded, "the gateway has %v", err)
		f.RetryAfter = time.Second
		return f
	default:
		return clientGone()
	}
}
