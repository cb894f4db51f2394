package routing

import (
	"slices"

	"github.com/caddy-codex/responses/fault"
)

// fit sorts the choices that a request can be sent to from those that it cannot, and says why it cannot.
//
// A condition that does not hold and a window that is too small keep a target out. That it takes no images does so only where another one
// takes them: else the request goes without.
func fit(choices []Choice, n Needs) (fitting []candidate, left []Result) {
	ordinary := ordinaryWindow(choices)
	seen := n.Images && anySees(choices, n, ordinary)
	fitting = make([]candidate, 0, len(choices))
	for i := range choices {
		c := &choices[i]
		f := c.refuses(n, ordinary)
		if f == nil && seen && c.Can.NoImages {
			f = fault.New(fault.Rejected, "%s takes no images", c.Model)
		}
		if f == nil {
			fitting = append(fitting, candidate{Choice: c, place: i})
			continue
		}
		f.Provider = c.Provider
		left = append(left, Result{Target: c.Target, Fault: f})
	}
	return fitting, left
}

// anySees reports whether there is a choice to which a request can go with its images.
func anySees(choices []Choice, n Needs, ordinary int) bool {
	return slices.ContainsFunc(choices, func(c Choice) bool { return !c.Can.NoImages && c.refuses(n, ordinary) == nil })
}

// refuses says why a target must not get a request, nil where it may.
func (c *Choice) refuses(n Needs, ordinary int) *fault.Fault {
	if c.Can.Window > 0 && n.Context > c.Can.Window {
		return fault.New(fault.ContextLength, "%s has a context window of %d tokens; the request has at least %d", c.Model, c.Can.Window, n.Context)
	}
	for _, condition := range c.Only {
		if !condition.holds(n, ordinary) {
			return fault.New(fault.Rejected, "%s is kept for other requests: only %s", c.Model, condition)
		}
	}
	return nil
}

// ordinaryWindow is the largest known window of the targets that are not kept for large requests, 0 where none is known.
func ordinaryWindow(choices []Choice) int {
	largest := 0
	for i := range choices {
		c := &choices[i]
		if !slices.ContainsFunc(c.Only, func(o Condition) bool { return o.Only == onlyContext }) {
			largest = max(largest, c.Can.Window)
		}
	}
	return largest
}
