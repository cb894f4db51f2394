// Package converse speaks the ConverseStream operation of AWS Bedrock's runtime, by which it serves the models that have no interface of
// their own there.
//
// It turns a translate.Request into a request body, and the messages of the binary event stream into calls on a translate.Stream. What
// differs between families of models is in the dialect that it is given.
package converse

import (
	"net/http"
	"strconv"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Path is what is added to a provider's base URL.
const Path = "/model/{model}/converse-stream"

// encoder builds one body. The service refuses members that it does not know, so the body holds only what is written here.
type encoder struct {
	dst    []byte
	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect

	role        string // whose message is open, empty for none
	hasText     bool   // there is text in it
	hasDocument bool   // there is a document in it

	userEnds []int    // where the content of each of the user's messages ends
	names    []string // of the documents so far
}

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	e := encoder{dst: dst, req: req, target: target, d: d}
	e.write("{")
	lead := e.lead()
	if d.SystemRole != user && !blank(lead) {
		e.system(lead)
		lead = nil
	}
	e.messages(lead)
	e.toolConfig()
	e.inference()
	e.outputConfig()
	e.additional()
	e.serviceTier()
	if len(d.ExtraBody) > 0 {
		e.write(",")
		e.raw(d.ExtraBody)
	}
	e.write("}")
	return e.dst
}

func (e *encoder) write(s string)     { e.dst = append(e.dst, s...) }
func (e *encoder) raw(b []byte)       { e.dst = append(e.dst, b...) }
func (e *encoder) string(s string)    { e.dst = jsonscan.AppendString(e.dst, s) }
func (e *encoder) escaped(b []byte)   { e.dst = append(append(append(e.dst, '"'), b...), '"') }
func (e *encoder) member(name string) { e.write(`,"` + name + `":`) }

// separate puts a comma before what is not the first of its list or object.
func (e *encoder) separate() {
	if last := e.dst[len(e.dst)-1]; last != '[' && last != '{' {
		e.write(",")
	}
}

// inference writes the output limit and the sampling parameters. Nova refuses all of them where it thinks hardest.
func (e *encoder) inference() {
	if value, send := e.effort(); send && e.d.EffortParam == "reasoningConfig" && value == "high" {
		return
	}
	limit := e.limit()
	temperature, topP := e.req.Temperature, e.req.TopP
	if e.d.Sampling != "pass" {
		temperature, topP = nil, nil
	}
	if limit <= 0 && temperature == nil && topP == nil {
		return
	}
	e.write(`,"inferenceConfig":{`)
	if limit > 0 {
		e.write(`"maxTokens":`)
		e.dst = strconv.AppendInt(e.dst, limit, 10)
	}
	if temperature != nil {
		e.separate()
		e.write(`"temperature":`)
		e.raw(temperature)
	}
	if topP != nil {
		e.separate()
		e.write(`"topP":`)
		e.raw(topP)
	}
	e.write("}")
}

// limit is the most tokens that the answer may have, 0 for what the model can. It is an integer there.
func (e *encoder) limit() int64 {
	switch {
	case e.req.MaxOutputTokens != nil:
		limit, _ := jsonscan.ParseInt(e.req.MaxOutputTokens)
		return limit
	case e.d.MaxTokensDefault == "model_limit" && e.target.MaxOutput > 0:
		return int64(e.target.MaxOutput)
	default:
		return int64(e.d.MaxTokens)
	}
}

// effort is the provider's value for the requested effort, if one is to be sent.
func (e *encoder) effort() (value string, send bool) {
	if e.req.Effort == "" {
		return "", false
	}
	return e.d.Effort(e.req.Effort)
}

// additional writes the effort, for which each family of models has a parameter of its own.
func (e *encoder) additional() {
	value, send := e.effort()
	on := value != dialect.Off
	if !on {
		value = "none"
	}
	const begin = `,"additionalModelRequestFields":{`
	switch e.d.EffortParam {
	case "reasoning_effort":
		if send {
			e.write(begin + `"reasoning_effort":`)
			e.string(value)
			e.write("}")
		}
	case "reasoningConfig":
		switch {
		case send && on:
			e.write(begin + `"reasoningConfig":{"type":"enabled","maxReasoningEffort":`)
			e.string(value)
			e.write("}}")
		case send:
			e.write(begin + `"reasoningConfig":{"type":"disabled"}}`)
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
		e.write(begin + `"thinking":{"type":"disabled"}}`)
		return
	}
	e.write(begin + `"thinking":{"type":"adaptive"`)
	if len(e.d.ThinkingFields) > 0 {
		e.write(",")
		e.raw(e.d.ThinkingFields)
	}
	e.write("}")
	if send {
		e.write(`,"output_config":{"effort":`)
		e.string(value)
		e.write("}")
	}
	e.write("}")
}

// fieldedFormat reports whether the service is told of the answer's format. It knows schemas only.
func (e *encoder) fieldedFormat() bool {
	return e.req.Format.Type == "json_schema" && e.d.ResponseFormat == "json_schema" &&
		(e.d.ResponseFormatWithTools || len(e.visibleTools()) == 0)
}

// outputConfig writes the schema of the answer, which is a text there.
func (e *encoder) outputConfig() {
	if !e.fieldedFormat() {
		return
	}
	e.write(`,"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"`)
	e.dst = jsonscan.AppendNested(e.dst, e.req.Format.Schema)
	e.write(`"`)
	if len(e.req.Format.Name) > 0 {
		e.member("name")
		e.escaped(e.req.Format.Name)
	}
	e.write("}}}}")
}

// serviceTier writes the tier where Bedrock has it by that name.
func (e *encoder) serviceTier() {
	if e.d.ServiceTier != "send" {
		return
	}
	switch tier := string(e.req.ServiceTier); tier {
	case "default", "flex", "priority", "reserved":
		e.write(`,"serviceTier":{"type":"` + tier + `"}`)
	}
}

// Header sets the headers that the wire and the dialect want besides the body.
func Header(h http.Header, _ *translate.Request, _ *dialect.Dialect) {
	h.Set("Accept", "application/vnd.amazon.eventstream, application/json")
}
