package e2e

import (
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// The provider searches the web itself: Codex shows the search and the answer, and what the provider wants back of it comes back.
func TestWebSearchOfTheProvider(t *testing.T) {
	provider := upstreamtest.New(t,
		upstreamtest.Messages("end_turn", upstreamtest.MessagesSearch("srvtoolu_1", "caddy server"),
			upstreamtest.MessagesFound("srvtoolu_1", "https://caddy.example/docs"),
			upstreamtest.MessagesCited("It is a server.", "https://caddy.example/docs", "Docs")),
		upstreamtest.Messages("end_turn", upstreamtest.MessagesText("As I said."))).StrictMessages()
	c := newCodex(t, start(t, "provider anthropic {\nbase_url "+provider.URL+"\nkey {env.E2E_PROVIDER_KEY}\n}"), settings{})

	r := c.exec(prompt, "-m", model).answers("It is a server.").silent()
	searches := r.completed("web_search")
	if len(searches) != 1 || searches[0].Query != "caddy server" {
		t.Errorf("codex showed the searches %+v", searches)
	}
	c.exec("Sure?", "resume", "--last", "-m", model).answers("As I said.").silent()

	requests := took(t, provider, 2)
	holds(t, requests[0], `"type":"web_search_20250305"`)
	holds(t, requests[1], `"type":"server_tool_use"`, `"type":"web_search_tool_result"`, "It is a server.")
}
