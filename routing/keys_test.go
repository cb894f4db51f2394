package routing

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// pick takes a key that must be there.
func pick(t *testing.T, p Keys, now time.Time, prefer Fingerprint) Key {
	t.Helper()
	k, ok := p.Pick(now, prefer)
	if !ok {
		t.Fatalf("no key at %v", now.Sub(noon))
	}
	return k
}

func TestKeysTakeTurns(t *testing.T) {
	p := poolOf("a", "b", "c")
	var got []string
	for range 6 {
		k := pick(t, p, noon, "")
		got = append(got, k.Secret.Reveal())
		p.Release(k)
	}
	if want := []string{"a", "b", "c", "a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestTheKeyWithTheFewestRequestsComesFirst(t *testing.T) {
	p := poolOf("a", "b")
	a, b := pick(t, p, noon, ""), pick(t, p, noon, "")
	p.Release(b)
	pick(t, p, noon, "")
	p.Release(a)
	if k := pick(t, p, noon, ""); k.Secret.Reveal() != "a" {
		t.Errorf("got %s", k.Secret.Reveal())
	}
}

func TestTheKeyOfAThreadIsPreferredWhileItIsUsable(t *testing.T) {
	p := poolOf("a", "b", "c")
	own := FingerprintOf("b")
	for range 5 {
		if k := pick(t, p, noon, own); k.Fingerprint != own {
			t.Errorf("got %s", k.Secret.Reveal())
		}
	}
	p.Report(pick(t, p, noon, own), failing(fault.RateLimited, time.Minute), noon)
	if k := pick(t, p, noon, own); k.Fingerprint == own {
		t.Error("it is used while it cools down")
	}
}

func TestF21KeysCoolDownForAsLongAsTheyAreTold(t *testing.T) {
	tests := map[string]struct {
		kind     fault.Kind
		told     []time.Duration // of one failure after the other
		cooldown []time.Duration
	}{
		"a rate limit that says how long":  {fault.RateLimited, []time.Duration{7 * time.Second, 200 * time.Millisecond}, []time.Duration{7 * time.Second, 200 * time.Millisecond}},
		"rate limits that do not":          {fault.RateLimited, make([]time.Duration, 8), []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, time.Minute, time.Minute}},
		"a quota of days, F103":            {fault.NoCredit, []time.Duration{500000 * time.Second}, []time.Duration{500000 * time.Second}},
		"a quota of a month":               {fault.NoCredit, []time.Duration{31 * 24 * time.Hour}, []time.Duration{7 * 24 * time.Hour}},
		"no credit, without an end to it":  {fault.NoCredit, make([]time.Duration, 6), []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour, time.Hour}},
		"a limit that then says how long ": {fault.RateLimited, []time.Duration{0, 90 * time.Second, 0}, []time.Duration{time.Second, 90 * time.Second, 4 * time.Second}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, now := poolOf("a"), noon
			for i, told := range test.told {
				p.Report(pick(t, p, now, ""), failing(test.kind, told), now)
				ready, ok := p.NextReady(now)
				if !ok || ready.Sub(now) != test.cooldown[i] {
					t.Fatalf("failure %d: ready in %v, want %v", i+1, ready.Sub(now), test.cooldown[i])
				}
				if _, ok := p.Pick(ready.Add(-1), ""); ok {
					t.Fatalf("failure %d: it is used too early", i+1)
				}
				now = ready
			}
		})
	}
}

func TestASuccessForgetsTheStrikes(t *testing.T) {
	p := poolOf("a")
	p.Report(pick(t, p, noon, ""), failing(fault.RateLimited, 0), noon)
	p.Report(pick(t, p, after(time.Second), ""), failing(fault.RateLimited, 0), after(time.Second))
	p.Report(pick(t, p, after(5*time.Second), ""), nil, after(6*time.Second))
	p.Report(pick(t, p, after(7*time.Second), ""), failing(fault.RateLimited, 0), after(8*time.Second))
	if ready, _ := p.NextReady(after(8 * time.Second)); !ready.Equal(after(9 * time.Second)) {
		t.Errorf("ready at %v", ready.Sub(noon))
	}
}

