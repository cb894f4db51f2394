package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func field(r upstreamtest.Request, path string) gjson.Result { return gjson.GetBytes(r.Body, path) }

func TestQuickstart(t *testing.T) {
	start := func(t *testing.T) *gatewaytest.Gateway {
		t.Helper()
		return run(t, "quickstart", ":8788", ":"+freePort(t))
	}
	const want = "Hello from the stand-in provider. Set CODEX_ROUTE to talk to a real one."

	t.Run("it answers without a key", func(t *testing.T) {
		gateway := start(t)
		if got := ask(t, gateway, "gpt-5.5"); got != want {
			t.Errorf("got %q", got)
		}
		events := gateway.PostStream("/v1/responses", `{"model":"gpt-5.5","input":"Hello","stream":true}`).Require()
		if got := events[len(events)-1].Get("response.output.0.content.0.text").String(); got != want {
			t.Errorf("got %q in a stream", got)
		}
	})
	t.Run("it answers by the name localhost and by no other", func(t *testing.T) {
		gateway := start(t)
		for host, served := range map[string]bool{"localhost": true, "evil.example.com": false} {
			request, _ := http.NewRequest(http.MethodGet, gateway.URL+"/v1/health", http.NoBody)
			request.Host = strings.Replace(request.Host, "127.0.0.1", host, 1)
			response, err := gateway.Client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if got := response.Header.Get("Content-Type") == "application/json"; got != served {
				t.Errorf("%s: served is %v", host, got)
			}
		}
	})
	t.Run("one variable leads to a real provider, whose key is asked for", func(t *testing.T) {
		t.Setenv("CODEX_ROUTE", "deepseek")
		t.Setenv("DEEPSEEK_API_KEY", "")
		got := start(t).Post("/v1/responses", `{"model":"gpt-5.5","input":"Hello"}`)
		if message := got.Get("error.message").String(); got.Status < 400 || !strings.Contains(message, "DEEPSEEK_API_KEY") {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
	})
	t.Run("one variable leads to a model of Ollama, without a key", func(t *testing.T) {
		ollama := upstreamtest.New(t, says("Hello from here."))
		t.Setenv("CODEX_ROUTE", "ollama/qwen3")
		before, after := at("provider ollama", ollama)
		gateway := run(t, "quickstart", ":8788", ":"+freePort(t), before, after)
		if got := ask(t, gateway, "gpt-5.5"); got != "Hello from here." {
			t.Errorf("got %q", got)
		}
		servedAs(t, ollama, "qwen3", "")
	})
}

func TestExampleDeepSeek(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "key")
	deepseek := upstreamtest.New(t, says("Hello."))
	before, after := at("provider deepseek", deepseek)
	gateway := run(t, "deepseek", before, after)
	ask(t, gateway, "deepseek-v4-pro")
	servedAs(t, deepseek, "deepseek-v4-pro", "key")
	ask(t, gateway, "gpt-5.5")
	servedAs(t, deepseek, "deepseek-flash", "key")
}

