//go:build !codex_noaws && !codex_noazure && !codex_nogcp

package codexresponses_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestABuildHasAllIdentities(t *testing.T) {
	if got, want := identity.Kinds(), []string{"entra", "gcp", "sigv4"}; !slices.Equal(got, want) {
		t.Errorf("this build has %q, want %q", got, want)
	}
}

func TestBuildTagsLeaveIdentitiesOut(t *testing.T) {
	const module = "github.com/caddy-codex/responses/identity/"
	for tag, left := range map[string]string{"codex_noaws": "aws", "codex_noazure": "azure", "codex_nogcp": "gcp"} {
		t.Run(tag, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "go", "list", "-tags", tag, "-f", `{{join .Imports "\n"}}`, ".").Output()
			if err != nil {
				t.Fatal(err)
			}
			imports := strings.Fields(string(out))
			for _, name := range []string{"aws", "azure", "gcp"} {
				if got, want := slices.Contains(imports, module+name), name != left; got != want {
					t.Errorf("%s is imported: %v, want %v", name, got, want)
				}
			}
		})
	}
}

// serviceAccount is a file with a Google service account's key whose tokens come from a URL.
func serviceAccount(t *testing.T, tokenURL string) string {
	t.Helper()
	der := must(x509.MarshalPKCS8PrivateKey(must(rsa.GenerateKey(rand.Reader, 2048))))
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, must(json.Marshal(map[string]string{
		"type": "service_account", "client_email": "codex@p.iam.gserviceaccount.com", "token_uri": tokenURL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheNextTargetServesWhereATokenDoesNotCome(t *testing.T) {
	release := make(chan struct{})
	tokens := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(tokens.Close)
	t.Cleanup(func() { close(release) })
	never, other := upstreamtest.New(t, hello()), upstreamtest.New(t, hello())
	waiting := provider("waiting", never.URL+"/v1", "set identity gcp", "key {file."+serviceAccount(t, tokens.URL)+"}", patience)
	gw := start(t, waiting, mock(other), "route m waiting mock")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if cause := recorded(gw, 0).Get("attempts.0.cause").String(); !strings.Contains(cause, "sent nothing for") {
		t.Errorf("the record says %q", cause)
	}
}

// A key, also one of the client's that is sent on, goes before the identity of the machine. Credentials are no key.
func TestAKeyGoesBeforeTheIdentityOfTheMachine(t *testing.T) {
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"machine-token","token_type":"Bearer","expires_in":3600}`))
	}))
	t.Cleanup(tokens.Close)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", serviceAccount(t, tokens.URL))
	t.Setenv("PROVIDER_KEY", "provider-key")
	for name, test := range map[string]struct{ option, line, want string }{
		"neither":                       {"", "", "Bearer machine-token"},
		"a key":                         {"", "key {env.PROVIDER_KEY}", "Bearer provider-key"},
		"the client's":                  {"forward_client_key", "", "Bearer client-key"},
		"credentials":                   {"", "key {file." + serviceAccount(t, tokens.URL) + "}", "Bearer machine-token"},
		"a key before the client's own": {"forward_client_key", "key {env.PROVIDER_KEY}", "Bearer provider-key"},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			gw := start(t, test.option, mock(upstream, "set identity gcp", test.line))
			requireText(t, gw.Post("/v1/responses", whole, "Authorization: Bearer client-key"), "Hello.")
			if got := upstream.Request(0).Header.Get("Authorization"); got != test.want {
				t.Errorf("the provider got %q, want %q", got, test.want)
			}
		})
	}
}
