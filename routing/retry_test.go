package routing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// script is what happens to an exchange: the fault of each attempt; nil for an answer.
type script []*fault.Fault

// play runs an exchange and tells what it did: "a/1" for an attempt at target a with its first key, "+2s" for a wait.
func play(t *testing.T, s Setup, faults script) (did []string, p *Plan, now time.Time) {
	t.Helper()
	if s.Random == nil {
		s.Random = func() float64 { return 0 }
	}
	now = noon
	p = NewPlan(s, now)
	var waited time.Duration
	for range 1000 {
		step := p.Next(now)
		if step.Do != Wait && waited > 0 {
			did = append(did, "+"+waited.String())
			waited = 0
		}
		switch step.Do {
		case Stop:
			p.Close()
			return did, p, now
		case Wait:
			if !step.Until.After(now) {
				t.Fatalf("a wait until %v at %v", step.Until.Sub(noon), now.Sub(noon))
			}
			waited += step.Until.Sub(now)
			now = step.Until
		case Try:
			did = append(did, s.Choices[step.Choice].Provider+"/"+step.Key.Secret.Reveal())
			if len(faults) == 0 {
				t.Fatalf("there is one attempt too many: %v", did)
			}
			f := faults[0]
			faults = faults[1:]
			if f == nil {
				p.Answered(time.Second, now)
				p.Ended(100, nil, now.Add(time.Second))
				continue
			}
			p.Failed(f, false, now)
		}
	}
	t.Fatal("it does not end")
	return nil, nil, now
}

