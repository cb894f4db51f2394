package e2e

import (
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestReasoningComesBackOnEachTurn(t *testing.T) {
	provider := upstreamtest.New(t,
		calls(upstreamtest.Reasoning("First I "), upstreamtest.Reasoning("look.\n"), shell(0, "call_1", "cat hello.txt")),
		calls(upstreamtest.Reasoning("Then I think “twice”."), upstreamtest.Text("Wait."), shell(0, "call_2", "echo two")),
		calls(upstreamtest.Reasoning("Three."), shell(0, "call_3", "echo three"), shell(1, "call_4", "echo four")),
		says("Done."),
	).Strict(upstreamtest.RequireReasoning)
	c := newCodex(t, deepseek(t, provider), settings{})

	r := c.exec(prompt, "-m", "deepseek-flash").answers("Wait.", "Done.").silent()

	var shown []string
	for _, reasoning := range r.completed("reasoning") {
		shown = append(shown, reasoning.Text)
	}
	equal(t, "reasoning that codex showed", shown, []string{"First I look.\n", "Then I think “twice”.", "Three."})

	want := []string{
		"assistant thinks <First I look.\n> calls call_1 exec_command {\"cmd\":\"cat hello.txt\"}",
		"tool call_1 hello",
		"assistant thinks <Then I think “twice”.> Wait. calls call_2 exec_command {\"cmd\":\"echo two\"}",
		"tool call_2 two",
		"assistant thinks <Three.> calls call_3 exec_command {\"cmd\":\"echo three\"} calls call_4 exec_command {\"cmd\":\"echo four\"}",
		"tool call_3 three",
		"tool call_4 four",
	}
	for turn, known := range []int{0, 2, 4, 7} {
		equal(t, "messages after the prompt", chat(t, provider.Request(turn)).since(t, prompt), want[:known])
	}
}
