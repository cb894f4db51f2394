package gemini

import "github.com/caddy-codex/responses/translate/schema"

// fieldedFormat reports whether the format of the answer goes into the generation config. A forced call and a format exclude each other.
func (e *encoder) fieldedFormat() bool {
	return e.d.ResponseFormat != "none" && (e.d.ResponseFormatWithTools || e.tools.empty()) && e.tools.mode != modeAny
}

// promptedFormat reports whether the model has to be told of the format in words.
func (e *encoder) promptedFormat() bool {
	return e.req.Format.Type != "" && (e.d.ResponseFormat != "json_schema" || !e.fieldedFormat())
}

// format writes the format of the answer.
func (e *encoder) format() {
	f := &e.req.Format
	if f.Type == "" || !e.fieldedFormat() {
		return
	}
	e.Member("responseMimeType")
	e.Text(`"application/json"`)
	switch {
	case f.Type == "json_object" || e.d.ResponseFormat == "json_object":
	case e.d.SchemaProfile == schema.GeminiOpenAPI:
		e.Member("responseSchema")
		e.Dst = schema.Append(e.Dst, f.Schema, schema.GeminiOpenAPI)
	default:
		e.Member("responseJsonSchema")
		e.Dst = schema.Append(e.Dst, f.Schema, schema.GeminiJSON)
	}
}