func TestExchangesGoOnAfterFaults(t *testing.T) {
	limited := func(d time.Duration) *fault.Fault { return failing(fault.RateLimited, d) }
	down, refused, bad := failing(fault.Unavailable, 0), failing(fault.Unauthorized, 0), failing(fault.Rejected, 0)
	poor, long := failing(fault.NoCredit, 0), failing(fault.ContextLength, 0)
	lasting := failing(fault.Unavailable, 0)
	lasting.Lasting = true
	tests := map[string]struct {
		keys    [][]string // of each target; nil for the client's own
		windows []int
		budget  Budget
		faults  script
		want    string
	}{
		"what works needs one attempt":                     {keys: [][]string{{"1", "2"}, {"1"}}, faults: script{nil}, want: "a/1"},
		"a limited key makes room for the next key":        {keys: [][]string{{"1", "2"}, {"1"}}, faults: script{limited(time.Second), nil}, want: "a/1 a/2"},
		"limited keys make room for the next target":       {keys: [][]string{{"1", "2"}, {"1"}}, faults: script{limited(time.Second), limited(time.Second), nil}, want: "a/1 a/2 b/1"},
		"a refused key is out":                             {keys: [][]string{{"1", "2"}}, faults: script{refused, limited(time.Second), nil}, want: "a/1 a/2 +1s a/2"},
		"what would fail again is asked elsewhere":         {keys: [][]string{{"1"}, {"1"}}, faults: script{lasting, nil}, want: "a/1 b/1"},
		"what would fail again is not repeated":            {keys: [][]string{{"1", "2"}}, faults: script{lasting}, want: "a/1"},
		"refused keys end it":                              {keys: [][]string{{"1", "2"}}, faults: script{refused, refused}, want: "a/1 a/2"},
		"the want of a key ends it":                        {keys: [][]string{{""}}, faults: script{refused}, want: "a/"},
		"a client's key that is refused ends it":           {keys: [][]string{nil}, faults: script{refused}, want: "a/"},
		"a client's key without credit ends it":            {keys: [][]string{nil}, faults: script{poor}, want: "a/"},
		"a client's key that is limited waits":             {keys: [][]string{nil}, faults: script{limited(3 * time.Second), limited(0), nil}, want: "a/ +3s a/ +2s a/"},
		"F21 one key waits as long as it is told":          {keys: [][]string{{"1"}}, faults: script{limited(7 * time.Second), nil}, want: "a/1 +7s a/1"},
		"one key waits longer and longer":                  {keys: [][]string{{"1"}}, faults: script{limited(0), limited(0), limited(0), nil}, want: "a/1 +1s a/1 +2s a/1 +4s a/1"},
		"the key that is ready first is waited for":        {keys: [][]string{{"1", "2"}, {"1"}}, faults: script{limited(9 * time.Second), limited(4 * time.Second), limited(6 * time.Second), nil}, want: "a/1 a/2 b/1 +4s a/2"},
		"F103 a wait beyond the budget is none":            {keys: [][]string{{"1"}}, faults: script{limited(61 * time.Second)}, want: "a/1"},
		"the budget may be smaller":                        {keys: [][]string{{"1"}}, budget: Budget{Within: 5 * time.Second}, faults: script{limited(6 * time.Second)}, want: "a/1"},
		"an account without credit makes room":             {keys: [][]string{{"1"}, {"1"}}, faults: script{poor, nil}, want: "a/1 b/1"},
		"a target that is down makes room":                 {keys: [][]string{{"1", "2"}, {"1"}}, faults: script{down, nil}, want: "a/1 b/1"},
		"a lone target is asked again, and rests":          {keys: [][]string{{"1"}}, faults: script{down, down, down, down, nil}, want: "a/1 +50ms a/1 +50ms a/1 +5s a/1 +5s a/1"},
		"two targets that are down take turns":             {keys: [][]string{{"1"}, {"1"}}, faults: script{down, down, nil}, want: "a/1 b/1 +50ms a/1"},
		"attempts are bounded":                             {keys: [][]string{{"1"}}, budget: Budget{Attempts: 2}, faults: script{down, down}, want: "a/1 +50ms a/1"},
		"a target that names a time is left alone so long": {keys: [][]string{{"1"}}, faults: script{failing(fault.Overloaded, 20*time.Second), nil}, want: "a/1 +20s a/1"},
		"a request that one refuses may please another":    {keys: [][]string{{"1", "2"}, {"1"}}, faults: script{bad, nil}, want: "a/1 b/1"},
		"a request that all refuse ends it":                {keys: [][]string{{"1", "2"}, {"1"}}, faults: script{bad, bad}, want: "a/1 b/1"},
		"a conflict is repeated":                           {keys: [][]string{{"1"}}, faults: script{{Kind: fault.Rejected, Status: 409}, nil}, want: "a/1 +50ms a/1"},
		"the client's mistake ends it":                     {keys: [][]string{{"1"}, {"1"}}, faults: script{failing(fault.Invalid, 0)}, want: "a/1"},
		"a client that is gone ends it":                    {keys: [][]string{{"1"}, {"1"}}, faults: script{failing(fault.ClientGone, 0)}, want: "a/1"},
		"F102 an overflow goes to a larger model":          {keys: [][]string{{"1"}, {"1"}, {"1"}}, windows: []int{200, 100, 300}, faults: script{long, nil}, want: "a/1 c/1"},
		"F102 an overflow goes to no smaller model":        {keys: [][]string{{"1"}, {"1"}, {"1"}}, windows: []int{200, 100, 200}, faults: script{long}, want: "a/1"},
		"F102 an overflow goes to no unknown model":        {keys: [][]string{{"1"}, {"1"}}, windows: []int{200, 0}, faults: script{long}, want: "a/1"},
		"F102 an overflow of an unknown model goes nowhere": {
			keys: [][]string{{"1"}, {"1"}}, windows: []int{0, 300}, faults: script{long}, want: "a/1",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all := choices(len(test.keys))
			for i, keys := range test.keys {
				if keys != nil {
					all[i].Keys = poolOf(keys...)
				}
				if test.windows != nil {
					all[i].Can.Window = test.windows[i]
				}
			}
			did, _, _ := play(t, Setup{Choices: all, Budget: test.budget}, test.faults)
			if got := strings.Join(did, " "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			for _, c := range all {
				if s := c.Health.Snapshot(noon); s.InFlight != 0 {
					t.Errorf("%s holds %d requests", c.Provider, s.InFlight)
				}
			}
		})
	}
}

func TestNothingFollowsOutput(t *testing.T) {
	for name, end := range map[string]func(p *Plan){
		"a reply that breaks off":          func(p *Plan) { p.Failed(failing(fault.Truncated, 0), true, noon) },
		"an answered one that breaks off":  func(p *Plan) { p.Answered(1, noon); p.Failed(failing(fault.Truncated, 0), false, noon) },
		"an answered one that ends so":     func(p *Plan) { p.Answered(1, noon); p.Ended(5, failing(fault.Truncated, 0), noon) },
		"one that ends well":               func(p *Plan) { p.Answered(1, noon); p.Ended(5, nil, noon) },
		"an exchange that has been closed": func(p *Plan) { p.Close() },
	} {
		p := NewPlan(Setup{Choices: choices(3)}, noon)
		p.Next(noon)
		end(p)
		if step := p.Next(noon); step.Do != Stop {
			t.Errorf("%s: got %+v", name, step)
		}
	}
}

