package e2e

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// addedUp checks that the tool of the MCP server ran once, and that the provider was told.
func addedUp(t *testing.T, r *run, after []string) {
	t.Helper()
	ran := r.completed("mcp_tool_call")
	if len(ran) != 1 || ran[0].Server != "calc" || ran[0].Tool != "add" || ran[0].Status != "completed" {
		t.Fatalf("tools of the MCP server: %+v", ran)
	}
	if got := ran[0].Result.Content[0].Text; got != "the sum is 3" {
		t.Errorf("result: got %q", got)
	}
	call, output := after[len(after)-2], after[len(after)-1]
	if call != `assistant calls call_1 mcp__calc__add {"a":1,"b":2}` {
		t.Errorf("got the call %q", call)
	}
	if !strings.HasPrefix(output, "tool call_1 ") || !strings.HasSuffix(output, "the sum is 3") {
		t.Errorf("got the output %q", output)
	}
}

func TestToolOfAnMCPServer(t *testing.T) {
	provider := strict(upstreamtest.New(t,
		calls(upstreamtest.ToolCall(0, "call_1", "mcp__calc__add", `{"a":1,"b":2}`)),
		says("3.")))
	c := newCodex(t, gateway(t, provider), settings{tables: calcServer(t)})

	r := c.exec(prompt, "-m", model).answers("3.").silent()

	chat(t, provider.Request(0)).offers(t, "mcp__calc__add", "exec_command")
	addedUp(t, r, chat(t, provider.Request(1)).since(t, prompt))
}

func TestToolThatIsSearchedFor(t *testing.T) {
	const search = `{"query":"add numbers","limit":2}`
	provider := strict(upstreamtest.New(t,
		calls(upstreamtest.ToolCall(0, "call_s", "tool_search", search)),
		calls(upstreamtest.ToolCall(0, "call_1", "mcp__calc__add", `{"a":1,"b":2}`)),
		says("3.")))
	c := newCodex(t, gateway(t, provider), settings{tables: calcServer(t)})

	r := c.exec(prompt, "-m", "gpt-5.5").answers("3.").silent()

	chat(t, provider.Request(0)).offers(t, "tool_search")
	found := chat(t, provider.Request(1))
	found.offers(t, "tool_search", "mcp__calc__add")
	if after := found.since(t, prompt); len(after) != 2 || after[0] != "assistant calls call_s tool_search "+search {
		t.Errorf("messages after the search: %q", after)
	}
	addedUp(t, r, chat(t, provider.Request(2)).since(t, prompt))
}
