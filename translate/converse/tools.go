package converse

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/schema"
)

// toolConfig writes the tools and how they may be called. It has to be there where the history has calls, so without tools it names those
// that were called.
func (e *encoder) toolConfig() {
	var called []string
	if len(e.tools) == 0 {
		if called = e.req.Called(); len(called) == 0 {
			return
		}
	}
	e.Text(`,"toolConfig":{"tools":[`)
	for _, tool := range e.tools {
		e.Separate()
		e.tool(tool)
	}
	for _, name := range called {
		e.Separate()
		e.Text(`{"toolSpec":{"name":`)
		e.String(name)
		e.Text(`,"description":"Not available at the moment: do not call it.","inputSchema":{"json":`)
		e.Dst = schema.AppendParameters(e.Dst, nil, e.d.SchemaProfile)
		e.Text("}}}")
	}
	if e.d.CacheControl == "ephemeral" {
		e.Text("," + cachePoint)
	}
	e.Text("]")
	if len(e.tools) > 0 {
		e.toolChoice()
	}
	e.Text("}")
}

func (e *encoder) tool(tool *translate.Tool) {
	e.Text(`{"toolSpec":{"name":`)
	e.String(tool.WireName)
	if description := tool.AppendDescription(nil); !blank(description) {
		e.Member("description")
		e.Escaped(description)
	}
	e.Text(`,"inputSchema":{"json":`)
	e.Dst = schema.AppendParameters(e.Dst, tool.Schema(), e.d.SchemaProfile)
	e.Text("}")
	if e.d.ToolsStrict == "send" && tool.Strict != nil && tool.Kind == translate.FunctionTool {
		e.Member("strict")
		e.Raw(tool.Strict)
	}
	e.Text("}}")
}

// toolChoice writes a choice that forces a call. Auto is how the service takes it anyway, and said so some models refuse it.
func (e *encoder) toolChoice() {
	switch e.req.NearestChoice(e.d.TakesToolChoice) {
	case "named":
		e.Text(`,"toolChoice":{"tool":{"name":`)
		e.String(e.req.ToolChoice.Named)
		e.Text("}}")
	case "required":
		e.Text(`,"toolChoice":{"any":{}}`)
	}
}
