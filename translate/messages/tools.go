package messages

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/schema"
)

// chooseTools decides which tools the upstream is told of.
func (e *encoder) chooseTools() {
	e.tools = e.req.VisibleTools(e.takes)
	switch mode := e.req.ToolChoice.Mode; {
	case mode == "none" && !e.takes(mode):
		return
	case mode == "named" && !e.takes(mode): // that tool alone
	default:
		e.search = e.searches()
	}
	if len(e.tools) == 0 && !e.search && e.takes("none") {
		e.called = e.req.Called()
	}
}

// takes reports whether a value of tool_choice can be sent. A model that thinks within a budget cannot be forced to call anything.
func (e *encoder) takes(mode string) bool {
	if e.thinking.budget > 0 && (mode == "required" || mode == "named") {
		return false
	}
	return e.d.TakesToolChoice(mode)
}

// toolFields writes the tools and how they may be called, or nothing at all where there are none.
func (e *encoder) toolFields() {
	if len(e.tools) == 0 && !e.search {
		e.calledTools()
		return
	}
	e.Text(`,"tools":[`)
	for _, tool := range e.tools {
		e.Separate()
		e.tool(tool)
	}
	if e.search {
		e.Separate()
		e.searchTool()
	}
	e.mark(len(e.Dst))
	e.Text("]")
	e.toolChoice()
}

// calledTools declares the tools that the history calls where the request has none, for calls of undeclared tools are refused. They may
// not be called again.
func (e *encoder) calledTools() {
	if len(e.called) == 0 {
		return
	}
	e.Text(`,"tools":[`)
	for _, name := range e.called {
		e.Separate()
		e.Text(`{"name":`)
		e.String(name)
		e.Text(`,"input_schema":{"type":"object"}}`)
	}
	e.mark(len(e.Dst))
	e.Text(`],"tool_choice":{"type":"none"}`)
}

func (e *encoder) tool(tool *translate.Tool) {
	e.Text(`{"name":`)
	e.String(tool.WireName)
	if tool.Description != nil || tool.Kind == translate.CustomTool {
		e.Text(`,"description":"`)
		e.Dst = tool.AppendDescription(e.Dst)
		e.Text(`"`)
	}
	e.inputSchema(tool)
	if e.d.EagerToolInput {
		e.Text(`,"eager_input_streaming":true`)
	}
	e.Text("}")
}

// inputSchema writes the schema of a tool's input, and that it is strict where the client says so and the API can enforce it.
func (e *encoder) inputSchema(tool *translate.Tool) {
	e.Member("input_schema")
	if tool.Kind == translate.CustomTool {
		e.Text(translate.InputSchema)
		return
	}
	if e.d.ToolsStrict == "send" && string(tool.Strict) == "true" {
		var enforced bool
		if e.Dst, enforced = schema.AppendAnthropicStrict(e.Dst, tool.Parameters); enforced {
			e.Text(`,"strict":true`)
			return
		}
	}
	e.Dst = schema.AppendParameters(e.Dst, tool.Parameters, e.d.SchemaProfile)
}

// toolChoice writes the client's choice, or the nearest that the provider takes.
func (e *encoder) toolChoice() {
	mode := e.req.NearestChoice(e.takes)
	one := e.d.ParallelToolCalls == "send" && string(e.req.ParallelToolCalls) == "false" && mode != "none"
	if mode == "" && one && e.takes("auto") {
		mode = "auto"
	}
	if mode == "" {
		return
	}
	e.Text(`,"tool_choice":{"type":`)
	switch mode {
	case "named":
		e.Text(`"tool","name":`)
		e.String(e.req.ToolChoice.Named)
	case "required":
		e.Text(`"any"`)
	default:
		e.String(mode)
	}
	if one {
		e.Text(`,"disable_parallel_tool_use":true`)
	}
	e.Text("}")
}
