package responses

import (
	"slices"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/schema"
)

// toolFields writes the tools and how they may be called, or nothing at all where there are none.
func (e *encoder) toolFields() {
	search := e.req.Tools.Search
	if e.d.WebSearch != "web_search" || e.req.ToolChoice.Mode == "none" {
		search = nil
	}
	if len(e.tools) == 0 && search == nil || !e.member("tools") {
		return
	}
	e.Text("[")
	for _, tool := range e.tools {
		e.Separate()
		if e.sendsCustom(tool) {
			e.customTool(tool)
		} else {
			e.functionTool(tool)
		}
	}
	if search != nil {
		e.Separate()
		e.webSearch(search)
	}
	e.Text("]")
	if len(e.tools) == 0 {
		return
	}
	e.toolChoice()
	if e.d.ParallelToolCalls == "send" {
		e.optional("parallel_tool_calls", e.req.ParallelToolCalls)
	}
}

// sendsCustom reports whether a tool goes upstream as the custom tool that it is.
func (e *encoder) sendsCustom(tool *translate.Tool) bool {
	return tool.Kind == translate.CustomTool && e.d.CustomTools == "native" &&
		(len(e.d.CustomToolNames) == 0 || slices.Contains(e.d.CustomToolNames, tool.WireName))
}

func (e *encoder) functionTool(tool *translate.Tool) {
	e.Text(`{"type":"function","name":`)
	e.String(tool.WireName)
	if tool.Description != nil || tool.Kind == translate.CustomTool {
		e.Text(`,"description":"`)
		e.Dst = tool.AppendDescription(e.Dst)
		e.Text(`"`)
	}
	e.Text(`,"parameters":`)
	if tool.Kind == translate.CustomTool {
		e.Text(translate.InputSchema)
	} else {
		e.Dst = schema.AppendParameters(e.Dst, tool.Parameters, e.d.SchemaProfile)
	}
	if e.d.ToolsStrict == "send" && tool.Strict != nil && tool.Kind == translate.FunctionTool {
		e.Text(`,"strict":`)
		e.Raw(tool.Strict)
	}
	e.Text("}")
}

func (e *encoder) customTool(tool *translate.Tool) {
	e.Text(`{"type":"custom","name":`)
	e.String(tool.WireName)
	if tool.Description != nil {
		e.Text(`,"description":`)
		e.Escaped(tool.Description)
	}
	if len(tool.Grammar) > 0 {
		e.Text(`,"format":{"type":"grammar","syntax":`)
		e.Escaped(tool.Syntax)
		e.Text(`,"definition":`)
		e.Escaped(tool.Grammar)
		e.Text("}")
	}
	e.Text("}")
}

// webSearch declares the provider's own search. How much of a page it reads is left to the provider: some refuse to be told.
func (e *encoder) webSearch(search *translate.WebSearch) {
	e.Text(`{"type":"web_search"`)
	if len(search.Allowed) > 0 {
		e.Text(`,"filters":{"allowed_domains":[`)
		for _, domain := range search.Allowed {
			e.Separate()
			e.Escaped(domain)
		}
		e.Text("]}")
	}
	if search.UserLocation != nil {
		e.Text(`,"user_location":`)
		e.Raw(search.UserLocation)
	}
	e.Text("}")
}

// toolChoice writes the client's choice, or the nearest that the provider takes.
func (e *encoder) toolChoice() {
	mode := e.req.NearestChoice(e.d.TakesToolChoice)
	if mode == "" || !e.member("tool_choice") {
		return
	}
	switch mode {
	case "named":
		typ := "function"
		if e.nativeCall(e.req.ToolChoice.Named) {
			typ = "custom"
		}
		e.Text(`{"type":"` + typ + `","name":`)
		e.String(e.req.ToolChoice.Named)
		e.Text("}")
	case "required":
		e.String(e.d.ToolChoiceRequired)
	default:
		e.String(mode)
	}
}
