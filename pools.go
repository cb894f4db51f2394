package codexresponses

import (
	"time"

	"github.com/caddy-codex/responses/routing"
)

// poolID is whose keys a pool has: those of a route for a provider, or without a route the provider's own.
type poolID struct{ route, provider string }

// makePools makes the pools of keys. A provider for which no key is configured, and that may be sent the client's, has none.
func (rt *router) makePools(routes []*Route, forwards bool, now time.Time) {
	rt.pools = make(map[poolID]*routing.Pool)
	for _, u := range rt.upstreams {
		if keys := rt.keysOf(u); len(keys) > 0 || !forwards {
			rt.pools[poolID{"", u.name}] = knownTargets.Pool(u.known, keys, now)
		}
	}
	for _, route := range routes {
		keys := rt.routeKeys[route.Pattern]
		if len(keys) == 0 {
			continue
		}
		for _, t := range route.Targets {
			rt.pools[poolID{route.Pattern, t.Provider}] = knownTargets.Pool(rt.byName[t.Provider].known, keys, now)
		}
	}
}

// pool is that of a route's keys for a provider, or of the provider's own; nil where the key is the client's.
func (rt *router) pool(route string, u *upstream) *routing.Pool {
	if pool, ok := rt.pools[poolID{route, u.name}]; ok {
		return pool
	}
	return rt.pools[poolID{"", u.name}]
}
