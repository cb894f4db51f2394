package responses_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	sdk "github.com/openai/openai-go/v3/responses"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// OpenAI's own types hold everything that is sent: what they do not know would be gone when they write it again.
func TestOpenAIsTypesReadWhatIsSent(t *testing.T) {
	bodies := make(map[string][]byte)
	for _, p := range []*provider{preset(t, "xai"), preset(t, "vllm"), preset(t, "kimi"), with(t, "custom_tools", "native", "tool_result_images", "native", "late_system", "allow", "system_role", "developer")} {
		for name, request := range requests(t) {
			bodies[p.Target.Provider+"/"+name] = p.body(t, request)
		}
	}
	everything := with(t, "tools_strict", "send", "web_search", "web_search", "files", "url", "service_tier", "send", "user_field", "safety_identifier",
		"verbosity", "send", "cache_key", "prompt_cache_key", "effort_param", "reasoning.effort", "effort_map", "high=high", "thinking_fields", `{"summary":"auto"}`,
		"reasoning_out", "encrypted_content", "custom_tools", "native", "tool_result_images", "native", "image_detail", "send")
	bodies["everything"] = everything.body(t, `{"model":"m","instructions":"i","user":"u","service_tier":"auto","temperature":0.5,"top_p":0.5,"max_output_tokens":100,`+
		`"parallel_tool_calls":false,"prompt_cache_key":"k","reasoning":{"effort":"high"},"include":["reasoning.encrypted_content"],`+
		`"text":{"verbosity":"low","format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}},`+
		`"tools":[{"type":"function","name":"f","description":"d","strict":true,"parameters":{"type":"object","properties":{}}},{"type":"custom","name":"c","description":"d",`+
		`"format":{"type":"grammar","syntax":"lark","definition":"start: x"}},{"type":"web_search","filters":{"allowed_domains":["a.org"]},"user_location":{"type":"approximate","city":"Bern"}}],`+
		`"tool_choice":"required","input":[{"role":"user","content":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"https://x/y","detail":"low"},`+
		`{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"},{"type":"input_file","file_url":"https://x/z"}]},`+
		thoughtOf(rs1, "plain", "up", "encrypted_content", original)+`,{"role":"assistant","content":"a"},`+callF1+`,{"type":"custom_tool_call","call_id":"call_2","name":"c","input":"x"},`+
		`{"type":"function_call_output","call_id":"call_1","output":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]},`+
		`{"type":"custom_tool_call_output","call_id":"call_2","output":"ok"}]}`)
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			var params sdk.ResponseNewParams
			if err := json.Unmarshal(body, &params); err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(params)
			if err != nil {
				t.Fatal(err)
			}
			got := decoded(t, strings.TrimSuffix(string(written), "}")+`,"stream":true}`)
			if want := decoded(t, string(body)); !reflect.DeepEqual(got, want) {
				t.Errorf("the types hold\n%s\nof\n%s", written, body)
			}
		})
	}
}

// decoded reads a body. That a tool has no strictness the types write as null.
func decoded(t *testing.T, body string) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatal(err)
	}
	tools, _ := value["tools"].([]any)
	for _, tool := range tools {
		if one, ok := tool.(map[string]any); ok && one["strict"] == nil {
			delete(one, "strict")
		}
	}
	return value
}

// They also read every event that comes out, and hold all of it.
func TestOpenAIsTypesReadWhatComesOut(t *testing.T) {
	streams := make(map[string][]streamcheck.Event)
	for name, test := range passed {
		streams["passed/"+name] = openAI(t).read(t, asking, strings.NewReader(bodyOf(test.events...))).Events
	}
	for name, test := range translatedReplies {
		streams["translated/"+name] = with(t, test.knobs...).read(t, asking, strings.NewReader(bodyOf(test.events...))).Events
	}
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		t.Run(name, func(t *testing.T) {
			for _, event := range streams[name] {
				var read sdk.ResponseStreamEventUnion
				if err := json.Unmarshal(event.Data, &read); err != nil {
					t.Fatalf("%v\n%s", err, event.Data)
				}
				if read.AsAny() == nil || read.Type != event.Type {
					t.Fatalf("read as %T: %s", read.AsAny(), event.Data)
				}
				for _, name := range reflect.ValueOf(read.AsAny()).FieldByName("JSON").FieldByName("ExtraFields").MapKeys() {
					if name.String() != "obfuscation" && name.String() != "name" {
						t.Errorf("%s has %s", event.Type, name)
					}
				}
			}
		})
	}
}