func TestASilentTargetThatUsesUpTheTimeLeavesRoomForOthers(t *testing.T) {
	all := choices(2)
	p := NewPlan(Setup{Choices: all}, noon)
	p.Next(noon)
	now := after(5 * time.Minute)
	p.Failed(failing(fault.TimedOut, 0), false, now)
	if step := p.Next(now); step.Do != Try || step.Choice != 1 {
		t.Fatalf("got %+v", step)
	}
	p.Failed(failing(fault.Unavailable, 0), false, now)
	if step := p.Next(now); step.Do != Stop {
		t.Errorf("got %+v", step)
	}
}

// tired makes a target that has been failing for long.
func tired(h *Health) (now time.Time) {
	rest(h, noon)
	for now = noon; ; {
		ready := h.ReadyAt(now, false)
		if ready.Sub(now) == longestRest {
			return now
		}
		now = ready
		h.Admit(now, false)
		h.Failed(now, failing(fault.Unavailable, 0), now)
	}
}

func TestALoneTargetRestsShortly(t *testing.T) {
	all := choices(1)
	now := tired(all[0].Health)
	p := NewPlan(Setup{Choices: all, Random: half}, now)
	defer p.Close()
	var waited time.Duration
	step := p.Next(now)
	for ; step.Do == Wait; step = p.Next(now) {
		waited, now = waited+step.Until.Sub(now), step.Until
	}
	if step.Do != Try || waited < firstRest || waited > firstRest+mostSpread {
		t.Errorf("got %+v after %v", step, waited)
	}
}

func TestWhatIsReadyFirstIsWaitedForAlsoARestThatIsCutShort(t *testing.T) {
	for name, test := range map[string]struct {
		limit time.Duration // of the other target's key
		wait  time.Duration
	}{
		"the rest":                     {10 * time.Second, firstRest - time.Second},
		"the key":                      {2 * time.Second, 2 * time.Second},
		"the key, as it is ready soon": {firstRest, firstRest},
	} {
		t.Run(name, func(t *testing.T) {
			all := choices(2)
			now := tired(all[0].Health).Add(time.Second)
			all[1].Keys = poolOf("1")
			k, _ := all[1].Keys.Pick(now, "")
			all[1].Keys.Report(k, failing(fault.RateLimited, test.limit), now)
			p := NewPlan(Setup{Choices: all}, now)
			defer p.Close()
			if step := p.Next(now); step.Do != Wait || step.Ready.Sub(now) != test.wait {
				t.Errorf("got %+v", step)
			}
		})
	}
}

func TestATimerMayBeLate(t *testing.T) {
	all := choices(1)
	p := NewPlan(Setup{Choices: all, Budget: Budget{Within: 2 * time.Second}}, noon)
	defer p.Close()
	p.Next(noon)
	p.Failed(failing(fault.Overloaded, 2*time.Second), false, noon)
	step := p.Next(noon)
	if step.Do != Wait || !step.Until.Equal(after(2*time.Second)) {
		t.Fatalf("got %+v", step)
	}
	if step = p.Next(step.Until.Add(20 * time.Millisecond)); step.Do != Try {
		t.Errorf("got %+v", step)
	}
}

func TestATargetWhoseGateIsFullIsAskedAgainWhereThereIsSomethingToWaitFor(t *testing.T) {
	all := choices(2)
	all[1].Keys = poolOf("1")
	k, _ := all[1].Keys.Pick(noon, "")
	all[1].Keys.Report(k, failing(fault.RateLimited, 50*time.Second), noon)
	p := NewPlan(Setup{Choices: all}, noon)
	defer p.Close()
	p.Next(noon)
	p.Full()
	step := p.Next(noon)
	if step.Do != Wait || step.Ready.Sub(noon) != fullRetry {
		t.Fatalf("got %+v", step)
	}
	if step = p.Next(step.Until); step.Do != Try || step.Choice != 0 {
		t.Errorf("got %+v", step)
	}
}

func TestWhatIsNotRepeatedHidesNoTimeThatIsKnown(t *testing.T) {
	all := choices(2)
	all[1].Keys = poolOf("1")
	lasting := failing(fault.Overloaded, 0)
	lasting.Lasting = true
	_, p, now := play(t, Setup{Choices: all}, script{lasting, failing(fault.RateLimited, 5*time.Minute)})
	if f := p.Exhausted(now).Fault(); f.RetryAfter != 5*time.Minute {
		t.Errorf("got %v", f.RetryAfter)
	}
}

