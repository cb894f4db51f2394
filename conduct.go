package codexresponses

import (
	"cmp"
	"math/rand/v2"

	"github.com/caddy-codex/responses/routing"
)

// conduct is how a route goes about its targets.
type conduct struct {
	policy   routing.Policy
	balancer *routing.Balancer
	budget   routing.Budget
	sticks   bool          // threads stay where they are served
	given    []RouteTarget // its targets, as configured
}

// setConduct reads how routes go about their targets. What a route does not say of retries the handler says, also for models that no route
// covers.
func (rt *router) setConduct(routes []*Route, retry *Retry) {
	rt.conducts = map[string]*conduct{"": {budget: retry.budget(), sticks: true}}
	for _, r := range routes {
		rt.conducts[r.Pattern] = &conduct{
			policy: r.Policy, balancer: routing.NewBalancer(r.Policy, rand.Float64), budget: cmp.Or(r.Retry, retry).budget(),
			sticks: r.Sticky != "off", given: r.Targets,
		}
	}
}
