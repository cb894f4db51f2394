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
	jsonscan.Writer

	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect
	tools  []*translate.Tool // those that the upstream will see
}

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{Writer: jsonscan.Writer{Dst: dst}, req: req, target: target, d: d}
	e.tools = req.VisibleTools(d.TakesToolChoice)
	e.Text(`{"model":`)
	e.String(target.Model)
	e.messages()
	e.toolFields()
	e.format()
	e.limits()
	e.effort()
	e.extras()
	e.logprobs()
	e.Text(`,"stream":true`)
	if d.StreamUsage == "include_usage" {
		e.Text(`,"stream_options":{"include_usage":true}`)
	}
	e.Members(d.ExtraBody)
	e.Text("}")
	return e.Dst
}

// limits writes the output limit and the sampling parameters.
func (e *encoder) limits() {
	if e.d.MaxTokensField != "none" {
		e.RawMember(e.d.MaxTokensField, e.d.OutputLimit(e.req.MaxOutputTokens, e.target.MaxOutput))
	}
	if e.d.Sampling != "pass" {
		return
	}
	e.RawMember("temperature", e.req.Temperature)
	e.RawMember("top_p", e.req.TopP)
}

// effort writes the reasoning effort where the dialect has it.
func (e *encoder) effort() {
	value, send := e.d.Effort(e.req.Effort)
	on := value != dialect.Off
	switch e.d.EffortParam {
	case "reasoning_effort":
		e.effortValue("reasoning_effort", value, send)
	case "reasoning.effort":
		if send {
			e.Text(`,"reasoning":{"effort":`)
			e.effortWord(value)
			e.Text("}")
		}
	case "reasoning.enabled":
		if send {
			e.Text(`,"reasoning":{"enabled":` + strconv.FormatBool(on) + "}")
		}
	case "thinking", "thinking+reasoning_effort":
		e.thinking(on, send)
		if e.d.EffortParam != "thinking" {
			e.effortValue("reasoning_effort", value, send && on)
		}
	case "enable_thinking", "enable_thinking+reasoning_effort":
		if send {
			e.Text(`,"enable_thinking":` + strconv.FormatBool(on))
		}
		if e.d.EffortParam != "enable_thinking" {
			e.effortValue("reasoning_effort", value, send && on)
		}
	case "chat_template_kwargs":
		if send {
			e.Text(`,"chat_template_kwargs":{"enable_thinking":` + strconv.FormatBool(on) + "}")
		}
	}
}

func (e *encoder) effortValue(name, value string, send bool) {
	if send {
		e.Member(name)
		e.effortWord(value)
	}
}

// effortWord writes the provider's value; where thinking is switched off by effort alone, that value is none.
func (e *encoder) effortWord(value string) {
	if value == dialect.Off {
		value = "none"
	}
	e.String(value)
}

// thinking writes the thinking object. Fields that it always carries make it appear also where no effort was asked for.
func (e *encoder) thinking(on, send bool) {
	if !send && len(e.d.ThinkingFields) == 0 {
		return
	}
	if !on {
		e.Text(`,"thinking":{"type":"disabled"}`)
		return
	}
	e.Text(`,"thinking":{"type":"enabled"`)
	e.Members(e.d.ThinkingFields)
	e.Text("}")
}

// extras writes what only some providers know.
func (e *encoder) extras() {
	if e.d.CacheKey == "prompt_cache_key" {
		e.EscapedMember("prompt_cache_key", e.req.CacheKey)
	}
	if user := e.req.HashedUser(); e.d.UserField != "omit" && user != "" {
		e.Member(e.d.UserField)
		e.String(user)
	}
	if e.d.Verbosity == "send" {
		e.EscapedMember("verbosity", e.req.Verbosity)
	}
	if e.d.WebSearch == "enable_search" && e.searches() {
		e.Text(`,"enable_search":true`)
	}
	if e.d.ServiceTier == "send" {
		e.EscapedMember("service_tier", e.req.ServiceTier)
	}
}

// Header sets the headers that the dialect wants besides the body.
func Header(h http.Header, req *translate.Request, d *dialect.Dialect) {
	req.SetSessionHeader(h, d.CacheKey)
}