func TestExampleSeveralProviders(t *testing.T) {
	for _, name := range []string{"DEEPSEEK", "MOONSHOT", "OPENROUTER"} {
		t.Setenv(name+"_API_KEY", name)
	}
	t.Setenv("OLLAMA_API_KEY", "")
	t.Setenv("CLAUDE_KEY", "claude")
	deepseek, kimi := upstreamtest.New(t, says("DeepSeek")), upstreamtest.New(t, says("Kimi"))
	openrouter, ollama := upstreamtest.New(t, says("OpenRouter")), upstreamtest.New(t, says("Ollama"))
	var replace []string
	for name, provider := range map[string]*upstreamtest.Upstream{"deepseek": deepseek, "kimi": kimi, "openrouter": openrouter, "ollama": ollama} {
		before, after := at("provider "+name, provider)
		replace = append(replace, before, after)
	}
	gateway := run(t, "several-providers", replace...)

	answers := func(model, want string) {
		t.Helper()
		if got := ask(t, gateway, model); got != want {
			t.Errorf("%s is answered by %s, want %s", model, got, want)
		}
	}
	answers("gpt-5.5", "DeepSeek")
	servedAs(t, deepseek, "deepseek-v4-pro", "DEEPSEEK")
	answers("gpt-5.5-mini", "DeepSeek")
	servedAs(t, deepseek, "deepseek-flash", "DEEPSEEK")
	answers("claude-sonnet-5", "OpenRouter")
	servedAs(t, openrouter, "anthropic/claude-sonnet-5.5", "claude")
	answers("kimi-k3", "Kimi")
	servedAs(t, kimi, "kimi-k3", "MOONSHOT")
	answers("ollama/llama3.3", "Ollama")
	servedAs(t, ollama, "llama3.3", "")

	deepseek.Script(upstreamtest.Error(http.StatusServiceUnavailable, "server_error", "", "busy"))
	answers("gpt-5.5", "Kimi")
	servedAs(t, kimi, "kimi-k3", "MOONSHOT")
	kimi.Script(upstreamtest.Error(http.StatusTooManyRequests, "rate_limit_error", "", "slower"))
	answers("gpt-5.5", "Ollama")
	servedAs(t, ollama, "qwen3-coder", "")
}

