package messages

import (
	"slices"

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
		e.called = calledNames(e.req.History)
	}
}

// takes reports whether a value of tool_choice can be sent. A model that thinks within a budget cannot be forced to call anything.
func (e *encoder) takes(mode string) bool {
	if e.thinking.budget > 0 && (mode == "required" || mode == "named") {
		return false
	}
	return e.d.TakesToolChoice(mode)
}

// calledNames are the tools that the history calls, in the order of their first calls.
func calledNames(history []translate.Message) []string {
	var names []string
	for i := range history {
		for j := range history[i].Calls {
			if name := history[i].Calls[j].WireName; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// toolFields writes the tools and how they may be called, or nothing at all where there are none.
func (e *encoder) toolFields() {
	if len(e.tools) == 0 && !e.search {
		e.calledTools()
		return
	}
	e.text(`,"tools":[`)
	for _, tool := range e.tools {
		e.separate()
		e.tool(tool)
	}
	if e.search {
		e.separate()
		e.searchTool()
	}
	e.mark(len(e.dst))
	e.text("]")
	e.toolChoice()
}

// calledTools declares the tools that the history calls where the request has none, for calls of undeclared tools are refused. They may
// not be called again.
func (e *encoder) calledTools() {
	if len(e.called) == 0 {
		return
	}
	e.text(`,"tools":[`)
	for _, name := range e.called {
		e.separate()
		e.text(`{"name":`)
		e.string(name)
		e.text(`,"input_schema":{"type":"object"}}`)
	}
	e.mark(len(e.dst))
	e.text(`],"tool_choice":{"type":"none"}`)
}

func (e *encoder) tool(tool *translate.Tool) {
	e.text(`{"name":`)
	e.string(tool.WireName)
	if tool.Description != nil || tool.Kind == translate.CustomTool {
		e.text(`,"description":"`)
		e.dst = tool.AppendDescription(e.dst)
		e.text(`"`)
	}
	e.inputSchema(tool)
	if e.d.EagerToolInput {
		e.text(`,"eager_input_streaming":true`)
	}
	e.text("}")
}

// inputSchema writes the schema of a tool's input, and that it is strict where the client says so and the API can enforce it.
func (e *encoder) inputSchema(tool *translate.Tool) {
	e.member("input_schema")
	if tool.Kind == translate.CustomTool {
		e.text(translate.InputSchema)
		return
	}
	if e.d.ToolsStrict == "send" && string(tool.Strict) == "true" {
		var enforced bool
		if e.dst, enforced = schema.AppendAnthropicStrict(e.dst, tool.Parameters); enforced {
			e.text(`,"strict":true`)
			return
		}
	}
	e.dst = schema.AppendParameters(e.dst, tool.Parameters, e.d.SchemaProfile)
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
	e.text(`,"tool_choice":{"type":`)
	switch mode {
	case "named":
		e.text(`"tool","name":`)
		e.string(e.req.ToolChoice.Named)
	case "required":
		e.text(`"any"`)
	default:
		e.string(mode)
	}
	if one {
		e.text(`,"disable_parallel_tool_use":true`)
	}
	e.text("}")
}
