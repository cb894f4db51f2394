package routing

import (
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// rotating is a plan that has begun an attempt at the first of two targets.
func rotating(t *testing.T, budget Budget, keys ...string) (*Plan, []Choice) {
	t.Helper()
	all := choices(2)
	all[0].Keys, all[1].Keys = poolOf(keys...), poolOf("1")
	p := NewPlan(Setup{Choices: all, Budget: budget, Sticky: Place{all[0].Target, FingerprintOf(keys[0])}}, noon)
	if step := p.Next(noon); step.Do != Try || step.Choice != 0 || step.Key.Secret.Reveal() != keys[0] {
		t.Fatalf("got %+v", step)
	}
	return p, all
}

func TestKeysRotateWithinAnAttempt(t *testing.T) {
	limited, refused := failing(fault.RateLimited, time.Minute), failing(fault.Unauthorized, 0)
	p, all := rotating(t, Budget{}, "1", "2", "3")
	for i, f := range []*fault.Fault{limited, refused} {
		key, ok := p.Rotate(f, noon)
		if want := []string{"2", "3"}[i]; !ok || key.Secret.Reveal() != want {
			t.Fatalf("got %s, %v, want %s", key.Secret.Reveal(), ok, want)
		}
	}
	if _, ok := p.Rotate(limited, noon); ok {
		t.Fatal("there is a fourth key")
	}
	p.Failed(limited, false, noon)
	if step := p.Next(noon); step.Do != Try || step.Choice != 1 {
		t.Errorf("got %+v", step)
	}
	p.Close()
	for i, want := range []string{"limited", "out", "limited"} {
		if s := all[0].Keys.pool.Snapshot(noon)[i]; s.State != want || s.InFlight != 0 || s.Uses != 1 {
			t.Errorf("key %d is %+v, want %s", i, s, want)
		}
	}
	if s := all[0].Health.Snapshot(noon); s.InFlight != 0 || s.Failures != 0 || s.Uses != 3 {
		t.Errorf("the target is %+v", s)
	}
}

func TestKeysDoNotRotate(t *testing.T) {
	limited := failing(fault.RateLimited, time.Minute)
	tests := map[string]struct {
		budget Budget
		keys   []string
		fault  *fault.Fault
	}{
		"without another key":           {Budget{}, []string{"1"}, limited},
		"for what is not about a key":   {Budget{}, []string{"1", "2"}, failing(fault.Unavailable, 0)},
		"beyond the number of attempts": {Budget{Attempts: 1}, []string{"1", "2"}, limited},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, all := rotating(t, test.budget, test.keys...)
			if key, ok := p.Rotate(test.fault, noon); ok {
				t.Fatalf("got %s", key.Secret.Reveal())
			}
			if s := all[0].Keys.pool.Snapshot(noon)[0]; s.State != "usable" || s.InFlight != 1 {
				t.Errorf("the key is %+v", s)
			}
			p.Close()
		})
	}
}
