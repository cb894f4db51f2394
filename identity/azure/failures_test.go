package azure_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/azure"
)

func TestAnOutageWithinTheLifeOfATokenIsNotNoticed(t *testing.T) {
	principal(t)
	synctest.Test(t, func(t *testing.T) {
		a := new(authority)
		id := newIdentity(t, identity.Config{}, a)
		authorized(t, id, "Bearer token-1")
		time.Sleep(56 * time.Minute)
		a.set(errors.New("no route to host"))
		for range 4 {
			authorized(t, id, "Bearer token-1")
			time.Sleep(30 * time.Second)
		}
		a.set(nil)
		authorized(t, id, "Bearer token-1")
		synctest.Wait()
		authorized(t, id, "Bearer token-2")
	})
}

func TestASecretThatIsReplacedIsUsedAfterAFailure(t *testing.T) {
	principal(t)
	a := &authority{status: 401, body: `{"error":"invalid_client"}`}
	synctest.Test(t, func(t *testing.T) {
		id := newIdentity(t, identity.Config{}, a)
		if _, err := authorize(t.Context(), id, openAI); err == nil {
			t.Error("a wrong secret got a token")
		}
		os.Setenv("AZURE_CLIENT_SECRET", "another")
		a.status = 0
		time.Sleep(time.Second)
		authorized(t, id, "Bearer token-2")
		if got := a.form.Get("client_secret"); got != "another" {
			t.Errorf("asked with %q", got)
		}
	})
}

func TestAnAuthorityThatDoesNotAnswerMayAnswerLater(t *testing.T) {
	principal(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := authorize(t.Context(), newIdentity(t, identity.Config{}, &authority{err: errors.New("no route to host")}), openAI)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != fault.Unavailable || !strings.Contains(f.Message, "no route to host. (identity entra)") {
			t.Errorf("got %+v", f)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestSecretsThatAreNoServicePrincipalsAreRefusedAtOnce(t *testing.T) {
	for name, test := range map[string]struct{ secret, want string }{
		"a key":             {"hush", `the secret must be JSON with "tenant", "appId" and "password", as az ad sp create-for-rbac prints it`},
		"a list":            {`["hush"]`, `the secret must be JSON with "tenant", "appId" and "password", as az ad sp create-for-rbac prints it`},
		"one without an id": {`{"tenant":"t","password":"hush"}`, `the secret has neither "appId" nor "clientId"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := identity.New(azure.Kind, identity.Config{Secret: test.secret})
			if err == nil || err.Error() != "identity entra: "+test.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFailuresSayWhatToDo(t *testing.T) {
	const remedy = "; set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH, " +
		"or run where a workload identity or a managed identity is (identity entra)"
	for name, test := range map[string]struct {
		prepare   func(t *testing.T)
		authority *authority
		kind      fault.Kind
		want      string
	}{
		"nothing at all": {
			func(t *testing.T) { t.Helper(); isolate(t) }, &authority{err: errors.New("no route to host")}, fault.Unauthorized,
			"has no Microsoft Entra credentials" + remedy,
		},
		"half of a service principal": {
			func(t *testing.T) { t.Helper(); principal(t); t.Setenv("AZURE_CLIENT_SECRET", "") },
			&authority{err: errors.New("no route to host")}, fault.Unauthorized,
			"has no Microsoft Entra credentials: incomplete environment variable configuration. Only AZURE_TENANT_ID and AZURE_CLIENT_ID are set" + remedy,
		},
		"a secret that is wrong": {
			func(t *testing.T) { t.Helper(); principal(t) },
			&authority{status: 401, body: `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1-2 Timestamp: now","error_codes":[7000215]}`},
			fault.Unauthorized,
			"got no token from Microsoft Entra: 401 Unauthorized invalid_client: AADSTS7000215: Invalid client secret provided. (identity entra)",
		},
		"what cannot be selected": {
			func(t *testing.T) { t.Helper(); principal(t); t.Setenv("AZURE_TOKEN_CREDENTIALS", "x") }, new(authority), fault.Unauthorized,
			`has no Microsoft Entra credentials: invalid AZURE_TOKEN_CREDENTIALS value "x". Valid values are "dev", "prod", or the name of any ` +
				`credential type in the default chain. See https://aka.ms/azsdk/go/identity/docs#DefaultAzureCredential for more information` + remedy,
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.prepare(t)
			synctest.Test(t, func(t *testing.T) {
				_, err := authorize(t.Context(), newIdentity(t, identity.Config{}, test.authority), openAI)
				wantFault(t, err, test.kind, test.want)
			})
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
