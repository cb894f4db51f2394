package gemini_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/gemini"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// provider is a dialect of this wire and whom it is spoken to.
type provider struct{ *wiretest.Provider }

// model is a model of a built-in provider, with some knobs turned: name, words, name, words.
func model(t testing.TB, preset, id string, settings ...string) *provider {
	t.Helper()
	p := &provider{wiretest.PresetModel(t, preset, id)}
	for i := 0; i < len(settings); i += 2 {
		value, err := dialect.Parse(settings[i], strings.Fields(settings[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		p.Apply(t, dialect.Settings{settings[i]: value})
	}
	return p
}

// with is Gemini 3 with some knobs turned.
func with(t testing.TB, settings ...string) *provider {
	t.Helper()
	return model(t, "gemini", "gemini-3.8-flash", settings...)
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return wire.Body(t, p.Provider, request)
}

// check holds a body against what the model takes.
func (p *provider) check(t testing.TB, body []byte) {
	t.Helper()
	var options []upstreamtest.GeminiOption
	if p.Name == "vertex" {
		options = append(options, upstreamtest.Vertex)
	}
	if refusal := upstreamtest.GeminiRefusal(p.Target.Model, body, options...); refusal != "" {
		t.Fatalf("%s refuses it: %s\n%s", p.Target.Model, refusal, body)
	}
}

// wire is what the tests of all wires have to know of this one.
var wire = &wiretest.Wire{
	Encode: gemini.Encode, Everybody: everybody, Describe: describe,
	Decoder: func(p *wiretest.Provider, out *translate.Stream) wiretest.Decoder {
		return gemini.NewDecoder(&p.Target, &p.Dialect, out)
	},
	Check: func(t testing.TB, p *wiretest.Provider, body []byte) {
		t.Helper()
		(&provider{p}).check(t, body)
	},
}

// everybody is every model of every preset of this wire, and some that no preset lists.
func everybody(t testing.TB) []*wiretest.Provider {
	t.Helper()
	var all []*wiretest.Provider
	for _, preset := range wiretest.Presets("gemini") {
		for _, id := range []string{
			"gemini-4-argon", "gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.0-flash",
			"gemini-5-xenon", "gemma-3-27b-it",
		} {
			if preset == "gemini" || !strings.HasPrefix(id, "gemma") {
				all = append(all, wiretest.PresetModel(t, preset, id))
			}
		}
	}
	return append(all, with(t, "schema_profile", "gemini_openapi").Provider, with(t, "tool_result_images", "user_message", "response_format", "json_object").Provider,
		with(t, "response_format", "none", "tool_choice", "auto").Provider)
}

const absent = wiretest.Absent

var (
	sent     = wiretest.Sent
	ask      = wiretest.Ask
	sealedAs = wiretest.Sealed
)

// talk is a request with a history.
func talk(items ...string) string {
	return `{"model":"m","stream":true,"include":["reasoning.encrypted_content"],` + twoTools + `,"input":[` + strings.Join(items, ",") + `]}`
}

const (
	twoTools = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"x":{"type":"integer"}}},"strict":true},{"type":"function","name":"g"}]`

	user    = `{"role":"user","content":"u"}`
	late    = `{"role":"developer","content":"d"}`
	answer  = `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Häl\nlo"}]}`
	calledA = `{"type":"function_call","call_id":"call_a","name":"f","arguments":"{\"x\":1}"}`
	outA    = `{"type":"function_call_output","call_id":"call_a","output":"1"}`
	calledB = `{"type":"function_call","call_id":"call_b","name":"g","arguments":""}`
	outB    = `{"type":"function_call_output","call_id":"call_b","output":"2"}`
)

// sealed is a reasoning item that a model of a provider left.
func sealed(providerName, model, data string) string {
	return sealedAs(providerName, model, "thoughtSignature", data)
}

func quote(text string) string { return string(jsonscan.AppendString(nil, text)) }
