package fault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
)

func TestF21TheWaitIsTold(t *testing.T) {
	tests := map[string]struct {
		fault         fault.Fault
		delay         time.Duration
		header, words string
	}{
		"a rate limit that says":  {fault.Fault{Kind: fault.RateLimited, Message: "Slow down.", RetryAfter: 12 * time.Second}, 12 * time.Second, "12", "Slow down. Please try again in 12s."},
		"a fraction":              {fault.Fault{Kind: fault.RateLimited, Message: "Slow", RetryAfter: 1234 * time.Millisecond}, 1234 * time.Millisecond, "2", "Slow. Please try again in 1.3s."},
		"a rate limit that sulks": {fault.Fault{Kind: fault.RateLimited, Message: "Slow"}, 5 * time.Second, "5", "Slow. Please try again in 5s."},
		"no capacity for a while": {fault.Fault{Kind: fault.Overloaded, Message: "Full", RetryAfter: 3 * time.Second}, 3 * time.Second, "3", "Full. Please try again in 3s."},
		"another wait in words":   {fault.Fault{Kind: fault.RateLimited, Message: "Limit reached. Please try again in 1m12.5s.", RetryAfter: 9 * time.Second}, 9 * time.Second, "9", "Limit reached. Please try again in 9s."},
		"no capacity":             {fault.Fault{Kind: fault.Overloaded, Message: "Full"}, 0, "", "Full"},
		"no credit":               {fault.Fault{Kind: fault.NoCredit, Message: "Pay"}, 0, "", "Pay"},
		"no credit for a while":   {fault.Fault{Kind: fault.NoCredit, Message: "Pay.", RetryAfter: 30 * time.Minute, Said: true}, 30 * time.Minute, "1800", "Pay. Please try again in 1800s."},
		"no credit, as a guess":   {fault.Fault{Kind: fault.NoCredit, Message: "Pay", RetryAfter: 5 * time.Minute}, 0, "", "Pay"},
		"no credit for a week":    {fault.Fault{Kind: fault.NoCredit, Message: "Pay", RetryAfter: 168 * time.Hour}, 0, "604800", "Pay. It is reset in 7 days."},
		"a rate limit of days":    {fault.Fault{Kind: fault.RateLimited, Message: "Slow. Please try again in 138h.", RetryAfter: 138 * time.Hour}, 0, "496800", "Slow. It is reset in 5 days 18 hours."},
		"a refusal with a time":   {fault.Fault{Kind: fault.Rejected, Message: "No.", RetryAfter: time.Minute}, 0, "60", "No."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := &test.fault
			if f.Delay() != test.delay || f.RetryAfterHeader() != test.header || f.FailedMessage() != test.words {
				t.Errorf("got %v, header %q, message %q", f.Delay(), f.RetryAfterHeader(), f.FailedMessage())
			}
		})
	}
}

func TestCodexWaitsForWhateverHasATime(t *testing.T) {
	for kind, want := range map[fault.Kind]string{
		fault.Overloaded: "rate_limit_exceeded", fault.Unavailable: "rate_limit_exceeded", fault.RateLimited: "rate_limit_exceeded",
		fault.NoCredit: "rate_limit_exceeded", fault.ContextLength: "context_length_exceeded", fault.Rejected: "invalid_prompt",
	} {
		if f := (&fault.Fault{Kind: kind, Message: "x", RetryAfter: time.Second, Said: true}); f.FailedCode() != want {
			t.Errorf("kind %d has the code %s in a stream, not %s", kind, f.FailedCode(), want)
		}
	}
}

// What a provider calls a quota may be back in a minute, and what it calls a rate limit may last for days. Who waits goes by the time.
func TestALimitIsToldByItsTime(t *testing.T) {
	type told struct {
		status                    int
		typ, code, failed, header string
		final                     bool
	}
	waits := func(header string) told {
		return told{429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_exceeded", header, false}
	}
	stops := func(header string) told {
		return told{429, "insufficient_quota", "insufficient_quota", "invalid_prompt", header, true}
	}
	tests := map[string]struct {
		kind fault.Kind
		wait time.Duration
		want told
	}{
		"a quota without a time":             {fault.NoCredit, 0, stops("")},
		"a quota of minutes":                 {fault.NoCredit, 20 * time.Minute, waits("1200")},
		"a quota of an hour":                 {fault.NoCredit, time.Hour, waits("3600")},
		"a quota of more than an hour":       {fault.NoCredit, time.Hour + time.Second, stops("3601")},
		"a rate limit without a time":        {fault.RateLimited, 0, waits("5")},
		"a rate limit of minutes":            {fault.RateLimited, 20 * time.Minute, waits("1200")},
		"a rate limit of an hour":            {fault.RateLimited, time.Hour, waits("3600")},
		"a rate limit of more than an hour":  {fault.RateLimited, time.Hour + time.Second, stops("3601")},
		"a rate limit of five days and more": {fault.RateLimited, 138 * time.Hour, stops("496800")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := &fault.Fault{Kind: test.kind, Message: "x", RetryAfter: test.wait, Said: test.wait > 0}
			got := told{f.HTTPStatus(), f.Type(), f.ErrorCode(), f.FailedCode(), f.RetryAfterHeader(), f.Final()}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if f.Final() == (f.Delay() > 0) {
				t.Errorf("final is %v, and the delay %v", f.Final(), f.Delay())
			}
			if f.Kind != test.kind || !f.AnotherTarget() {
				t.Errorf("got kind %d, another target %v", f.Kind, f.AnotherTarget())
			}
		})
	}
}

func TestALongWaitIsToldInWords(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		61 * time.Minute:                             "1 hour 1 minute",
		time.Hour + time.Second:                      "1 hour 1 minute",
		2 * time.Hour:                                "2 hours",
		5*time.Hour + 30*time.Minute:                 "5 hours 30 minutes",
		24*time.Hour - time.Second:                   "1 day",
		24 * time.Hour:                               "1 day",
		25 * time.Hour:                               "1 day 1 hour",
		137*time.Hour + 59*time.Minute + time.Second: "5 days 18 hours",
		31 * 24 * time.Hour:                          "31 days",
	} {
		f := &fault.Fault{Kind: fault.NoCredit, Message: "The limit is reached.", RetryAfter: wait}
		sentence := "The limit is reached. It is reset in " + want + "."
		body := gjson.ParseBytes(f.AppendError(nil, f.ErrorCode()))
		if got := body.Get("error.message").String(); got != sentence || f.FailedMessage() != sentence {
			t.Errorf("%v: got %q, in a stream %q", wait, got, f.FailedMessage())
		}
		if strings.Contains(f.Error(), "reset") {
			t.Errorf("what others make of it has the time as well: %q", f.Error())
		}
	}
}
