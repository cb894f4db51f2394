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
	e.Text(`,"tools":[`)
	for _, tool := range e.tools {
		e.Separate()
		e.tool(tool)
	}
	if search != "" {
		e.Separate()
		e.Text(search)
	}
	e.Text("]")
	e.toolChoice()
	if e.d.ParallelToolCalls == "send" && e.req.ParallelToolCalls != nil {
		e.Member("parallel_tool_calls")
		e.Raw(e.req.ParallelToolCalls)
	}
}

func (e *encoder) tool(tool *translate.Tool) {
	e.Text(`{"type":"function","function":{"name":`)
	e.String(tool.WireName)
	e.description(tool)
	e.Member("parameters")
	if tool.Kind == translate.CustomTool {
		e.Text(translate.InputSchema)
	} else {
		e.Dst = schema.AppendParameters(e.Dst, tool.Parameters, e.d.SchemaProfile)
	}
	if e.d.ToolsStrict == "send" && tool.Strict != nil && tool.Kind == translate.FunctionTool {
		e.Member("strict")
		e.Raw(tool.Strict)
	}
	e.Text("}}")
}

// description writes what the tool is for.
func (e *encoder) description(tool *translate.Tool) {
	if tool.Description == nil && tool.Kind != translate.CustomTool {
		return
	}
	e.Member("description")
	e.Text(`"`)
	e.Dst = tool.AppendDescription(e.Dst)
	e.Text(`"`)
}

// toolChoice writes the client's choice, or the nearest that the provider takes.
func (e *encoder) toolChoice() {
	mode := e.req.NearestChoice(e.d.TakesToolChoice)
	if mode == "" {
		return
	}
	e.Member("tool_choice")
	switch mode {
	case "named":
		e.Text(`{"type":"function","function":{"name":`)
		e.String(e.req.ToolChoice.Named)
		e.Text("}}")
	case "required":
		e.String(e.d.ToolChoiceRequired)
	default:
		e.String(mode)
	}
}
