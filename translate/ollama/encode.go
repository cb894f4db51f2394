// Package ollama speaks Ollama's native chat, /api/chat: the only one of its interfaces where a request can say how large the model's
// context is to be.
//
// It turns a translate.Request into a request body, and the lines of the reply into calls on a translate.Stream.
package ollama

import (
	"net/http"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
	"github.com/caddy-codex/responses/translate/schema"
)

// Path is what is added to the root of the service.
const Path = "/api/chat"

// encoder builds one body. The body holds only what is written here, so nothing reaches a provider by accident.
type encoder struct {
	jsonscan.Writer

	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect
	tools  []*translate.Tool // those that the upstream will see
}

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{Writer: jsonscan.Writer{Dst: dst}, req: req, target: target, d: d}
	e.tools = req.VisibleTools(func(string) bool { return false }) // there is no field for a choice
	e.Text(`{"model":`)
	e.String(target.Model)
	e.messages()
	e.toolList()
	e.format()
	e.options()
	e.think()
	e.logprobs()
	e.Text(`,"stream":true`)
	e.Members(d.ExtraBody)
	e.Text("}")
	return e.Dst
}

// toolList writes the tools, or nothing at all where there are none.
func (e *encoder) toolList() {
	if len(e.tools) == 0 {
		return
	}
	e.Text(`,"tools":[`)
	for _, tool := range e.tools {
		e.Separate()
		e.Text(`{"type":"function","function":{"name":`)
		e.String(tool.WireName)
		e.Text(`,"description":"`)
		e.Dst = tool.AppendDescription(e.Dst)
		e.Text(`","parameters":`)
		if tool.Kind == translate.CustomTool {
			e.Text(translate.InputSchema)
		} else {
			e.Dst = schema.AppendParameters(e.Dst, tool.Parameters, e.d.SchemaProfile)
		}
		e.Text("}}")
	}
	e.Text("]")
}

// fieldedFormat reports whether the format of the answer is enforced in this request.
func (e *encoder) fieldedFormat() bool {
	return e.d.ResponseFormat != "none" && (e.d.ResponseFormatWithTools || len(e.tools) == 0)
}

// promptedFormat reports whether the model has to be told of the format in words. JSON without a schema wants both, or models may write
// white space without end.
func (e *encoder) promptedFormat() bool {
	f := &e.req.Format
	return f.Type != "" && (f.Type == "json_object" || e.d.ResponseFormat != "json_schema" || !e.fieldedFormat())
}

// format writes the format of the answer: a schema, or the word json.
func (e *encoder) format() {
	f := &e.req.Format
	switch {
	case f.Type == "" || !e.fieldedFormat():
	case f.Type == "json_object" || e.d.ResponseFormat == "json_object":
		e.Text(`,"format":"json"`)
	default:
		e.Member("format")
		e.Dst = schema.Append(e.Dst, f.Schema, e.d.SchemaProfile)
	}
}

// options writes the context window, the output limit and the sampling parameters.
func (e *encoder) options() {
	start := len(e.Dst)
	e.Text(`,"options":{`)
	empty := len(e.Dst)
	if e.d.NumCtx > 0 {
		e.Member("num_ctx")
		e.Int(int64(e.d.NumCtx))
	}
	e.RawMember("num_predict", e.d.OutputLimit(e.req.MaxOutputTokens, e.target.MaxOutput))
	if e.d.Sampling == "pass" {
		e.RawMember("temperature", e.req.Temperature)
		e.RawMember("top_p", e.req.TopP)
	}
	if len(e.Dst) == empty {
		e.Dst = e.Dst[:start]
		return
	}
	e.Text("}")
}

// think writes the reasoning effort: a level, or whether to think at all.
func (e *encoder) think() {
	value, send := e.d.Effort(e.req.Effort)
	if e.d.EffortParam != "think" || !send {
		return
	}
	e.Member("think")
	switch value {
	case dialect.Off:
		e.Text("false")
	case "true":
		e.Text("true")
	default:
		e.String(value)
	}
}

// logprobs asks how likely the tokens of the answer are. Servers before 0.12.11 do not say.
func (e *encoder) logprobs() {
	if !e.req.Logprobs || e.d.Logprobs != "send" {
		return
	}
	e.Text(`,"logprobs":true`)
	if n := e.req.TopLogprobs; string(n) != "0" {
		e.RawMember("top_logprobs", n)
	}
}

// Header sets the headers that the dialect wants besides the body. There are none on this wire.
func Header(http.Header, *translate.Request, *dialect.Dialect) {}
