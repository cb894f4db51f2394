package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// limited is the answer of a provider that wants fewer requests for a while.
func limited(seconds string) upstreamtest.Reply {
	return upstreamtest.Error(http.StatusTooManyRequests, "rate_limit_error", "rate_limit_exceeded", "Too many requests.").WithHeader("Retry-After", seconds)
}

func TestCodexDoesNotNoticeThatAProviderIsLimitedForSeconds(t *testing.T) {
	provider := upstreamtest.New(t, limited("2"), says("Hello."))
	c := way{}.codex(t, gateway(t, provider, "retry within 30s"), oneRetry)

	c.exec(prompt, "-m", model).answers("Hello.").silent()

	if got := len(provider.Requests()); got != 2 {
		t.Errorf("the provider got %d requests, want 2", got)
	}
}

func TestCodexFinishesItsTaskAtASecondProvider(t *testing.T) {
	first := upstreamtest.New(t, limited("3600"))
	second := upstreamtest.New(t, says("Hello."))
	c := way{}.codex(t, start(t, fmt.Sprintf(`
		provider first {
			wire chat
			base_url %s/v1
		}
		provider second {
			wire chat
			base_url %s/v1
		}
		route * first second
		retry within 30s`, first.URL, second.URL)), oneRetry)

	for range 2 {
		c.exec(prompt, "-m", model).answers("Hello.").silent()
	}

	if a, b := len(first.Requests()), len(second.Requests()); a != 1 || b != 2 {
		t.Errorf("the first got %d requests and the second %d, want 1 and 2", a, b)
	}
}
