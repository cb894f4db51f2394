package responses

import (
	"slices"
	"strconv"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
	"github.com/caddy-codex/responses/translate/schema"
)

// encoder builds a body for a service that understands a part of the API. The body holds only what is written here, so nothing reaches a
// provider by accident.
type encoder struct {
	jsonscan.Writer

	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect
	tools  []*translate.Tool // those that the upstream will see
}

func rewrite(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{Writer: jsonscan.Writer{Dst: dst}, req: req, target: target, d: d, tools: req.VisibleTools(d.TakesToolChoice)}
	e.Text(`{"model":`)
	e.String(target.Model)
	e.input(e.lead())
	e.toolFields()
	e.textField()
	e.limits()
	e.reasoning()
	e.include()
	e.extras()
	if e.member("store") {
		e.Text("false")
	}
	e.Text(`,"stream":true`)
	e.Members(d.ExtraBody)
	e.Text("}")
	return e.Dst
}

// member begins a top-level member. It is false, and nothing is written, where the dialect says that it is not sent.
func (e *encoder) member(name string) bool {
	if slices.Contains(e.d.DropFields, name) {
		return false
	}
	e.Text(`,"` + name + `":`)
	return true
}

// optional writes a member for which the client has given a value.
func (e *encoder) optional(name string, raw []byte) {
	if raw != nil && e.member(name) {
		e.Raw(raw)
	}
}

// limits writes the output limit and the sampling parameters.
func (e *encoder) limits() {
	e.optional("max_output_tokens", e.d.OutputLimit(e.req.MaxOutputTokens, e.target.MaxOutput))
	if e.d.Sampling == "pass" {
		e.optional("temperature", e.req.Temperature)
		e.optional("top_p", e.req.TopP)
	}
}

// reasoning writes how much the model is to think, and whether it is to show what it thought.
func (e *encoder) reasoning() {
	value, send := e.d.Effort(e.req.Effort)
	switch e.d.EffortParam {
	case "reasoning.effort":
		e.reasoningObject(effortWord(value), send)
	case "enable_thinking", "enable_thinking+reasoning_effort":
		on := value != dialect.Off
		if send && e.member("enable_thinking") {
			e.Text(strconv.FormatBool(on))
		}
		e.reasoningObject(value, send && on && e.d.EffortParam != "enable_thinking")
	default:
		e.reasoningObject("", false)
	}
}

// reasoningObject writes the effort and the members that the object always carries.
func (e *encoder) reasoningObject(effort string, send bool) {
	if !send && len(e.d.ThinkingFields) == 0 || !e.member("reasoning") {
		return
	}
	e.Text("{")
	if send {
		e.Text(`"effort":`)
		e.String(effort)
	}
	e.Members(e.d.ThinkingFields)
	e.Text("}")
}

// extras writes what only some providers know.
func (e *encoder) extras() {
	if e.d.CacheKey == "prompt_cache_key" && len(e.req.CacheKey) > 0 && e.member("prompt_cache_key") {
		e.Escaped(e.req.CacheKey)
	}
	if user := e.req.HashedUser(); user != "" && e.d.UserField != "omit" && e.member(e.d.UserField) {
		e.String(user)
	}
	if e.d.ServiceTier == "send" && len(e.req.ServiceTier) > 0 && e.member("service_tier") {
		e.Escaped(e.req.ServiceTier)
	}
}

// fieldedFormat reports whether the structure of the answer has a field in this request.
func (e *encoder) fieldedFormat() bool {
	return e.req.Format.Type != "" && e.d.ResponseFormat != "none" && (e.d.ResponseFormatWithTools || len(e.tools) == 0) &&
		!slices.Contains(e.d.DropFields, "text")
}

// promptedFormat reports whether the model has to be told of it in words.
func (e *encoder) promptedFormat() bool {
	return e.req.Format.Type != "" && (e.d.ResponseFormat != "json_schema" || !e.fieldedFormat())
}

// textField writes the structure of the answer and how wordy it is to be.
func (e *encoder) textField() {
	format, verbosity := e.fieldedFormat(), e.d.Verbosity == "send" && len(e.req.Verbosity) > 0
	if !format && !verbosity || !e.member("text") {
		return
	}
	e.Text("{")
	if format {
		e.Text(`"format":`)
		e.format()
	}
	if verbosity {
		if format {
			e.Text(",")
		}
		e.Text(`"verbosity":`)
		e.Escaped(e.req.Verbosity)
	}
	e.Text("}")
}

func (e *encoder) format() {
	f := &e.req.Format
	if f.Type == "json_object" || e.d.ResponseFormat == "json_object" {
		e.Text(`{"type":"json_object"}`)
		return
	}
	name := f.Name
	if len(name) == 0 {
		name = []byte("answer")
	}
	e.Text(`{"type":"json_schema","name":`)
	e.Escaped(name)
	e.Text(`,"schema":`)
	e.Dst = schema.Append(e.Dst, f.Schema, e.d.SchemaProfile)
	if f.Strict != nil {
		e.Text(`,"strict":`)
		e.Raw(f.Strict)
	}
	e.Text("}")
}
