package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// oneRetry keeps a test short: Codex repeats a failed stream once instead of five times, and a failed request not at all.
const oneRetry = "request_max_retries = 0\nstream_max_retries = 1"

// mentions checks that a message tells what the user has to know.
func mentions(t *testing.T, message string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(message, word) {
			t.Errorf("the message does not mention %q: %q", word, message)
		}
	}
}

func TestPermanentFaultsAreShownAtOnce(t *testing.T) { permanentFaults(t, way{}) }

func permanentFaults(t *testing.T, w way) {
	t.Helper()
	for name, test := range map[string]struct {
		reply upstreamtest.Reply
		words []string
	}{
		"a key that the provider refuses": {
			upstreamtest.Error(http.StatusUnauthorized, "authentication_error", "invalid_api_key", "Your key is bad."),
			[]string{"mock", "401", "Your key is bad."},
		},
		"an account without access": {
			upstreamtest.Error(http.StatusForbidden, "permission_error", "", "Your country is not served."),
			[]string{"mock", "403", "Your country is not served."},
		},
		"a model that the provider does not have": {
			upstreamtest.Error(http.StatusNotFound, "invalid_request_error", "model_not_found", "There is no such model."),
			[]string{"mock", "There is no such model."},
		},
		"a request that the provider does not take": {
			upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "", "Tools are not supported."),
			[]string{"mock", "400", "Tools are not supported."},
		},
		"a conversation that is too long": {
			upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "context_length_exceeded", "The maximum is 65536 tokens."),
			[]string{"ran out of room in the model's context window"},
		},
		"an account without credit": {
			upstreamtest.Error(http.StatusPaymentRequired, "insufficient_quota", "insufficient_quota", "Insufficient Balance"),
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			provider := upstreamtest.New(t, test.reply)
			c := w.codex(t, w.gateway(t, provider), oneRetry)

			r := c.exec(prompt, "-m", model)

			mentions(t, r.fails(), test.words...)
			if got := len(provider.Requests()); got != 1 || len(r.retries()) > 0 {
				t.Errorf("the provider got %d requests, and codex reported %q", got, r.retries())
			}
		})
	}
}

func TestPassingFaultsAreTriedAgain(t *testing.T) { passingFaults(t, way{}) }

func passingFaults(t *testing.T, w way) {
	t.Helper()
	for name, test := range map[string]struct {
		reply upstreamtest.Reply
		wait  time.Duration // that the provider asked for
		words []string
	}{
		"a rate limit that says when to come back": {
			upstreamtest.Error(http.StatusTooManyRequests, "rate_limit_error", "rate_limit_exceeded", "Too many requests.").
				WithHeader("Retry-After", "1"),
			time.Second,
			[]string{"rate limit exceeded", "mock", "429", "try again in 1s"},
		},
		"a rate limit that does not say": {
			upstreamtest.Error(http.StatusTooManyRequests, "rate_limit_error", "rate_limit_exceeded", "Too many requests."),
			0,
			[]string{"rate limit exceeded", "mock", "429"},
		},
		"a fault of the provider": {
			upstreamtest.Error(http.StatusInternalServerError, "server_error", "", "Something broke."),
			0,
			[]string{"mock", "500", "Something broke."},
		},
		"a provider behind a proxy that fails": {
			upstreamtest.JSON(http.StatusBadGateway, "<html><body><h1>502 Bad Gateway</h1></body></html>").WithHeader("Content-Type", "text/html"),
			0,
			[]string{"mock", "502"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			provider := upstreamtest.New(t, test.reply, says("Hello."))
			c := w.codex(t, w.gateway(t, provider), oneRetry)

			start := time.Now()
			r := c.exec(prompt, "-m", model).answers("Hello.")

			if took := time.Since(start); took < test.wait {
				t.Errorf("codex came back after %s, want %s at least", took, test.wait)
			}
			w.triedAgain(t, r, test.words...)
			if got := len(provider.Requests()); got != 2 {
				t.Errorf("the provider got %d requests, want 2", got)
			}
		})
	}
}

func TestFaultThatDoesNotPass(t *testing.T) {
	provider := upstreamtest.New(t, upstreamtest.Error(http.StatusServiceUnavailable, "server_error", "", "Out to lunch."))
	c := newCodex(t, gateway(t, provider), settings{provider: oneRetry})

	r := c.exec(prompt, "-m", model)

	mentions(t, r.fails(), "mock", "503", "Out to lunch.")
	if got := len(provider.Requests()); got != 2 {
		t.Errorf("the provider got %d requests, want 2", got)
	}
}

func TestReplyThatBreaksOff(t *testing.T) { repliesThatBreakOff(t, way{}) }

func repliesThatBreakOff(t *testing.T, w way) {
	t.Helper()
	for name, broken := range map[string]upstreamtest.Reply{
		"amid the text":      upstreamtest.Stream(upstreamtest.Text("Hello, wor")).Cut(),
		"amid a call":        upstreamtest.Stream(upstreamtest.ToolCall(0, "call_1", "exec_command", `{"cmd":"touch ran`)).Cut(),
		"amid the reasoning": upstreamtest.Stream(upstreamtest.Reasoning("I think")).Cut(),
		"without a finish":   upstreamtest.Stream(upstreamtest.Text("Hello, wor")).WithoutDone(),
		"with an error":      upstreamtest.Stream(upstreamtest.Text("Hello, wor"), upstreamtest.ErrorBody("server_error", "", "A node died.")),
	} {
		t.Run(name, func(t *testing.T) {
			provider := strict(upstreamtest.New(t, broken, says("Hello, world.")))
			c := w.codex(t, w.gateway(t, provider), oneRetry)

			r := c.exec(prompt, "-m", model).answers("Hello, world.").commands()

			w.triedAgain(t, r, "mock")
			if got := len(provider.Requests()); got != 2 {
				t.Errorf("the provider got %d requests, want 2", got)
			}
		})
	}
}

func TestReplyThatIsCutToLength(t *testing.T) {
	provider := strict(upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hello, wor"), upstreamtest.Finish("length"))))
	c := newCodex(t, gateway(t, provider), settings{provider: oneRetry})

	r := c.exec(prompt, "-m", model)

	if len(provider.Requests()) != 1 {
		t.Errorf("the provider got %d requests, want 1", len(provider.Requests()))
	}
	if got := r.completed("agent_message"); len(got) != 1 || got[0].Text != "Hello, wor" {
		t.Errorf("codex showed %+v", got)
	}
}

func TestUnknownModel(t *testing.T) {
	first, second := upstreamtest.New(t, says("First.")), upstreamtest.New(t, says("Second."))
	c := newCodex(t, twoProviders(t, first, second), settings{provider: oneRetry})

	r := c.exec(prompt, "-m", "no-such-model")

	mentions(t, r.fails(), "no-such-model")
	if len(r.retries()) > 0 || len(first.Requests())+len(second.Requests()) > 0 {
		t.Errorf("codex reported %q", r.retries())
	}
}
