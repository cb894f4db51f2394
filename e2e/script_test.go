package e2e

import (
	"slices"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// model is a name that Codex knows nothing of, so that it offers the tools that it offers to any model.
const model = "mock-model"

// says is a reply of the provider that ends the turn.
func says(text string) upstreamtest.Reply {
	return upstreamtest.Stream(upstreamtest.Text(text), upstreamtest.Finish("stop"), upstreamtest.Usage(100, 10, 0))
}

// calls is a reply of the provider that asks for tools. The chunks are the calls and what comes before them.
func calls(chunks ...string) upstreamtest.Reply {
	return upstreamtest.Stream(append(slices.Clone(chunks), upstreamtest.Finish("tool_calls"), upstreamtest.Usage(100, 10, 0))...)
}

// shell is a call of the tool that runs a command, which all models have.
func shell(index int, id, command string) string {
	return upstreamtest.ToolCall(index, id, "exec_command", `{"cmd":"`+command+`"}`)
}
