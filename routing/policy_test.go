package routing

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// choices makes targets a, b, c and so on, with a health each.
func choices(n int) []Choice {
	all := make([]Choice, n)
	for i := range all {
		target := Target{Provider: string(rune('a' + i)), Model: "m"}
		all[i] = Choice{Target: target, Health: NewHealth(target)}
	}
	return all
}

// order is how a balancer orders choices, as the names of their providers.
func order(b *Balancer, all []Choice, sticky Place, now time.Time) string {
	p := NewPlan(Setup{Balancer: b, Choices: all, Sticky: sticky, Random: half}, now)
	var names strings.Builder
	for _, i := range p.order {
		names.WriteString(p.all[i].Provider)
	}
	return names.String()
}

func rest(h *Health, now time.Time) {
	for range patience {
		h.Admit(now, true)
		h.Failed(now, failing(fault.Unavailable, 0), now)
	}
}

func TestTargetsAreOrderedByPolicy(t *testing.T) {
	measured := func(h *Health, firstEvent time.Duration, tokens int) {
		h.Admit(noon, false)
		h.Answered(noon, firstEvent)
		h.Ended(noon, tokens, time.Second)
	}
	tests := map[string]struct {
		policy Policy
		set    func(all []Choice)
		want   []string // of one request after the other
	}{
		"first is as configured":               {First, nil, []string{"abc", "abc"}},
		"round_robin gives each its turn":      {RoundRobin, nil, []string{"abc", "bca", "cab", "abc"}},
		"round_robin leaves out what rests":    {RoundRobin, func(all []Choice) { rest(all[1].Health, noon) }, []string{"acb", "cab", "acb"}},
		"weighted goes by weight, and spreads": {Weighted, func(all []Choice) { all[0].Weight = 3 }, []string{"abc", "bca", "abc", "cab", "abc", "abc"}},
		"least_busy goes by what is under way": {LeastBusy, func(all []Choice) { all[0].Health.Admit(noon, false); all[1].Health.Admit(noon, false) }, []string{"cba", "cab"}},
		"least_busy goes by weight, too": {LeastBusy, func(all []Choice) {
			all[0].Weight = 4
			for i := range all {
				all[i].Health.Admit(noon, false)
			}
		}, []string{"abc"}},
		"cheapest has what is free first":  {Cheapest, func(all []Choice) { all[0].Price, all[1].Price, all[2].Price = 1, math.SmallestNonzeroFloat64, 1 }, []string{"bac"}},
		"cheapest has unknown prices last": {Cheapest, func(all []Choice) { all[1].Price, all[2].Price = 3, 0.5 }, []string{"cba"}},
		"fastest goes by the first event": {Fastest, func(all []Choice) {
			measured(all[0].Health, 3*time.Second, 100)
			measured(all[1].Health, time.Second, 100)
			measured(all[2].Health, 2*time.Second, 100)
		}, []string{"bca"}},
		"fastest goes by the speed, too": {Fastest, func(all []Choice) {
			measured(all[0].Health, time.Second, 10)
			measured(all[1].Health, 2*time.Second, 500)
			measured(all[2].Health, time.Second, 20)
		}, []string{"bca"}},
		"fastest has a look at what nobody has measured": {Fastest, func(all []Choice) { measured(all[0].Health, 1, 100) }, []string{"bca"}},
		"fastest has no second look meanwhile": {Fastest, func(all []Choice) {
			measured(all[0].Health, 1, 100)
			all[1].Health.Admit(noon, false)
		}, []string{"cab"}},
		"what rests comes last, the first that is ready first": {First, func(all []Choice) {
			rest(all[0].Health, noon.Add(time.Second))
			rest(all[1].Health, noon)
		}, []string{"cba"}},
		"so does what has no key": {First, func(all []Choice) {
			all[0].Keys, all[1].Keys = poolOf("x"), poolOf("y")
			k, _ := all[0].Keys.Pick(noon, "")
			all[0].Keys.Report(k, failing(fault.Unauthorized, 0), noon)
			k, _ = all[1].Keys.Pick(noon, "")
			all[1].Keys.Report(k, failing(fault.RateLimited, time.Hour), noon)
		}, []string{"cba"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all := choices(3)
			if test.set != nil {
				test.set(all)
			}
			b := NewBalancer(test.policy, half)
			for i, want := range test.want {
				if got := order(b, all, Place{}, noon); got != want {
					t.Errorf("request %d: got %s, want %s", i+1, got, want)
				}
			}
		})
	}
}

