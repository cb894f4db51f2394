package converse

import (
	"slices"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/schema"
)

// visibleTools are the tools that the model may call: those that the client's choice allows. The service cannot forbid calls, so a choice
// of none hides the tools.
func (e *encoder) visibleTools() []*translate.Tool {
	choice := &e.req.ToolChoice
	if choice.Mode == "none" {
		return nil
	}
	list := e.req.Tools.List
	tools := make([]*translate.Tool, 0, len(list))
	for i := range list {
		tool := &list[i]
		if choice.Mode == "named" && !e.d.TakesToolChoice("named") && tool.WireName != choice.Named {
			continue
		}
		if choice.Allowed == nil || choice.Allowed[tool.WireName] {
			tools = append(tools, tool)
		}
	}
	return tools
}

// toolConfig writes the tools and how they may be called. It has to be there where the history has calls, so without tools it names those
// that were called.
func (e *encoder) toolConfig() {
	tools := e.visibleTools()
	var called []string
	if len(tools) == 0 {
		if called = e.called(); len(called) == 0 {
			return
		}
	}
	e.write(`,"toolConfig":{"tools":[`)
	for _, tool := range tools {
		e.separate()
		e.tool(tool)
	}
	for _, name := range called {
		e.separate()
		e.write(`{"toolSpec":{"name":`)
		e.string(name)
		e.write(`,"description":"Not available at the moment: do not call it.","inputSchema":{"json":`)
		e.dst = schema.AppendParameters(e.dst, nil, e.d.SchemaProfile)
		e.write("}}}")
	}
	if e.d.CacheControl == "ephemeral" {
		e.write("," + cachePoint)
	}
	e.write("]")
	if len(tools) > 0 {
		e.toolChoice()
	}
	e.write("}")
}

// called are the names of the tools that the history has calls of.
func (e *encoder) called() []string {
	var names []string
	for i := range e.req.History {
		for _, call := range e.req.History[i].Calls {
			if !slices.Contains(names, call.WireName) {
				names = append(names, call.WireName)
			}
		}
	}
	return names
}

func (e *encoder) tool(tool *translate.Tool) {
	e.write(`{"toolSpec":{"name":`)
	e.string(tool.WireName)
	if description := tool.AppendDescription(nil); !blank(description) {
		e.member("description")
		e.escaped(description)
	}
	e.write(`,"inputSchema":{"json":`)
	if tool.Kind == translate.CustomTool {
		e.dst = schema.AppendParameters(e.dst, []byte(translate.InputSchema), e.d.SchemaProfile)
	} else {
		e.dst = schema.AppendParameters(e.dst, tool.Parameters, e.d.SchemaProfile)
	}
	e.write("}")
	if e.d.ToolsStrict == "send" && tool.Strict != nil && tool.Kind == translate.FunctionTool {
		e.member("strict")
		e.raw(tool.Strict)
	}
	e.write("}}")
}

// toolChoice writes a choice that forces a call. Auto is how the service takes it anyway, and said so some models refuse it.
func (e *encoder) toolChoice() {
	mode := e.req.ToolChoice.Mode
	if mode == "named" && !e.d.TakesToolChoice(mode) {
		mode = "required" // with that tool alone
	}
	if mode == "" || !e.d.TakesToolChoice(mode) {
		return
	}
	switch mode {
	case "named":
		e.write(`,"toolChoice":{"tool":{"name":`)
		e.string(e.req.ToolChoice.Named)
		e.write("}}")
	case "required":
		e.write(`,"toolChoice":{"any":{}}`)
	}
}
