package fault

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed classes.json
var classesJSON []byte

// class is one rule of classes.json. A report belongs to the first class of which a code or a text matches, and which is open to the
// answer's status.
type class struct {
	Kind     string   `json:"kind"`
	Statuses []int    `json:"statuses,omitempty"` // the only ones; 0 is an error inside a reply that began as a success
	Except   []int    `json:"except,omitempty"`   // all but these
	Codes    []string `json:"codes,omitempty"`    // values of code or type, in lower case
	Texts    []string `json:"texts,omitempty"`    // regular expressions over the message, in which … is a character of the same sentence

	kind     Kind
	patterns []*regexp.Regexp
}

var kindNames = map[string]Kind{
	"context_length": ContextLength,
	"no_credit":      NoCredit,
	"unauthorized":   Unauthorized,
	"no_such_model":  NoSuchModel,
	"rate_limited":   RateLimited,
	"overloaded":     Overloaded,
	"unavailable":    Unavailable,
	"timed_out":      TimedOut,
	"filtered":       Filtered,
	"rejected":       Rejected,

	"stale_reasoning": StaleReasoning,
}

var classes = sync.OnceValue(func() []class {
	var all []class
	if err := json.Unmarshal(classesJSON, &all); err != nil {
		panic("fault: reading classes.json: " + err.Error())
	}
	for i := range all {
		kind, ok := kindNames[all[i].Kind]
		if !ok {
			panic("fault: classes.json names an unknown kind: " + all[i].Kind)
		}
		all[i].kind = kind
		for _, text := range all[i].Texts {
			text = strings.ReplaceAll(text, "…", `[^.]|\.\S`)
			all[i].patterns = append(all[i].patterns, regexp.MustCompile("(?i)"+text))
		}
	}
	return all
})

func (c *class) holds(status int, r report) bool {
	if len(c.Statuses) > 0 && !slices.Contains(c.Statuses, status) || slices.Contains(c.Except, status) {
		return false
	}
	if slices.Contains(c.Codes, strings.ToLower(r.code)) || slices.Contains(c.Codes, strings.ToLower(r.typ)) {
		return true
	}
	return slices.ContainsFunc(c.patterns, func(p *regexp.Regexp) bool { return p.MatchString(r.message) })
}

// classify says what kind of fault a report is: by its codes and texts, else by the status alone.
func classify(status int, r report) Kind {
	for _, c := range classes() {
		if c.holds(status, r) {
			return c.kind
		}
	}
	switch status {
	case 401, 403:
		if r.markup { // of a proxy or a firewall before the API, which knows nothing of its keys
			return Misaddressed
		}
		return Unauthorized
	case 402:
		return NoCredit
	case 408, 504:
		return TimedOut
	case 429:
		return RateLimited
	case 498, 503, 529:
		return Overloaded
	}
	switch {
	case r.page && (status == 404 || status == 405):
		return Misaddressed
	case status >= 400 && status < 500:
		return Rejected
	}
	return Unavailable
}
