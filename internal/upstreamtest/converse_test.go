package upstreamtest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// said is a message of the Converse API.
func said(role string, blocks ...string) string {
	return `{"role":"` + role + `","content":[` + strings.Join(blocks, ",") + `]}`
}

// converse is a request of messages with one tool.
func converse(messages ...string) string {
	return `{"messages":[` + strings.Join(messages, ",") + `],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}}`
}

func TestStrictConverseRules(t *testing.T) {
	const (
		hi     = `{"text":"hi"}`
		use    = `{"toolUse":{"toolUseId":"a","name":"f","input":{}}}`
		result = `{"toolResult":{"toolUseId":"a","content":[{"text":"1"}]}}`
		mark   = `{"cachePoint":{"type":"default"}}`
		png    = `{"image":{"format":"png","source":{"bytes":"QUJD"}}}`
		pdf    = `{"document":{"format":"pdf","name":"a b (1)","source":{"bytes":"QUJD"}}}`
		signed = `{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}}`
	)
	asked, called := said("user", hi), said("assistant", use)
	with := func(more string) string { return strings.TrimSuffix(converse(asked), "}") + "," + more + "}" }
	tools := func(spec string) string { return `{"messages":[` + asked + `],"toolConfig":{"tools":[` + spec + `]}}` }
	spec := func(name, schema string) string {
		return `{"toolSpec":{"name":"` + name + `","inputSchema":{"json":` + schema + `}}}`
	}
	tests := map[string]struct {
		body    string
		options []ConverseOption
		refusal string
	}{
		"ok/a question": {body: `{"messages":[` + asked + `]}`},
		"ok/a conversation": {body: strings.Replace(converse(said("user", hi, png, pdf, mark), said("assistant", signed, `{"text":"x"}`, use), said("user", result, mark), said("assistant", hi), asked),
			`{"messages"`, `{"system":[{"text":"s"},`+mark+`],"inferenceConfig":{"maxTokens":1,"temperature":0.5},"messages"`, 1)},
		"ok/a choice":   {body: strings.Replace(converse(asked), `"tools"`, `"toolChoice":{"tool":{"name":"f"}},"tools"`, 1)},
		"ok/for Nova":   {body: converse(asked), options: []ConverseOption{Nova}},
		"fail/not JSON": {body: "{", refusal: "not a JSON object"},
		"fail/a member": {body: with(`"model":"m"`), refusal: "extraneous key [model]"},
		"fail/a limit":  {body: with(`"inferenceConfig":{"maxTokens":0}`), refusal: "maxTokens is 0"},
		"fail/a tier":   {body: with(`"serviceTier":{"type":"auto"}`), refusal: "serviceTier"},
		"fail/no limit for Nova's highest": {
			body: with(`"inferenceConfig":{"maxTokens":1},"additionalModelRequestFields":{"reasoningConfig":{"maxReasoningEffort":"high"}}`), options: []ConverseOption{Nova}, refusal: "inferenceConfig cannot be set",
		},

		"fail/no messages":            {body: `{"messages":[]}`, refusal: "must start with a user message"},
		"fail/the assistant first":    {body: converse(said("assistant", hi), asked), refusal: "must start with a user message"},
		"fail/the assistant last":     {body: converse(asked, said("assistant", hi)), refusal: "must end with a user message"},
		"fail/twice the same":         {body: converse(asked, asked), refusal: "must alternate"},
		"fail/another role":           {body: converse(asked, said("system", hi), asked), refusal: "unknown role system"},
		"fail/no content":             {body: converse(said("user")), refusal: "messages.0 is empty"},
		"fail/blank text":             {body: converse(said("user", `{"text":" \n"}`)), refusal: "messages.0.content.0 is blank"},
		"fail/blank system":           {body: with(`"system":[{"text":""}]`), refusal: "system.0 is blank"},
		"fail/two members of a block": {body: converse(said("user", `{"text":"a","image":{}}`)), refusal: "has 2 members"},
		"fail/an unknown block":       {body: converse(said("user", `{"audio":{}}`)), refusal: "extraneous key [audio]"},

		"fail/no tools declared":           {body: `{"messages":[` + asked + `,` + called + `,` + said("user", result) + `]}`, refusal: "toolConfig field must be defined"},
		"fail/a result without a call":     {body: converse(said("user", result)), refusal: "exceeds the number of toolUse blocks"},
		"fail/a call without a result":     {body: converse(asked, called, asked), refusal: "Expected toolResult blocks at messages.2.content for the following Ids: a"},
		"fail/two results":                 {body: converse(asked, called, said("user", result, result)), refusal: "exceeds the number"},
		"fail/two calls of one id":         {body: converse(asked, said("assistant", use, use), said("user", result)), refusal: "duplicate Ids"},
		"fail/an id":                       {body: converse(asked, strings.Replace(called, `"a"`, `"a:0"`, 1), asked), refusal: "'a:0' at"},
		"fail/an id for Mistral":           {body: converse(asked, called, said("user", result)), options: []ConverseOption{MistralIDs}, refusal: "{9}$"},
		"fail/a name":                      {body: converse(asked, strings.Replace(called, `"f"`, `"f.g"`, 1), asked), refusal: "'f.g' at"},
		"fail/input that is a text":        {body: converse(asked, strings.Replace(called, `{}`, `"{}"`, 1), asked), refusal: "Provide a json object"},
		"fail/a call of the user":          {body: converse(said("user", use), asked), refusal: "a message of the user cannot have toolUse"},
		"fail/an image of the assistant":   {body: converse(asked, said("assistant", png), asked), refusal: "cannot have image"},
		"fail/a result of nothing":         {body: converse(asked, called, said("user", `{"toolResult":{"toolUseId":"a","content":[]}}`)), refusal: "toolResult is empty"},
		"fail/a blank result":              {body: converse(asked, called, said("user", strings.Replace(result, `"1"`, `""`, 1))), refusal: "is blank"},
		"fail/an unknown part of a result": {body: converse(asked, called, said("user", strings.Replace(result, `"text"`, `"audio"`, 1))), refusal: "extraneous key [audio]"},

		"fail/reasoning without a signature": {body: converse(asked, said("assistant", strings.Replace(signed, `"s"`, `""`, 1), hi), asked), refusal: "cannot contain reasoning content"},
		"fail/reasoning for Nova":            {body: converse(asked, said("assistant", signed, hi), asked), options: []ConverseOption{Nova}, refusal: "cannot contain reasoning content"},
		"fail/reasoning at the end":          {body: converse(asked, said("assistant", hi, signed), asked), refusal: "final block"},
		"fail/hidden reasoning":              {body: converse(asked, said("assistant", `{"reasoningContent":{"redactedContent":"%"}}`, hi), asked), refusal: "illegal base64"},

		"fail/a format":                {body: converse(said("user", strings.Replace(png, "png", "tiff", 1))), refusal: "unknown format tiff"},
		"fail/bytes":                   {body: converse(said("user", strings.Replace(png, "QUJD", "%", 1))), refusal: "illegal base64"},
		"fail/a name of a document":    {body: converse(said("user", hi, strings.Replace(pdf, "a b", "a.b", 1))), refusal: "can only contain alphanumeric"},
		"fail/spaces in such a name":   {body: converse(said("user", hi, strings.Replace(pdf, "a b", "a  b", 1))), refusal: "can only contain alphanumeric"},
		"fail/two documents of a name": {body: converse(said("user", hi, pdf, pdf)), refusal: "duplicate document names"},
		"fail/a document alone":        {body: converse(said("user", pdf)), refusal: "Add text"},

		"fail/a mark at the start": {body: converse(said("user", mark, hi)), refusal: "at the start"},
		"fail/five marks":          {body: converse(said("user", hi, mark, hi, mark, hi, mark, hi, mark, hi, mark)), refusal: "more than 4"},
		"fail/a mark of another type": {
			body: converse(said("user", hi, `{"cachePoint":{"type":"x"}}`)), refusal: "unknown type of cachePoint",
		},

		"fail/no tools in the list":    {body: tools(""), refusal: "Member must have length"},
		"fail/a tool's name":           {body: tools(spec("a b", `{"type":"object"}`)), refusal: "'a b' at"},
		"fail/two tools of a name":     {body: tools(spec("f", `{"type":"object"}`) + "," + spec("f", `{"type":"object"}`)), refusal: "already defined"},
		"fail/a schema of no object":   {body: tools(spec("f", `{}`)), refusal: "must be one of the following: object"},
		"fail/a schema for Nova":       {body: tools(spec("f", `{"type":"object","$defs":{}}`)), options: []ConverseOption{Nova}, refusal: "extraneous key [$defs]"},
		"fail/a mark for Nova":         {body: tools(spec("f", `{"type":"object"}`) + "," + mark), options: []ConverseOption{Nova}, refusal: "extraneous key [cachePoint]"},
		"fail/a description":           {body: tools(`{"toolSpec":{"name":"f","description":"","inputSchema":{"json":{"type":"object"}}}}`), refusal: "description"},
		"fail/a choice of none":        {body: strings.Replace(converse(asked), `"tools"`, `"toolChoice":{"none":{}},"tools"`, 1), refusal: "extraneous key [none]"},
		"fail/a choice of nobody":      {body: strings.Replace(converse(asked), `"tools"`, `"toolChoice":{"tool":{"name":"g"}},"tools"`, 1), refusal: "not defined"},
		"fail/a choice that is no use": {body: strings.Replace(converse(asked), `"tools"`, `"toolChoice":{"any":{}},"tools"`, 1), options: []ConverseOption{NoToolChoice}, refusal: "toolConfig.toolChoice.any"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			why := ConverseRefusal([]byte(test.body), test.options...)
			if (why == "") != (test.refusal == "") || !strings.Contains(why, test.refusal) {
				t.Errorf("refused because %q, want %q", why, test.refusal)
			}
		})
	}
}

func TestStrictConverseRefusesAsAWSDoes(t *testing.T) {
	u := New(t, Converse(ConverseStart())).StrictConverse()
	post := func(path, body string) (*http.Response, string) {
		res, err := http.Post(u.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(text)
	}
	res, text := post("/model/m/converse-stream", `{"messages":[]}`)
	if res.StatusCode != http.StatusBadRequest || res.Header.Get("X-Amzn-ErrorType") != "ValidationException" || !strings.HasPrefix(text, `{"message":"A conversation must start`) {
		t.Errorf("got %d, %v, %s", res.StatusCode, res.Header, text)
	}
	if res, text := post("/elsewhere", `{"messages":[]}`); res.StatusCode != http.StatusBadRequest || !strings.Contains(text, "/elsewhere") {
		t.Errorf("elsewhere: got %d, %s", res.StatusCode, text)
	}
	res, text = post("/model/m/converse-stream", `{"messages":[`+said("user", `{"text":"hi"}`)+`]}`)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/vnd.amazon.eventstream" || text != ConverseStart() {
		t.Errorf("got %d, %v, %q", res.StatusCode, res.Header, text)
	}
}
