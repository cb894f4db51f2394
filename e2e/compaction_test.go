package e2e

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Codex's built-in provider has the service compact, and takes nothing but one compaction item for an answer.
func TestTheBuiltInProviderCompacts(t *testing.T) {
	t.Run("over WebSocket", func(t *testing.T) { compacts(t, builtInSocket) })
	t.Run("over HTTP", func(t *testing.T) { compacts(t, way{client: builtInSocket.client}, "websocket off") })
}

func compacts(t *testing.T, w way, options ...string) {
	t.Helper()
	provider := strict(upstreamtest.New(t,
		upstreamtest.Stream(shell(0, "call_1", "cat hello.txt"), upstreamtest.Finish("tool_calls"), upstreamtest.Usage(9000, 2000, 0)),
		says("What was done: hello.txt was read."),
		says("Done.")))
	w.client.top = "model_auto_compact_token_limit = 10000"

	w.codex(t, w.gateway(t, provider, options...)).exec(prompt, "-m", "gpt-5.5").answers("Done.").silent()

	requests := took(t, provider, 3)
	summary := chat(t, requests[1])
	if last := summary.Messages[len(summary.Messages)-1]; last.Role != "user" || !strings.Contains(last.Content.String(), "summary") {
		t.Errorf("the summary is asked for by %.80q", last.Content)
	}
	holds(t, requests[1], "hello")
	holds(t, requests[2], "What was done: hello.txt was read.", prompt)
	if strings.Contains(string(requests[2].Body), "call_1") {
		t.Error("what was summed up is still there")
	}
}
