// Package gemini speaks the wire of Google's models, generateContent.
//
// It turns a translate.Request into a request body, and the provider's chunks into calls on a translate.Stream. The models sign their
// thoughts, and a signature has to come back in the very part that it came in: it travels through the client in a sealed reasoning item
// beside that part. What differs between models and services is in the dialect that the package is given.
package gemini

import (
	"net/http"
	"strconv"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Path is what is added to a provider's base URL.
const Path = "/models/{model}:streamGenerateContent?alt=sse"

// encoder builds one body. The body holds only what is written here, so nothing reaches a provider by accident.
type encoder struct {
	dst    []byte
	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect
	tools  toolPlan

	role   string // of the content under way, empty before the first
	called bool   // the content under way has a call
}

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
// What grows with the history stands before what may change from turn to turn.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{dst: dst, req: req, target: target, d: d}
	e.tools = e.planTools()
	e.text("{")
	e.systemInstruction()
	e.toolList()
	e.contents()
	e.toolConfig()
	e.generationConfig()
	if d.ServiceTier == "send" && len(req.ServiceTier) > 0 {
		e.member("serviceTier")
		e.escaped(req.ServiceTier)
	}
	if len(target.Continuation) > 0 {
		e.member("continuationToken")
		e.escaped(target.Continuation)
	}
	if len(d.ExtraBody) > 0 {
		e.text(",")
		e.raw(d.ExtraBody)
	}
	e.text("}")
	return e.dst
}

func (e *encoder) text(s string)    { e.dst = append(e.dst, s...) }
func (e *encoder) raw(b []byte)     { e.dst = append(e.dst, b...) }
func (e *encoder) string(s string)  { e.dst = jsonscan.AppendString(e.dst, s) }
func (e *encoder) escaped(b []byte) { e.dst = append(append(append(e.dst, '"'), b...), '"') }

// member begins a member of the object under way.
func (e *encoder) member(name string) {
	e.separate('{')
	e.text(`"` + name + `":`)
}

// separate puts a comma before what is not the first behind an opening bracket.
func (e *encoder) separate(opening byte) {
	if e.dst[len(e.dst)-1] != opening {
		e.text(",")
	}
}

// generationConfig writes the limits, the format of the answer and how much is to be thought, or nothing at all.
func (e *encoder) generationConfig() {
	before := len(e.dst)
	e.member("generationConfig")
	e.text("{")
	empty := len(e.dst)
	if limit := e.outputLimit(); limit != nil {
		e.member("maxOutputTokens")
		e.raw(limit)
	}
	if e.d.Sampling == "pass" {
		e.sampling()
	}
	e.format()
	e.thinking()
	if len(e.dst) == empty {
		e.dst = e.dst[:before]
		return
	}
	e.text("}")
}

func (e *encoder) sampling() {
	if e.req.Temperature != nil {
		e.member("temperature")
		e.raw(e.req.Temperature)
	}
	if e.req.TopP != nil {
		e.member("topP")
		e.raw(e.req.TopP)
	}
}

// outputLimit is the most tokens that an answer may have, thoughts included, as a raw number; nil to leave it to the provider.
func (e *encoder) outputLimit() []byte {
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

// thinking writes how much is to be thought, as a level or as a budget and never both, and whether thoughts are to be told.
func (e *encoder) thinking() {
	if e.d.EffortParam != "thinkingLevel" && e.d.EffortParam != "thinkingBudget" {
		return
	}
	value, send := "", false
	if e.req.Effort != "" {
		value, send = e.d.Effort(e.req.Effort)
	}
	if value == dialect.Off {
		e.member("thinkingConfig")
		e.text(`{"thinkingBudget":0}`)
		return
	}
	told := e.req.Summary || e.req.Encrypted
	if e.d.EffortParam == "thinkingBudget" && send {
		value, send = e.budget(value)
	}
	if !send && !told {
		return
	}
	e.member("thinkingConfig")
	e.text("{")
	switch {
	case send && e.d.EffortParam == "thinkingLevel":
		e.member("thinkingLevel")
		e.string(value)
	case send:
		e.member("thinkingBudget")
		e.text(value)
	}
	if told {
		e.member("includeThoughts")
		e.text("true")
	}
	e.text("}")
}

const (
	// answerRoom is how many tokens a budget leaves for the answer, for both count within the output limit.
	answerRoom = 1024

	// leastBudget is the smallest budget that every model takes.
	leastBudget = 512
)

// budget fits a thinking budget into the output limit. Where that has no room for one, the model decides.
func (e *encoder) budget(value string) (fitted string, send bool) {
	tokens, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return "", false
	}
	limit, limited := jsonscan.ParseInt(e.outputLimit())
	switch {
	case !limited || tokens <= limit-answerRoom:
	case limit-answerRoom < leastBudget:
		return "", false
	default:
		tokens = limit - answerRoom
	}
	return strconv.FormatInt(tokens, 10), true
}

// Header sets the headers that the dialect wants besides the body.
func Header(http.Header, *translate.Request, *dialect.Dialect) {}
