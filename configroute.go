package codexresponses

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/routing"
)

// Route is a pattern of model names and the targets that serve them.
type Route struct {
	// Pattern is a model name, or a pattern with * and ?. The most specific one wins.
	Pattern string `json:"pattern"`

	// Targets serve the models. Those that cannot take a request are passed over.
	Targets []RouteTarget `json:"targets"`

	// Keys are used instead of the provider's. Each is a placeholder such as {env.NAME} or {file./path}.
	Keys []string `json:"keys,omitempty"`

	// Policy is in which order the targets are asked: first (as they are given), round_robin (each in its turn), weighted (as often as its
	// weight says), least_busy (the one with the fewest requests under way), fastest (by the time to the first token, and tokens per second)
	// or cheapest (by what the request may cost: its prompt and a typical reply; targets without a known price come behind). Targets that
	// rest come last. Default: first
	Policy routing.Policy `json:"policy,omitempty"`

	// Retry bounds what an exchange does about failures.
	Retry *Retry `json:"retry,omitempty"`

	// Sticky says whether a thread stays with the target and the key that have served it, as long as they work, because its prompt is in
	// the cache there: on or off. Gateways that share a store share that. Default: on
	Sticky string `json:"sticky,omitempty"`
}

// RouteTarget is a target of a route.
type RouteTarget struct {
	routing.Target

	// Weight is the target's share of the requests, from 1 to 1000, where the policy is weighted or least_busy. Default: 1
	Weight int `json:"weight,omitempty"`

	// Only keeps the target for requests for which all of these conditions hold. Default: none, so it takes any
	Only []routing.Condition `json:"only,omitempty"`
}

// Retry bounds what an exchange does about failures.
type Retry struct {
	// Within is how long after its beginning an exchange waits for something that is out, or asks a target again. A target that it has not
	// asked yet is asked even later. Default: 60s
	Within caddy.Duration `json:"within,omitempty"`

	// Attempts is how often it asks in all; 1 is no retry. Default: 6
	Attempts int `json:"attempts,omitempty"`
}

// maxAttempts bounds attempts: more is a slip of the pen.
const maxAttempts = 100

// budget is the same for a plan, which knows the defaults. The receiver may be nil.
func (r *Retry) budget() routing.Budget {
	if r == nil {
		return routing.Budget{}
	}
	return routing.Budget{Within: time.Duration(r.Within), Attempts: r.Attempts}
}

func (r *Retry) check() error {
	switch {
	case r == nil:
		return nil
	case r.Within < 0:
		return errors.New("retry: within is negative")
	case r.Attempts < 0 || r.Attempts > maxAttempts:
		return fmt.Errorf("retry: attempts is a number from 1 to %d, not %d", maxAttempts, r.Attempts)
	}
	return nil
}

// table is the route as the table of routes has it.
func (r *Route) table() routing.Route {
	route := routing.Route{Pattern: r.Pattern, Targets: make([]routing.Target, len(r.Targets))}
	for i := range r.Targets {
		route.Targets[i] = r.Targets[i].Target
	}
	return route
}

// checkRoute finds what is wrong with a route, alone and among the others.
func (c *Config) checkRoute(i int) error {
	r := c.Routes[i]
	if r == nil || r.Pattern == "" {
		return errors.New("a route has no pattern")
	}
	if len(r.Targets) == 0 {
		return fmt.Errorf("route %s has no target; name a provider, or a provider and its model as provider/model", r.Pattern)
	}
	for _, earlier := range c.Routes[:i] {
		if earlier.Pattern == r.Pattern {
			return fmt.Errorf("two routes have the pattern %q; one route can have several targets", r.Pattern)
		}
	}
	for i := range r.Targets {
		if err := c.checkTarget(r, i); err != nil {
			return err
		}
	}
	if err := r.check(); err != nil {
		return fmt.Errorf("route %s: %w", r.Pattern, err)
	}
	return nil
}

// checkTarget finds what is wrong with a target, alone and among those before it.
func (c *Config) checkTarget(r *Route, i int) error {
	t := &r.Targets[i]
	if c.provider(t.Provider) == nil {
		return fmt.Errorf("route %s leads to the provider %q, which is not configured; the providers are: %s",
			r.Pattern, t.Provider, strings.Join(c.providerNames(), ", "))
	}
	if err := r.checkTarget(t); err != nil {
		return fmt.Errorf("route %s: target %s: %w", r.Pattern, t, err)
	}
	for j := range r.Targets[:i] {
		if r.Targets[j].same(t) {
			return fmt.Errorf("route %s: target %s is given twice with the same conditions", r.Pattern, t)
		}
	}
	return nil
}

// check finds what is wrong with the route's own settings.
func (r *Route) check() error {
	if _, err := routing.ParsePolicy(string(r.Policy)); err != nil {
		return err
	}
	if !slices.ContainsFunc(r.Targets, func(t RouteTarget) bool { return !t.waitsForLarge() }) {
		return errors.New("all targets are only for more context than the others have; one has to be for the others, or only context needs a number of tokens")
	}
	if err := r.Retry.check(); err != nil {
		return err
	}
	if err := checkSticky(r.Sticky); err != nil {
		return err
	}
	return checkKeys(r.Keys)
}

// maxWeight bounds weights: more is a slip of the pen.
const maxWeight = 1000

func (r *Route) checkTarget(t *RouteTarget) error {
	switch {
	case t.Weight < 0 || t.Weight > maxWeight:
		return fmt.Errorf("weight %d is not a number from 1 to %d", t.Weight, maxWeight)
	case t.Weight > 0 && r.Policy != routing.Weighted && r.Policy != routing.LeastBusy:
		return fmt.Errorf("weight is for the policies %s and %s; add policy %[1]s to the route", routing.Weighted, routing.LeastBusy)
	}
	for i, condition := range t.Only {
		if err := condition.Validate(); err != nil {
			return err
		}
		if slices.ContainsFunc(t.Only[:i], func(c routing.Condition) bool { return c.Only == condition.Only }) {
			return fmt.Errorf("only %s is given twice", condition.Only)
		}
	}
	return nil
}

// same reports whether two targets are one, for the same requests.
func (t *RouteTarget) same(other *RouteTarget) bool {
	return t.Target == other.Target && slices.Equal(t.conditions(), other.conditions())
}

// conditions are the target's, in an order of their own.
func (t *RouteTarget) conditions() []string {
	texts := make([]string, len(t.Only))
	for i, condition := range t.Only {
		texts[i] = condition.String()
	}
	slices.Sort(texts)
	return texts
}

// waitsForLarge reports whether the target is kept for requests that are too large for the others.
func (t *RouteTarget) waitsForLarge() bool {
	return slices.ContainsFunc(t.Only, func(c routing.Condition) bool { return c.Only == "context" && c.Tokens == 0 })
}

// String is the target as it is written in a Caddyfile.
func (t *RouteTarget) String() string {
	if t.Model == "" {
		return t.Provider
	}
	return t.Provider + "/" + t.Model
}

func checkSticky(value string) error {
	if value == "" || value == "on" || value == "off" {
		return nil
	}
	return fmt.Errorf("sticky is one of on, off, not %q", value)
}
