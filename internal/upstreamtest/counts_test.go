package upstreamtest

import (
	"strings"
	"testing"
)

func TestWhatIsNotCounted(t *testing.T) {
	const (
		contents = `"contents":[{"role":"user","parts":[{"text":"hi"}]}]`
		turn     = `"messages":[{"role":"user","content":[{"text":"hi"}]}]`
		said     = `"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]`
		thinks   = `,"thinking":{"type":"enabled","budget_tokens":2048}`
	)
	for name, test := range map[string]struct {
		refusal string
		want    string
	}{
		"ok/Anthropic":                     {MessagesCountRefusal([]byte(`{"model":"m",`+said+thinks+`}`), MessagesBudget), ""},
		"ok/Claude on Vertex":              {MessagesCountRefusal([]byte(`{"model":"m","anthropic_version":"v",`+said+`}`), MessagesInPath), ""},
		"ok/Gemini":                        {GeminiCountRefusal("g", []byte(`{"generateContentRequest":{"model":"models/g",`+contents+`}}`)), ""},
		"ok/Gemini, contents alone":        {GeminiCountRefusal("g", []byte(`{`+contents+`}`)), ""},
		"ok/Gemini on Vertex":              {GeminiCountRefusal("g", []byte(`{`+contents+`,"systemInstruction":{"parts":[{"text":"s"}]}}`), Vertex), ""},
		"ok/Bedrock":                       {ConverseCountRefusal("anthropic.claude", []byte(`{"input":{"converse":{`+turn+`}}}`)), ""},
		"ok/OpenAI":                        {ResponsesCountRefusal([]byte(`{"model":"m","input":"hi"}`)), ""},
		"fail/Anthropic, the limit":        {MessagesCountRefusal([]byte(`{"model":"m","max_tokens":1,` + said + `}`)), "max_tokens: Extra inputs"},
		"fail/Anthropic, a stream":         {MessagesCountRefusal([]byte(`{"model":"m","stream":true,` + said + `}`)), "stream: Extra inputs"},
		"fail/Anthropic, no messages":      {MessagesCountRefusal([]byte(`{"model":"m"}`)), "messages"},
		"fail/Claude on Vertex, no model":  {MessagesCountRefusal([]byte(`{"anthropic_version":"v",`+said+`}`), MessagesInPath), "model: Field required"},
		"fail/Anthropic, of Vertex":        {MessagesCountRefusal([]byte(`{"model":"m","anthropic_version":"v",` + said + `}`)), "anthropic_version"},
		"fail/Gemini, the parts":           {GeminiCountRefusal("g", []byte(`{`+contents+`,"systemInstruction":{}}`)), `Unknown name "systemInstruction"`},
		"fail/Gemini, both":                {GeminiCountRefusal("g", []byte(`{`+contents+`,"generateContentRequest":{"model":"models/g",`+contents+`}}`)), "mutually exclusive"},
		"fail/Gemini, another model":       {GeminiCountRefusal("g", []byte(`{"generateContentRequest":{"model":"g",`+contents+`}}`)), "model is not the one"},
		"fail/Gemini on Vertex, the whole": {GeminiCountRefusal("g", []byte(`{"generateContentRequest":{}}`), Vertex), "Unknown name"},
		"fail/Bedrock, Nova":               {ConverseCountRefusal("amazon.nova-pro-v1:0", []byte(`{"input":{"converse":{`+turn+`}}}`)), "doesn't support"},
		"fail/Bedrock, a profile":          {ConverseCountRefusal("us.anthropic.claude", []byte(`{"input":{"converse":{`+turn+`}}}`)), "doesn't support"},
		"fail/Bedrock, the limit":          {ConverseCountRefusal("anthropic.claude", []byte(`{"input":{"converse":{`+turn+`,"inferenceConfig":{"maxTokens":1}}}}`)), "[inferenceConfig]"},
		"fail/Bedrock, the request itself": {ConverseCountRefusal("anthropic.claude", []byte(`{`+turn+`}`)), "expected one member"},
		"fail/OpenAI, a stream":            {ResponsesCountRefusal([]byte(`{"model":"m","input":"hi","stream":true}`)), "Unknown parameter: 'stream'"},
		"fail/OpenAI, no model":            {ResponsesCountRefusal([]byte(`{"input":"hi"}`)), "model"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.want == "" && test.refusal != "" || !strings.Contains(test.refusal, test.want) {
				t.Errorf("the refusal is %q, want %q", test.refusal, test.want)
			}
		})
	}
}
