package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Requests that need something of a target.
const (
	plain    = `{"model":"m","store":false,"input":"Say hello."}`
	seeing   = `{"model":"m","store":false,"input":[{"role":"user","content":[{"type":"input_text","text":"Look."},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]}]}`
	thinking = `{"model":"m","store":false,"input":"Say hello.","reasoning":{"effort":"high"}}`
	equipped = `{"model":"m","store":false,"input":"Say hello.","tools":[{"type":"function","name":"weather","parameters":{"type":"object"}}]}`
)

// longish is a request with some thousands of tokens.
var longish = `{"model":"m","store":false,"input":"` + strings.Repeat("many words ", 3000) + `"}`

func TestRequestsGoToTargetsThatTakeThem(t *testing.T) {
	tests := map[string]struct {
		special string              // what stands behind the target that is asked first
		lines   string              // of its provider
		takes   map[string][]string // requests by who has to get them
	}{
		"for images":       {special: "only image", takes: map[string][]string{"special": {seeing}, "other": {plain, longish, thinking, equipped}}},
		"for tools":        {special: "only tools", takes: map[string][]string{"special": {equipped}, "other": {plain, seeing}}},
		"for an effort":    {special: "only effort high xhigh", takes: map[string][]string{"special": {thinking}, "other": {plain, equipped}}},
		"for long prompts": {special: "only context 2k", takes: map[string][]string{"special": {longish}, "other": {plain, seeing}}},
		"for both":         {special: "only tools only image", takes: map[string][]string{"other": {equipped, seeing, plain}}},
		"that sees nothing, behind which one sees":   {lines: "set images none", takes: map[string][]string{"special": {plain}, "other": {seeing}}},
		"that has a small window":                    {lines: "wire ollama\nset num_ctx 1500", takes: map[string][]string{"special": {plain}, "other": {longish}}},
		"that gets requests as they are, for images": {special: "only image", lines: "wire responses\nset profile native", takes: map[string][]string{"special": {seeing}, "other": {plain, thinking}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			reply := hello()
			switch {
			case strings.Contains(test.lines, "wire ollama"):
				reply = upstreamtest.Ollama(upstreamtest.OllamaText("Hello."), upstreamtest.OllamaDone("stop", 12, 5))
			case strings.Contains(test.lines, "wire responses"):
				reply = upstreamtest.ResponsesStream(upstreamtest.ResponsesMessage("msg_0123456789abcdef0", "Hello."))
			}
			special, other := upstreamtest.New(t, reply), upstreamtest.New(t, hello())
			first := provider("special", special.URL, test.lines)
			if strings.Contains(test.lines, "wire ") {
				first = strings.Replace(first, "wire chat\n", "", 1)
			}
			gw := start(t, first, provider("other", other.URL), "route m {\nto special "+test.special+"\nto other\n}")
			for who, requests := range test.takes {
				for _, request := range requests {
					before := map[string]int{"special": len(special.Requests()), "other": len(other.Requests())}
					requireText(t, gw.Post("/v1/responses", request), "Hello.")
					after := map[string]int{"special": len(special.Requests()), "other": len(other.Requests())}
					if after[who] != before[who]+1 || after["special"]+after["other"] != before["special"]+before["other"]+1 {
						t.Errorf("%.80s went elsewhere: %v and then %v", request, before, after)
					}
				}
			}
		})
	}
}

func TestChatCompletionsGoToTargetsThatTakeThem(t *testing.T) {
	chat := func(content, more string) string {
		return `{"model":"m","messages":[{"role":"user","content":` + content + `}]` + more + `}`
	}
	plain := chat(`"Say hello of \"image_url\"."`, `,"tools":[],"reasoning_effort":"low"`)
	for only, special := range map[string]string{
		"image":       chat(`[{"type": "image_url", "image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]`, ""),
		"tools":       chat(`"Say hello."`, `,"tools":[{"type":"function","function":{"name":"weather"}}]`),
		"effort high": chat(`"Say hello."`, `,"reasoning_effort":"high"`),
		"context 2k":  chat(`"`+strings.Repeat("many words ", 3000)+`"`, ""),
	} {
		t.Run(only, func(t *testing.T) {
			kept, other := upstreamtest.New(t, hello()), upstreamtest.New(t, hello())
			gw := start(t, provider("kept", kept.URL), provider("other", other.URL), "route m {\nto kept only "+only+"\nto other\n}")
			for _, body := range []string{plain, special} {
				if got := gw.Post("/v1/chat/completions", body); got.Status != http.StatusOK {
					t.Errorf("got %d %s", got.Status, got.Body)
				}
			}
			if a, b := len(kept.Requests()), len(other.Requests()); a != 1 || b != 1 {
				t.Errorf("the one got %d requests and the other %d", a, b)
			}
		})
	}
}

func TestDataInAChatCompletionIsNotTakenForALongPrompt(t *testing.T) {
	kept, other := upstreamtest.New(t, hello()), upstreamtest.New(t, hello())
	gw := start(t, provider("kept", kept.URL), provider("other", other.URL), "route m {\nto kept only context 10k\nto other\n}")
	data := strings.Repeat("QUJD", 50_000)
	for name, content := range map[string]string{
		"a file":          `[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,` + data + `"}}]`,
		"sound":           `[{"type":"input_audio","input_audio":{"format":"wav","data":"` + data + `"}}]`,
		"escaped letters": `"` + strings.Repeat(`\u043f\u0440\u0438\u0432\u0435\u0442 `, 5000) + `"`,
	} {
		if got := gw.Post("/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":`+content+`}]}`); got.Status != http.StatusOK || len(kept.Requests()) > 0 {
			t.Errorf("%s: got %d", name, got.Status)
		}
	}
}

func TestALoneTargetThatIsKeptForSomeTakesThem(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())), "route m {\nto mock only image\n}")
	requireText(t, gw.Post("/v1/responses", seeing), "Hello.")
	if got := gw.Post("/v1/responses", plain); got.Status != http.StatusBadRequest || !strings.Contains(string(got.Body), "only image") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestWhatFitsNowhereIsSentNowhere(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, "provider one {\nwire ollama\nbase_url "+upstream.URL+"\nset num_ctx 1500\n}", "provider two {\nwire ollama\nbase_url "+upstream.URL+"/2\nset num_ctx 1000\n}",
		"route m one two")
	got := gw.Post("/v1/responses", longish)
	if e := errorOf(t, got); got.Status != http.StatusBadRequest || e.Get("code").String() != "context_length_exceeded" ||
		!strings.Contains(e.Get("message").String(), "context window of 1") || len(upstream.Requests()) > 0 {
		t.Errorf("got %d %s after %d requests", got.Status, got.Body, len(upstream.Requests()))
	}
}
