package gcp_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/gcp"
)

func TestAMachineWithoutAServiceAccountIsToldOf(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	g.status = http.StatusNotFound
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(g.URL, "http://"))
	_, err := authorize(t.Context(), newIdentity(t, identity.Config{}))
	wantFault(t, err, fault.Unauthorized, "has no service account; attach one to the machine (identity gcp)")
}

func TestFailuresSayWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
		want   string
	}{
		"a key that was deleted": {
			400, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`, fault.Unauthorized,
			"got no token from Google: 400 Bad Request invalid_grant: Invalid JWT Signature. (identity gcp)",
		},
		"an error in the form of the APIs": {
			403, `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"Denied."}}`, fault.Unauthorized,
			"got no token from Google: 403 Forbidden PERMISSION_DENIED: Denied. (identity gcp)",
		},
		"a server that is out of order, and what it says is not": {
			503, `access_token=ya29.secret`, fault.Unavailable, "got no token from Google: 503 Service Unavailable (identity gcp)",
		},
		"a token that is quoted": {
			400, `{"error":"invalid_grant","error_description":"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.x.y is wrong"}`, fault.Unauthorized,
			"got no token from Google: 400 Bad Request invalid_grant: [redacted] is wrong (identity gcp)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			g := newGrants(t)
			g.status, g.body = test.status, test.body
			id := newIdentity(t, identity.Config{Secret: serviceAccount(t, g.URL)})
			_, err := authorize(t.Context(), id)
			wantFault(t, err, test.kind, test.want)
			_, again := authorize(t.Context(), id)
			if calls := g.calls.Load(); calls != 1 {
				t.Errorf("%d requests for a token in a moment, want 1", calls)
			}
			if err == again { //nolint:errorlint // whether it is the same one
				t.Error("two requests share a fault, into which each writes its provider")
			}
		})
	}
}

func TestAnExchangeThatIsRefusedIsNotQuotedWhole(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	g.status, g.body = 400, `{"error":"invalid_grant","error_description":"The subject is stale.","subject_token":"ya29.secret"}`
	id := newIdentity(t, identity.Config{Secret: otherCloud(t, g)})
	_, err := authorize(t.Context(), id)
	wantFault(t, err, fault.Unauthorized, "got no token from Google: 400 Bad Request invalid_grant: The subject is stale. (identity gcp)")
}

func TestCredentialsThatAreNotThereAreToldOf(t *testing.T) {
	isolate(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
	_, err := authorize(t.Context(), newIdentity(t, identity.Config{}))
	wantFault(t, err, fault.Unauthorized, "has no usable Google credentials: google: error getting credentials using "+
		"GOOGLE_APPLICATION_CREDENTIALS environment variable: open /nowhere/key.json: no such file or directory; "+
		"set GOOGLE_APPLICATION_CREDENTIALS to the path of their JSON, or key {file./path/to.json}, or run where a metadata server is (identity gcp)")

	none := gcp.Missing(errors.New("google: could not find default credentials. See https://cloud.google.com/docs for more information"))
	if want := "has no Google credentials; set GOOGLE_APPLICATION_CREDENTIALS"; !strings.HasPrefix(none.Error(), want) {
		t.Errorf("got %q", none)
	}
}

func TestAServerThatDoesNotAnswerMayAnswerLater(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	g.Close()
	_, err := authorize(t.Context(), newIdentity(t, identity.Config{Secret: serviceAccount(t, g.URL)}))
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Unavailable || !strings.Contains(f.Message, "connection refused") {
		t.Errorf("got %+v", f)
	}
}

func TestARequestThatIsCancelledDoesNotCancelTheToken(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	g.enter = func(int32) {
		close(asked)
		<-answer
	}
	id := newIdentity(t, identity.Config{Secret: serviceAccount(t, g.URL)})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := authorize(ctx, id)
		gone <- err
	}()
	<-asked
	cancel()
	wantFault(t, <-gone, fault.ClientGone, "was not asked, for its token did not come in time (identity gcp)")
	close(answer)
	authorized(t, id, "Bearer token-1")
	if calls := g.calls.Load(); calls != 1 {
		t.Errorf("%d requests for a token, want 1", calls)
	}
}

func TestSecretsThatAreNoCredentialsAreRefusedAtOnce(t *testing.T) {
	for name, test := range map[string]struct{ secret, want string }{
		"a key":            {"AIzaSyA1234567890", "the secret must be the JSON of credentials, such as {file./path/to.json}"},
		"a list":           {"[1]", "the secret must be the JSON of credentials, such as {file./path/to.json}"},
		"JSON of no type":  {`{"private_key":"x"}`, `the secret's type is ""; it must be one of service_account, authorized_user,`},
		"an unknown type":  {`{"type":"x"}`, `the secret's type is "x"; it must be one of service_account, authorized_user,`},
		"an OAuth client":  {`{"web":{"client_id":"c"}}`, `the secret's type is ""; it must be one of`},
		"an anonymous one": {`{"type":"gdch_service_account"}`, `the secret's type is "gdch_service_account"; it must be one of`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := identity.New(gcp.Kind, identity.Config{Secret: test.secret})
			if err == nil || !strings.HasPrefix(err.Error(), "identity gcp: "+test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func wantFault(t *testing.T, err error, kind fault.Kind, message string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != kind || f.Message != message {
		t.Errorf("got %+v\nwant kind %d, %s", f, kind, message)
	}
}
