package upstreamtest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

const (
	saidHi    = `{"role":"user","parts":[{"text":"hi"}]}`
	calledOne = `{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"QUJD"}]}`
	gotOne    = `{"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{"output":"ok"}}}]}`
	pixel     = `{"inlineData":{"mimeType":"image/png","data":"QUJD"}}`
)

// generate is a body with contents.
func generate(contents ...string) string {
	return `{"contents":[` + strings.Join(contents, ",") + `]}`
}

// having is a body with further members.
func having(members string) string {
	return strings.TrimSuffix(generate(saidHi), "}") + "," + members + "}"
}

// declaring is a body with a function that has these members more.
func declaring(members string) string {
	return having(`"tools":[{"functionDeclarations":[{"name":"f"` + members + `}]}]`)
}

func TestGeminiRefusal(t *testing.T) {
	const (
		third, second = "gemini-3.8-flash", "gemini-2.5-flash"
		functions     = `"tools":[{"functionDeclarations":[{"name":"f"}]}]`
		both          = `"tools":[{"functionDeclarations":[{"name":"f"}]},{"googleSearch":{}}]`
		validated     = `"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}`
	)
	mode := func(members string) string { return `"toolConfig":{"functionCallingConfig":{` + members + `}}` }
	config := func(members string) string { return having(`"generationConfig":{` + members + `}`) }
	tests := map[string]struct {
		model, body string
		options     []GeminiOption
		refusal     string
	}{
		"ok/hi":                       {third, generate(saidHi), nil, ""},
		"ok/everything":               {third, `{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[` + saidHi + `,` + calledOne + `,` + gotOne + `],` + both + `,` + validated + `,"includeServerSideToolInvocations":true},"generationConfig":{"maxOutputTokens":9,"thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true},"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}},"continuationToken":"QUJD"}`, nil, ""},
		"ok/the word for a signature": {third, strings.Replace(generate(saidHi, calledOne, gotOne), "QUJD", skipValidator, 1), nil, ""},
		"ok/an image":                 {third, generate(`{"role":"user","parts":[` + pixel + `]}`), nil, ""},
		"ok/an empty signed text":     {third, generate(saidHi, `{"role":"model","parts":[{"text":"","thoughtSignature":"QUJD"}]}`, saidHi), nil, ""},
		"ok/no signature before":      {second, generate(saidHi, `{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]}`, `{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}`), nil, ""},
		"ok/a search on Vertex":       {third, having(both + `,` + validated + `}`), []GeminiOption{Vertex}, ""},

		"fail/not JSON":                    {third, `{`, nil, "Invalid JSON payload"},
		"fail/an unknown member":           {third, having(`"model":"m"`), nil, `Unknown name "model"`},
		"fail/no contents":                 {third, `{}`, nil, "contents is not specified"},
		"fail/contents of nothing":         {third, generate(), nil, "contents is not specified"},
		"fail/the model first":             {third, generate(`{"role":"model","parts":[{"text":"a"}]}`), nil, "begin with a user turn"},
		"fail/the user twice":              {third, generate(saidHi, saidHi), nil, "alternate between user and model"},
		"fail/a system content":            {third, generate(`{"role":"system","parts":[{"text":"a"}]}`), nil, "valid role: user, model"},
		"fail/no parts":                    {third, generate(`{"role":"user","parts":[]}`), nil, "parts must not be empty"},
		"fail/an empty text":               {third, generate(`{"role":"user","parts":[{"text":""}]}`), nil, "must have a text parameter"},
		"fail/an empty part":               {third, generate(`{"role":"user","parts":[{}]}`), nil, "must have one initialized field"},
		"fail/a part of two kinds":         {third, generate(`{"role":"user","parts":[{"text":"a","inlineData":{}}]}`), nil, "must have one initialized field"},
		"fail/a signature within":          {third, generate(saidHi, strings.Replace(calledOne, `"args":{}},"thoughtSignature":"QUJD"`, `"args":{},"thoughtSignature":"QUJD"}`, 1)), nil, `Unknown name "thoughtSignature"`},
		"fail/F16 no signature":            {third, generate(saidHi, strings.Replace(calledOne, `,"thoughtSignature":"QUJD"`, "", 1), gotOne), nil, "missing a thought_signature"},
		"fail/a broken signature":          {third, generate(saidHi, strings.Replace(calledOne, "QUJD", "Q JD", 1), gotOne), nil, "Base64 decoding failed"},
		"fail/a signed user":               {third, generate(`{"role":"user","parts":[{"text":"a","thoughtSignature":"QUJD"}]}`), nil, "nothing that a user says"},
		"fail/a model with an image":       {third, generate(saidHi, `{"role":"model","parts":[`+pixel+`]}`), nil, "nothing that a model says"},
		"fail/no result":                   {third, generate(saidHi, calledOne, saidHi), nil, "number of function response parts"},
		"fail/no result at the end":        {third, generate(saidHi, calledOne), nil, "have no answers"},
		"fail/a result of nothing":         {third, generate(saidHi, `{"role":"model","parts":[{"text":"a"}]}`, gotOne), nil, "immediately after a function call turn"},
		"fail/two results":                 {third, generate(saidHi, calledOne, strings.Replace(gotOne, "]", `,{"functionResponse":{"name":"f","response":{}}}]`, 1)), nil, "number of function response parts"},
		"fail/a result of another":         {third, generate(saidHi, calledOne, strings.Replace(gotOne, `"f"`, `"g"`, 1)), nil, "function_response.name"},
		"fail/F42 a nameless result":       {third, generate(saidHi, calledOne, strings.Replace(gotOne, `"f"`, `""`, 1)), nil, "not a valid name"},
		"fail/another id":                  {third, generate(saidHi, calledOne, strings.Replace(gotOne, `"1"`, `"2"`, 1)), nil, "function_response.id"},
		"fail/a result behind text":        {third, generate(saidHi, calledOne, strings.Replace(gotOne, `[{`, `[{"text":"a"},{`, 1)), nil, "have to stand first"},
		"fail/a result as text":            {third, generate(saidHi, calledOne, strings.Replace(gotOne, `{"output":"ok"}`, `"ok"`, 1)), nil, "google.protobuf.Struct"},
		"fail/ids before":                  {second, generate(saidHi, calledOne, gotOne), nil, "functionCall.id"},
		"fail/ids on Vertex":               {third, generate(saidHi, calledOne, gotOne), []GeminiOption{Vertex}, "functionCall.id"},
		"fail/an image in a result before": {second, generate(saidHi, `{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]}`, `{"role":"user","parts":[{"functionResponse":{"name":"f","response":{},"parts":[`+pixel+`]}}]}`), nil, "multimodal function responses"},
		"fail/a data URL":                  {third, generate(`{"role":"user","parts":[` + strings.Replace(pixel, "QUJD", "data:image/png;base64,QUJD", 1) + `]}`), nil, "inline_data.data"},
		"fail/an image by address":         {third, generate(`{"role":"user","parts":[{"fileData":{"fileUri":"https://x/y","mimeType":"image/png"}}]}`), nil, "Unsupported file URI"},
		"fail/an animation":                {third, generate(`{"role":"user","parts":[` + strings.Replace(pixel, "png", "gif", 1) + `]}`), nil, "Unsupported MIME type: image/gif"},
		"fail/a server's tool on Vertex":   {third, generate(saidHi, `{"role":"model","parts":[{"toolCall":{"id":"1"}}]}`, saidHi), []GeminiOption{Vertex}, `Unknown name "toolCall"`},

		"fail/two system instructions":  {third, having(`"systemInstruction":[{"parts":[]}]`), nil, "expected an object"},
		"fail/an empty instruction":     {third, having(`"systemInstruction":{"parts":[{"text":""}]}`), nil, "text only"},
		"fail/an instruction for Gemma": {"gemma-3-27b-it", having(`"systemInstruction":{"parts":[{"text":"s"}]}`), nil, "Developer instruction is not enabled"},

		"fail/F38 no functions":         {third, having(`"tools":[{"functionDeclarations":[]}]`), nil, "at least one function declaration"},
		"fail/a tool of OpenAI":         {third, having(`"tools":[{"type":"function"}]`), nil, `Unknown name "type"`},
		"fail/a bad name":               {third, strings.Replace(declaring(""), `"f"`, `"7-zip/list"`, 1), nil, "Invalid function name"},
		"fail/a name twice":             {third, having(`"tools":[{"functionDeclarations":[{"name":"f"},{"name":"f"}]}]`), nil, "Duplicate function declaration"},
		"fail/an empty description":     {third, declaring(`,"description":""`), nil, "description must not be empty"},
		"fail/strict":                   {third, declaring(`,"strict":true`), nil, `Unknown name "strict"`},
		"fail/two schemas":              {third, declaring(`,"parameters":{"type":"object"},"parametersJsonSchema":{"type":"object"}`), nil, "only one of parameters"},
		"fail/no object":                {third, declaring(`,"parametersJsonSchema":{"type":"string"}`), nil, "type OBJECT"},
		"fail/an empty object":          {third, declaring(`,"parameters":{"type":"object"}`), nil, "non-empty for OBJECT"},
		"fail/F38 a foreign keyword":    {third, declaring(`,"parameters":{"type":"object","properties":{"a":{"type":"string","const":"x"}}}`), nil, `Unknown name "const" at 'parameters.properties[a]'`},
		"fail/both searches before":     {second, having(both), nil, "unsupported"},
		"fail/a search beside":          {third, having(both), nil, "need the mode VALIDATED"},
		"fail/a search without calls":   {third, having(both + `,` + validated + `}`), nil, "include_server_side_tool_invocations"},
		"fail/its calls on Vertex":      {third, having(both + `,` + validated + `,"includeServerSideToolInvocations":true}`), []GeminiOption{Vertex}, "Cannot find field"},
		"fail/NONE and a search":        {third, having(both + `,` + mode(`"mode":"NONE"`)), nil, "google_search has to go"},
		"fail/a mode of nothing":        {third, having(mode(`"mode":"AUTO"`)), nil, "set without function_declarations"},
		"fail/an unknown mode":          {third, having(functions + `,` + mode(`"mode":"required"`)), nil, "function_calling_config.mode"},
		"fail/VALIDATED before":         {second, having(functions + `,` + mode(`"mode":"VALIDATED"`)), nil, "not supported for this model"},
		"fail/names without ANY":        {third, having(functions + `,` + mode(`"mode":"AUTO","allowedFunctionNames":["f"]`)), nil, "mode is ANY"},
		"fail/names that are not there": {third, having(functions + `,` + mode(`"mode":"ANY","allowedFunctionNames":["g"]`)), nil, "subset of the declared"},

		"fail/a level and a budget":  {third, config(`"thinkingConfig":{"thinkingLevel":"LOW","thinkingBudget":1}`), nil, "only one of thinking budget and thinking level"},
		"fail/a level before":        {second, config(`"thinkingConfig":{"thinkingLevel":"LOW"}`), nil, "Thinking level is not supported"},
		"fail/a level too low":       {third, config(`"thinkingConfig":{"thinkingLevel":"MINIMAL"}`), nil, "MINIMAL is not supported"},
		"fail/an unknown level":      {third, config(`"thinkingConfig":{"thinkingLevel":"off"}`), nil, "thinking_level"},
		"fail/a budget too low":      {"gemini-2.5-pro", config(`"thinkingConfig":{"thinkingBudget":0}`), nil, "The thinking budget 0 is invalid"},
		"fail/a budget too high":     {second, config(`"thinkingConfig":{"thinkingBudget":32768}`), nil, "between 0 and 24576"},
		"fail/a budget over all":     {second, config(`"maxOutputTokens":1000,"thinkingConfig":{"thinkingBudget":1000}`), nil, "leaves no room"},
		"fail/thinking before":       {"gemini-2.0-flash", config(`"thinkingConfig":{"includeThoughts":true}`), nil, "Thinking is not enabled"},
		"fail/a limit of nothing":    {third, config(`"maxOutputTokens":0`), nil, "must be positive"},
		"fail/a schema without JSON": {third, config(`"responseJsonSchema":{}`), nil, "needs the response_mime_type"},
		"fail/two answer schemas":    {third, config(`"responseMimeType":"application/json","responseJsonSchema":{},"responseSchema":{"type":"object"}`), nil, "only one of response_schema"},
		"fail/a bad answer schema":   {third, config(`"responseMimeType":"application/json","responseSchema":{"$ref":"x"}`), nil, `Unknown name "$ref"`},
		"fail/another media type":    {third, config(`"responseMimeType":"text/html"`), nil, "allowed mimetypes"},
		"fail/JSON and tools before": {second, having(functions + `,"generationConfig":{"responseMimeType":"application/json"}`), nil, "is unsupported"},
		"fail/JSON and ANY":          {third, having(functions + `,` + mode(`"mode":"ANY"`) + `,"generationConfig":{"responseMimeType":"application/json"}`), nil, "Forced function calling"},
		"fail/a broken token":        {third, having(`"continuationToken":"?"`), nil, "continuation_token"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refusal := GeminiRefusal(test.model, []byte(test.body), test.options...)
			if (refusal == "") != (test.refusal == "") || !strings.Contains(refusal, test.refusal) {
				t.Errorf("refusal is %q, want %q\n%s", refusal, test.refusal, test.body)
			}
		})
	}
}

