package identity_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/identity"
)

// failing is an identity that fails in one way. With no error it waits.
type failing struct{ err error }

func (f failing) Authorize(ctx context.Context, _ *http.Request, _ []byte) error {
	if f.err == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.err
}

func register(kind string, f failing) {
	identity.Register(kind, func(c identity.Config) (identity.Identity, error) {
		if c.Secret != "" {
			return nil, errors.New("the secret must be empty")
		}
		return f, nil
	})
}

func authorize(ctx context.Context, t *testing.T, kind string) *fault.Fault {
	t.Helper()
	id, err := identity.New(kind, identity.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var f *fault.Fault
	if err := id.Authorize(ctx, httptest.NewRequest(http.MethodGet, "/", http.NoBody), nil); !errors.As(err, &f) {
		t.Fatalf("got %v, want a fault", err)
	}
	return f
}

func TestNewSaysWhichKindsThereAre(t *testing.T) {
	register("test", failing{})
	for name, test := range map[string]struct {
		kind, secret, want string
	}{
		"an unknown kind":         {"x", "", `unknown identity "x"; there are entra, gcp, sigv4`},
		"a kind that is left out": {"gcp", "", "identity gcp was left out of this build by the build tag codex_nogcp; build without it"},
		"a faulty configuration":  {"test", "x", "identity test: the secret must be empty"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := identity.New(test.kind, identity.Config{Secret: test.secret}); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if got := identity.Kinds(); !slices.Contains(got, "test") || slices.Contains(got, "gcp") {
		t.Errorf("this build has %q", got)
	}
}

func TestFailuresAreFaults(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		kind fault.Kind
		want string
	}{
		"nothing found": {
			&identity.Missing{What: "credentials", Remedy: "set them"}, fault.Unauthorized, "has no credentials; set them (identity test)",
		},
		"something unusable found": {
			&identity.Missing{What: "credentials", Remedy: "mend them", Reason: "the file\n is empty"}, fault.Unauthorized,
			"has no credentials: the file is empty; mend them (identity test)",
		},
		"a token refused": {
			&identity.Refused{By: "them", Reason: "no, not with Bearer abc.def"}, fault.Unauthorized,
			"got no token from them: no, not with [redacted] (identity test)",
		},
		"a token that may come later": {
			&identity.Refused{By: "them", Reason: "later", Passing: true}, fault.Unavailable, "got no token from them: later (identity test)",
		},
		"long reasons": {
			&identity.Refused{By: "them", Reason: strings.Repeat("é ", 500)}, fault.Unauthorized,
			"got no token from them: " + strings.TrimSuffix(strings.Repeat("é ", 133), " ") + " … (identity test)",
		},
		"anything else": {errors.New("is odd"), fault.Unauthorized, "is odd (identity test)"},
	} {
		t.Run(name, func(t *testing.T) {
			register("test", failing{test.err})
			f := authorize(t.Context(), t, "test")
			if f.Kind != test.kind || f.Message != test.want {
				t.Errorf("got kind %d, %s\nwant kind %d, %s", f.Kind, f.Message, test.kind, test.want)
			}
		})
	}
}

func TestAWaitThatEndsSaysHow(t *testing.T) {
	register("test", failing{})
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelLate()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, test := range map[string]struct {
		ctx  context.Context
		kind fault.Kind
		err  error
	}{
		"a deadline":         {late, fault.TimedOut, context.DeadlineExceeded},
		"a client that left": {gone, fault.ClientGone, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			f := authorize(test.ctx, t, "test")
			if f.Kind != test.kind || !errors.Is(f, test.err) || f.Message != "was not asked, for its token did not come in time (identity test)" {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestWhatPassesByItself(t *testing.T) {
	for status, want := range map[int]bool{400: false, 401: false, 403: false, 404: false, 408: true, 429: true, 500: true, 503: true} {
		if got := identity.Passing(status); got != want {
			t.Errorf("Passing(%d) is %v", status, got)
		}
	}
	if !identity.Unreachable(context.DeadlineExceeded) || identity.Unreachable(errors.New("no")) {
		t.Error("a deadline keeps an answer from coming, and an answer does not")
	}
}
