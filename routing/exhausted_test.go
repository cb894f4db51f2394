package routing

import (
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

func TestTheTimeThatIsToldIsThatOfWhoeverComesBackFirst(t *testing.T) {
	for name, test := range map[string]struct {
		said   bool // by the one that comes back first
		waits  [2]time.Duration
		status int
	}{
		"by the first":  {true, [2]time.Duration{10 * time.Minute, 5 * time.Hour}, 429},
		"by the second": {true, [2]time.Duration{5 * time.Hour, 10 * time.Minute}, 429},
		"by nobody":     {false, [2]time.Duration{0, 5 * time.Hour}, 429},
	} {
		t.Run(name, func(t *testing.T) {
			all := choices(2)
			var faults script
			for i := range all {
				all[i].Keys = poolOf("1")
				f := failing(fault.NoCredit, test.waits[i])
				f.Said = test.waits[i] > 0
				faults = append(faults, f)
			}
			_, p, now := play(t, Setup{Choices: all}, faults)
			if f := p.Exhausted(now).Fault(); f.Said != test.said || f.HTTPStatus() != test.status || f.Final() == test.said {
				t.Errorf("got %v, said %v, final %v", f.RetryAfter, f.Said, f.Final())
			}
		})
	}
}

func TestAProviderOfWhichOneKeyIsLimitedAndAnotherRefusedIsLimited(t *testing.T) {
	all := choices(1)
	all[0].Keys = poolOf("1", "2")
	_, p, now := play(t, Setup{Choices: all}, script{failing(fault.RateLimited, 90*time.Second), failing(fault.Unauthorized, 0)})
	if f := p.Exhausted(now).Fault(); f.Kind != fault.RateLimited || f.RetryAfter != 90*time.Second || f.Final() {
		t.Errorf("got kind %d, %v: %v", f.Kind, f.RetryAfter, f)
	}
}

func TestWhatAProviderSaidToOneClientIsNotToldToAnother(t *testing.T) {
	all := choices(1)
	said := &fault.Fault{Kind: fault.Unavailable, Provider: "a", Status: 500, Quoted: true, Message: "Failed to parse: my diary", RetryAfter: 2 * time.Minute}
	play(t, Setup{Choices: all}, script{said})
	_, p, now := play(t, Setup{Choices: all}, nil)
	if got := p.Exhausted(now).Fault().Error(); got != "provider a is left alone for a while (it answered 500: server_error)" {
		t.Errorf("got %q", got)
	}
}
