// Package converse speaks the ConverseStream operation of AWS Bedrock's runtime, by which it serves the models that have no interface of
// their own there.
//
// It turns a translate.Request into a request body, and the messages of the binary event stream into calls on a translate.Stream. What
// differs between families of models is in the dialect that it is given.
package converse

import (
	"net/http"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Path is what is added to a provider's base URL.
const Path = "/model/{model}/converse-stream"

// encoder builds one body. The service refuses members that it does not know, so the body holds only what is written here.
type encoder struct {
	jsonscan.Writer

	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect
	tools  []*translate.Tool // those that the model may call

	role        string // whose message is open, empty for none
	hasText     bool   // there is text in it
	hasDocument bool   // there is a document in it

	userEnds []int    // where the content of each of the user's messages ends
	names    []string // of the documents so far
}

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{Writer: jsonscan.Writer{Dst: dst}, req: req, target: target, d: d}
	e.tools = req.VisibleTools(func(choice string) bool {
		return choice != "none" && d.TakesToolChoice(choice) // calls cannot be forbidden
	})
	e.Text("{")
	lead, next := e.lead()
	if d.SystemRole != user && !blank(lead) {
		e.system(lead)
		lead = nil
	}
	e.messages(lead, next)
	e.toolConfig()
	e.inference()
	e.outputConfig()
	e.additional()
	e.serviceTier()
	e.Members(d.ExtraBody)
	e.Text("}")
	// Halves of surrogate pairs are mended, for the service refuses a body with one.
	return append(e.Dst[:len(dst)], jsonscan.MendSurrogates(e.Dst[len(dst):])...)
}

// inference writes the output limit and the sampling parameters. Nova refuses all of them where it thinks hardest.
func (e *encoder) inference() {
	if value, send := e.d.Effort(e.req.Effort); send && e.d.EffortParam == "reasoningConfig" && value == "high" {
		return
	}
	limit, _ := jsonscan.ParseInt(e.d.OutputLimit(e.req.MaxOutputTokens, e.target.MaxOutput)) // an integer there
	temperature, topP := e.req.Temperature, e.req.TopP
	if e.d.Sampling != "pass" {
		temperature, topP = nil, nil
	}
	if limit <= 0 && temperature == nil && topP == nil {
		return
	}
	e.Text(`,"inferenceConfig":{`)
	if limit > 0 {
		e.Member("maxTokens")
		e.Int(limit)
	}
	e.RawMember("temperature", temperature)
	e.RawMember("topP", topP)
	e.Text("}")
}

// additional writes the effort, for which each family of models has a parameter of its own.
func (e *encoder) additional() {
	value, send := e.d.Effort(e.req.Effort)
	on := value != dialect.Off
	if !on {
		value = "none"
	}
	const begin = `,"additionalModelRequestFields":{`
	switch e.d.EffortParam {
	case "reasoning_effort":
		if send {
			e.Text(begin + `"reasoning_effort":`)
			e.String(value)
			e.Text("}")
		}
	case "reasoningConfig":
		switch {
		case send && on:
			e.Text(begin + `"reasoningConfig":{"type":"enabled","maxReasoningEffort":`)
			e.String(value)
			e.Text("}}")
		case send:
			e.Text(begin + `"reasoningConfig":{"type":"disabled"}}`)
		}
	case "thinking.adaptive":
		e.thinking(begin, value, send, on)
	}
}

// thinking writes Claude's parameters. Fields that the thinking object always carries make it appear also where no effort was asked for.
func (e *encoder) thinking(begin, value string, send, on bool) {
	if !send && len(e.d.ThinkingFields) == 0 {
		return
	}
	if send && !on {
		e.Text(begin + `"thinking":{"type":"disabled"}}`)
		return
	}
	e.Text(begin + `"thinking":{"type":"adaptive"`)
	e.Members(e.d.ThinkingFields)
	e.Text("}")
	if send {
		e.Text(`,"output_config":{"effort":`)
		e.String(value)
		e.Text("}")
	}
	e.Text("}")
}

// fieldedFormat reports whether the service is told of the answer's format. It knows schemas only.
func (e *encoder) fieldedFormat() bool {
	return e.req.Format.Type == "json_schema" && e.d.ResponseFormat == "json_schema" &&
		(e.d.ResponseFormatWithTools || len(e.tools) == 0)
}

// outputConfig writes the schema of the answer, which is a text there.
func (e *encoder) outputConfig() {
	if !e.fieldedFormat() {
		return
	}
	e.Text(`,"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":`)
	e.Nested(e.req.Format.Schema)
	e.EscapedMember("name", e.req.Format.Name)
	e.Text("}}}}")
}

// serviceTier writes the tier where Bedrock has it by that name.
func (e *encoder) serviceTier() {
	if e.d.ServiceTier != "send" {
		return
	}
	switch tier := string(e.req.ServiceTier); tier {
	case "default", "flex", "priority", "reserved":
		e.Text(`,"serviceTier":{"type":"` + tier + `"}`)
	}
}

// Header sets the headers that the wire and the dialect want besides the body.
func Header(h http.Header, _ *translate.Request, _ *dialect.Dialect) {
	h.Set("Accept", "application/vnd.amazon.eventstream, application/json")
}
