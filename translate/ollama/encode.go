// Package ollama speaks Ollama's native chat, /api/chat: the only one of its interfaces where a request can say how large the model's
// context is to be.
//
// It turns a translate.Request into a request body, and the lines of the reply into calls on a translate.Stream.
package ollama

import (
	"net/http"
	"strconv"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
	"github.com/caddy-codex/responses/translate/schema"
)

// Path is what is added to the root of the service.
const Path = "/api/chat"

// encoder builds one body. The body holds only what is written here, so nothing reaches a provider by accident.
type encoder struct {
	dst    []byte
	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect
	tools  []*translate.Tool // those that the upstream will see
}

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{dst: dst, req: req, target: target, d: d}
	e.tools = e.visibleTools()
	e.text(`{"model":`)
	e.string(target.Model)
	e.messages()
	e.toolList()
	e.format()
	e.options()
	e.think()
	e.text(`,"stream":true`)
	if len(d.ExtraBody) > 0 {
		e.text(",")
		e.raw(d.ExtraBody)
	}
	e.text("}")
	return e.dst
}

func (e *encoder) text(s string)      { e.dst = append(e.dst, s...) }
func (e *encoder) raw(b []byte)       { e.dst = append(e.dst, b...) }
func (e *encoder) string(s string)    { e.dst = jsonscan.AppendString(e.dst, s) }
func (e *encoder) escaped(b []byte)   { e.dst = append(append(append(e.dst, '"'), b...), '"') }
func (e *encoder) member(name string) { e.text(`,"` + name + `":`) }

// separate puts a comma before what is not the first of its list or object.
func (e *encoder) separate() {
	if last := e.dst[len(e.dst)-1]; last != '[' && last != '{' {
		e.text(",")
	}
}

// visibleTools are the tools that the model may call. There is no field for a choice: what may not be called is not shown.
func (e *encoder) visibleTools() []*translate.Tool {
	choice := &e.req.ToolChoice
	if choice.Mode == "none" {
		return nil
	}
	list := e.req.Tools.List
	tools := make([]*translate.Tool, 0, len(list))
	for i := range list {
		name := list[i].WireName
		if (choice.Allowed == nil || choice.Allowed[name]) && (choice.Mode != "named" || choice.Named == name) {
			tools = append(tools, &list[i])
		}
	}
	return tools
}

// toolList writes the tools, or nothing at all where there are none.
func (e *encoder) toolList() {
	if len(e.tools) == 0 {
		return
	}
	e.text(`,"tools":[`)
	for _, tool := range e.tools {
		e.separate()
		e.text(`{"type":"function","function":{"name":`)
		e.string(tool.WireName)
		e.text(`,"description":"`)
		e.dst = tool.AppendDescription(e.dst)
		e.text(`","parameters":`)
		if tool.Kind == translate.CustomTool {
			e.text(translate.InputSchema)
		} else {
			e.dst = schema.AppendParameters(e.dst, tool.Parameters, e.d.SchemaProfile)
		}
		e.text("}}")
	}
	e.text("]")
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
		e.text(`,"format":"json"`)
	default:
		e.member("format")
		e.dst = schema.Append(e.dst, f.Schema, e.d.SchemaProfile)
	}
}

// options writes the context window, the output limit and the sampling parameters.
func (e *encoder) options() {
	start := len(e.dst)
	e.text(`,"options":{`)
	empty := len(e.dst)
	if e.d.NumCtx > 0 {
		e.option("num_ctx", strconv.AppendInt(nil, int64(e.d.NumCtx), 10))
	}
	e.option("num_predict", e.limit())
	if e.d.Sampling == "pass" {
		e.option("temperature", e.req.Temperature)
		e.option("top_p", e.req.TopP)
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:start]
		return
	}
	e.text("}")
}

func (e *encoder) option(name string, value []byte) {
	if value == nil {
		return
	}
	e.separate()
	e.string(name)
	e.text(":")
	e.raw(value)
}

// limit is the most tokens that the answer may have, raw; nil for what the model says.
func (e *encoder) limit() []byte {
	switch {
	case e.req.MaxOutputTokens != nil:
		return e.req.MaxOutputTokens
	case e.d.MaxTokensDefault == "model_limit" && e.target.MaxOutput > 0:
		return strconv.AppendInt(nil, int64(e.target.MaxOutput), 10)
	case e.d.MaxTokens > 0:
		return strconv.AppendInt(nil, int64(e.d.MaxTokens), 10)
	default:
		return nil
	}
}

// think writes the reasoning effort: a level, or whether to think at all.
func (e *encoder) think() {
	if e.d.EffortParam != "think" || e.req.Effort == "" {
		return
	}
	value, send := e.d.Effort(e.req.Effort)
	if !send {
		return
	}
	e.member("think")
	switch value {
	case dialect.Off:
		e.text("false")
	case "true":
		e.text("true")
	default:
		e.string(value)
	}
}

// Header sets the headers that the dialect wants besides the body. There are none on this wire.
func Header(http.Header, *translate.Request, *dialect.Dialect) {}
