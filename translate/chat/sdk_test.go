package chat_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"

	"github.com/caddy-codex/responses/internal/wiretest"
)

// OpenAI's own types hold everything that is sent on OpenAI's terms: what they do not know would be gone when they write it again.
func TestOpenAIsTypesReadWhatIsSent(t *testing.T) {
	bodies := make(map[string][]byte)
	openAI := &provider{wiretest.PresetOn(t, "chat", "openai", "gpt-5.2")}
	for _, p := range []*provider{plain(), openAI, with(t, "effort_param", "reasoning_effort", "effort_map", "low=low medium=medium high=high", "system_role", "developer")} {
		for name, request := range wiretest.Requests(t) {
			bodies[p.Target.Provider+"/"+name] = p.body(t, string(request))
		}
	}
	everything := with(t, "tools_strict", "send", "service_tier", "send", "user_field", "safety_identifier", "verbosity", "send", "cache_key", "prompt_cache_key",
		"effort_param", "reasoning_effort", "effort_map", "high=high", "image_detail", "send", "files", "data", "late_system", "allow")
	bodies["everything"] = everything.body(t, `{"model":"m","instructions":"i","user":"u","service_tier":"auto","temperature":0.5,"top_p":0.5,"max_output_tokens":100,`+
		`"parallel_tool_calls":false,"prompt_cache_key":"k","reasoning":{"effort":"high"},`+
		`"text":{"verbosity":"low","format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}},`+
		`"tools":[{"type":"function","name":"f","description":"d","strict":true,"parameters":{"type":"object","properties":{}}},{"type":"custom","name":"c","description":"d"}],`+
		`"tool_choice":"required","input":[{"role":"user","content":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"https://x/y","detail":"low"},`+
		`{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}]},{"role":"assistant","content":"a"},{"role":"developer","content":"late"},`+
		`{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"call_1","output":"ok"}]}`)
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			var params openai.ChatCompletionNewParams
			if err := json.Unmarshal(body, &params); err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(params)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			for text, value := range map[string]*any{strings.TrimSuffix(string(written), "}") + `,"stream":true}`: &got, string(body): &want} {
				if err := json.Unmarshal([]byte(text), value); err != nil {
					t.Fatal(err)
				}
			}
			if withoutNulls(got); !reflect.DeepEqual(got, withoutNulls(want)) {
				t.Errorf("the types hold\n%s\nof\n%s", written, body)
			}
		})
	}
}

// withoutNulls leaves out members that say nothing: the types drop the null content of a message that only calls tools.
func withoutNulls(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if member == nil {
				delete(v, name)
				continue
			}
			withoutNulls(member)
		}
	case []any:
		for _, element := range v {
			withoutNulls(element)
		}
	}
	return value
}
