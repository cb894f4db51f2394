package identity

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/caddy-codex/responses/fault"
)

// Missing is the failure to find credentials. Its texts continue "has no": "Google credentials", and what to do about it.
type Missing struct {
	What   string
	Remedy string
	Reason string // what was found instead, empty where it was nothing
}

// Error says what is missing and how to come by it.
func (m *Missing) Error() string {
	text := "has no " + m.What
	if m.Reason != "" {
		text += ": " + clean(m.Reason)
	}
	return text + "; " + m.Remedy
}

// Refused is the failure to turn credentials into a token.
type Refused struct {
	By      string // who gives tokens, as in "got no token from Google"
	Reason  string
	Passing bool // it may go better next time
}

// Error says who refused, and why.
func (r *Refused) Error() string { return "got no token from " + r.By + ": " + clean(r.Reason) }

// Passing reports whether an answer of this HTTP status may be another one next time.
func Passing(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500
}

// Unreachable reports whether err kept an answer from coming.
func Unreachable(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr)
}

// guarded turns the errors of an identity into faults that name the kind. Each caller gets its own, though many may wait for one token.
type guarded struct {
	kind  string
	inner Identity
}

// Authorize implements Identity.
func (g *guarded) Authorize(ctx context.Context, req *http.Request, body []byte) error {
	err := g.inner.Authorize(ctx, req, body)
	if err == nil {
		return nil
	}
	if gone := ctx.Err(); gone != nil {
		f := fault.New(fault.TimedOut, "was not asked, for its token did not come in time (identity %s)", g.kind)
		if errors.Is(gone, context.Canceled) {
			f.Kind = fault.ClientGone
		}
		f.Err = gone
		return f
	}
	kind := fault.Unauthorized
	var refused *Refused
	if errors.As(err, &refused) && refused.Passing {
		kind = fault.Unavailable
	}
	return fault.New(kind, "%v (identity %s)", err, g.kind)
}

// maxReason bounds what is quoted of others, in bytes.
const maxReason = 400

// clean makes one line of what others say, without what looks like a secret. They quote tokens that they refuse.
func clean(reason string) string {
	reason = fault.Redact(strings.Join(strings.Fields(reason), " "))
	if len(reason) <= maxReason {
		return reason
	}
	cut := maxReason
	for !utf8.RuneStart(reason[cut]) {
		cut--
	}
	return reason[:cut] + "…"
}
