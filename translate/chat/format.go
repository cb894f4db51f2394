package chat

import "github.com/caddy-codex/responses/translate/schema"

// fieldedFormat reports whether response_format may be used in this request.
func (e *encoder) fieldedFormat() bool {
	return e.d.ResponseFormat != "none" && (e.d.ResponseFormatWithTools || len(e.tools) == 0)
}

// promptedFormat reports whether the model has to be told of the format in words.
func (e *encoder) promptedFormat() bool {
	return e.req.Format.Type != "" && (e.d.ResponseFormat != "json_schema" || !e.fieldedFormat())
}

// format writes response_format.
func (e *encoder) format() {
	f := &e.req.Format
	if f.Type == "" || !e.fieldedFormat() {
		return
	}
	if f.Type == "json_object" || e.d.ResponseFormat == "json_object" {
		e.Text(`,"response_format":{"type":"json_object"}`)
		return
	}
	name := f.Name
	if len(name) == 0 {
		name = []byte("answer")
	}
	e.Text(`,"response_format":{"type":"json_schema","json_schema":{"name":`)
	e.Escaped(name)
	e.Member("schema")
	e.Dst = schema.Append(e.Dst, f.Schema, e.d.SchemaProfile)
	e.RawMember("strict", f.Strict)
	e.Text("}}")
}
