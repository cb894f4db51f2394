package translate

import (
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// ToolChoice is how freely the model may call tools.
type ToolChoice struct {
	Mode  string // auto, none, required, named, or empty where the client does not say
	Named string // wire name of the tool that must be called, for mode named

	// Allowed are wire names, where only some of the declared tools may be called; nil allows all.
	Allowed map[string]bool
}

// choice reads tool_choice. A choice of a tool that is not there, such as a hosted one that was left out, becomes auto.
func (t *Tools) choice(raw []byte) ToolChoice {
	c := jsonscan.New(raw)
	switch c.Kind() {
	case jsonscan.String:
		mode := c.Text()
		if mode == "required" && len(t.List) == 0 {
			mode = "auto"
		}
		return ToolChoice{Mode: mode}
	case jsonscan.Object:
		return t.objectChoice(c)
	default:
		return ToolChoice{}
	}
}

func (t *Tools) objectChoice(c *jsonscan.Cursor) ToolChoice {
	var typ, name, namespace, mode string
	var allowed []byte
	for key := range c.Members() {
		switch key {
		case "type":
			typ = c.Text()
		case "name":
			name = c.Text()
		case "namespace":
			namespace = c.Text()
		case "function":
			name, namespace = readName(c)
		case "mode":
			mode = c.Text()
		case "tools":
			allowed = c.Raw()
		}
	}
	switch typ {
	case "function", "custom":
		if wire := t.wireNameOf(namespace, name); t.declared(wire) {
			return ToolChoice{Mode: "named", Named: wire}
		}
	case "tool_search":
		if t.declared(SearchToolName) {
			return ToolChoice{Mode: "named", Named: SearchToolName}
		}
	case "allowed_tools":
		return t.allowedChoice(mode, allowed)
	}
	return ToolChoice{Mode: "auto"}
}

// readName takes a name from the form of Chat Completions, which some clients send.
func readName(c *jsonscan.Cursor) (name, namespace string) {
	for key := range c.Members() {
		switch key {
		case "name":
			name = c.Text()
		case "namespace":
			namespace = c.Text()
		}
	}
	return name, namespace
}

// allowedChoice lets the model call some of the tools. The provider's own search goes where it is not among them.
func (t *Tools) allowedChoice(mode string, raw []byte) ToolChoice {
	choice := ToolChoice{Mode: mode, Allowed: make(map[string]bool)}
	searches := false
	c := jsonscan.New(raw)
	for range c.Elements() {
		tool := c.Raw()
		searches = searches || isWebSearch(typeOf(tool))
		if one := t.objectChoice(jsonscan.New(tool)); one.Named != "" {
			choice.Allowed[one.Named] = true
		}
	}
	if !searches {
		t.Search = nil
	}
	switch {
	case len(choice.Allowed) > 0:
	case t.Search != nil:
		choice.Mode = "auto" // nobody can be made to search
	default:
		return ToolChoice{Mode: "none"}
	}
	return choice
}

// typeOf is the type that an object names.
func typeOf(raw []byte) string {
	typ := ""
	c := jsonscan.New(raw)
	for key := range c.Members() {
		if key == "type" {
			typ = c.Text()
		}
	}
	return typ
}

// mayCall reports whether the client has left it to the model to call a tool now. What an upstream cannot be told is seen to here: which
// tools are allowed, and that one call is to be made at a time.
func (s *Stream) mayCall(wireName string) bool {
	choice := &s.req.ToolChoice
	switch {
	case choice.Mode == "none", choice.Allowed != nil && !choice.Allowed[wireName]:
		return false
	default:
		return len(s.calls) == 0 || s.EveryCall || string(s.req.ParallelToolCalls) != "false"
	}
}

func (t *Tools) declared(wireName string) bool {
	_, ok := t.byWireName[wireName]
	return ok
}
