package codexresponses

import (
	"slices"
	"strings"

	"github.com/caddy-codex/responses/catalog"
	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/glob"
	"github.com/caddy-codex/responses/routing"
)

// target is a provider and an upstream model, with the keys to use there.
type target struct {
	upstream *upstream
	model    string
	keys     []string
	pool     *routing.Pool // of the keys; nil where the key is the client's own
	key      routing.Key   // that an attempt has picked of them

	weight int
	only   []routing.Condition
}

// router finds the targets for a model name.
type router struct {
	upstreams []*upstream
	byName    map[string]*upstream
	table     *routing.Table
	routeKeys map[string][]string // by pattern
	gate      *routing.Gate
	pools     map[poolID]*routing.Pool
	conducts  map[string]*conduct // by pattern; without one for what no route covers
	keys      []string            // for providers that have none
	fallback  string              // the model for names that nobody knows; empty for none
}

// plan is what serves a model name.
type plan struct {
	*conduct
	route   string
	targets []target
}

// longestModel is the most bytes of a name that is looked at: names that clients make up are remembered for a while, and logged.
const longestModel = 256

// plan finds the targets for a name: those of the name itself, else those of the fallback model.
func (rt *router) plan(model string) (*plan, *fault.Fault) {
	if len(model) > longestModel {
		f := fault.New(fault.Invalid, "the name of the model has %d bytes; it may have %d", len(model), longestModel)
		f.Param = "model"
		return nil, f
	}
	p := rt.find(model)
	if p == nil && rt.fallback != "" {
		p = rt.find(rt.fallback)
	}
	if p == nil {
		return nil, fault.New(fault.UnknownModel, "no model is called %q here; %s", model, rt.offers())
	}
	return p, nil
}

// find finds the targets: a route for the very name, else provider/model, else a route whose pattern covers the name, else a provider
// that has the model by what we know, else the only provider, else one that has it by its own word. It returns nil where there are none.
func (rt *router) find(model string) *plan {
	if route, ok := rt.table.Exact(model); ok {
		return rt.routed(route, model)
	}
	if name, upstreamModel, ok := strings.Cut(model, "/"); ok && rt.byName[name] != nil && upstreamModel != "" {
		return rt.direct(rt.target(routing.Target{Provider: name, Model: upstreamModel}, model, ""))
	}
	if route, ok := rt.table.Lookup(model); ok {
		return rt.routed(route, model)
	}
	for _, u := range rt.upstreams {
		if u.knows(model) || len(rt.upstreams) == 1 && len(rt.table.Patterns()) == 0 {
			return rt.direct(rt.target(routing.Target{Provider: u.name}, model, ""))
		}
	}
	for _, u := range rt.upstreams {
		if u.lists(model) {
			return rt.direct(rt.target(routing.Target{Provider: u.name}, model, ""))
		}
	}
	return nil
}

// direct is the plan for a model that no route covers.
func (rt *router) direct(t target) *plan {
	return &plan{conduct: rt.conducts[""], targets: []target{t}}
}

func (rt *router) routed(route *routing.Route, model string) *plan {
	p := &plan{conduct: rt.conducts[route.Pattern], route: route.Pattern, targets: make([]target, 0, len(route.Targets))}
	for i, t := range route.Targets {
		target := rt.target(t, model, route.Pattern)
		target.weight, target.only = p.given[i].Weight, p.given[i].Only
		p.targets = append(p.targets, target)
	}
	return p
}

// target completes what a route says: without a model, the client's name is the provider's to interpret. A named one may also be one of
// the provider's model lines.
func (rt *router) target(t routing.Target, model, route string) target {
	u := rt.byName[t.Provider]
	out := target{upstream: u, keys: rt.routeKeys[route], pool: rt.pool(route, u)}
	switch mapped, ok := u.models[t.Model]; {
	case t.Model == "":
		out.model = u.model(model)
	case ok:
		out.model = mapped
	default:
		out.model = t.Model
	}
	if len(out.keys) == 0 {
		out.keys = rt.keysOf(u)
	}
	return out
}

// keysOf are the keys for a provider where no route has others.
func (rt *router) keysOf(u *upstream) []string {
	if len(u.keys) == 0 {
		return rt.keys
	}
	return u.keys
}

// offers says what clients may ask for.
func (rt *router) offers() string {
	if names := rt.names(); len(names) > 0 {
		return "there are " + strings.Join(names, ", ")
	}
	return "no route and no list of a provider names one; " + rt.upstreams[0].name + "/<model> is a model of that provider"
}

// maxNames bounds how many names an error lists.
const maxNames = 40

// names lists what clients may ask for.
func (rt *router) names() []string {
	names := slices.Clone(rt.table.Patterns())
	for _, entry := range rt.entries() {
		if !slices.Contains(names, entry.Slug) {
			names = append(names, entry.Slug)
		}
	}
	if len(names) > maxNames {
		names = append(names[:maxNames], "...")
	}
	return names
}

// entries are the models that GET /models lists, under the names by which they can be asked for.
func (rt *router) entries() []catalog.Entry {
	var entries []catalog.Entry
	add := func(slug string, t target) {
		entries = append(entries, catalog.Entry{Slug: slug, Provider: t.upstream.title, Model: t.upstream.describe(t.model)})
	}
	for _, pattern := range rt.table.Patterns() {
		if !glob.Wild(pattern) {
			if p := rt.find(pattern); p != nil {
				add(pattern, p.targets[0])
			}
		}
	}
	for _, u := range rt.upstreams {
		for _, name := range u.listed() {
			direct := rt.target(routing.Target{Provider: u.name, Model: name}, name, "")
			slug := u.name + "/" + name
			if p := rt.find(name); p != nil && p.targets[0].upstream == u && p.targets[0].model == direct.model {
				slug = name
			}
			add(slug, direct)
		}
	}
	return entries
}
