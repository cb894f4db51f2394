package codexresponses_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/presets"
)

// answers are how providers say hello on each wire, and answeredAt where they are asked: the path behind that of the base URL.
var (
	answers = map[string]upstreamtest.Reply{
		"chat":      hello(),
		"responses": upstreamtest.ResponsesStream(upstreamtest.ResponsesMessage("msg_0123456789abcdef0", "Hello.")),
		"messages":  upstreamtest.Messages("end_turn", upstreamtest.MessagesText("Hello.")),
		"gemini":    upstreamtest.GeminiStream(upstreamtest.GeminiText("Hello."), upstreamtest.GeminiFinish("STOP", 12, 5, 0)),
		"converse": upstreamtest.Converse(upstreamtest.ConverseStart(), upstreamtest.ConverseText(0, "Hello."), upstreamtest.ConverseBlockStop(0),
			upstreamtest.ConverseStop("end_turn"), upstreamtest.ConverseUsage(12, 5, 0)),
		"ollama": upstreamtest.Ollama(upstreamtest.OllamaText("Hello."), upstreamtest.OllamaDone("stop", 12, 5)),
	}
	answeredAt = map[string]string{
		"chat": "/base/chat/completions", "responses": "/base/responses", "messages": "/base/v1/messages",
		"gemini": "/base/models/a:b:streamGenerateContent", "converse": "/base/model/a:b/converse-stream", "ollama": "/base/api/chat",
	}
)

func TestEveryPresetAnswersOnEachOfItsWires(t *testing.T) {
	t.Setenv("PROVIDER_KEY", "the-provider-key")
	for _, name := range presets.Names() {
		preset, _ := presets.Get(name)
		for _, wire := range append(slices.Sorted(maps.Keys(preset.Wires)), preset.Wire) {
			t.Run(name+"/"+wire, func(t *testing.T) {
				upstream := upstreamtest.New(t, answers[wire])
				gw := start(t, "provider "+name+" {\nwire "+wire+"\nbase_url "+upstream.URL+"/base\nkey {env.PROVIDER_KEY}\n}")
				requireText(t, gw.Post("/v1/responses", strings.Replace(whole, `"m"`, `"`+name+`/a:b"`, 1)), "Hello.")
				request := upstream.Request(0)
				if want := preset.For(wire).Dialect["path"]; want == nil && request.Path != answeredAt[wire] {
					t.Errorf("it was asked at %s", request.Path)
				}
				if !hasKey(request.Header) {
					t.Errorf("it got no key: %v", request.Header)
				}
			})
		}
	}
}

func hasKey(h http.Header) bool {
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key"} {
		if strings.TrimPrefix(h.Get(name), "Bearer ") == "the-provider-key" {
			return true
		}
	}
	return false
}

func TestABaseURLForTheOpenAIInterfaceServesOtherWiresToo(t *testing.T) {
	for wire, want := range map[string]string{"messages": "/v1/messages", "ollama": "/api/chat", "responses": "/v1/responses"} {
		upstream := upstreamtest.New(t, answers[wire])
		gw := start(t, "provider mock {\nwire "+wire+"\nbase_url "+upstream.URL+"/v1\n}")
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
		if got := upstream.Request(0).Path; got != want {
			t.Errorf("%s is asked at %s, want %s", wire, got, want)
		}
	}
}

func TestF101AQueryOfTheBaseURLAndAPathWithTheModel(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, "provider mock {\nbase_url "+upstream.URL+"/openai?api-version=2024-10-21\nset path /deployments/{model}/chat/completions\n}")
	requireText(t, gw.Post("/v1/responses", strings.Replace(whole, `"m"`, `"my deployment/x"`, 1)), "Hello.")
	request := upstream.Request(0)
	if request.Path != "/openai/deployments/my deployment/x/chat/completions" || request.Query.Get("api-version") != "2024-10-21" {
		t.Errorf("it was asked at %s with %v", request.Path, request.Query)
	}
}
