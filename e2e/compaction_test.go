package e2e

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Codex's built-in provider has the service compact, and takes nothing but one compaction item for an answer.
func TestTheBuiltInProviderCompacts(t *testing.T) {
	provider := strict(upstreamtest.New(t,
		upstreamtest.Stream(shell(0, "call_1", "cat hello.txt"), upstreamtest.Finish("tool_calls"), upstreamtest.Usage(9000, 2000, 0)),
		says("What was done: hello.txt was read."),
		says("Done.")))
	baseURL := gateway(t, provider)
	c := newCodex(t, baseURL, settings{top: `openai_base_url = "` + baseURL + `"` + "\nmodel_auto_compact_token_limit = 10000"})
	c.env = append(c.env, "CODEX_API_KEY=client-key")

	c.exec(prompt, "-m", "gpt-5.5", "-c", `model_provider="openai"`).answers("Done.").silent()

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
