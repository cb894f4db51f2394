package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestResumeWithTheSameModelKeepsTheReasoning(t *testing.T) {
	provider := upstreamtest.New(t,
		calls(upstreamtest.Reasoning("I look."), shell(0, "call_1", "cat hello.txt")),
		upstreamtest.Stream(upstreamtest.Reasoning("Easy."), upstreamtest.Text("Hello."), upstreamtest.Finish("stop")),
		says("Again."),
	).Strict(upstreamtest.RequireReasoning)
	c := newCodex(t, deepseek(t, provider), settings{})

	c.exec(prompt, "-m", "deepseek-flash").answers("Hello.").silent()
	c.exec("Once more.", "resume", "--last", "-m", "deepseek-flash").answers("Again.").silent()

	after := chat(t, provider.Request(2)).since(t, prompt)
	equal(t, "messages after the first prompt", after[:3], []string{
		`assistant thinks <I look.> calls call_1 exec_command {"cmd":"cat hello.txt"}`,
		`tool call_1 hello`,
		`assistant thinks <Easy.> Hello.`,
	})
	if last := after[len(after)-1]; last != "user Once more." {
		t.Errorf("the last message is %q", last)
	}
}

func TestResumeWithAModelOfAnotherProvider(t *testing.T) {
	first := upstreamtest.New(t,
		calls(upstreamtest.Reasoning("I look."), shell(0, "call_1", "cat hello.txt")),
		says("Hello."),
	).Strict(upstreamtest.RequireReasoning)
	second := strict(upstreamtest.New(t, says("Again.")))
	c := newCodex(t, twoProviders(t, first, second), settings{})

	c.exec(prompt, "-m", "deepseek-flash").answers("Hello.").silent()
	c.exec("Once more.", "resume", "--last", "-m", model).answers("Again.").silent()

	body := chat(t, second.Request(0))
	if body.Model != model {
		t.Errorf("model: got %q", body.Model)
	}
	after := body.since(t, prompt)
	equal(t, "messages after the first prompt", after[:3], []string{
		`assistant calls call_1 exec_command {"cmd":"cat hello.txt"}`,
		`tool call_1 hello`,
		`assistant Hello.`,
	})
	if last := after[len(after)-1]; last != "user Once more." {
		t.Errorf("the last message is %q", last)
	}
	if got := len(first.Requests()); got != 2 {
		t.Errorf("the first provider got %d requests, want 2", got)
	}
}

func TestCompaction(t *testing.T) {
	provider := strict(upstreamtest.New(t,
		upstreamtest.Stream(shell(0, "call_1", "cat hello.txt"), upstreamtest.Finish("tool_calls"), upstreamtest.Usage(9000, 2000, 0)),
		says("The summary."),
		says("Done.")))
	c := newCodex(t, gateway(t, provider), settings{top: "model_auto_compact_token_limit = 10000"})

	c.exec(prompt, "-m", model).answers("Done.").silent()

	compaction := chat(t, provider.Request(1))
	if len(compaction.Tools) != 0 || compaction.ToolChoice != nil {
		t.Errorf("the request for the summary offers %q with tool_choice %s", compaction.toolNames(), compaction.ToolChoice)
	}
	after := compaction.since(t, prompt)
	equal(t, "messages before the request for the summary", after[:len(after)-1], []string{
		`assistant calls call_1 exec_command {"cmd":"cat hello.txt"}`,
		`tool call_1 hello`,
	})
	if last := after[len(after)-1]; !strings.HasPrefix(last, "user ") || !strings.Contains(last, "COMPACTION") {
		t.Errorf("the request for the summary is %.80q", last)
	}

	resumed := chat(t, provider.Request(2))
	resumed.offers(t, "exec_command")
	if !slices.ContainsFunc(resumed.Messages, func(m chatMessage) bool {
		return m.Role == "user" && strings.HasSuffix(m.Content.String(), "The summary.")
	}) {
		t.Errorf("the summary is not in the messages after the prompt: %q", resumed.since(t, prompt))
	}
}