func TestGeminiSchemaRefusal(t *testing.T) {
	tests := map[string]struct{ schema, json, openAPI string }{
		"a text":                  {`{"type":"string","enum":["a"]}`, "", ""},
		"F38 alternatives beside": {`{"type":"string","anyOf":[{"type":"string"}]}`, "", "must be the only field set"},
		"F38 two types":           {`{"type":["string","null"]}`, "", "expected one type"},
		"further properties":      {`{"type":"object","additionalProperties":false}`, "", `Unknown name "additionalProperties"`},
		"nullable":                {`{"type":"string","nullable":true}`, `Unknown name "nullable"`, ""},
		"an array of anything":    {`{"type":"array"}`, "", "items: missing field"},
		"numbers to choose from":  {`{"type":"integer","enum":[1]}`, "", "only allowed for STRING"},
		"an empty choice":         {`{"type":"string","enum":[""]}`, "", "cannot be empty"},
		"a format":                {`{"type":"string","format":"uri"}`, "", "only 'enum' and 'date-time'"},
		"required and not there":  {`{"type":"object","properties":{"a":{"type":"string"}},"required":["b"]}`, "property is not defined", "property is not defined"},
		"deep below":              {`{"type":"array","items":{"type":"object","properties":{"a":{"anyOf":[{"$ref":"x"}]}}}}`, `Unknown name "$ref"`, `Unknown name "$ref"`},
		"no schema":               {`7`, "expected an object", "expected an object"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for openAPI, want := range map[bool]string{false: test.json, true: test.openAPI} {
				if got := GeminiSchemaRefusal([]byte(test.schema), openAPI); (got == "") != (want == "") || !strings.Contains(got, want) {
					t.Errorf("OpenAPI %v: got %q, want %q", openAPI, got, want)
				}
			}
		})
	}
}

