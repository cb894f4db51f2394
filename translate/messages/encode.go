// Package messages speaks the Anthropic Messages wire.
//
// It turns a translate.Request into a request body, and the provider's events into calls on a translate.Stream. What differs between
// providers and models is in the dialect that it is given.
package messages

import (
	"net/http"
	"strconv"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Path is what is added to a provider's base URL.
const Path = "/v1/messages"

// encoder builds one body. The body holds only what is written here, so nothing reaches a provider by accident.
type encoder struct {
	dst    []byte
	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect

	thinking thinking
	tools    []*translate.Tool // those that the upstream will see
	called   []string          // wire names in the history, where no tool is declared that could have been called
	search   bool              // the provider may search the web
	schema   []byte            // of the answer, where the provider enforces it

	current int      // index of the first message of the current turn
	role    string   // of the message under way, empty before the first
	turns   [2]int   // where the last blocks of the last two turns of the user end, 0 for none
	images  []lifted // of results, to stand behind the last of them
}

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{dst: dst, req: req, target: target, d: d, current: currentTurn(req.History)}
	limit := e.limit()
	e.thinking = e.chooseThinking(limit)
	e.chooseTools()
	e.chooseFormat()
	e.text(`{"max_tokens":`)
	e.dst = strconv.AppendInt(e.dst, limit, 10)
	if d.ModelField {
		e.member("model")
		e.string(target.Model)
	}
	next := e.system()
	e.toolFields()
	e.thinkingFields()
	e.outputConfig()
	e.sampling()
	e.extras()
	e.messages(next)
	e.text(`,"stream":true`)
	if len(d.ExtraBody) > 0 {
		e.text(",")
		e.raw(d.ExtraBody)
	}
	e.text("}")
	// Halves of surrogate pairs are mended, for the API refuses a body with one as no JSON.
	return append(e.dst[:len(dst)], jsonscan.MendSurrogates(e.dst[len(dst):])...)
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

// unlimited is the limit for models of which none is known. The API wants one, and answers of more are rare.
const unlimited = 32000

// limit is how many tokens the answer may have, thinking included.
func (e *encoder) limit() int64 {
	most := int64(e.target.MaxOutput)
	if n, ok := jsonscan.ParseInt(e.req.MaxOutputTokens); ok && n > 0 {
		if most > 0 {
			return min(n, most)
		}
		return n
	}
	switch {
	case most > 0:
		return most
	case e.d.MaxTokens > 0:
		return int64(e.d.MaxTokens)
	default:
		return unlimited
	}
}

// sampling writes the sampling parameters. They are refused while the model thinks, and newer models take only one of them.
func (e *encoder) sampling() {
	if e.d.Sampling != "pass" || e.thinking.on() {
		return
	}
	switch {
	case e.req.Temperature != nil:
		e.member("temperature")
		if value, err := strconv.ParseFloat(string(e.req.Temperature), 64); err != nil || value > 1 {
			e.text("1") // the Responses API goes up to 2
			return
		}
		e.raw(e.req.Temperature)
	case e.req.TopP != nil:
		e.member("top_p")
		e.raw(e.req.TopP)
	}
}

// extras writes what only some providers know.
func (e *encoder) extras() {
	if user := e.req.HashedUser(); e.d.UserField == "metadata.user_id" && user != "" {
		e.text(`,"metadata":{"user_id":"` + user + `"}`)
	}
	if e.d.ServiceTier == "send" {
		e.serviceTier()
	}
}

// serviceTier writes whether capacity that the account has reserved may be used.
func (e *encoder) serviceTier() {
	switch string(e.req.ServiceTier) {
	case "auto", "priority", "fast":
		e.text(`,"service_tier":"auto"`)
	case "default", "flex":
		e.text(`,"service_tier":"standard_only"`)
	}
}

// Header sets the headers that the dialect wants besides the body.
func Header(h http.Header, req *translate.Request, d *dialect.Dialect) {
	req.SetSessionHeader(h, d.CacheKey)
}
