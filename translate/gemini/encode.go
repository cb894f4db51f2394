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
	jsonscan.Writer

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
	e := encoder{Writer: jsonscan.Writer{Dst: dst}, req: req, target: target, d: d}
	e.tools = e.planTools()
	e.Text("{")
	e.systemInstruction()
	e.toolList()
	e.contents()
	e.toolConfig()
	e.generationConfig()
	if d.ServiceTier == "send" {
		e.EscapedMember("serviceTier", req.ServiceTier)
	}
	e.EscapedMember("continuationToken", target.Continuation)
	e.Members(d.ExtraBody)
	e.Text("}")
	// Halves of surrogate pairs are mended, for the API refuses a body with one as no JSON.
	return append(e.Dst[:len(dst)], jsonscan.MendSurrogates(e.Dst[len(dst):])...)
}

// generationConfig writes the limits, the format of the answer and how much is to be thought, or nothing at all.
func (e *encoder) generationConfig() {
	before := len(e.Dst)
	e.Member("generationConfig")
	e.Text("{")
	empty := len(e.Dst)
	e.RawMember("maxOutputTokens", e.outputLimit())
	if e.d.Sampling == "pass" {
		e.RawMember("temperature", e.req.Temperature)
		e.RawMember("topP", e.req.TopP)
	}
	e.format()
	e.thinking()
	if len(e.Dst) == empty {
		e.Dst = e.Dst[:before]
		return
	}
	e.Text("}")
}

// outputLimit is the most tokens that an answer may have, thoughts included, as a raw number; nil to leave it to the provider.
func (e *encoder) outputLimit() []byte {
	return e.d.OutputLimit(e.req.MaxOutputTokens, e.target.MaxOutput)
}

// thinking writes how much is to be thought, as a level or as a budget and never both, and whether thoughts are to be told.
func (e *encoder) thinking() {
	if e.d.EffortParam != "thinkingLevel" && e.d.EffortParam != "thinkingBudget" {
		return
	}
	value, send := e.d.Effort(e.req.Effort)
	if value == dialect.Off {
		e.Member("thinkingConfig")
		e.Text(`{"thinkingBudget":0}`)
		return
	}
	told := e.req.Summary || e.req.Encrypted
	if e.d.EffortParam == "thinkingBudget" && send {
		value, send = e.budget(value)
	}
	if !send && !told {
		return
	}
	e.Member("thinkingConfig")
	e.Text("{")
	switch {
	case send && e.d.EffortParam == "thinkingLevel":
		e.Member("thinkingLevel")
		e.String(value)
	case send:
		e.Member("thinkingBudget")
		e.Text(value)
	}
	if told {
		e.Member("includeThoughts")
		e.Text("true")
	}
	e.Text("}")
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
