package azure_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/azure"
)

// isolate hides the Azure credentials of whoever runs the tests, and of the machine.
func isolate(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE",
		"AZURE_USERNAME", "AZURE_PASSWORD", "AZURE_AUTHORITY_HOST", "AZURE_ADDITIONALLY_ALLOWED_TENANTS", "AZURE_REGIONAL_AUTHORITY_NAME",
		"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "IMDS_ENDPOINT",
	} {
		t.Setenv(name, "") // which brings back what it was
		os.Unsetenv(name)
	}
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "prod") // no tools of developers
}

// principal sets a service principal in the environment.
func principal(t *testing.T) {
	t.Helper()
	isolate(t)
	t.Setenv("AZURE_TENANT_ID", "tenant")
	t.Setenv("AZURE_CLIENT_ID", "client")
	t.Setenv("AZURE_CLIENT_SECRET", "hush-hush-1234567")
}

// The tests run in bubbles of synctest, where the clock moves by itself.
func newIdentity(t *testing.T, c identity.Config, a *authority) identity.Identity {
	t.Helper()
	c.Client = &http.Client{Transport: a}
	id, err := identity.New(azure.Kind, c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const openAI = "resource.openai.azure.com"

func authorize(ctx context.Context, id identity.Identity, host string) (string, error) {
	req := httptest.NewRequest(http.MethodPost, "https://"+host+"/openai/v1/responses", http.NoBody)
	err := id.Authorize(ctx, req, nil)
	return req.Header.Get("Authorization"), err
}

// authorized wants a request that carries a token.
func authorized(t *testing.T, id identity.Identity, want string) {
	t.Helper()
	if got, err := authorize(t.Context(), id, openAI); err != nil || got != want {
		t.Errorf("got Authorization %q, %v, want %q", got, err, want)
	}
}

func TestAServicePrincipalAsksForItsToken(t *testing.T) {
	for name, secret := range map[string]string{
		"of the environment":       "",
		"written down":             `{"tenant":"tenant","appId":"client","password":"hush-hush-1234567","displayName":"x"}`,
		"written down as for SDKs": `{"tenantId":"tenant","clientId":"client","clientSecret":"hush-hush-1234567"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if secret == "" {
				principal(t)
			} else {
				isolate(t)
			}
			a := new(authority)
			synctest.Test(t, func(t *testing.T) {
				id := newIdentity(t, identity.Config{Secret: secret}, a)
				authorized(t, id, "Bearer token-1")
				authorized(t, id, "Bearer token-1")
			})
			if calls := a.calls.Load(); calls != 1 {
				t.Errorf("%d requests for a token, want 1", calls)
			}
			if a.path != "/tenant/oauth2/v2.0/token" {
				t.Errorf("asked at %s", a.path)
			}
			for name, want := range map[string]string{
				"grant_type": "client_credentials", "client_id": "client", "client_secret": "hush-hush-1234567",
			} {
				if got := a.form.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestAWorkloadIdentityIsExchanged(t *testing.T) {
	isolate(t)
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("subject"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AZURE_TENANT_ID", "tenant")
	t.Setenv("AZURE_CLIENT_ID", "client")
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", path)
	a := new(authority)
	synctest.Test(t, func(t *testing.T) { authorized(t, newIdentity(t, identity.Config{}, a), "Bearer token-1") })
	if got := a.form.Get("client_assertion"); got != "subject" {
		t.Errorf("asked with %q", got)
	}
}

func TestAManagedIdentityIsAskedForAToken(t *testing.T) {
	isolate(t)
	t.Setenv("IDENTITY_ENDPOINT", "http://identity.test/token") // as App Service and Container Apps have it
	t.Setenv("IDENTITY_HEADER", "header")
	synctest.Test(t, func(t *testing.T) {
		authorized(t, newIdentity(t, identity.Config{}, new(authority)), "Bearer of the machine by header")
	})
}

func TestTheScopeFollowsTheHost(t *testing.T) {
	for name, test := range map[string]struct{ host, configured, want string }{
		"Azure OpenAI":     {openAI, "", "https://cognitiveservices.azure.com/.default"},
		"AI Services":      {"resource.cognitiveservices.azure.com", "", "https://cognitiveservices.azure.com/.default"},
		"Foundry":          {"Resource.Services.AI.azure.com", "", "https://ai.azure.com/.default"},
		"the US cloud":     {"resource.openai.azure.us", "", "https://cognitiveservices.azure.us/.default"},
		"the Chinese one":  {"resource.openai.azure.cn", "", "https://cognitiveservices.azure.cn/.default"},
		"a proxy":          {"proxy.example.com", "", "https://cognitiveservices.azure.com/.default"},
		"a configured one": {openAI, "api://gateway/.default", "api://gateway/.default"},
	} {
		t.Run(name, func(t *testing.T) {
			principal(t)
			a := new(authority)
			if _, err := authorize(t.Context(), newIdentity(t, identity.Config{Scope: test.configured}, a), test.host); err != nil {
				t.Fatal(err)
			}
			if got, _, _ := strings.Cut(a.form.Get("scope"), " "); got != test.want {
				t.Errorf("asked for %q, want %q", a.form.Get("scope"), test.want)
			}
		})
	}
}

func TestEachScopeHasItsToken(t *testing.T) {
	principal(t)
	id := newIdentity(t, identity.Config{}, new(authority))
	for _, step := range []struct{ host, want string }{
		{openAI, "Bearer token-1"}, {"resource.services.ai.azure.com", "Bearer token-2"}, {openAI, "Bearer token-1"},
	} {
		if got, err := authorize(t.Context(), id, step.host); err != nil || got != step.want {
			t.Errorf("%s got %q, %v, want %q", step.host, got, err, step.want)
		}
	}
}

func TestAHundredRequestsAskForOneToken(t *testing.T) {
	principal(t)
	a := new(authority)
	synctest.Test(t, func(t *testing.T) {
		id := newIdentity(t, identity.Config{}, a)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { authorized(t, id, "Bearer token-1") })
		}
		all.Wait()
	})
	if calls := a.calls.Load(); calls != 1 {
		t.Errorf("%d requests for a token, want 1", calls)
	}
}

func TestTheNextTokenIsAskedForWhileTheLastIsGood(t *testing.T) {
	principal(t)
	synctest.Test(t, func(t *testing.T) {
		a := new(authority)
		id := newIdentity(t, identity.Config{}, a)
		authorized(t, id, "Bearer token-1")
		time.Sleep(54 * time.Minute)
		authorized(t, id, "Bearer token-1")
		synctest.Wait()
		if calls := a.calls.Load(); calls != 1 {
			t.Errorf("%d requests for a token after 54 minutes, want 1", calls)
		}
		time.Sleep(2 * time.Minute)
		authorized(t, id, "Bearer token-1")
		synctest.Wait()
		authorized(t, id, "Bearer token-2")
		if calls := a.calls.Load(); calls != 2 {
			t.Errorf("%d requests for a token, want 2", calls)
		}
	})
}