func TestStrictGeminiRefusesBeforeItReplies(t *testing.T) {
	u := New(t, GeminiStream(GeminiThought("t"), GeminiCall("1", "f", `{"a":1}`, "QUJD"), GeminiSignature("QUJD"), GeminiFinish("STOP", 9, 5, 2))).StrictGemini()
	ask := func(path, body string) (*http.Response, string) {
		res, err := http.Post(u.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return res, readAll(t, res)
	}
	const path = "/v1beta/models/gemini-3.8-flash:streamGenerateContent"
	res, body := ask(path+"?alt=sse", generate(saidHi, saidHi))
	if res.StatusCode != http.StatusBadRequest || gjson.Get(body, "error.status").Str != "INVALID_ARGUMENT" || u.Request(0).Refusal == "" {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
	if res, body = ask(path, generate(saidHi)); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "alt is not sse") {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
	res, body = ask(path+"?alt=sse", generate(saidHi))
	if res.StatusCode != http.StatusOK || strings.Count(body, "\r\n\r\n") != 4 || strings.Contains(body, "[DONE]") {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
	for _, line := range strings.Split(strings.TrimSpace(body), "\r\n\r\n") {
		if chunk := strings.TrimPrefix(line, "data: "); !gjson.Valid(chunk) || !gjson.Get(chunk, "candidates.0.content.parts.0").IsObject() {
			t.Errorf("a chunk is %s", line)
		}
	}
}
