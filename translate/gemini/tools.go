package gemini

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/schema"
)

// toolPlan says which tools the model gets and how freely it may call them.
type toolPlan struct {
	functions []*translate.Tool
	search    bool     // the provider's own web search
	mode      string   // of function calling, in the provider's words; empty to leave it open
	allowed   []string // wire names of the only functions that may be called; nil for all
}

// Function calling modes.
const (
	modeAuto      = "AUTO"
	modeAny       = "ANY"
	modeNone      = "NONE"
	modeValidated = "VALIDATED"
)

func (p *toolPlan) empty() bool { return len(p.functions) == 0 && !p.search }

func (e *encoder) planTools() toolPlan {
	p := toolPlan{search: e.req.Tools.Search != nil && e.d.WebSearch == "google_search"}
	p.functions = make([]*translate.Tool, 0, len(e.req.Tools.List))
	for i := range e.req.Tools.List {
		p.functions = append(p.functions, &e.req.Tools.List[i])
	}
	choice, mode := &e.req.ToolChoice, e.req.ToolChoice.Mode
	switch {
	case mode == "none" && !e.d.TakesToolChoice(mode):
		return toolPlan{}
	case mode == "named" && !e.d.TakesToolChoice(mode):
		p.keep(func(name string) bool { return name == choice.Named })
		mode = "required"
	}
	if mode != "" && !e.d.TakesToolChoice(mode) {
		mode = "auto"
	}
	switch mode {
	case "none":
		p.mode, p.search = modeNone, false // the mode would not keep the model from searching
	case "named":
		p.mode, p.allowed = modeAny, []string{choice.Named}
	case "required":
		p.mode = modeAny
		for _, tool := range p.functions {
			if choice.Allowed[tool.WireName] {
				p.allowed = append(p.allowed, tool.WireName)
			}
		}
	default:
		if mode == "auto" {
			p.mode = modeAuto
		}
		if choice.Allowed != nil {
			p.keep(func(name string) bool { return choice.Allowed[name] })
		}
	}
	p.combine(e.d.WebSearchWithTools)
	return p
}

// keep drops the functions that may not be called, for a mode that takes no list of those that may.
func (p *toolPlan) keep(allowed func(name string) bool) {
	p.functions = slices.DeleteFunc(p.functions, func(tool *translate.Tool) bool { return !allowed(tool.WireName) })
}

// combine settles what becomes of the search beside functions.
func (p *toolPlan) combine(how string) {
	switch {
	case len(p.functions) == 0:
		p.mode, p.allowed = "", nil
	case !p.search:
	case how == "omit", p.mode == modeAny:
		p.search = false
	default:
		p.mode = modeValidated
	}
}

// toolList writes the tools, or nothing where there are none.
func (e *encoder) toolList() {
	if e.tools.empty() {
		return
	}
	e.Member("tools")
	e.Text("[")
	if len(e.tools.functions) > 0 {
		e.Text(`{"functionDeclarations":[`)
		for _, tool := range e.tools.functions {
			e.Separate()
			e.declaration(tool)
		}
		e.Text("]}")
	}
	if e.tools.search {
		e.Separate()
		e.Text(`{"googleSearch":{}}`)
	}
	e.Text("]")
}

func (e *encoder) declaration(tool *translate.Tool) {
	e.Text(`{"name":`)
	e.String(tool.WireName)
	if len(tool.Description) > 0 || tool.Kind == translate.CustomTool {
		e.Member("description")
		e.Text(`"`)
		e.Dst = tool.AppendDescription(e.Dst)
		e.Text(`"`)
	}
	before := len(e.Dst)
	if e.d.SchemaProfile == schema.GeminiOpenAPI {
		e.Member("parameters")
		start := len(e.Dst)
		e.Dst = schema.AppendParameters(e.Dst, tool.Schema(), schema.GeminiOpenAPI)
		if !bytes.Contains(e.Dst[start:], []byte(`"properties":{`)) {
			e.Dst = e.Dst[:before] // an object without properties is refused
		}
	} else {
		e.Member("parametersJsonSchema")
		e.Dst = schema.AppendParameters(e.Dst, tool.Schema(), schema.GeminiJSON)
	}
	e.Text("}")
}

// toolConfig writes how the functions may be called.
func (e *encoder) toolConfig() {
	if e.tools.mode == "" {
		return
	}
	e.Member("toolConfig")
	e.Text(`{"functionCallingConfig":{"mode":"` + e.tools.mode + `"`)
	if len(e.tools.allowed) > 0 {
		e.Text(`,"allowedFunctionNames":[`)
		for _, name := range e.tools.allowed {
			e.Separate()
			e.String(name)
		}
		e.Text("]")
	}
	e.Text("}")
	if e.tools.mode == modeValidated && e.d.WebSearchWithTools == "server_invocations" {
		e.Text(`,"includeServerSideToolInvocations":true`)
	}
	e.Text("}")
}
