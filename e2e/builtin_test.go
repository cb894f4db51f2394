package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// TestBuiltInProviderFallsBackToHTTP redirects the provider that Codex has of its own, which tries a WebSocket first.
func TestBuiltInProviderFallsBackToHTTP(t *testing.T) {
	provider := strict(upstreamtest.New(t, calls(shell(0, "call_1", "cat hello.txt")), says("It says hello.")))
	c := newCodex(t, gateway(t, provider, "websocket off"), settings{builtIn: true})

	start := time.Now()
	r := c.exec(prompt, "-m", "gpt-5.5").answers("It says hello.").silent()

	if !strings.Contains(r.stderr, "failed to connect to Responses WebSocket") {
		t.Errorf("codex did not try a WebSocket")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the fallback took %s", took)
	}
	if got := len(provider.Requests()); got != 2 {
		t.Errorf("the provider got %d requests, want 2", got)
	}
}

// TestModelsAreFetched has Codex get its token from a command, for which it asks for the models.
func TestModelsAreFetched(t *testing.T) {
	provider := upstreamtest.New(t, says("Hello.")).Strict()
	c := newCodex(t, deepseek(t, provider), settings{auth: `auth = { command = "echo", args = ["client-key"] }`})

	r := c.exec(prompt, "-m", "deepseek-flash").answers("Hello.").silent()

	if strings.Contains(r.stderr, "failed to refresh available models") {
		t.Error("codex did not get the models")
	}
	for _, notice := range r.completed("error") {
		t.Errorf("codex noted: %s", notice.Message)
	}
	body := chat(t, provider.Request(0))
	body.offers(t, "exec_command")
	if first := body.Messages[0]; first.Role != "system" || first.Content.String() == "" {
		t.Errorf("the first message is of %s: %.80q", first.Role, first.Content)
	}
}
