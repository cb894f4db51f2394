package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// fail has a request fail at once.
func fail(t *testing.T, h *Health, now time.Time, kind fault.Kind, wait time.Duration) (rests bool) {
	t.Helper()
	if !h.Admit(now, false) {
		t.Fatalf("it rests at %v", now.Sub(noon))
	}
	return h.Failed(now, failing(kind, wait), now)
}

func TestATargetThatKeepsFailingRestsLongerAndLonger(t *testing.T) {
	h, now := NewHealth(Target{"p", "m"}), noon
	if fail(t, h, now, fault.Unavailable, 0) || fail(t, h, now, fault.TimedOut, 0) || !fail(t, h, now, fault.Unavailable, 0) {
		t.Error("it does not rest after the third failure")
	}
	for _, seconds := range []int{5, 10, 20, 40, 80, 120, 120} {
		ready := h.ReadyAt(now, false)
		if ready.Sub(now) != time.Duration(seconds)*time.Second {
			t.Fatalf("it rests for %v, want %ds", ready.Sub(now), seconds)
		}
		if h.Admit(ready.Add(-1), false) {
			t.Fatal("it is asked too early")
		}
		now = ready.Add(time.Second)
		fail(t, h, now, fault.Unavailable, 0)
	}
}

func TestATargetThatHasRestedIsTriedByOneRequest(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	for range patience {
		fail(t, h, noon, fault.Unavailable, 0)
	}
	now := after(6 * time.Second)
	if !h.Admit(now, false) || h.Admit(now, false) || h.Snapshot(now).State != "trial" {
		t.Fatal("there is not one trial")
	}
	if ready := h.ReadyAt(now, false); ready.Sub(now) != trialHold {
		t.Errorf("the next may try in %v", ready.Sub(now))
	}
	if !h.Answered(now, 2*time.Second) {
		t.Error("it has not recovered")
	}
	h.Ended(now, 100, time.Second)
	if s := h.Snapshot(after(9 * time.Second)); s.State != "usable" || s.Failures != 0 || s.InFlight != 0 || *s.FirstEventMS != 2000 || *s.TokensPerSecond != 100 {
		t.Errorf("got %+v", s)
	}
}

func TestATrialThatLeadsToNothingMakesRoomForTheNext(t *testing.T) {
	for name, end := range map[string]func(h *Health, began time.Time){
		"a client that is gone":  func(h *Health, began time.Time) { h.Released(began) },
		"a request that is bad":  func(h *Health, began time.Time) { h.Failed(began, failing(fault.Rejected, 0), began) },
		"one that nobody ends":   func(*Health, time.Time) {},
		"a model that is silent": func(*Health, time.Time) {},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHealth(Target{"p", "m"})
			for range patience {
				fail(t, h, noon, fault.Unavailable, 0)
			}
			now := after(5 * time.Second)
			if !h.Admit(now, false) {
				t.Fatal("it still rests")
			}
			end(h, now)
			if !h.Admit(now.Add(trialHold), false) {
				t.Error("no other may try")
			}
		})
	}
}

func TestFaultsOfOthersDoNotCount(t *testing.T) {
	for _, kind := range []fault.Kind{
		fault.Invalid, fault.Rejected, fault.ContextLength, fault.Filtered, fault.ClientGone, fault.StaleReasoning, fault.NoSuchModel,
		fault.Unauthorized, fault.RateLimited, fault.NoCredit,
	} {
		h := NewHealth(Target{"p", "m"})
		for range 2 * patience {
			fail(t, h, noon, kind, time.Hour)
		}
		if s := h.Snapshot(noon); s.State != "usable" || s.Failures != 0 || s.SuccessRate != nil || s.InFlight != 0 {
			t.Errorf("kind %d: %+v", kind, s)
		}
	}
}

func TestWhatIsOlderThanTheTroubleChangesNothing(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	old := after(-time.Minute)
	for range 5 {
		h.Admit(old, false)
	}
	for range patience {
		fail(t, h, noon, fault.Unavailable, 0)
	}
	h.Failed(old, failing(fault.Unavailable, 0), after(time.Second))
	h.Answered(old, time.Minute)
	if ready := h.ReadyAt(after(time.Second), false); !ready.Equal(after(firstRest)) {
		t.Errorf("ready at %v", ready.Sub(noon))
	}
}

func TestATimeThatTheProviderNamesHoldsAtOnce(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	h.Admit(noon, false)
	if !fail(t, h, noon, fault.Overloaded, 30*time.Second) {
		t.Error("nobody is told")
	}
	h.Answered(noon, time.Second) // another request
	h.Wake(noon)
	for _, alone := range []bool{false, true} {
		if h.Admit(after(30*time.Second-1), alone) {
			t.Errorf("alone %v: it is asked too early", alone)
		}
	}
	if !h.Admit(after(30*time.Second), false) {
		t.Error("it rests for longer")
	}
	fail(t, h, after(time.Minute), fault.Overloaded, 30*24*time.Hour)
	if ready := h.ReadyAt(after(time.Minute), false); ready.Sub(after(time.Minute)) != maxHold {
		t.Errorf("it is left alone for %v", ready.Sub(noon))
	}
}

