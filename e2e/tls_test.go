package e2e

import (
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestTLSAndPassword(t *testing.T) {
	const password = `http_headers = { Authorization = "Basic YWxpY2U6c2VjcmV0" }` // alice:secret
	for name, test := range map[string]struct {
		trust  string // the variable that names the file of the authority's certificate
		auth   string
		passes bool
	}{
		"with the variable of Codex":   {"CODEX_CA_CERTIFICATE", password, true},
		"with the variable of OpenSSL": {"SSL_CERT_FILE", password, true},
		"without the password":         {"CODEX_CA_CERTIFICATE", "http_headers = {}", false},
	} {
		t.Run(name, func(t *testing.T) {
			provider := strict(upstreamtest.New(t, calls(shell(0, "call_1", "cat hello.txt")), says("It says hello.")))
			baseURL, root := secureGateway(t, provider)
			c := newCodex(t, baseURL, settings{auth: test.auth, provider: oneRetry})
			c.env = append(c.env, test.trust+"="+root)

			r := c.exec(prompt, "-m", model)

			if !test.passes {
				mentions(t, r.fails(), "401 Unauthorized")
				if got := len(provider.Requests()); got > 0 {
					t.Errorf("the provider got %d requests", got)
				}
				return
			}
			r.answers("It says hello.").silent()
			if got := provider.Request(0).Header.Get("Authorization"); got != "" {
				t.Errorf("the provider got the Authorization %q", got)
			}
		})
	}
}
