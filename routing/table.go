// Package routing decides which targets serve a model name, in which order, with which keys, and what to do when one fails.
//
// A Table finds the route. A Plan leads one exchange through the targets of that route: it goes by what Pool knows about keys and Health
// about targets, which a Registry keeps over reloads, by the Balancer's policy, and by where Sticky says that the thread has been. A Gate
// bounds how many run at once.
//
// It sends nothing and does not wait; time comes in as an argument. Of requests it knows only what they need.
package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/internal/glob"
)

// Target is a provider and, where it is named, an upstream model.
type Target struct {
	Provider string `json:"provider"`
	Model    string `json:"model,omitempty"`
}

// ParseTarget reads provider or provider/model. The model may have slashes of its own.
func ParseTarget(text string) (Target, error) {
	provider, model, slash := strings.Cut(text, "/")
	if provider == "" || slash && model == "" {
		return Target{}, fmt.Errorf("target %q is not of the form provider or provider/model", text)
	}
	return Target{Provider: provider, Model: model}, nil
}

// Route is a pattern of model names and the targets that serve them, in order of preference.
type Route struct {
	Pattern string
	Targets []Target
}

// Table holds routes, the most specific first.
type Table struct {
	exact    map[string]*Route
	patterns []*Route
	order    []string
}

// NewTable makes a table. Two routes with one pattern are an error.
func NewTable(routes []Route) (*Table, error) {
	t := &Table{exact: make(map[string]*Route)}
	for i := range routes {
		r := &routes[i]
		if slices.Contains(t.order, r.Pattern) {
			return nil, fmt.Errorf("two routes have the pattern %q", r.Pattern)
		}
		t.order = append(t.order, r.Pattern)
		if glob.Wild(r.Pattern) {
			t.patterns = append(t.patterns, r)
		} else {
			t.exact[r.Pattern] = r
		}
	}
	slices.SortStableFunc(t.patterns, func(a, b *Route) int {
		return cmp.Or(cmp.Compare(literals(b.Pattern), literals(a.Pattern)), cmp.Compare(stars(a.Pattern), stars(b.Pattern)))
	})
	return t, nil
}

// Patterns lists the patterns in the order in which they were given.
func (t *Table) Patterns() []string { return t.order }

// Exact returns the route whose pattern is the model name itself.
func (t *Table) Exact(model string) (*Route, bool) {
	r, ok := t.exact[model]
	return r, ok
}

// Lookup returns the route for a model name: the one that is the name itself, else of the patterns that cover it the one with the most
// characters that are no wildcards, then the one with fewer stars, then the earlier one.
func (t *Table) Lookup(model string) (*Route, bool) {
	if r, ok := t.Exact(model); ok {
		return r, true
	}
	for _, r := range t.patterns {
		if glob.Match(r.Pattern, model) {
			return r, true
		}
	}
	return nil, false
}

// literals counts the characters that are no wildcards.
func literals(pattern string) int {
	return len(pattern) - stars(pattern) - strings.Count(pattern, "?")
}

func stars(pattern string) int { return strings.Count(pattern, "*") }
