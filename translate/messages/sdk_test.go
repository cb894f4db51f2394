package messages_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"

	"github.com/caddy-codex/responses/internal/wiretest"
)

// Anthropic's own types hold everything that is sent: what they do not know would be gone when they write it again.
func TestAnthropicsTypesReadWhatIsSent(t *testing.T) {
	bodies := map[string][]byte{}
	p := claude(t)
	for name, request := range wiretest.Requests(t) {
		bodies[name] = p.body(t, string(request))
		bodies[name+" with a budget"] = model(t, "anthropic", "claude-haiku-4-5").body(t, string(request))
	}
	everything := with(t, "tools_strict", "send", "eager_tool_input", "true", "web_search", "web_search_20260318", "cache_control", "ephemeral",
		"files", "url", "tool_result_images", "native", "service_tier", "send", "user_field", "metadata.user_id", "late_system", "allow",
		"reasoning_out", "thinking")
	bodies["everything"] = everything.body(t, `{"model":"m","instructions":"i","user":"u","service_tier":"auto","temperature":0.5,"parallel_tool_calls":false,`+
		`"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}},`+
		`"tools":[{"type":"function","name":"f","description":"d","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}},`+
		`{"type":"web_search","filters":{"allowed_domains":["a.org"]},"user_location":{"city":"Bern","country":"CH","region":"BE","timezone":"Europe/Zurich"}}],`+
		`"tool_choice":{"type":"function","name":"f"},"input":[{"role":"user","content":[{"type":"input_image","image_url":"https://x/y"},`+
		`{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"},{"type":"input_file","file_url":"https://x/z"}]},`+
		sealed("plain", "up", "thinking", `{"type":"thinking","thinking":"t","signature":"s"}`)+`,`+
		sealed("plain", "up", "thinking", `{"type":"redacted_thinking","data":"r"}`)+`,`+sealed("plain", "up", "server_blocks", searched)+`,`+
		answer+`,`+calledA+`,`+output("call_a", `{"type":"input_text","text":"t"}`, picture(png))+`,`+late+`]}`)
	everything.check(t, bodies["everything"])
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			var params anthropic.BetaMessageNewParams
			if err := json.Unmarshal(body, &params); err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(params)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.TrimSuffix(string(written), "}") + `,"stream":true}`
			if !reflect.DeepEqual(decoded(t, got), decoded(t, string(body))) {
				t.Errorf("the types hold\n%s\nof\n%s", got, body)
			}
		})
	}
}

// decoded reads a body. The content of a result that is a text is short for a block of text, as which the types hold it.
func decoded(t *testing.T, body string) (value any) {
	t.Helper()
	body = shortContent.ReplaceAllString(body, `${1}[{"type":"text","text":$2}]`)
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

var shortContent = regexp.MustCompile(`("tool_use_id":"[^"]*","content":)("(?:[^"\\]|\\.)*")`)
