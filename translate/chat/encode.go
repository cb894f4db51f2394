// Package chat speaks the Chat Completions wire.
//
// It turns a translate.Request into a request body, and the provider's chunks into calls on a translate.Stream. What differs between
// providers is in the dialect that it is given.
package chat

import (
	"net/http"
	"strconv"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Path is what is added to a provider's base URL.
const Path = "/chat/completions"

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
	e.tools = req.VisibleTools(d.TakesToolChoice)
	e.text(`{"model":`)
	e.string(target.Model)
	e.messages()
	e.toolFields()
	e.format()
	e.limits()
	e.effort()
	e.extras()
	e.text(`,"stream":true`)
	if d.StreamUsage == "include_usage" {
		e.text(`,"stream_options":{"include_usage":true}`)
	}
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

// separate puts a comma before an element that is not its list's first.
func (e *encoder) separate() {
	if e.dst[len(e.dst)-1] != '[' {
		e.text(",")
	}
}

// limits writes the output limit and the sampling parameters.
func (e *encoder) limits() {
	if e.d.MaxTokensField != "none" {
		switch {
		case e.req.MaxOutputTokens != nil:
			e.member(e.d.MaxTokensField)
			e.raw(e.req.MaxOutputTokens)
		case e.d.MaxTokensDefault == "model_limit" && e.target.MaxOutput > 0:
			e.member(e.d.MaxTokensField)
			e.dst = strconv.AppendInt(e.dst, int64(e.target.MaxOutput), 10)
		}
	}
	if e.d.Sampling != "pass" {
		return
	}
	if e.req.Temperature != nil {
		e.member("temperature")
		e.raw(e.req.Temperature)
	}
	if e.req.TopP != nil {
		e.member("top_p")
		e.raw(e.req.TopP)
	}
}

// effort writes the reasoning effort where the dialect has it.
func (e *encoder) effort() {
	value, send := "", false
	if e.req.Effort != "" {
		value, send = e.d.Effort(e.req.Effort)
	}
	on := value != dialect.Off
	switch e.d.EffortParam {
	case "reasoning_effort":
		e.effortValue("reasoning_effort", value, send)
	case "reasoning.effort":
		if send {
			e.text(`,"reasoning":{"effort":`)
			e.effortWord(value)
			e.text("}")
		}
	case "reasoning.enabled":
		if send {
			e.text(`,"reasoning":{"enabled":` + strconv.FormatBool(on) + "}")
		}
	case "thinking", "thinking+reasoning_effort":
		e.thinking(on, send)
		if e.d.EffortParam != "thinking" {
			e.effortValue("reasoning_effort", value, send && on)
		}
	case "enable_thinking", "enable_thinking+reasoning_effort":
		if send {
			e.text(`,"enable_thinking":` + strconv.FormatBool(on))
		}
		if e.d.EffortParam != "enable_thinking" {
			e.effortValue("reasoning_effort", value, send && on)
		}
	case "chat_template_kwargs":
		if send {
			e.text(`,"chat_template_kwargs":{"enable_thinking":` + strconv.FormatBool(on) + "}")
		}
	}
}

func (e *encoder) effortValue(name, value string, send bool) {
	if send {
		e.member(name)
		e.effortWord(value)
	}
}

// effortWord writes the provider's value; where thinking is switched off by effort alone, that value is none.
func (e *encoder) effortWord(value string) {
	if value == dialect.Off {
		value = "none"
	}
	e.string(value)
}

// thinking writes the thinking object. Fields that it always carries make it appear also where no effort was asked for.
func (e *encoder) thinking(on, send bool) {
	if !send && len(e.d.ThinkingFields) == 0 {
		return
	}
	if !on {
		e.text(`,"thinking":{"type":"disabled"}`)
		return
	}
	e.text(`,"thinking":{"type":"enabled"`)
	if len(e.d.ThinkingFields) > 0 {
		e.text(",")
		e.raw(e.d.ThinkingFields)
	}
	e.text("}")
}

// extras writes what only some providers know.
func (e *encoder) extras() {
	if e.d.CacheKey == "prompt_cache_key" && len(e.req.CacheKey) > 0 {
		e.member("prompt_cache_key")
		e.escaped(e.req.CacheKey)
	}
	if user := e.req.HashedUser(); e.d.UserField != "omit" && user != "" {
		e.member(e.d.UserField)
		e.string(user)
	}
	if e.d.Verbosity == "send" && len(e.req.Verbosity) > 0 {
		e.member("verbosity")
		e.escaped(e.req.Verbosity)
	}
	if e.d.WebSearch == "enable_search" && e.searches() {
		e.text(`,"enable_search":true`)
	}
	if e.d.ServiceTier == "send" && len(e.req.ServiceTier) > 0 {
		e.member("service_tier")
		e.escaped(e.req.ServiceTier)
	}
}

// Header sets the headers that the dialect wants besides the body.
func Header(h http.Header, req *translate.Request, d *dialect.Dialect) {
	req.SetSessionHeader(h, d.CacheKey)
}
