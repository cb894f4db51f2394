package routing

import (
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

func TestARetrialOfARefusedKeyIsNoReasonToTakeItBack(t *testing.T) {
	all := choices(1)
	all[0].Keys = poolOf("1")
	refused := failing(fault.Unauthorized, 0)
	play(t, Setup{Choices: all}, script{refused})
	now := after(firstRetrial + time.Second)
	for _, end := range []func(p *Plan){
		func(p *Plan) { p.release() }, // which leaves it to the next
		func(p *Plan) { p.Answered(1, now); p.Ended(1, nil, now) },
		func(p *Plan) { p.release() },
	} {
		p := NewPlan(Setup{Choices: all}, now)
		if step := p.Next(now); step.Do != Try || !p.Stands(now) {
			t.Fatalf("got %+v", step)
		}
		end(p)
		p.Close()
	}
	if s := all[0].Keys.pool.Snapshot(now)[0]; s.State != "usable" || s.InFlight != 0 {
		t.Errorf("the key is %+v", s)
	}
}

func TestAnAttemptIsTakenBackThatMayNotBeMadeAnyMore(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(all []Choice, now time.Time)
		stands    bool
	}{
		"nothing has happened": {func([]Choice, time.Time) {}, true},
		"its key has met a limit": {func(all []Choice, now time.Time) {
			key, _ := all[0].Keys.Pick(now, FingerprintOf("1"))
			all[0].Keys.Report(key, failing(fault.RateLimited, time.Minute), now)
		}, false},
		"its key has met one that is over": {func(all []Choice, now time.Time) {
			key, _ := all[0].Keys.Pick(now, FingerprintOf("1"))
			all[0].Keys.Report(key, failing(fault.RateLimited, time.Second), now)
		}, true},
		"the target wants to be left alone": {func(all []Choice, now time.Time) {
			all[0].Health.Admit(now, false)
			all[0].Health.Failed(now, failing(fault.Overloaded, time.Minute), now)
		}, false},
		"the target has begun to rest": {func(all []Choice, now time.Time) {
			for range patience {
				all[0].Health.Admit(now, false)
				all[0].Health.Failed(now, failing(fault.Unavailable, 0), now)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, all := rotating(t, Budget{Attempts: 1}, "1", "2")
			test.meanwhile(all, after(time.Second))
			now := after(4 * time.Second)
			if p.Stands(now) != test.stands {
				t.Fatalf("it stands: %v", !test.stands)
			}
			inFlight := 1
			if !test.stands {
				inFlight = 0
				if step := p.Next(now); step.Do != Try || step.Choice == 0 && step.Key.Secret.Reveal() == "1" {
					t.Errorf("then it does %+v", step)
				}
				p.release()
			}
			if s, k := all[0].Health.Snapshot(now), all[0].Keys.pool.Snapshot(now)[0]; s.InFlight != inFlight || k.InFlight != inFlight {
				t.Errorf("the target has %d under way and the key %d", s.InFlight, k.InFlight)
			}
			p.Close()
		})
	}
}
