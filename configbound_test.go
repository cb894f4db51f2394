package codexresponses

import (
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/routing"
)

func TestLimitsOfABound(t *testing.T) {
	const wait = time.Second
	for name, test := range map[string]struct {
		bound *Bound
		want  routing.Limits
	}{
		"none":            {nil, routing.Limits{}},
		"a usual queue":   {&Bound{Active: 8}, routing.Limits{Active: 8, Queued: 8, Wait: wait}},
		"a queue":         {&Bound{Active: 8, Queued: 2}, routing.Limits{Active: 8, Queued: 2, Wait: wait}},
		"without a queue": {&Bound{Active: 8, Queued: -1}, routing.Limits{Active: 8, Wait: wait}},
	} {
		if got := test.bound.limits(wait); got != test.want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestBudgetOfRetries(t *testing.T) {
	retry := &Retry{Within: caddy.Duration(time.Minute), Attempts: 3}
	if got := retry.budget(); got != (routing.Budget{Within: time.Minute, Attempts: 3}) {
		t.Errorf("got %+v", got)
	}
	if got := (*Retry)(nil).budget(); got != (routing.Budget{}) { // the plan knows the defaults
		t.Errorf("got %+v", got)
	}
}
