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
	jsonscan.Writer

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
	e := encoder{Writer: jsonscan.Writer{Dst: dst}, req: req, target: target, d: d, current: req.CurrentTurn()}
	limit := e.limit()
	e.thinking = e.chooseThinking(limit)
	e.chooseTools()
	e.chooseFormat()
	e.Text(`{"max_tokens":`)
	e.Int(limit)
	if d.ModelField {
		e.Member("model")
		e.String(target.Model)
	}
	next := e.system()
	e.toolFields()
	e.thinkingFields()
	e.outputConfig()
	e.sampling()
	e.extras()
	e.messages(next)
	e.Text(`,"stream":true`)
	e.Members(d.ExtraBody)
	e.Text("}")
	// Halves of surrogate pairs are mended, for the API refuses a body with one as no JSON.
	return append(e.Dst[:len(dst)], jsonscan.MendSurrogates(e.Dst[len(dst):])...)
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
		e.Member("temperature")
		if value, err := strconv.ParseFloat(string(e.req.Temperature), 64); err != nil || value > 1 {
			e.Text("1") // the Responses API goes up to 2
			return
		}
		e.Raw(e.req.Temperature)
	case e.req.TopP != nil:
		e.Member("top_p")
		e.Raw(e.req.TopP)
	}
}

// extras writes what only some providers know.
func (e *encoder) extras() {
	if user := e.req.HashedUser(); e.d.UserField == "metadata.user_id" && user != "" {
		e.Text(`,"metadata":{"user_id":"` + user + `"}`)
	}
	if e.d.ServiceTier == "send" {
		e.serviceTier()
	}
}

// serviceTier writes whether capacity that the account has reserved may be used.
func (e *encoder) serviceTier() {
	switch string(e.req.ServiceTier) {
	case "auto", "priority", "fast":
		e.Text(`,"service_tier":"auto"`)
	case "default", "flex":
		e.Text(`,"service_tier":"standard_only"`)
	}
}

// Header sets the headers that the dialect wants besides the body.
func Header(h http.Header, req *translate.Request, d *dialect.Dialect) {
	req.SetSessionHeader(h, d.CacheKey)
}
