package translate

import (
	"bytes"
	"slices"
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
	user             []byte
	metadata         []byte
	truncation       []byte
	cacheRetention   []byte
	cacheOptions     []byte
}

// appendResponse appends the response object. detail writes the value of incomplete_details or error, by the status.
func (s *Stream) appendResponse(dst []byte, status string, detail func([]byte) []byte) []byte {
	if s.echoed == nil {
		s.echoed = s.req.appendEcho(nil, s.Terse)
	}
	dst = slices.Grow(dst, len(s.echoed)+len(s.output)+512)
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
	dst = append(dst, s.echoed...)
	dst = append(dst, `,"service_tier":"`...)
	dst = s.appendTier(dst)
	return append(dst, `"}`...)
}

func appendDetail(dst []byte, applies bool, detail func([]byte) []byte) []byte {
	if !applies || detail == nil {
		return append(dst, "null"...)
	}
	return detail(dst)
}

// appendEcho appends the members that repeat the request, each after a comma. Members that the client did not send have the API's
// defaults; the specifications want the key in any case.
func (r *Request) appendEcho(dst []byte, terse bool) []byte {
	if r.condensing.whole != nil {
		r = r.condensing.whole
	}
	instructions, tools := r.echo.instructions, r.echo.tools
	if terse {
		instructions, tools = nil, nil
	}
	dst = slices.Grow(dst, len(instructions)+len(tools)+1024)
	dst = append(dst, `,"model":`...)
	dst = jsonscan.AppendString(dst, r.Model)
	dst = appendMember(dst, "instructions", only(instructions, jsonscan.String, jsonscan.Array), "null")
	dst = append(dst, `,"tools":`...)
	dst = appendTools(dst, tools)
	dst = appendMember(dst, "tool_choice", only(r.echo.toolChoice, jsonscan.String, jsonscan.Object), `"auto"`)
	dst = appendMember(dst, "parallel_tool_calls", r.ParallelToolCalls, "true")
	dst = appendMember(dst, "max_output_tokens", r.MaxOutputTokens, "null")
	dst = appendMember(dst, "max_tool_calls", r.MaxToolCalls, "null")
	dst = appendMember(dst, "temperature", r.Temperature, "1")
	dst = appendMember(dst, "top_p", r.TopP, "1")
	dst = append(dst, `,"presence_penalty":0,"frequency_penalty":0`...)
	dst = appendMember(dst, "top_logprobs", r.TopLogprobs, "0")
	dst = appendReasoning(dst, r.echo.reasoning)
	dst = appendText(dst, r.echo.text)
	dst = appendMember(dst, "truncation", only(r.echo.truncation, jsonscan.String), `"disabled"`)
	dst = r.State.append(dst)
	dst = appendMember(dst, "metadata", only(r.echo.metadata, jsonscan.Object), "{}")
	dst = appendMember(dst, "safety_identifier", only(r.echo.safetyIdentifier, jsonscan.String), "null")
	dst = append(dst, `,"prompt_cache_key":`...)
	if r.CacheKey == nil {
		dst = append(dst, "null"...)
	} else {
		dst = append(append(append(dst, '"'), r.CacheKey...), '"')
	}
	return r.appendOptional(dst)
}

// appendOptional appends the members that are there only where the client has sent them.
func (r *Request) appendOptional(dst []byte) []byte {
	for _, member := range [...]struct {
		name string
		raw  []byte
	}{
		{"user", only(r.echo.user, jsonscan.String)},
		{"prompt_cache_retention", only(r.echo.cacheRetention, jsonscan.String)},
		{"prompt_cache_options", only(r.echo.cacheOptions, jsonscan.Object)},
	} {
		if member.raw != nil {
			dst = appendMember(dst, member.name, member.raw, "")
		}
	}
	return dst
}

func appendMember(dst []byte, name string, raw []byte, otherwise string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	return appendValue(append(dst, `":`...), raw, otherwise)
}

// appendValue appends a value of the request on one line, for events must not hold line breaks.
func appendValue(dst, raw []byte, otherwise string) []byte {
	if raw == nil {
		return append(dst, otherwise...)
	}
	return jsonscan.AppendCompact(dst, raw)
}

// appendReasoning gives effort and summary in any case.
func appendReasoning(dst, raw []byte) []byte {
	var effort, summary, context, mode []byte
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "effort":
			effort = only(c.Raw(), jsonscan.String)
		case "summary":
			summary = only(c.Raw(), jsonscan.String)
		case "generate_summary": // its older name
			if old := only(c.Raw(), jsonscan.String); summary == nil {
				summary = old
			}
		case "context":
			context = only(c.Raw(), jsonscan.String)
		case "mode":
			mode = only(c.Raw(), jsonscan.String)
		}
	}
	dst = append(dst, `,"reasoning":{"effort":`...)
	dst = appendValue(dst, effort, "null")
	dst = appendMember(dst, "summary", summary, "null")
	if context != nil {
		dst = appendMember(dst, "context", context, "")
	}
	if mode != nil {
		dst = appendMember(dst, "mode", mode, "")
	}
	return append(dst, '}')
}

// appendText gives a format in any case.
func appendText(dst, raw []byte) []byte {
	var format, verbosity []byte
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "format":
			format = only(c.Raw(), jsonscan.Object)
		case "verbosity":
			verbosity = only(c.Raw(), jsonscan.String)
		}
	}
	dst = append(dst, `,"text":{"format":`...)
	dst = appendValue(dst, format, `{"type":"text"}`)
	if verbosity != nil {
		dst = appendMember(dst, "verbosity", verbosity, "")
	}
	return append(dst, '}')
}

// appendTools repeats the tools, with the members that the API adds to functions. What is no object is left out.
func appendTools(dst, raw []byte) []byte {
	dst = append(dst, '[')
	c := jsonscan.New(raw)
	for range c.Elements() {
		if c.Kind() != jsonscan.Object {
			continue
		}
		if dst[len(dst)-1] != '[' {
			dst = append(dst, ',')
		}
		dst = appendTool(dst, c.Raw())
	}
	return append(dst, ']')
}

func appendTool(dst, tool []byte) []byte {
	var function, parameters, strict bool
	var inner []byte
	c := jsonscan.New(tool)
	for key := range c.Members() {
		switch key {
		case "type":
			function = c.Text() == "function"
		case "parameters":
			parameters = true
		case "strict":
			strict = true
		case "function":
			inner = only(c.Raw(), jsonscan.Object)
		}
	}
	if !function {
		return jsonscan.AppendCompact(dst, tool)
	}
	if inner != nil { // the form of Chat Completions
		flat := []byte(`{"type":"function"`)
		if members := bytes.TrimSpace(inner[1 : len(inner)-1]); len(members) > 0 {
			flat = append(append(flat, ','), members...)
		}
		return appendTool(dst, append(flat, '}'))
	}
	dst = jsonscan.AppendCompact(dst, tool[:len(tool)-1])
	if !parameters {
		dst = append(dst, `,"parameters":null`...)
	}
	if !strict {
		dst = append(dst, `,"strict":true`...)
	}
	return append(dst, '}')
}
