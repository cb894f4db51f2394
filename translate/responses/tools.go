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
	e.text("[")
	for _, tool := range e.tools {
		e.separate()
		if e.sendsCustom(tool) {
			e.customTool(tool)
		} else {
			e.functionTool(tool)
		}
	}
	if search != nil {
		e.separate()
		e.webSearch(search)
	}
	e.text("]")
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
	e.text(`{"type":"function","name":`)
	e.string(tool.WireName)
	if tool.Description != nil || tool.Kind == translate.CustomTool {
		e.text(`,"description":"`)
		e.dst = tool.AppendDescription(e.dst)
		e.text(`"`)
	}
	e.text(`,"parameters":`)
	if tool.Kind == translate.CustomTool {
		e.text(translate.InputSchema)
	} else {
		e.dst = schema.AppendParameters(e.dst, tool.Parameters, e.d.SchemaProfile)
	}
	if e.d.ToolsStrict == "send" && tool.Strict != nil && tool.Kind == translate.FunctionTool {
		e.text(`,"strict":`)
		e.raw(tool.Strict)
	}
	e.text("}")
}

func (e *encoder) customTool(tool *translate.Tool) {
	e.text(`{"type":"custom","name":`)
	e.string(tool.WireName)
	if tool.Description != nil {
		e.text(`,"description":`)
		e.escaped(tool.Description)
	}
	if len(tool.Grammar) > 0 {
		e.text(`,"format":{"type":"grammar","syntax":`)
		e.escaped(tool.Syntax)
		e.text(`,"definition":`)
		e.escaped(tool.Grammar)
		e.text("}")
	}
	e.text("}")
}

// webSearch declares the provider's own search. How much of a page it reads is left to the provider: some refuse to be told.
func (e *encoder) webSearch(search *translate.WebSearch) {
	e.text(`{"type":"web_search"`)
	if len(search.Allowed) > 0 {
		e.text(`,"filters":{"allowed_domains":[`)
		for _, domain := range search.Allowed {
			e.separate()
			e.escaped(domain)
		}
		e.text("]}")
	}
	if search.UserLocation != nil {
		e.text(`,"user_location":`)
		e.raw(search.UserLocation)
	}
	e.text("}")
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
		e.text(`{"type":"` + typ + `","name":`)
		e.string(e.req.ToolChoice.Named)
		e.text("}")
	case "required":
		e.string(e.d.ToolChoiceRequired)
	default:
		e.string(mode)
	}
}
