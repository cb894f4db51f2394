package codexresponses

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/routing"
)

const (
	routeForm = "route <pattern> <provider>[/<model>]... { ... }"
	toForm    = "to <provider>[/<model>]... [weight <n>] [only <condition>]..."
	retryForm = "retry [within <duration>] [attempts <n>]"
	boundForm = "max_concurrent <n> [queue <n>]"
)

// routePosition is where a route stands, and each of its targets.
type routePosition struct {
	position
	targets []targetPosition
}

type targetPosition struct {
	position
	form string // of the line, where the target may be a setting that is misspelt
}

// check finds what is wrong with a route, at the line that is wrong.
func (at *routePosition) check(c *Config, i int) error {
	route := c.Routes[i]
	for j, target := range at.targets {
		err := c.checkTarget(route, j)
		if err != nil && target.form != "" && c.provider(route.Targets[j].Provider) == nil {
			err = fmt.Errorf("%w; the form is: %s", err, target.form)
		}
		if err != nil {
			return target.wrap(err)
		}
	}
	return at.wrap(c.checkRoute(i))
}

// route reads a route.
func (p *parser) route() error {
	at := routePosition{position: p.position()}
	args := p.RemainingArgs()
	if len(args) == 0 {
		return badForm(p.Dispenser, routeForm)
	}
	if slices.ContainsFunc(args[1:], isTargetWord) {
		return p.Errf("weight and only are for the lines of a route's block; the form is: %s", toForm)
	}
	route := &Route{Pattern: args[0]}
	if err := p.targets(route, &at, args[1:]); err != nil {
		return err
	}
	given := make(given)
	for nesting := p.Nesting(); p.NextBlock(nesting); {
		if err := given.once(p.Dispenser, "to", "key"); err != nil {
			return err
		}
		if err := p.routeSubdirective(route, &at); err != nil {
			return err
		}
	}
	p.handler.Routes = append(p.handler.Routes, route)
	p.routes = append(p.routes, at)
	return nil
}

func (p *parser) routeSubdirective(route *Route, at *routePosition) error {
	switch name := p.Val(); name {
	case "to":
		return p.to(route, at)
	case "key":
		return p.secrets(&route.Keys, "key")
	case "policy":
		return p.choice((*string)(&route.Policy), "policy first|round_robin|weighted|least_busy|fastest|cheapest", checkPolicy)
	case "retry":
		retry, err := readRetry(p.RemainingArgs())
		if err != nil {
			return p.WrapErr(err)
		}
		route.Retry = retry
	case "sticky":
		return p.choice(&route.Sticky, "sticky on|off", checkSticky)
	default:
		return p.Errf("unrecognized subdirective %s; a route takes to, key, policy, retry and sticky", name)
	}
	return nil
}

func checkPolicy(name string) error {
	_, err := routing.ParsePolicy(name)
	return err
}

// isTargetWord reports whether a word ends the names of targets.
func isTargetWord(word string) bool { return word == "weight" || word == "only" }

// to reads targets, and what follows the name of one.
func (p *parser) to(route *Route, at *routePosition) error {
	words := p.RemainingArgs()
	end := slices.IndexFunc(words, isTargetWord)
	if end < 0 {
		end = len(words)
	}
	names, settings := words[:end], words[end:]
	switch {
	case len(names) == 0:
		return badForm(p.Dispenser, toForm)
	case len(names) > 1 && len(settings) > 0:
		return p.Errf("%s is for one target, not for %s; give each a line of its own", settings[0], strings.Join(names, " and "))
	}
	if err := p.targets(route, at, names); err != nil {
		return err
	}
	for i := range names[1:] {
		at.targets[len(at.targets)-1-i].form = toForm
	}
	target := &route.Targets[len(route.Targets)-1]
	for len(settings) > 0 {
		name, rest := settings[0], settings[1:]
		end := slices.IndexFunc(rest, isTargetWord)
		if end < 0 {
			end = len(rest)
		}
		if err := target.set(name, rest[:end]); err != nil {
			return p.WrapErr(err)
		}
		settings = rest[end:]
	}
	return nil
}

func (p *parser) targets(route *Route, at *routePosition, texts []string) error {
	for _, text := range texts {
		target, err := routing.ParseTarget(text)
		if err != nil {
			return p.WrapErr(err)
		}
		at.targets = append(at.targets, targetPosition{position: p.position()})
		route.Targets = append(route.Targets, RouteTarget{Target: target})
	}
	return nil
}

// set takes one of a target's settings.
func (t *RouteTarget) set(name string, args []string) error {
	if name == "only" {
		condition, err := routing.ParseCondition(args)
		if err != nil {
			return err
		}
		t.Only = append(t.Only, condition)
		return nil
	}
	if len(args) != 1 {
		return fmt.Errorf("wrong number of arguments; the form is: %s", toForm)
	}
	if t.Weight != 0 {
		return errors.New("weight is given twice")
	}
	var err error
	t.Weight, err = readCount("weight", args[0], 1, maxWeight)
	return err
}

// readRetry reads pairs of a name and a value.
func readRetry(args []string) (*Retry, error) {
	if len(args) == 0 || len(args)%2 != 0 {
		return nil, fmt.Errorf("wrong number of arguments; the form is: %s", retryForm)
	}
	retry, given := new(Retry), make(given)
	for pair := range slices.Chunk(args, 2) {
		if given[pair[0]] {
			return nil, fmt.Errorf("%s is given twice", pair[0])
		}
		given[pair[0]] = true
		switch name, value := pair[0], pair[1]; name {
		case "within":
			within, err := caddy.ParseDuration(value)
			if err != nil || within <= 0 {
				return nil, fmt.Errorf("within %s is not a duration above zero, such as 60s; attempts 1 is no retry", value)
			}
			retry.Within = caddy.Duration(within)
		case "attempts":
			var err error
			if retry.Attempts, err = readCount(name, value, 1, maxAttempts); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("retry takes within and attempts, not %s; the form is: %s", name, retryForm)
		}
	}
	return retry, nil
}

// readBound reads the arguments of max_concurrent.
func readBound(args []string) (*Bound, error) {
	if len(args) != 1 && (len(args) != 3 || args[1] != "queue") {
		return nil, fmt.Errorf("wrong arguments; the form is: %s", boundForm)
	}
	active, err := readCount("max_concurrent", args[0], 1, maxBound)
	if err != nil || len(args) == 1 {
		return &Bound{Active: active}, err
	}
	queued, err := readCount("queue", args[2], 0, maxBound)
	if queued == 0 {
		queued = -1
	}
	return &Bound{Active: active, Queued: queued}, err
}
