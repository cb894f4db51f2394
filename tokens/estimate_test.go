package tokens

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// One conversation as each wire has it: instructions, a question with an image, a call and its result, and a tool.
var bodies = map[string]string{
	"chat": `{"model":"m","messages":[{"role":"system","content":"Be brief."},
		{"role":"user","content":[{"type":"text","text":"What is the weather in Paris?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,BASE64"}}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"call_0123456789abcdefghij","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},
		{"role":"tool","tool_call_id":"call_0123456789abcdefghij","content":"It is sunny."}],
		"tools":[TOOL],"stream":true,"max_tokens":4096,"prompt_cache_key":"BASE64"}`,
	"responses": `{"model":"m","instructions":"Be brief.","input":[
		{"type":"message","role":"user","content":[{"type":"input_text","text":"What is the weather in Paris?"},{"type":"input_image","detail":"auto","image_url":"data:image/png;base64,BASE64"}]},
		{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"BASE64"},
		{"type":"function_call","id":"fc_1","call_id":"call_0123456789abcdefghij","name":"weather","arguments":"{\"city\":\"Paris\"}","status":"completed"},
		{"type":"function_call_output","call_id":"call_0123456789abcdefghij","output":"It is sunny."}],
		"tools":[TOOL],"stream":true,"prompt_cache_key":"BASE64"}`,
	"messages": `{"max_tokens":4096,"model":"m","system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"tools":[TOOL],
		"thinking":{"type":"adaptive"},"messages":[
		{"role":"user","content":[{"type":"text","text":"What is the weather in Paris?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"BASE64"}}]},
		{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"BASE64"},{"type":"tool_use","id":"call_0123456789abcdefghij","name":"weather","input":{"city":"Paris"}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0123456789abcdefghij","content":[{"type":"text","text":"It is sunny."}]}]}],"stream":true}`,
	"gemini": `{"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"functionDeclarations":[TOOL]}],"contents":[
		{"role":"user","parts":[{"text":"What is the weather in Paris?"},{"inlineData":{"mimeType":"image/png","data":"BASE64"}}]},
		{"role":"model","parts":[{"functionCall":{"id":"call_0123456789abcdefghij","name":"weather","args":{"city":"Paris"}},"thoughtSignature":"BASE64"}]},
		{"role":"user","parts":[{"functionResponse":{"id":"call_0123456789abcdefghij","name":"weather","response":{"output":"It is sunny."}}}]}],
		"generationConfig":{"maxOutputTokens":4096},"continuationToken":"BASE64"}`,
	"converse": `{"system":[{"text":"Be brief."},{"cachePoint":{"type":"default"}}],"messages":[
		{"role":"user","content":[{"text":"What is the weather in Paris?"},{"image":{"format":"png","source":{"bytes":"BASE64"}}}]},
		{"role":"assistant","content":[{"toolUse":{"toolUseId":"call_0123456789abcdefghij","name":"weather","input":{"city":"Paris"}}}]},
		{"role":"user","content":[{"toolResult":{"toolUseId":"call_0123456789abcdefghij","content":[{"text":"It is sunny."}]}}]}],
		"toolConfig":{"tools":[{"toolSpec":TOOL}]},"inferenceConfig":{"maxTokens":4096}}`,
	"ollama": `{"model":"m","messages":[{"role":"system","content":"Be brief."},
		{"role":"user","content":"What is the weather in Paris?","images":["BASE64"]},
		{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Paris"}}}]},
		{"role":"tool","tool_name":"weather","content":"It is sunny."}],"tools":[TOOL],"stream":true,"options":{"num_ctx":8192}}`,
}

const toolText = `{"name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}`

// body is the conversation on a wire, as encoders write it.
func body(wire string) []byte {
	text := strings.NewReplacer("TOOL", toolText, "BASE64", strings.Repeat("QUJD", 5000)).Replace(bodies[wire])
	return jsonscan.AppendCompact(nil, []byte(text))
}

func TestTheSameConversationIsAboutTheSameOnEveryWire(t *testing.T) {
	least := int64(Count("Be brief.") + Count("What is the weather in Paris?") + Count(`weather{"city":"Paris"}`) + Count("It is sunny.") + Count(toolText))
	for wire := range bodies {
		if !jsonscan.Valid(body(wire)) {
			t.Fatalf("%s is no JSON", wire)
		}
		got := Estimate(body(wire), 1000) - 1000
		if got < least || got > least+50 {
			t.Errorf("%s has %d tokens besides its image, want %d and little more", wire, got, least)
		}
	}
}

func TestWhatHasTokens(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want int64
	}{
		"nothing":                   {`{}`, perReply},
		"no object":                 {`["hello"]`, perReply},
		"a text as the whole input": {`{"model":"m","input":"hello world"}`, perReply + perMessage + 2},
		"a message":                 {`{"messages":[{"role":"user","content":"hello world"}]}`, perReply + perMessage + 2},
		"two messages":              {`{"messages":[{"role":"user","content":"hello world"},{"role":"assistant","content":null}]}`, perReply + 2*perMessage + 2},
		"an escaped text":           {`{"input":"hello w\u006frld"}`, perReply + perMessage + 2},
		"what is not for the model": {`{"metadata":{"a":"hello world"},"user":"hello world","temperature":1}`, perReply},
		"two images":                {`{"messages":[{"role":"user","content":"","images":["a","b"]}]}`, perReply + perMessage + 2*50},
		"a file":                    {`{"input":[{"role":"user","content":[{"type":"input_file","file_data":"data:application/pdf;base64,AA","filename":"a"}]}]}`, perReply + perMessage + 50 + 1},
		"a schema of the answer":    {`{"input":"","text":{"format":{"type":"json_schema"}}}`, perReply + perMessage + int64(Count(`{"format":{"type":"json_schema"}}`))},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Estimate([]byte(test.body), 50); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestWhatIsTooMuchToCountIsTakenToBeLikeTheRest(t *testing.T) {
	text := []byte(strings.Repeat("hello world ", 1000))
	e := estimator{counted: maxCounted - len(text)}
	e.text(text)
	before := e.tokens
	e.text(text)
	if e.tokens != before || e.left != len(text) {
		t.Errorf("%d tokens were counted beyond the bound, and %d bytes left", e.tokens-before, e.left)
	}
	whole := estimator{counted: 0}
	whole.text(text)
	whole.left = len(text)
	if got, want := whole.total(), 2*whole.tokens+perReply; got != want {
		t.Errorf("the total is %d, want %d", got, want)
	}
}