func TestABoundMakesRoomForTheNextTarget(t *testing.T) {
	all := choices(2)
	p := NewPlan(Setup{Choices: all}, noon)
	for want := range 2 {
		if step := p.Next(noon); step.Do != Try || step.Choice != want {
			t.Fatalf("got %+v", step)
		}
		p.Full()
	}
	if step := p.Next(noon); step.Do != Stop {
		t.Errorf("got %+v", step)
	}
	f := p.Exhausted(noon).Fault()
	if f.HTTPStatus() != 503 || f.RetryAfterHeader() != "1" || p.Exhausted(noon).Attempts != 0 {
		t.Errorf("got %d, %q: %v", f.HTTPStatus(), f.RetryAfterHeader(), f)
	}
}

func TestF92AThreadMovesOnceAndStays(t *testing.T) {
	all := choices(2)
	all[0].Keys, all[1].Keys = poolOf("1", "2", "3"), poolOf("1", "2")
	b, place := NewBalancer(RoundRobin, half), Place{}
	turn := func(now time.Time, faults ...*fault.Fault) (did string) {
		p := NewPlan(Setup{Balancer: b, Choices: all, Sticky: place, Random: half}, now)
		defer p.Close()
		for step := p.Next(now); step.Do == Try; step = p.Next(now) {
			did += fmt.Sprintf("%s/%s ", all[step.Choice].Provider, step.Key.Secret.Reveal())
			if len(faults) == 0 {
				p.Answered(time.Second, now)
				p.Ended(10, nil, now)
				place, _ = p.Place()
				continue
			}
			p.Failed(faults[0], false, now)
			faults = faults[1:]
		}
		return strings.TrimSpace(did)
	}
	for i := range 20 {
		if got := turn(after(time.Duration(i) * time.Second)); got != "a/1" {
			t.Fatalf("turn %d: got %s", i+1, got)
		}
	}
	if got := turn(after(time.Minute), failing(fault.RateLimited, time.Hour)); got != "a/1 a/2" {
		t.Errorf("got %s", got)
	}
	for i := range 20 {
		if got := turn(after(time.Duration(i+61) * time.Minute)); got != "a/2" {
			t.Fatalf("turn %d: got %s", i+1, got)
		}
	}
	if got := turn(after(90*time.Minute), failing(fault.Unavailable, 0)); got != "a/2 b/1" {
		t.Errorf("got %s", got)
	}
	if got := turn(after(91 * time.Minute)); got != "b/1" {
		t.Errorf("got %s", got)
	}
}

func TestChangesAreTold(t *testing.T) {
	all := choices(1)
	all[0].Keys = poolOf("1", "2")
	var told []string
	notify := func(c Change) {
		told = append(told, fmt.Sprint(c.What, " ", c.Target.Provider, " ", c.Key, " ", !c.Until.IsZero()))
	}
	down := failing(fault.Unavailable, 0)
	play(t, Setup{Choices: all, Notify: notify, Budget: Budget{Attempts: 10}}, script{failing(fault.Unauthorized, 0), failing(fault.RateLimited, time.Second), down, down, down, nil})
	one, two := string(FingerprintOf("1")), string(FingerprintOf("2"))
	want := []string{"key_out a " + one + " false", "key_cooling a " + two + " true", "target_resting a  true", "target_recovered a  false"}
	if !slices.Equal(told, want) {
		t.Errorf("got %q", told)
	}
}

