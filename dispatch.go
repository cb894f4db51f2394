package codexresponses

import (
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/routing"
)

// knownTargets is what is known about keys and targets. It lives as long as the process: a reload changes nothing about providers.
var knownTargets routing.Registry

// run asks the targets of a model, by the route's policy and within its budget, until one serves the client.
func (x *exchange) run(model string) error {
	plan, f := x.handler.router.plan(model)
	if f == nil || f.Kind == fault.UnknownModel {
		x.record.Model = model
	}
	if f != nil {
		return x.fail(f)
	}
	x.record.Route = plan.route
	x.thread = x.threadOf(plan)
	x.plan = routing.NewPlan(x.setup(plan), x.handler.now())
	defer x.plan.Close()
	for {
		switch step := x.plan.Next(x.handler.now()); step.Do {
		case routing.Try:
			target := plan.targets[step.Choice]
			target.key = step.Key
			switch f := x.attend(target); {
			case f == nil:
				return nil
			case f.Kind == fault.ClientGone:
				return x.fail(f)
			}
		case routing.Wait:
			if f := x.wait(step); f != nil {
				return x.fail(f)
			}
		case routing.Stop:
			return x.body.giveUp(x, x.exhausted())
		}
	}
}

// exhausted is the one answer where nothing could be done within the budget.
func (x *exchange) exhausted() *fault.Fault {
	e := x.plan.Exhausted(x.handler.now())
	f := e.Fault()
	told := slices.ContainsFunc(e.Results, func(r routing.Result) bool { return r.Ready.Equal(e.Soonest) && r.Fault.RetryAfter > 0 })
	if f.RetryAfter < time.Second && !told { // which is no more than our own pace
		f.RetryAfter = 0
	}
	return f
}

// setup is what the plan of the exchange is made from.
func (x *exchange) setup(plan *plan) routing.Setup {
	now := x.handler.now()
	s := routing.Setup{
		Balancer: plan.balancer, Budget: plan.budget, Needs: x.needs(plan), Notify: x.handler.changed, Choices: make([]routing.Choice, len(plan.targets)),
	}
	for i := range plan.targets {
		t := &plan.targets[i]
		name := routing.Target{Provider: t.upstream.name, Model: t.model}
		limited := t.model
		if x.counts() {
			limited = "input_tokens of " + t.model // for which providers have limits of their own
		}
		s.Choices[i] = routing.Choice{
			Target: name, Weight: t.weight, Only: t.only, Price: plan.price(t, s.Needs),
			Keys: t.pool.For(limited), Health: knownTargets.Health(t.upstream.known, name, now),
		}
		if len(plan.targets) > 1 {
			s.Choices[i].Can = t.can()
		}
	}
	if x.counts() {
		s.Budget.Within = 1 // an estimate at once is worth more than a number that is waited for
	}
	s.Sticky = x.handler.threads.find(x.request.Context(), x.thread)
	return s
}

// needs is what the request needs of a target. Where there is one target only, for all requests, nobody asks.
func (x *exchange) needs(plan *plan) routing.Needs {
	if len(plan.targets) == 1 && len(plan.targets[0].only) == 0 {
		return routing.Needs{}
	}
	return x.body.needs()
}

// can is what the target can do.
func (t *target) can() routing.Can {
	d, err := t.upstream.dialect(t.model)
	if err != nil {
		return routing.Can{}
	}
	return routing.Can{Window: t.window(d), NoImages: d.Images == "none"}
}

// counts reports whether the exchange only asks how many tokens a request has. How that goes says nothing of a target.
func (x *exchange) counts() bool {
	_, ok := x.body.(*inputTokens)
	return ok
}

// attend makes attempts at a target, if it takes one more. It returns why it has not served the client, of which the plan knows then.
func (x *exchange) attend(t target) *fault.Fault {
	if f := x.enter(t.upstream.gate); f != nil {
		x.plan.Full()
		return f
	}
	defer t.upstream.gate.Leave()
	if !x.plan.Stands(x.handler.now()) {
		return fault.New(fault.Overloaded, "must not be asked any more") // which the plan knows
	}
	f := x.body.serve(x, t)
	if f == nil {
		return nil
	}
	if x.counts() && !routing.AboutKey(f) {
		x.plan.Skip(f)
	} else {
		x.plan.Failed(f, false, x.handler.now())
	}
	if f.Kind != fault.ClientGone {
		x.warn(f)
	}
	return f
}

// warn tells the operator why the last attempt has failed.
func (x *exchange) warn(f *fault.Fault) {
	last := x.record.Last()
	x.handler.logger.Warn("attempt failed", zap.String("request_id", x.record.ID), zap.String("provider", last.Provider),
		zap.String("model", last.Model), zap.String("key", last.Key), zap.String("cause", f.Brief()))
}

// wait waits until something can be tried. The client hears heartbeats meanwhile.
func (x *exchange) wait(step routing.Step) *fault.Fault {
	x.setIdle(true)
	defer x.setIdle(false)
	timer := time.NewTimer(step.Until.Sub(x.handler.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-x.request.Context().Done():
		return clientGone()
	}
}

// served tells the plan that the beginning of an answer is there, and where the thread is served from now on.
func (x *exchange) served(a *attempt) {
	if x.counts() {
		return
	}
	now := x.handler.now()
	first := now
	if at := x.record.FirstEvent; at.After(a.log.Start) { // which is earlier where the reply has been read to its end
		first = at
	}
	x.plan.Answered(first.Sub(a.log.Start), now)
	if place, ok := x.plan.Place(); ok {
		x.handler.threads.stay(x.thread, place)
	}
}

// settled tells the plan how the reply has ended.
func (x *exchange) settled(a *attempt) {
	if x.counts() {
		return
	}
	f := a.broken
	if f == nil && x.request.Context().Err() != nil {
		f = clientGone()
	}
	x.plan.Ended(int(x.record.Usage.Output), f, x.handler.now())
}