func TestWeightsAreKeptExactly(t *testing.T) {
	all := choices(4)
	for i, w := range []int{5, 0, 3, 1} {
		all[i].Weight = w
	}
	b, counts := NewBalancer(Weighted, nil), map[byte]int{}
	for range 1000 {
		counts[order(b, all, Place{}, noon)[0]]++
	}
	if counts['a'] != 500 || counts['b'] != 100 || counts['c'] != 300 || counts['d'] != 100 {
		t.Errorf("got %v", counts)
	}
}

func TestFastestExplores(t *testing.T) {
	all := choices(2)
	for i := range all {
		all[i].Health.Admit(noon, false)
		all[i].Health.Answered(noon, time.Duration(i+1)*time.Second)
		all[i].Health.Ended(noon, 0, 0)
	}
	b, second := NewBalancer(Fastest, nil), 0
	for range 10_000 {
		if order(b, all, Place{}, noon)[0] == 'b' {
			second++
		}
	}
	if second < 100 || second > 500 {
		t.Errorf("the slower target was asked %d times in 10000", second)
	}
}

func TestF92AThreadStaysAndTakesNoTurn(t *testing.T) {
	for _, policy := range policies {
		all := choices(3)
		b := NewBalancer(Policy(policy), half)
		for range 20 {
			if got := order(b, all, Place{Target: all[2].Target}, noon); got[0] != 'c' {
				t.Errorf("%s: got %s", policy, got)
			}
		}
		if got := order(b, all, Place{}, noon); policy != "least_busy" && got[0] != 'a' {
			t.Errorf("%s: the turns of others are gone: %s", policy, got)
		}
		rest(all[2].Health, noon)
		if got := order(b, all, Place{Target: all[2].Target}, noon); got[2] != 'c' {
			t.Errorf("%s: it stays where nothing works: %s", policy, got)
		}
	}
}

func TestWhatDoesNotFitIsLeftOut(t *testing.T) {
	condition := func(text string) []Condition {
		c, err := ParseCondition(strings.Fields(text))
		if err != nil {
			t.Fatal(err)
		}
		return []Condition{c}
	}
	tests := map[string]struct {
		set   func(all []Choice)
		needs Needs
		want  string
		left  string // the first reason
	}{
		"all fit":                          {nil, Needs{Images: true, Tools: true, Context: 1e6, Effort: "high"}, "abc", ""},
		"a window that is too small":       {func(all []Choice) { all[0].Can.Window = 1000 }, Needs{Context: 1001}, "bc", "provider a m has a context window of 1000 tokens; the request has at least 1001"},
		"a window that is not":             {func(all []Choice) { all[0].Can.Window = 1000 }, Needs{Context: 1000}, "abc", ""},
		"only for images, without":         {func(all []Choice) { all[1].Only = condition("image") }, Needs{}, "ac", "provider b m is kept for other requests: only image"},
		"only for images, with":            {func(all []Choice) { all[1].Only = condition("image") }, Needs{Images: true}, "abc", ""},
		"only for tools":                   {func(all []Choice) { all[1].Only = condition("tools") }, Needs{}, "ac", "provider b m is kept for other requests: only tools"},
		"only for an effort, another":      {func(all []Choice) { all[0].Only = condition("effort high xhigh") }, Needs{Effort: "low"}, "bc", "provider a m is kept for other requests: only effort high xhigh"},
		"only for an effort, that one":     {func(all []Choice) { all[0].Only = condition("effort high xhigh") }, Needs{Effort: "xhigh"}, "abc", ""},
		"only for large ones, small":       {func(all []Choice) { all[0].Can.Window = 500; all[2].Only = condition("context") }, Needs{Context: 400}, "ab", "provider c m is kept for other requests: only context"},
		"only for large ones, large":       {func(all []Choice) { all[0].Can.Window = 500; all[2].Only = condition("context") }, Needs{Context: 501}, "bc", "provider a m has a context window of 500 tokens; the request has at least 501"},
		"only above a number":              {func(all []Choice) { all[2].Only = condition("context 1k") }, Needs{Context: 1000}, "ab", "provider c m is kept for other requests: only context 1000"},
		"images where another takes them":  {func(all []Choice) { all[0].Can.NoImages = true }, Needs{Images: true}, "bc", "provider a m takes no images"},
		"images that none takes go unseen": {func(all []Choice) { all[0].Can.NoImages, all[1].Can.NoImages, all[2].Can.NoImages = true, true, true }, Needs{Images: true}, "abc", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all := choices(3)
			if test.set != nil {
				test.set(all)
			}
			p := NewPlan(Setup{Choices: all, Needs: test.needs}, noon)
			var got, left string
			for _, c := range p.all {
				got += c.Provider
			}
			if len(p.left) > 0 {
				left = p.left[0].Fault.Error()
			}
			if got != test.want || left != test.left {
				t.Errorf("got %s, left out: %s", got, left)
			}
		})
	}
}