func TestOneAnswerTellsWhyNothingWorked(t *testing.T) {
	said := func(kind fault.Kind, status int, message string, wait time.Duration) *fault.Fault {
		return &fault.Fault{Kind: kind, Status: status, Message: message, Quoted: true, Provider: "x", RetryAfter: wait}
	}
	bad := said(fault.Rejected, 400, "the user's words are wrong", 0)
	tests := map[string]struct {
		targets int
		needs   Needs
		faults  script
		kind    fault.Kind
		wait    time.Duration
		message string
	}{
		"one target tells its own": {1, Needs{}, script{said(fault.RateLimited, 429, "Slow down.", time.Hour)}, fault.RateLimited, time.Hour, "provider x answered 429: Slow down."},
		"limits of all tell the soonest": {
			2,
			Needs{},
			script{said(fault.RateLimited, 429, "Slow down.", 2*time.Hour), said(fault.RateLimited, 429, "Wait.", time.Hour)},
			fault.RateLimited, time.Hour,
			"none of the 2 targets could serve the request: provider x answered 429: Slow down; provider x answered 429: Wait",
		},
		"F103 quotas of all are no rate limit": {
			2,
			Needs{},
			script{said(fault.NoCredit, 429, "No money.", 72*time.Hour), said(fault.NoCredit, 402, "Pay.", 48*time.Hour)},
			fault.NoCredit, 48 * time.Hour,
			"none of the 2 targets could serve the request: provider x answered 429: No money; provider x answered 402: Pay",
		},
		"what can get better goes before what cannot": {
			2,
			Needs{},
			script{said(fault.RateLimited, 429, "Slow down.", time.Hour), said(fault.Unauthorized, 401, "Who?", 0)},
			fault.RateLimited, time.Hour,
			"none of the 2 targets could serve the request: provider x answered 429: Slow down; provider x answered 401: Who?",
		},
		"a refused request is told as it is": {2, Needs{}, script{said(fault.Unauthorized, 401, "Who?", 0), bad}, fault.Rejected, 0, bad.Error()},
		"but is not quoted among others": {
			2,
			Needs{},
			script{bad, said(fault.RateLimited, 429, "Slow.", time.Hour)},
			fault.RateLimited, time.Hour,
			"none of the 2 targets could serve the request: provider x answered 400: invalid_prompt; provider x answered 429: Slow",
		},
		"a prompt that fits nowhere is told before anything is sent": {2, Needs{Context: 2000}, nil, fault.ContextLength, 0, "provider a m has a context window of 1000 tokens; the request has at least 2000"},
		"no target at all": {0, Needs{}, nil, fault.Internal, 0, "the route has no targets"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all := choices(test.targets)
			for i := range all {
				all[i].Keys = poolOf("1")
				all[i].Can.Window = 1000 + i
			}
			_, p, now := play(t, Setup{Choices: all, Needs: test.needs}, test.faults)
			e := p.Exhausted(now)
			f := e.Fault()
			if f.Kind != test.kind || f.RetryAfter != test.wait || f.Error() != test.message {
				t.Errorf("got kind %d, a wait of %v: %v", f.Kind, f.RetryAfter, f)
			}
			if len(e.Results) != test.targets || e.Attempts != len(test.faults) {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestAnExchangeThatFindsEverythingOutIsToldWhen(t *testing.T) {
	all := choices(3)
	for i := range all {
		all[i].Keys = poolOf("1")
	}
	said := func(provider string, kind fault.Kind, status int, wait time.Duration) *fault.Fault {
		return &fault.Fault{Kind: kind, Provider: provider, Quoted: true, Status: status, Message: "No.", RetryAfter: wait}
	}
	play(t, Setup{Choices: all}, script{
		said("a", fault.RateLimited, 429, time.Hour), said("b", fault.NoCredit, 402, 2*time.Hour), said("c", fault.Unauthorized, 401, 0),
	})
	_, p, now := play(t, Setup{Choices: all}, nil)
	f := p.Exhausted(now).Fault()
	want := "none of the 3 targets could serve the request: provider a has limited the rate of every key; " +
		"provider b has no credit or quota left for any key (it answered 402: insufficient_quota); provider c refused every key (it answered 401: provider_unauthorized)"
	if f.Kind != fault.RateLimited || f.RetryAfter != time.Hour || f.Error() != want {
		t.Errorf("got kind %d, a wait of %v: %v", f.Kind, f.RetryAfter, f)
	}
}

func TestJudgementsAgreeWithTheFaults(t *testing.T) {
	for k := fault.Internal; k <= fault.ClientGone; k++ {
		f := fault.New(k, "x")
		who, help := judge(f)
		if (help != nothing) != (f.AnotherTarget() || k == fault.ContextLength) {
			t.Errorf("kind %d: another target %v, but %d helps", k, f.AnotherTarget(), help)
		}
		if help == repeating && f.Final() || help == nothing && who != nobody {
			t.Errorf("kind %d: final %v, culprit %d, but %d helps", k, f.Final(), who, help)
		}
		if help != nothing && hope(k) == len(hopes) {
			t.Errorf("kind %d has no place among the hopes", k)
		}
	}
}