func TestRequestsUnderWayAtOnceAreOneStrike(t *testing.T) {
	p := poolOf("a")
	var keys []Key
	for range 10 {
		keys = append(keys, pick(t, p, noon, ""))
	}
	for _, k := range keys[1:] {
		p.Report(k, failing(fault.RateLimited, 0), after(time.Second))
	}
	p.Report(keys[0], nil, after(1500*time.Millisecond)) // it is older than the strike
	s := p.pool.Snapshot(after(1500 * time.Millisecond))[0]
	if s.State != "limited" || !slices.Equal(s.Limits, []LimitState{{"m", after(2 * time.Second), 1}}) || s.InFlight != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestOfALimitPeopleAreToldOnce(t *testing.T) {
	p, told := poolOf("a"), 0
	var keys []Key
	for range 100 {
		keys = append(keys, pick(t, p, noon, ""))
	}
	for _, k := range keys {
		if p.Report(k, failing(fault.RateLimited, time.Minute), after(time.Second)) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d times", told)
	}
}

func TestALaterLimitDoesNotShortenACooldown(t *testing.T) {
	p := poolOf("a")
	k1, k2 := pick(t, p, noon, ""), pick(t, p, noon, "")
	p.Report(k1, failing(fault.RateLimited, time.Hour), noon)
	p.Report(k2, failing(fault.RateLimited, time.Second), noon)
	if ready, _ := p.NextReady(noon); !ready.Equal(after(time.Hour)) {
		t.Errorf("ready at %v", ready.Sub(noon))
	}
}

func TestARateLimitIsForOneModelAndAWantOfCreditForAll(t *testing.T) {
	pool := new(Registry).Pool("p", []string{"a"}, noon)
	large, small := pool.For("large"), pool.For("small")
	large.Report(pick(t, large, noon, ""), failing(fault.RateLimited, time.Hour), noon)
	if _, ok := large.Pick(noon, ""); ok {
		t.Error("the key is used for the model for which it is limited")
	}
	large.Worked(pick(t, small, noon, "")) // of an earlier request
	small.Report(pick(t, small, noon, ""), failing(fault.NoCredit, 10*time.Minute), noon)
	if _, ok := small.Pick(after(9*time.Minute), ""); ok {
		t.Error("the key is used without credit")
	}
	if ready, _ := large.NextReady(noon); !ready.Equal(after(time.Hour)) {
		t.Errorf("the limit ends %v", ready.Sub(noon))
	}
	s := pool.Snapshot(noon)[0]
	if s.State != "cooling" || s.Reason != "insufficient_quota" || !s.Until.Equal(after(10*time.Minute)) || len(s.Limits) != 1 || s.Limits[0].Model != "large" {
		t.Errorf("got %+v", s)
	}
}

func TestAModelThatAKeyMayNotUseIsForAnotherKey(t *testing.T) {
	denied := &fault.Fault{Kind: fault.NoSuchModel, Provider: "a", Status: forbidden, Quoted: true, Message: "No."}
	all := choices(1)
	all[0].Keys = poolOf("1", "2")
	did, _, _ := play(t, Setup{Choices: all, Sticky: Place{all[0].Target, FingerprintOf("1")}}, script{denied, nil})
	if !slices.Equal(did, []string{"a/1", "a/2"}) {
		t.Errorf("it did %v", did)
	}
	if did, _, _ = play(t, Setup{Choices: all, Sticky: Place{all[0].Target, FingerprintOf("1")}}, script{nil}); !slices.Equal(did, []string{"a/2"}) {
		t.Errorf("then it did %v", did)
	}
	all[0].Keys = poolOf("1")
	play(t, Setup{Choices: all}, script{denied})
	_, p, now := play(t, Setup{Choices: all}, nil)
	if f := p.Exhausted(now).Fault(); f.Kind != fault.NoSuchModel || f.Error() != "provider a has the model for no key" {
		t.Errorf("got %v", f)
	}
	unknown := *denied
	unknown.Status = 404
	all[0].Keys = poolOf("1", "2")
	if did, _, _ = play(t, Setup{Choices: all}, script{&unknown}); !slices.Equal(did, []string{"a/1"}) {
		t.Errorf("of one that the provider does not have it did %v", did)
	}
}

func TestBeyondManyModelsALimitHoldsForTheWholeKey(t *testing.T) {
	pool := new(Registry).Pool("p", []string{"a"}, noon)
	for i := range maxLimited + 1 {
		k := pool.For(fmt.Sprint("model ", i))
		k.Report(pick(t, k, noon, ""), failing(fault.RateLimited, time.Minute), noon)
	}
	if _, ok := pool.For("other").Pick(noon, ""); ok {
		t.Error("it is used")
	}
	k := pool.For("other")
	k.Report(pick(t, k, after(time.Minute), ""), failing(fault.RateLimited, time.Minute), after(time.Minute))
	if limits := pool.Snapshot(after(time.Minute))[0].Limits; len(limits) != 1 {
		t.Errorf("%d limits are known", len(limits))
	}
}

func TestARefusedKeyIsOutUntilTheConfigurationIsLoadedAnew(t *testing.T) {
	var r Registry
	p := r.Pool("p", []string{"a", "b"}, noon).For("m")
	if !p.Report(pick(t, p, noon, FingerprintOf("a")), failing(fault.Unauthorized, 0), noon) {
		t.Error("nobody is told")
	}
	p.Report(pick(t, p, noon, ""), failing(fault.RateLimited, time.Hour), noon)
	if ready, ok := p.NextReady(noon); !ok || !ready.Equal(after(time.Hour)) {
		t.Errorf("ready at %v, %v", ready.Sub(noon), ok)
	}
	again := r.Pool("p", []string{"b", "a", "c"}, after(time.Minute))
	states := again.Snapshot(after(time.Minute))
	if states[0].State != "limited" || states[0].Limits[0].Model != "m" || states[1].State != "usable" || states[2].State != "usable" {
		t.Errorf("got %+v", states)
	}
	if other := r.Pool("other", []string{"b"}, noon).Snapshot(noon); other[0].State != "usable" {
		t.Errorf("another provider has %+v", other)
	}
}

func TestAProviderWithoutKeysHasAnEmptyOne(t *testing.T) {
	p := poolOf("", "")
	k := pick(t, p, noon, "")
	if k.Fingerprint != "" || k.Secret.Reveal() != "" {
		t.Errorf("got %+v", k)
	}
	p.Report(k, failing(fault.Unauthorized, 0), noon)
	p.Report(pick(t, p, noon, ""), failing(fault.RateLimited, time.Second), noon)
	if _, ok := p.Pick(noon, ""); ok {
		t.Error("a rate limit does not hold")
	}
}

func TestKeysThatAllAreOutAreNeverReady(t *testing.T) {
	p := poolOf("a", "a")
	p.Report(pick(t, p, noon, ""), failing(fault.Unauthorized, 0), noon)
	if held, _ := p.why(noon); held.reason != fault.Unauthorized {
		t.Errorf("it is because of %d", held.reason)
	}
	for _, now := range []time.Time{noon, after(firstRetrial - 1)} {
		if _, ok := p.NextReady(now); ok {
			t.Error("there is another one")
		}
	}
}

func TestWhereEveryKeyIsOutOneIsTriedNowAndThen(t *testing.T) {
	p := poolOf("a", "b")
	refuse := func(now time.Time) Fingerprint {
		t.Helper()
		k := pick(t, p, now, "")
		p.Report(k, failing(fault.Unauthorized, 0), now)
		return k.Fingerprint
	}
	refuse(noon)
	refuse(noon)
	now := after(firstRetrial)
	first := pick(t, p, now, "")
	second := pick(t, p, now, "")
	if _, ok := p.Pick(now, ""); ok || first.Fingerprint == second.Fingerprint {
		t.Error("one is tried by two")
	}
	p.Report(first, failing(fault.Unauthorized, 0), now)
	p.Report(second, failing(fault.Unavailable, 0), now)
	if ready, ok := p.NextReady(now.Add(retrialHold)); !ok || !ready.Equal(now.Add(retrialHold)) {
		t.Error("the one of which nothing is known yet is not tried again")
	}
	k := pick(t, p, now.Add(retrialHold), "")
	if k.Fingerprint != second.Fingerprint {
		t.Errorf("it is %s", k.Secret.Reveal())
	}
	p.Report(k, nil, now.Add(retrialHold+time.Second))
	states := p.pool.Snapshot(now.Add(2 * time.Minute))
	if out, back := slices.IndexFunc(states, func(s KeyState) bool { return s.State == "out" }), slices.IndexFunc(states, func(s KeyState) bool { return s.State == "usable" }); out < 0 || back < 0 {
		t.Errorf("got %+v", states)
	}
	if _, ok := p.Pick(now.Add(time.Hour), first.Fingerprint); !ok {
		t.Error("there is none")
	}
}

func TestWhatHoldsKeysAndTargetsUpIsForgottenOnDemand(t *testing.T) {
	var r Registry
	pool := r.Pool("p", []string{"a", "b", "c"}, noon)
	p := pool.For("m")
	for _, kind := range []fault.Kind{fault.Unauthorized, fault.RateLimited, fault.NoCredit} {
		p.Report(pick(t, p, noon, ""), failing(kind, time.Hour), noon)
	}
	h := r.Health("p", Target{"p", "m"}, noon)
	h.Admit(noon, false)
	h.Failed(noon, failing(fault.Overloaded, time.Hour), noon)
	r.Forget("other")
	if _, ok := p.Pick(noon, ""); ok || h.Admit(noon, false) {
		t.Fatal("they are forgotten for another provider")
	}
	r.Forget("p")
	for _, s := range pool.Snapshot(noon) {
		if s.State != "usable" {
			t.Errorf("got %+v", s)
		}
	}
	if !h.Admit(noon, false) {
		t.Error("the target still rests")
	}
}

func TestTheRegistryForgetsKeysThatNobodyUses(t *testing.T) {
	var r Registry
	p := r.Pool("old", []string{"idle", "cooling"}, noon).For("m")
	p.Report(pick(t, p, noon, FingerprintOf("cooling")), failing(fault.NoCredit, 24*time.Hour), noon)
	r.Pool("new", []string{"x"}, after(2*time.Hour))
	if known := r.vaults["old"].keys; len(known) != 1 || known[FingerprintOf("cooling")] == nil {
		t.Errorf("%d keys are known", len(known))
	}
	r.Pool("new", []string{"x"}, after(48*time.Hour))
	if r.vaults["old"] != nil {
		t.Error("the provider is still known")
	}
	for i := range 3 * maxKnownKeys {
		if i%100 == 0 {
			r.Pool(fmt.Sprint(i), []string{"y"}, after(49*time.Hour))
		}
	}
	many := make([]string, maxKnownKeys)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for i := range 3 {
		r.Pool(fmt.Sprint("many", i), many, after(49*time.Hour+time.Duration(i)))
	}
	r.Pool("last", []string{"z"}, after(50*time.Hour))
	known := 0
	for _, v := range r.vaults {
		known += len(v.keys)
	}
	if known > maxKnownKeys+1 {
		t.Errorf("%d keys are known", known)
	}
}

func TestPoolsAreSharedByManyGoroutines(t *testing.T) {
	var r Registry
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 200 {
				now := after(time.Duration(i) * time.Second)
				pool := r.Pool("p", []string{"a", "b", "c"}, now)
				p := pool.For(fmt.Sprint("m", i%2))
				h := r.Health("p", Target{"p", fmt.Sprint("m", i%3)}, now)
				if k, ok := p.Pick(now, ""); ok {
					kinds := []*fault.Fault{nil, failing(fault.RateLimited, 0), failing(fault.Unauthorized, 0), failing(fault.Unavailable, 0)}
					p.Report(k, kinds[(g+i)%len(kinds)], now)
				}
				if h.Admit(now, true) {
					h.Failed(now, failing(fault.Unavailable, 0), now)
				}
				pool.Snapshot(now)
				r.Targets(now, "p")
			}
		})
	}
	all.Wait()
	for _, s := range r.Pool("p", []string{"a", "b", "c"}, noon).Snapshot(noon) {
		if s.InFlight != 0 {
			t.Errorf("%+v", s)
		}
	}
	for _, s := range r.Targets(noon, "p") {
		if s.InFlight != 0 {
			t.Errorf("%+v", s)
		}
	}
}
