package routing

import (
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

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
