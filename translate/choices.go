package translate

// VisibleTools are the tools that an upstream is told of: all, or those that the client's choice allows. takes says which values of
// tool_choice it takes: where a choice cannot be said, the tools say it as far as they can.
func (r *Request) VisibleTools(takes func(choice string) bool) []*Tool {
	choice := &r.ToolChoice
	tools := make([]*Tool, 0, len(r.Tools.List))
	for i := range r.Tools.List {
		if tool := &r.Tools.List[i]; choice.Allowed == nil || choice.Allowed[tool.WireName] {
			tools = append(tools, tool)
		}
	}
	if choice.Mode == "none" && !takes("none") {
		return nil
	}
	if choice.Mode == "named" && !takes("named") {
		for _, tool := range tools {
			if tool.WireName == choice.Named {
				return []*Tool{tool}
			}
		}
	}
	return tools
}

// NearestChoice is the client's tool_choice, or the nearest that the upstream takes; empty where there is nothing to say.
func (r *Request) NearestChoice(takes func(choice string) bool) string {
	mode := r.ToolChoice.Mode
	if mode == "named" && !takes(mode) {
		mode = "required" // with that tool alone
	}
	if mode != "" && !takes(mode) {
		mode = "auto"
	}
	if mode == "" || !takes(mode) {
		return ""
	}
	return mode
}

// AppendTexts appends the texts of parts, joined for one string. Of what is no text there is a note.
func AppendTexts(dst []byte, parts []Part) []byte {
	first := true
	for i := range parts {
		text := parts[i].AsText()
		if len(text) == 0 {
			continue
		}
		if !first {
			dst = append(dst, BlankLine...)
		}
		dst = append(dst, text...)
		first = false
	}
	return dst
}
