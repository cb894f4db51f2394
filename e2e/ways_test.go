package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// way is how Codex comes to the gateway.
type way struct {
	client settings
	site   string // lines of the site before the directive
	silent bool   // Codex does not show the first time that it tries again
}

// onlyWebSocket is a site that has no responses for those who ask over HTTP.
const onlyWebSocket = "@http {\nmethod POST\npath /v1/responses\n}\nrespond @http \"over HTTP\" 500"

// The ways over WebSocket: a provider of the user that says it can, and the built-in one, which tries it unasked.
var (
	customSocket  = way{client: settings{provider: "supports_websockets = true"}, site: onlyWebSocket, silent: true}
	builtInSocket = way{client: settings{builtIn: true}, site: onlyWebSocket, silent: true}
)

// gateway starts a gateway with one provider, called mock, of which it knows nothing but the URL. The options are lines of the
// directive. It returns the base URL for clients.
func (w way) gateway(t *testing.T, provider *upstreamtest.Upstream, options ...string) string {
	t.Helper()
	return startSite(t, w.site, fmt.Sprintf(`
		provider mock {
			wire chat
			base_url %s/v1
		}
		%s`, provider.URL, strings.Join(options, "\n")))
}

// codex sets up Codex with more settings of its provider.
func (w way) codex(t *testing.T, baseURL string, provider ...string) *codex {
	t.Helper()
	s := w.client
	s.provider = strings.Join(append(provider, s.provider), "\n")
	return newCodex(t, baseURL, s)
}

// triedAgain checks that Codex has tried again once, and that it said why where it does.
func (w way) triedAgain(t *testing.T, r *run, words ...string) {
	t.Helper()
	retries := r.retries()
	switch {
	case w.silent && len(retries) == 0:
	case w.silent || len(retries) != 1:
		t.Errorf("codex retried %d times, want once: %q", len(retries), retries)
	default:
		mentions(t, retries[0], words...)
	}
}
