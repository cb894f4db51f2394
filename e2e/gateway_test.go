package e2e

import (
	"fmt"
	"testing"

	_ "github.com/caddy-codex/responses"
	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// strict makes a provider refuse what strict ones refuse. Without a preset the gateway also sends parallel_tool_calls, as OpenAI
// takes it.
func strict(provider *upstreamtest.Upstream) *upstreamtest.Upstream {
	return provider.Strict(upstreamtest.Allow("parallel_tool_calls"))
}

// gateway is the gateway of the ordinary way.
func gateway(t *testing.T, provider *upstreamtest.Upstream, options ...string) string {
	t.Helper()
	return way{}.gateway(t, provider, options...)
}

// deepseek starts a gateway with a provider that has the preset of DeepSeek, but for the URL.
func deepseek(t *testing.T, provider *upstreamtest.Upstream) string {
	t.Helper()
	return start(t, fmt.Sprintf(`
		provider deepseek {
			base_url %s
			key {env.E2E_PROVIDER_KEY}
		}`, provider.URL))
}

// twoProviders starts a gateway with a provider that has DeepSeek's preset and one called mock, which serves mock-model.
func twoProviders(t *testing.T, first, second *upstreamtest.Upstream) string {
	t.Helper()
	return start(t, fmt.Sprintf(`
		provider deepseek {
			base_url %s
			key {env.E2E_PROVIDER_KEY}
		}
		provider mock {
			wire chat
			base_url %s/v1
		}
		route %s mock`, first.URL, second.URL, model))
}

func start(t *testing.T, block string) string {
	t.Helper()
	return startSite(t, "", block)
}

// startSite is start for a site with lines of its own.
func startSite(t *testing.T, site, block string) string {
	t.Helper()
	t.Setenv("E2E_PROVIDER_KEY", "provider-key")
	return gatewaytest.Start(t, fmt.Sprintf(":PORT {\n%s\n\tcodex_responses {\n%s\n\t}\n}\n", site, block)).URL + "/v1"
}

// secureGateway starts a gateway that speaks TLS with a certificate of Caddy's own authority, and asks alice for a password. It
// returns the base URL for clients and the file of the authority's certificate.
func secureGateway(t *testing.T, provider *upstreamtest.Upstream) (baseURL, root string) {
	t.Helper()
	g := gatewaytest.Start(t, fmt.Sprintf(`
https://localhost:PORT {
	tls internal
	basic_auth {
		# secret
		alice $2a$04$7iVBMMy3nsogvOyTWbgd/ePDCwoj1bFex6Yw5PDlvzn1kKzKyU0Dy
	}
	codex_responses {
		provider mock {
			wire chat
			base_url %s/v1
		}
	}
}
`, provider.URL))
	return g.URL + "/v1", g.Root()
}
