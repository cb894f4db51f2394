package wiretest

import (
	"strconv"
	"testing"
	"time"
)

// Limited is the body of an error that says at which time a limit is reset: an hour after Clock.
func Limited() string {
	return `{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":` +
		strconv.FormatInt(Clock().Add(time.Hour).Unix(), 10) + `}}`
}

// KnowsTheReset sees that a reply that was Limited has failed with a fault that knows for how long.
func KnowsTheReset(t testing.TB, o *Outcome) {
	t.Helper()
	if o.Fault == nil || o.Fault.RetryAfter != time.Hour {
		t.Errorf("got %+v", o.Fault)
	}
}
