package translate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// entries are as many members of an object.
func entries(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"k%d":"v"`, i)
	}
	return "{" + strings.Join(all, ",") + "}"
}

func TestAFieldOfTheWrongTypeIsNamed(t *testing.T) {
	tests := map[string]struct{ member, param, message string }{
		"a stream in words":                   {`"stream":"yes"`, "stream", "true or false"},
		"instructions in a list":              {`"instructions":["be kind"]`, "instructions", "not a text"},
		"tools in words":                      {`"tools":"all"`, "tools", "not a list"},
		"a tool that is no object":            {`"tools":[{"type":"function","name":"f"},"g"]`, "tools", "tools[1] is not an object"},
		"a choice of tools that is a number":  {`"tool_choice":7`, "tool_choice", "a text or an object"},
		"parallel calls in words":             {`"parallel_tool_calls":"no"`, "parallel_tool_calls", "true or false"},
		"reasoning in a word":                 {`"reasoning":"high"`, "reasoning", "not an object"},
		"an effort that is a number":          {`"reasoning":{"effort":1}`, "reasoning.effort", "not a text"},
		"a summary that is an object":         {`"reasoning":{"summary":{}}`, "reasoning.summary", "not a text"},
		"an old summary that is true":         {`"reasoning":{"generate_summary":true}`, "reasoning.generate_summary", "not a text"},
		"what to include, in a word":          {`"include":"everything"`, "include", "not a list"},
		"a number to include":                 {`"include":["reasoning.encrypted_content",1]`, "include", "include[1] is not a text"},
		"text in a list":                      {`"text":[]`, "text", "not an object"},
		"verbosity as a number":               {`"text":{"verbosity":2}`, "text.verbosity", "not a text"},
		"a format in a word":                  {`"text":{"format":"json"}`, "text.format", "not an object"},
		"a format of a type that is no text":  {`"text":{"format":{"type":1}}`, "text.format.type", "not a text"},
		"a schema in words":                   {`"text":{"format":{"type":"json_schema","name":"n","schema":"{}"}}`, "text.format.schema", "not an object"},
		"strictness in words":                 {`"text":{"format":{"type":"json_schema","name":"n","schema":{},"strict":"yes"}}`, "text.format.strict", "true or false"},
		"a name of a schema that is a number": {`"text":{"format":{"type":"json_schema","name":1,"schema":{}}}`, "text.format.name", "not a text"},
		"a cache key that is an object":       {`"prompt_cache_key":{}`, "prompt_cache_key", "not a text"},
		"a retention that is a number":        {`"prompt_cache_retention":24`, "prompt_cache_retention", "not a text"},
		"cache options in a word":             {`"prompt_cache_options":"explicit"`, "prompt_cache_options", "not an object"},
		"a user that is a number":             {`"user":7`, "user", "not a text"},
		"a safety identifier that is a list":  {`"safety_identifier":[]`, "safety_identifier", "not a text"},
		"a service tier that is a number":     {`"service_tier":1`, "service_tier", "not a text"},
		"stream options that are true":        {`"stream_options":true`, "stream_options", "not an object"},
		"context management that is no list":  {`"context_management":{}`, "context_management", "not a list"},
		"truncation that is an object":        {`"truncation":{}`, "truncation", "not a text"},
		"truncation nobody knows":             {`"truncation":"middle"`, "truncation", `"middle"; the values are auto and disabled`},
		"most calls in words":                 {`"max_tool_calls":"few"`, "max_tool_calls", "not a number"},
		"most calls below none":               {`"max_tool_calls":-1`, "max_tool_calls", "a whole number from 0 up, not -1"},
		"half a call":                         {`"max_tool_calls":1.5`, "max_tool_calls", "a whole number from 0 up, not 1.5"},
		"likely tokens in words":              {`"top_logprobs":"many"`, "top_logprobs", "not a number"},
		"too many likely tokens":              {`"top_logprobs":21`, "top_logprobs", "a whole number from 0 to 20, not 21"},
		"metadata in a word":                  {`"metadata":"x"`, "metadata", "not an object"},
		"too much metadata":                   {`"metadata":` + entries(17), "metadata", "metadata has 17 entries; at most 16 are allowed"},
		"metadata with a long key":            {`"metadata":{"` + strings.Repeat("ä", 65) + `":"v"}`, "metadata", "a key of 65 characters; at most 64"},
		"metadata with a long value":          {`"metadata":{"a":"v","b":"` + strings.Repeat("ä", 513) + `"}`, "metadata.b", "more than 512 characters"},
		"metadata that is no text":            {`"metadata":{"a":"v","b":1}`, "metadata.b", "not a text"},
		"a template":                          {`"prompt":{"id":"pmpt_1"}`, "prompt", "there are none here"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := request(`"input":"hi"`, test.member)
			f := refused(t, body)
			if f.Kind != fault.Invalid || f.Param != test.param || !strings.Contains(f.Message, test.message) {
				t.Errorf("got kind %d, param %q, message %q; want param %q, message %q", f.Kind, f.Param, f.Message, test.param, test.message)
			}
			req, err := translate.ParseSource([]byte(body), ring)
			if err != nil {
				t.Fatalf("it does not pass: %v", err)
			}
			if req.Complete() == nil {
				t.Error("it is translated after all")
			}
		})
	}
}

func TestFieldsThatAreJustRight(t *testing.T) {
	for name, member := range map[string]string{
		"much metadata":                 `"metadata":` + entries(16),
		"metadata with a long key":      `"metadata":{"` + strings.Repeat("ä", 64) + `":"v"}`,
		"metadata with a long value":    `"metadata":{"a":"` + strings.Repeat(`\u00e4`, 512) + `"}`,
		"no metadata":                   `"metadata":{}`,
		"many likely tokens":            `"top_logprobs":20`,
		"no likely tokens":              `"top_logprobs":0`,
		"something of the future":       `"include":["x.future"]`,
		"no obfuscation":                `"stream_options":{"include_obfuscation":false}`,
		"a member nobody knows":         `"x_future":[1]`,
		"a tier nobody knows":           `"service_tier":"x-fast"`,
		"a summary that is not wanted":  `"reasoning":{"effort":null,"summary":null}`,
		"a template that is not wanted": `"prompt":null`,
	} {
		t.Run(name, func(t *testing.T) { parse(t, request(`"input":"hi"`, member)) })
	}
}

func TestWhatIsIncluded(t *testing.T) {
	tests := map[string]struct {
		include          string
		sealed, logprobs bool
	}{
		"nothing":                {`null`, false, false},
		"reasoning":              {`["reasoning.encrypted_content"]`, true, false},
		"the likelihood":         {`["message.output_text.logprobs"]`, false, true},
		"both, and of hereafter": {`["x.future","message.output_text.logprobs","file_search_call.results","reasoning.encrypted_content"]`, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if req := parse(t, request(`"input":"hi"`, `"include":`+test.include)); req.Encrypted != test.sealed || req.Logprobs != test.logprobs {
				t.Errorf("sealed is %v, logprobs is %v", req.Encrypted, req.Logprobs)
			}
		})
	}
}

// A service that keeps templates takes a request with one instead of an input.
func TestATemplatePassesToAServiceThatKeepsIt(t *testing.T) {
	body := []byte(request(`"prompt":{"id":"pmpt_1"}`))
	if _, err := translate.ParseSource(body, ring); err != nil {
		t.Error(err)
	}
	if f := refused(t, string(body)); f.Param != "prompt" {
		t.Errorf("%q is what is wrong", f.Param)
	}
}
