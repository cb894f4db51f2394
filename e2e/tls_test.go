package e2e

import (
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestTLSAndPassword(t *testing.T) {
	// user and password in base64
	const credentials = "Basic YWxpY2U6c2VjcmV0"
	for name, test := range map[string]struct {
		auth   string
		passes bool
	}{
		"with the password":    {`http_headers = { Authorization = "` + credentials + `" }`, true},
		"without the password": {`http_headers = {}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			provider := strict(upstreamtest.New(t, says("Hello.")))
			baseURL, root := secureGateway(t, provider)
			c := newCodex(t, baseURL, settings{auth: test.auth, provider: oneRetry})
			c.env = append(c.env, "CODEX_CA_CERTIFICATE="+root)

			r := c.exec(prompt, "-m", model)

			if !test.passes {
				mentions(t, r.fails(), "401")
				if got := len(provider.Requests()); got > 0 {
					t.Errorf("the provider got %d requests", got)
				}
				return
			}
			r.answers("Hello.").silent()
			if got := provider.Request(0).Header.Get("Authorization"); got != "" {
				t.Errorf("the provider got the Authorization %q", got)
			}
		})
	}
}
