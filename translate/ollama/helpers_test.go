package ollama_test

import (
	"io"
	"testing"

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

// wire is what the tests of all wires have to know of this one.
var wire = &wiretest.Wire{
	Encode: ollama.Encode, Everybody: everybody,
	Decoder: func(p *wiretest.Provider, out *translate.Stream) wiretest.Decoder {
		return ollama.NewDecoder(&p.Target, &p.Dialect, out)
	},
	Reader: func(body io.Reader) wiretest.Frames { return ollama.NewReader(body) },
	Check: func(t testing.TB, p *wiretest.Provider, body []byte) {
		t.Helper()
		(&provider{p}).check(t, body)
	},
}

// everybody is the wire's default, one that differs from it much, and Ollama with models of two families.
func everybody(t testing.TB) []*wiretest.Provider {
	t.Helper()
	return []*wiretest.Provider{
		wiretest.With(t, "schema_profile", "ollama"),
		wiretest.With(t, "schema_profile", "ollama", "images", "none", "response_format", "none", "reasoning_out", "thinking", "tool_call_id", "omit", "num_ctx", "65536"),
		wiretest.PresetOn(t, "ollama", "ollama", "qwen3:8b"),
		wiretest.PresetOn(t, "ollama", "ollama", "gpt-oss:20b"),
	}
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return wire.Body(t, p.Provider, request)
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
	return wire.Read(t, p.Provider, request, body)
}

const (
	absent  = wiretest.Absent
	oneTool = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}}},{"type":"function","name":"g"}]`
)

var (
	sent = wiretest.Sent
	ask  = wiretest.Ask
)
