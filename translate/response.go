package translate

import (
	"strconv"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// echo is what a response object repeats of its request, as raw JSON; nil where absent.
type echo struct {
	instructions     []byte
	tools            []byte
	toolChoice       []byte
	reasoning        []byte
	text             []byte
	safetyIdentifier []byte
	store            []byte
	metadata         []byte
	maxToolCalls     []byte
	truncation       []byte
}

// appendResponse appends the response object. detail writes the value of incomplete_details or error, by the status.
func (s *Stream) appendResponse(dst []byte, status string, detail func([]byte) []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, s.id...)
	dst = append(dst, `","object":"response","created_at":`...)
	dst = strconv.AppendInt(dst, s.created, 10)
	dst = append(dst, `,"status":"`...)
	dst = append(dst, status...)
	dst = append(dst, `","completed_at":`...)
	if status == "completed" {
		dst = strconv.AppendInt(dst, s.now().Unix(), 10)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"error":`...)
	dst = appendDetail(dst, status == "failed", detail)
	dst = append(dst, `,"incomplete_details":`...)
	dst = appendDetail(dst, status == "incomplete", detail)
	dst = append(dst, `,"output":[`...)
	if s.phase == ended {
		dst = append(dst, s.output...)
	}
	dst = append(dst, `],"usage":`...)
	if s.phase == ended {
		usage := s.Tokens()
		dst = usage.append(dst)
	} else {
		dst = append(dst, "null"...)
	}
	if s.echoed == nil {
		s.echoed = s.req.appendEcho(nil)
	}
	dst = append(dst, s.echoed...)
	return append(dst, '}')
}

func appendDetail(dst []byte, applies bool, detail func([]byte) []byte) []byte {
	if !applies || detail == nil {
		return append(dst, "null"...)
	}
	return detail(dst)
}

// appendEcho appends the members that repeat the request, each after a comma. Members that the client did not send have the API's
// defaults; the specifications want the key in any case.
func (r *Request) appendEcho(dst []byte) []byte {
	dst = append(dst, `,"model":`...)
	dst = jsonscan.AppendString(dst, r.Model)
	dst = appendMember(dst, "instructions", r.echo.instructions, "null")
	dst = append(dst, `,"tools":`...)
	dst = appendTools(dst, r.echo.tools)
	dst = appendMember(dst, "tool_choice", present(r.echo.toolChoice), `"auto"`)
	dst = appendMember(dst, "parallel_tool_calls", r.ParallelToolCalls, "true")
	dst = appendMember(dst, "max_output_tokens", r.MaxOutputTokens, "null")
	dst = appendMember(dst, "max_tool_calls", r.echo.maxToolCalls, "null")
	dst = appendMember(dst, "temperature", r.Temperature, "1")
	dst = appendMember(dst, "top_p", r.TopP, "1")
	dst = append(dst, `,"presence_penalty":0,"frequency_penalty":0,"top_logprobs":0`...)
	dst = appendReasoning(dst, r.echo.reasoning)
	dst = appendText(dst, r.echo.text)
	dst = appendMember(dst, "truncation", r.echo.truncation, `"disabled"`)
	dst = append(dst, `,"store":false,"background":false,"previous_response_id":null`...)
	dst = append(dst, `,"service_tier":`...)
	dst = appendQuoted(dst, r.ServiceTier, "default")
	dst = appendMember(dst, "metadata", r.echo.metadata, "{}")
	dst = appendMember(dst, "safety_identifier", r.echo.safetyIdentifier, "null")
	dst = append(dst, `,"prompt_cache_key":`...)
	if r.CacheKey == nil {
		return append(dst, "null"...)
	}
	return appendQuoted(dst, r.CacheKey, "")
}

func appendMember(dst []byte, name string, raw []byte, otherwise string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	if raw == nil {
		return append(dst, otherwise...)
	}
	return append(dst, raw...)
}

func appendQuoted(dst, escaped []byte, otherwise string) []byte {
	dst = append(dst, '"')
	if escaped == nil {
		dst = append(dst, otherwise...)
	}
	dst = append(dst, escaped...)
	return append(dst, '"')
}

// appendReasoning gives effort and summary in any case.
func appendReasoning(dst, raw []byte) []byte {
	effort, summary := []byte("null"), []byte("null")
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "effort":
			effort = c.Raw()
		case "summary":
			summary = c.Raw()
		}
	}
	dst = appendMember(dst, "reasoning", nil, `{"effort":`)
	dst = append(dst, effort...)
	dst = append(dst, `,"summary":`...)
	dst = append(dst, summary...)
	return append(dst, '}')
}

// appendText gives a format in any case.
func appendText(dst, raw []byte) []byte {
	format, verbosity := []byte(`{"type":"text"}`), []byte(nil)
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "format":
			format = c.Raw()
		case "verbosity":
			verbosity = present(c.Raw())
		}
	}
	dst = appendMember(dst, "text", nil, `{"format":`)
	dst = append(dst, format...)
	if verbosity != nil {
		dst = appendMember(dst, "verbosity", verbosity, "")
	}
	return append(dst, '}')
}

// appendTools repeats the tools, with the members that the API adds to functions.
func appendTools(dst, raw []byte) []byte {
	dst = append(dst, '[')
	c := jsonscan.New(raw)
	for i := range c.Elements() {
		if i > 0 {
			dst = append(dst, ',')
		}
		tool := c.Raw()
		if len(tool) == 0 {
			continue
		}
		missing := missingMembers(tool)
		dst = append(dst, tool[:len(tool)-1]...)
		dst = append(dst, missing...)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func missingMembers(tool []byte) (missing string) {
	var function, parameters, strict bool
	c := jsonscan.New(tool)
	for key := range c.Members() {
		switch key {
		case "type":
			function = c.Text() == "function"
		case "parameters":
			parameters = true
		case "strict":
			strict = true
		}
	}
	if !function {
		return ""
	}
	if !parameters {
		missing = `,"parameters":null`
	}
	if !strict {
		missing += `,"strict":true`
	}
	return missing
}