func TestExampleBadDays(t *testing.T) {
	for _, name := range []string{"DEEPSEEK_KEY_1", "DEEPSEEK_KEY_2", "MOONSHOT_API_KEY", "OPENROUTER_API_KEY"} {
		t.Setenv(name, name)
	}
	busy := upstreamtest.Error(http.StatusTooManyRequests, "rate_limit_error", "", "slower").WithHeader("Retry-After", "3600")
	deepseek := upstreamtest.New(t, busy, says("DeepSeek"))
	kimi, openrouter := upstreamtest.New(t, says("Kimi")), upstreamtest.New(t, says("OpenRouter"))
	before, after := inBlock("provider deepseek {", deepseek)
	before2, after2 := at("provider kimi", kimi)
	before3, after3 := at("provider openrouter", openrouter)
	gateway := run(t, "bad-days", before, after, before2, after2, before3, after3)

	ask(t, gateway, "gpt-5.5") // with the one key, and then with the other
	servedAs(t, deepseek, "deepseek-v4-pro", "DEEPSEEK_KEY_2")
	deepseek.Script(busy)
	ask(t, gateway, "gpt-5.5")
	servedAs(t, kimi, "kimi-k3", "MOONSHOT_API_KEY")
	if n := len(deepseek.Requests()); n != 3 {
		t.Errorf("DeepSeek was asked %d times, want 3", n)
	}

	if got := gateway.Post("/v1/responses", strings.Replace(showing("data:image/png;base64,iVBORw0KGgo="), `"m"`, `"gpt-5.5"`, 1)); got.Status != http.StatusOK {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	servedAs(t, openrouter, "google/gemini-3.8-flash", "OPENROUTER_API_KEY")

	deepseek.Script(says("DeepSeek"))
	ask(t, gateway, "codex-auto-review") // a name that nobody knows
	servedAs(t, deepseek, "deepseek-flash", "DEEPSEEK_KEY_1")
}

func TestExampleOllama(t *testing.T) {
	t.Setenv("OLLAMA_API_KEY", "")
	ollama := upstreamtest.New(t, upstreamtest.Ollama(upstreamtest.OllamaText("Hello."), upstreamtest.OllamaDone("stop", 12, 5))).StrictOllama()
	before, after := inBlock("provider ollama {", ollama)
	gateway := run(t, "ollama", before, after)
	if got := ask(t, gateway, "gpt-5.5"); got != "Hello." {
		t.Errorf("got %q", got)
	}
	servedAs(t, ollama, "qwen3-coder", "")
	if got := field(ollama.Requests()[0], "options.num_ctx").Int(); got != 65536 {
		t.Errorf("the context is %d", got)
	}
	ask(t, gateway, "llama3.3:70b")
	servedAs(t, ollama, "llama3.3:70b", "")
}

func TestExampleOneThread(t *testing.T) {
	providers := map[string]*upstreamtest.Upstream{
		"openai":    upstreamtest.New(t, upstreamtest.ResponsesStream(upstreamtest.ResponsesMessage("msg_0123456789abcdef0", "OpenAI"))).StrictResponses(),
		"anthropic": upstreamtest.New(t, upstreamtest.Messages("end_turn", upstreamtest.MessagesText("Anthropic"))).StrictMessages(),
		"gemini":    upstreamtest.New(t, upstreamtest.GeminiStream(upstreamtest.GeminiText("Gemini"), upstreamtest.GeminiFinish("STOP", 12, 5, 0))).StrictGemini(),
		"deepseek":  upstreamtest.New(t, says("DeepSeek")).Strict(),
	}
	var replace []string
	for name, provider := range providers {
		t.Setenv(strings.ToUpper(name)+"_API_KEY", name+"-key")
		before, after := at("provider "+name, provider)
		replace = append(replace, before, after)
	}
	gateway := run(t, "one-thread", replace...)
	for model, want := range map[string]string{"gpt-6-sol": "OpenAI", "claude-opus-5-5": "Anthropic", "gemini-3.8-flash": "Gemini", "deepseek-flash": "DeepSeek"} {
		if got := ask(t, gateway, model); got != want {
			t.Errorf("%s is answered by %q, want %s", model, got, want)
		}
	}
	for name, header := range map[string]string{"openai": "Authorization", "anthropic": "X-Api-Key", "gemini": "X-Goog-Api-Key", "deepseek": "Authorization"} {
		if got := strings.TrimPrefix(providers[name].Requests()[0].Header.Get(header), "Bearer "); got != name+"-key" {
			t.Errorf("%s got the key %q", name, got)
		}
	}
}

func TestExampleClouds(t *testing.T) {
	setPlaces(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "aws-secret-of-the-test", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_BEARER_TOKEN_BEDROCK": "", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
		"GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	bedrock := upstreamtest.New(t, upstreamtest.Messages("end_turn", upstreamtest.MessagesText("Claude"))).StrictMessages()
	before, after := at("provider bedrock-anthropic", bedrock)
	gateway := run(t, "clouds", before, after)
	if got := ask(t, gateway, "claude-sonnet-5"); got != "Claude" { // by the second target: Google knows nobody here
		t.Errorf("got %q", got)
	}
	request := bedrock.Requests()[0]
	signature := request.Header.Get("Authorization")
	if !strings.HasPrefix(signature, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(signature, "/eu-west-1/bedrock") {
		t.Errorf("the request is signed with %q", signature)
	}
	if logs := gateway.Logs(); strings.Contains(logs, "aws-secret-of-the-test") || strings.Contains(logs, signature) {
		t.Error("the log holds a secret")
	}
}

func TestExampleTLSAndAuth(t *testing.T) {
	t.Setenv("ALICE_PASSWORD_HASH", passwordHash)
	t.Setenv("GATEWAY_TOKEN", "token")
	t.Setenv("DEEPSEEK_API_KEY", "key")
	const password, token = "Authorization: Basic YWxpY2U6c2VjcmV0", "Authorization: Bearer token"
	for site, test := range map[string]struct{ other, right, wrong string }{
		"codex.example.com":       {"codex-token.example.com", password, token},
		"codex-token.example.com": {"codex.example.com", token, password},
	} {
		t.Run(site, func(t *testing.T) {
			deepseek := upstreamtest.New(t, says("Hello."))
			before, after := at("provider deepseek", deepseek)
			before2, after2 := "\n"+site+" {", "\nhttp://127.0.0.1:8787 {"
			gateway := run(t, "tls-and-auth", before, after, before2, after2, "\n"+test.other+" {", "\nhttp://other.example.com:8787 {")
			for _, header := range []string{test.wrong, "X-None: 1"} {
				if got := gateway.Post("/v1/responses", `{"model":"gpt-5.5","input":"Hello"}`, header); got.Status != http.StatusUnauthorized {
					t.Errorf("with %s: got %d %s", header, got.Status, got.Body)
				}
			}
			ask(t, gateway, "gpt-5.5", test.right)
			servedAs(t, deepseek, "deepseek-flash", "key")
		})
	}
}

func TestExampleClientKeys(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "")
	deepseek := upstreamtest.New(t, says("Hello."))
	before, after := at("provider deepseek", deepseek)
	gateway := run(t, "client-keys", before, after)
	ask(t, gateway, "gpt-5.5", "Authorization: Bearer alices-key")
	servedAs(t, deepseek, "deepseek-flash", "alices-key")
	if got := gateway.Post("/v1/responses", `{"model":"gpt-5.5","input":"Hello"}`); got.Status != http.StatusBadGateway {
		t.Errorf("without a key: got %d %s", got.Status, got.Body)
	}

	t.Setenv("DEEPSEEK_API_KEY", "configured")
	ask(t, run(t, "client-keys", before, after), "gpt-5.5", "Authorization: Bearer alices-key")
	servedAs(t, deepseek, "deepseek-flash", "configured")
}

func TestExampleTwoHosts(t *testing.T) {
	t.Setenv("VLLM_API_KEY", "")
	up := upstreamtest.New(t, says("Hello."))
	down := "127.0.0.1:" + freePort(t)
	gateway := run(t, "two-hosts", "gpu-1.internal:8000", down, "gpu-2.internal:8000", strings.TrimPrefix(up.URL, "http://"))
	for range 4 {
		if got := ask(t, gateway, "qwen3"); got != "Hello." {
			t.Errorf("got %q", got)
		}
	}
}

func TestExampleAccessLog(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "key")
	deepseek := upstreamtest.New(t, says("Hello."))
	before, after := at("provider deepseek", deepseek)
	gateway := run(t, "access-log", before, after)
	ask(t, gateway, "gpt-5.5", `X-Codex-Turn-Metadata: {"workspaces":["/home/alice/secret"]}`)
	entry := gateway.AccessLog(0)
	for path, want := range map[string]string{
		"served_by": "deepseek", "tokens": "5", "codex_responses.model": "gpt-5.5", "codex_responses.provider": "deepseek",
		"codex_responses.upstream_model": "deepseek-flash", "codex_responses.finish": "completed", "codex_responses.cached_tokens": "8",
		"codex_responses.attempts.0.status": "200",
	} {
		if got := entry.Get(path).String(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if strings.Contains(entry.Raw, "/home/alice") {
		t.Errorf("the log has a local path: %s", entry.Raw)
	}
}

func TestExampleCORS(t *testing.T) {
	gateway := run(t, "cors")
	for origin, allowed := range map[string]bool{"https://chat.example.com": true, "http://localhost:5173": true, "https://evil.example.com": false} {
		got := gateway.Do(http.MethodOptions, "/v1/responses", "", "Origin: "+origin, "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: authorization, x-stainless-lang")
		if allow := got.Header.Get("Access-Control-Allow-Origin"); (allow == origin) != allowed || got.Status != http.StatusNoContent {
			t.Errorf("%s: got %d, allowed is %q", origin, got.Status, allow)
		}
	}
}

func TestExampleKnobs(t *testing.T) {
	t.Setenv("INHOUSE_KEY", "key")
	inhouse := upstreamtest.New(t, says("<think>Hm.</think>Hello."))
	gateway := run(t, "knobs", "https://llm.example.com/v1", inhouse.URL+"/v1")
	if got := ask(t, gateway, "gpt-5.5"); got != "Hello." {
		t.Errorf("got %q", got)
	}
	servedAs(t, inhouse, "inhouse-large", "key")
	if got := field(inhouse.Request(0), "reasoning_effort").String(); got != "high" {
		t.Errorf("the effort is %q", got)
	}
	if got := field(inhouse.Request(0), "priority").Int(); got != 1 {
		t.Errorf("extra_body is missing: %s", inhouse.Request(0).Body)
	}
}