func TestPoliciesAreRead(t *testing.T) {
	if p, err := ParsePolicy(""); err != nil || p != First {
		t.Errorf("got %s, %v", p, err)
	}
	for _, name := range policies {
		if p, err := ParsePolicy(name); err != nil || string(p) != name {
			t.Errorf("%s: got %s, %v", name, p, err)
		}
	}
	if _, err := ParsePolicy("best"); err == nil || err.Error() != `policy "best" is unknown; there are first, round_robin, weighted, least_busy, fastest, cheapest` {
		t.Errorf("got %v", err)
	}
}

func TestManyTargetsAreOrdered(t *testing.T) {
	all := choices(20)
	for _, policy := range policies {
		got := []byte(order(NewBalancer(Policy(policy), nil), all, Place{}, noon))
		slices.Sort(got)
		if string(got) != "abcdefghijklmnopqrst" {
			t.Errorf("%s: got %s", policy, got)
		}
	}
}

func TestATargetWithoutTheModelComesLastForAWhile(t *testing.T) {
	for _, policy := range []Policy{First, RoundRobin, LeastBusy, Fastest} {
		b, all, asked, now := NewBalancer(policy, half), choices(2), 0, noon
		all[1].Health.Answered(now, time.Second)
		for range 90 {
			now = now.Add(time.Second)
			p := NewPlan(Setup{Balancer: b, Choices: all, Sticky: Place{Target: all[0].Target}}, now)
			if p.Next(now).Choice == 0 {
				asked++
				p.Failed(failing(fault.NoSuchModel, 0), false, now)
				p.Next(now)
			}
			p.Answered(time.Second, now)
			p.Ended(100, nil, now)
			p.Close()
		}
		if asked != 2 {
			t.Errorf("%s asks it %d times in 90 seconds", policy, asked)
		}
	}
}

func TestThreadsThatHaveToMoveSpread(t *testing.T) {
	for _, policy := range []Policy{RoundRobin, Weighted} {
		b, all, second := NewBalancer(policy, half), choices(4), make(map[int]int)
		for range 300 {
			all[2].Health = NewHealth(all[2].Target)
			p := NewPlan(Setup{Balancer: b, Choices: all, Sticky: Place{Target: all[2].Target}}, noon)
			p.Next(noon)
			p.Failed(failing(fault.Unavailable, 0), false, noon)
			second[p.Next(noon).Choice]++
			p.Close()
		}
		for _, i := range []int{0, 1, 3} {
			if second[i] < 75 {
				t.Errorf("%s: they move to %v", policy, second)
			}
		}
	}
}
