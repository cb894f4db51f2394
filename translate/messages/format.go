package messages

import "github.com/caddy-codex/responses/translate/schema"

// chooseFormat decides whether the provider enforces the format of the answer. Where it does not, the model is told in words.
func (e *encoder) chooseFormat() {
	f := &e.req.Format
	if f.Type != "json_schema" || e.d.ResponseFormat != "json_schema" {
		return
	}
	if !e.d.ResponseFormatWithTools && (len(e.tools) > 0 || e.search) {
		return
	}
	if fitted, ok := schema.AppendAnthropicStrict(nil, f.Schema); ok {
		e.schema = fitted
	}
}

// outputConfig writes the effort and the format of the answer.
func (e *encoder) outputConfig() {
	effort := e.thinking.effort
	if effort == "" && e.schema == nil {
		return
	}
	e.Text(`,"output_config":{`)
	if effort != "" {
		e.Text(`"effort":`)
		e.String(effort)
		if e.schema != nil {
			e.Text(",")
		}
	}
	if e.schema != nil {
		e.Text(`"format":{"type":"json_schema","schema":`)
		e.Raw(e.schema)
		e.Text("}")
	}
	e.Text("}")
}
