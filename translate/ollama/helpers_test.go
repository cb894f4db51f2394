package ollama_test

import (
	"io"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/ollama"
)

// provider is a dialect of this wire and whom it is spoken to.
type provider struct{ *wiretest.Provider }

// plain is a provider without deviations.
func plain() *provider { return &provider{wiretest.Plain()} }

// with is the wire's default with some knobs turned: name, words, name, words.
func with(t testing.TB, settings ...string) *provider {
	t.Helper()
	return &provider{wiretest.With(t, settings...)}
}

// everybody is the wire's default, one that differs from it much, and Ollama with models of two families.
func everybody(t testing.TB) []*provider {
	t.Helper()
	return []*provider{
		with(t, "schema_profile", "ollama"),
		with(t, "schema_profile", "ollama", "images", "none", "response_format", "none", "reasoning_out", "thinking", "tool_call_id", "omit", "num_ctx", "65536"),
		{wiretest.PresetOn(t, "ollama", "ollama", "qwen3:8b")},
		{wiretest.PresetOn(t, "ollama", "ollama", "gpt-oss:20b")},
	}
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return ollama.Encode(nil, wiretest.Parse(t, []byte(request)), &p.Target, &p.Dialect)
}

// check holds a body against what the server takes.
func (p *provider) check(t testing.TB, body []byte) {
	t.Helper()
	if refusal := upstreamtest.OllamaRefusal(body); refusal != "" {
		t.Fatalf("%s refuses it: %s\n%s", p.Target.Model, refusal, body)
	}
}

// read is what becomes of a reply.
func (p *provider) read(t testing.TB, request string, body io.Reader) *wiretest.Outcome {
	t.Helper()
	return wiretest.Read(t, wiretest.Parse(t, []byte(request)), p.Provider, ollama.NewReader(body), func(out *translate.Stream) wiretest.Decoder {
		return ollama.NewDecoder(&p.Target, &p.Dialect, out)
	})
}

const (
	absent  = "(absent)"
	oneTool = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}}},{"type":"function","name":"g"}]`
)

// sent is what stands at a path of a body, or absent.
func sent(body []byte, path string) string {
	value := gjson.GetBytes(body, path)
	if !value.Exists() {
		return absent
	}
	return value.Raw
}