func TestARestIsShortWhereThereIsNothingElse(t *testing.T) {
	h, now := NewHealth(Target{"p", "m"}), noon
	for range patience {
		fail(t, h, now, fault.Unavailable, 0)
	}
	for range 6 {
		now = h.ReadyAt(now, false)
		fail(t, h, now, fault.Unavailable, 0)
	}
	if ready := h.ReadyAt(now, true); ready.Sub(now) != firstRest {
		t.Errorf("it rests for %v", ready.Sub(now))
	}
}

func TestAProbeMakesRoomForATrial(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	for range patience {
		fail(t, h, noon, fault.Unavailable, 0)
	}
	if !h.Wake(noon) || h.Wake(noon) || !h.Admit(noon, false) {
		t.Error("it still rests")
	}
	if h.Admit(noon, false) {
		t.Error("there are two trials")
	}
	h.Failed(noon, failing(fault.Unavailable, 0), noon)
	if ready := h.ReadyAt(noon, false); ready.Sub(noon) != 2*firstRest {
		t.Errorf("it rests for %v then", ready.Sub(noon))
	}
}

// broken has a request answered at a time, and the answer break off.
func broken(t *testing.T, h *Health, now time.Time) (rests bool) {
	t.Helper()
	if !h.Admit(now, false) {
		t.Fatalf("it rests at %v", now.Sub(noon))
	}
	h.Answered(now, time.Second)
	return h.Broke(now, failing(fault.Truncated, 0), now)
}

func TestAProbeSaysNothingOfATargetThatWasThereAndKeptSilent(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	for range patience {
		fail(t, h, noon, fault.TimedOut, 0)
	}
	if h.Wake(noon) || h.Admit(noon, false) {
		t.Error("it does not rest any more")
	}
}

func TestATargetWhoseAnswersBreakOffRestsUntilOneIsWhole(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	for i := 1; i <= patience; i++ {
		if rests := broken(t, h, noon); rests != (i == patience) {
			t.Fatalf("after broken answer %d it rests: %v", i, rests)
		}
	}
	now := after(firstRest)
	if !broken(t, h, now) {
		t.Fatal("the beginning of an answer is enough")
	}
	now = now.Add(2 * firstRest)
	if !h.Admit(now, false) || h.Answered(now, time.Second) || !h.Ended(now, 0, 0) {
		t.Error("a whole one is not")
	}
	if s := h.Snapshot(now); s.State != "usable" || s.InFlight != 0 || *s.SuccessRate == 1 {
		t.Errorf("it is %+v", s)
	}
	broken(t, h, now)
	h.Admit(now, false)
	h.Answered(now, time.Second)
	h.Ended(now, 0, 0)
	for range patience - 1 {
		if broken(t, h, now) {
			t.Error("broken answers count that are not in a row")
		}
	}
}

func TestATrialThatFailsInAnotherWayFailsAsWell(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	for range patience {
		broken(t, h, noon)
	}
	now := after(firstRest)
	if !fail(t, h, now, fault.Unavailable, 0) || h.ReadyAt(now, false).Sub(now) != 2*firstRest {
		t.Errorf("it rests for %v", h.ReadyAt(now, false).Sub(now))
	}
}

func TestAfterBrokenAnswersOthersComeWhileATrialIsAnswered(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	for range patience {
		broken(t, h, noon)
	}
	now := after(firstRest)
	for range 10 {
		if !h.Admit(now, false) || h.Admit(now, false) {
			t.Fatal("it is not one at a time")
		}
		h.Answered(now, time.Second)
		now = now.Add(time.Second)
	}
}

func TestAWholeAnswerFromBeforeTheTroubleEndsNothing(t *testing.T) {
	h := NewHealth(Target{"p", "m"})
	h.Admit(after(-time.Minute), false)
	h.Answered(after(-time.Minute), time.Second)
	for range patience {
		broken(t, h, noon)
	}
	h.Ended(after(-time.Minute), 0, 0)
	h.Admit(after(firstRest), false)
	if h.Answered(after(firstRest), time.Second) {
		t.Error("the beginning of an answer is enough then")
	}
}

func TestOfARestPeopleAreToldOnce(t *testing.T) {
	for name, f := range map[string]*fault.Fault{"asked for": failing(fault.Overloaded, time.Minute), "earned": failing(fault.Unavailable, 0)} {
		h, told := NewHealth(Target{"p", "m"}), 0
		for range 100 {
			h.Admit(noon, false)
		}
		for range 100 {
			if h.Failed(noon, f, after(time.Second)) {
				told++
			}
		}
		if told != 1 {
			t.Errorf("of one that is %s: %d times", name, told)
		}
	}
}

func TestTheRegistryKnowsABoundedNumberOfTargets(t *testing.T) {
	var r Registry
	for i := range 3 * maxKnownTargets {
		if h := r.Health("p", Target{"p", fmt.Sprint(i)}, noon); h == nil {
			t.Fatal("there is no health")
		}
	}
	if len(r.targets) != maxKnownTargets {
		t.Errorf("%d are known", len(r.targets))
	}
	busy := r.Health("p", Target{"p", "5"}, noon)
	busy.Admit(after(50*time.Minute), false)
	busy.Ended(after(50*time.Minute), 0, 0)
	now := after(memory + time.Second)
	if h := r.Health("p", Target{"p", "new"}, now); h != r.Health("p", Target{"p", "new"}, now) || len(r.targets) != 2 {
		t.Errorf("%d are known", len(r.targets))
	}
	if states := r.Targets(now, "p"); len(states) != 2 || states[0].Model != "5" || states[1].Model != "new" {
		t.Errorf("got %+v", states)
	}
}
