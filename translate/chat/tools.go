package chat

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/schema"
)

// toolFields writes the tools and how they may be called, or nothing at all where there are none.
func (e *encoder) toolFields() {
	search := e.searchTool()
	if len(e.tools) == 0 && search == "" {
		return
	}
	e.text(`,"tools":[`)
	for _, tool := range e.tools {
		e.separate()
		e.tool(tool)
	}
	if search != "" {
		e.separate()
		e.text(search)
	}
	e.text("]")
	e.toolChoice()
	if e.d.ParallelToolCalls == "send" && e.req.ParallelToolCalls != nil {
		e.member("parallel_tool_calls")
		e.raw(e.req.ParallelToolCalls)
	}
}

func (e *encoder) tool(tool *translate.Tool) {
	e.text(`{"type":"function","function":{"name":`)
	e.string(tool.WireName)
	e.description(tool)
	e.member("parameters")
	if tool.Kind == translate.CustomTool {
		e.text(translate.InputSchema)
	} else {
		e.dst = schema.AppendParameters(e.dst, tool.Parameters, e.d.SchemaProfile)
	}
	if e.d.ToolsStrict == "send" && tool.Strict != nil && tool.Kind == translate.FunctionTool {
		e.member("strict")
		e.raw(tool.Strict)
	}
	e.text("}}")
}

// description writes what the tool is for.
func (e *encoder) description(tool *translate.Tool) {
	if tool.Description == nil && tool.Kind != translate.CustomTool {
		return
	}
	e.member("description")
	e.text(`"`)
	e.dst = tool.AppendDescription(e.dst)
	e.text(`"`)
}

// toolChoice writes the client's choice, or the nearest that the provider takes.
func (e *encoder) toolChoice() {
	mode := e.req.NearestChoice(e.d.TakesToolChoice)
	if mode == "" {
		return
	}
	e.member("tool_choice")
	switch mode {
	case "named":
		e.text(`{"type":"function","function":{"name":`)
		e.string(e.req.ToolChoice.Named)
		e.text("}}")
	case "required":
		e.string(e.d.ToolChoiceRequired)
	default:
		e.string(mode)
	}
}
