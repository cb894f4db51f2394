package routing

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// Exhausted is why an exchange was given up.
type Exhausted struct {
	Results  []Result // of each target that could be asked, in the order in which they were asked, and then of those that could not
	Attempts int
	Soonest  time.Time // when one of them may work again; zero where that is not known

	final *fault.Fault
	now   time.Time
}

// Result is how an exchange went at one target.
type Result struct {
	Target Target
	Tries  int
	Fault  *fault.Fault // the last, or why it was not asked
	Ready  time.Time    // when it may be asked again; zero for never, in this exchange
}

// Exhausted tells why the exchange is given up. Next must have said so.
func (p *Plan) Exhausted(now time.Time) *Exhausted {
	e := &Exhausted{Attempts: p.attempts, final: p.final, now: now}
	for _, i := range p.order {
		r := p.all[i].result(now)
		if !r.Ready.IsZero() && (e.Soonest.IsZero() || r.Ready.Before(e.Soonest)) {
			e.Soonest = r.Ready
		}
		e.Results = append(e.Results, r)
	}
	e.Results = append(e.Results, p.left...)
	return e
}

func (c *candidate) result(now time.Time) Result {
	r := Result{Target: c.Target, Tries: c.tries, Fault: c.fault}
	at, ok := c.readyAt(now, true)
	switch {
	case ok:
		r.Ready = at
	case c.full:
		r.Ready = now.Add(c.fault.RetryAfter)
	}
	if r.Fault == nil || r.Fault.Kind == fault.Unauthorized && ok && at.After(now) && !c.Keys.none() { // which has other keys
		r.Fault = c.held(now)
	}
	return r
}

// held says why a target was not asked at all.
func (c *candidate) held(now time.Time) *fault.Fault {
	f := fault.New(fault.Unavailable, "has not been asked")
	if c.Health.ReadyAt(now, true).After(now) {
		f.Kind, f.Message = fault.Overloaded, "is left alone for a while"+c.said(c.Health.cause())
	}
	if !c.Keys.none() {
		key, ok := c.Keys.NextReady(now)
		held, cause := c.Keys.why(now)
		switch {
		case !ok:
			f = fault.New(fault.Unauthorized, "refused every key%s", c.said(cause))
		case key.After(now) && held.reason == fault.NoCredit:
			f = fault.New(fault.NoCredit, "has no credit or quota left for any key%s", c.said(cause))
			f.Said = held.said
		case key.After(now) && held.reason == fault.NoSuchModel:
			f = fault.New(fault.NoSuchModel, "has the model for no key")
		case key.After(now):
			f = fault.New(fault.RateLimited, "has limited the rate of every key")
		}
	}
	f.Provider = c.Provider
	return f
}

// said adds what the target was heard to say last.
func (c *candidate) said(cause string) string {
	if cause == "" {
		return ""
	}
	return " (it " + strings.TrimRight(strings.TrimPrefix(cause, "provider "+c.Provider+" "), ". ") + ")"
}

// hopes are the kinds of faults by which an exchange of several targets is told, the one for which repeating helps most first, and those
// that are about the request before those that are about the operator's accounts.
var hopes = []fault.Kind{
	fault.RateLimited, fault.Overloaded, fault.Unavailable, fault.TimedOut, fault.Truncated, fault.BadReply, fault.ContextLength,
	fault.Filtered, fault.Rejected, fault.StaleReasoning, fault.NoCredit, fault.Unauthorized, fault.NoSuchModel, fault.Misaddressed,
}

func hope(k fault.Kind) int {
	if i := slices.Index(hopes, k); i >= 0 {
		return i
	}
	return len(hopes)
}

// maxTold bounds how many targets a message names.
const maxTold = 6

// Fault is the one answer to the client: of a single target its own fault, of several the kind that gives most hope, with what each said.
// Its RetryAfter is when one of the targets can be asked again.
func (e *Exhausted) Fault() *fault.Fault {
	if e.final != nil {
		return e.final
	}
	best := e.best()
	if best == nil {
		return fault.New(fault.Internal, "the route has no targets")
	}
	f := *best.Fault
	about := f.Kind == fault.Rejected || f.Kind == fault.ContextLength || f.Kind == fault.Filtered || f.Kind == fault.StaleReasoning
	if len(e.Results) > 1 && !about { // what a provider says of the request is told as it is
		f = fault.Fault{Kind: f.Kind, Message: e.message(), Code: f.Code, Err: f.Err}
	}
	if !e.Soonest.IsZero() {
		f.RetryAfter = max(e.Soonest.Sub(e.now), 0)
		f.Said = slices.ContainsFunc(e.Results, func(r Result) bool { return r.Ready.Equal(e.Soonest) && r.Fault.Said })
	}
	return &f
}

// best finds the result to answer with: among equals one that comes from a provider, and of these the last.
func (e *Exhausted) best() *Result {
	var best *Result
	for i := range e.Results {
		r := &e.Results[i]
		if best == nil || hope(r.Fault.Kind) < hope(best.Fault.Kind) || hope(r.Fault.Kind) == hope(best.Fault.Kind) && r.Tries > 0 {
			best = r
		}
	}
	return best
}

// message tells what each target said, without what might quote the prompt: it goes to logs as well.
func (e *Exhausted) message() string {
	var b strings.Builder
	b.WriteString("none of the " + strconv.Itoa(len(e.Results)) + " targets could serve the request: ")
	for i, r := range e.Results {
		if i == maxTold {
			b.WriteString("; and so on")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(strings.TrimRight(r.Fault.Brief(), ". "))
	}
	return b.String()
}
