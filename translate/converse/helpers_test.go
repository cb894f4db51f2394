package converse_test

import (
	"io"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/converse"
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

// claude marks, signs and shows; nova and mistral are what the preset knows of those families.
func claude(t testing.TB) *provider {
	t.Helper()
	return with(t, "cache_control", "ephemeral", "reasoning_out", "thinking", "tool_result_images", "native", "files", "data",
		"effort_param", "thinking.adaptive", "effort_map", "low=low high=high", "max_tokens", "1000")
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return wire.Body(t, p.Provider, request)
}

// check holds a body against what the service takes.
func (p *provider) check(t testing.TB, body []byte) {
	t.Helper()
	var options []upstreamtest.ConverseOption
	if p.Dialect.EffortParam == "reasoningConfig" {
		options = append(options, upstreamtest.Nova)
	}
	if p.Dialect.ToolCallID == "alphanumeric9" {
		options = append(options, upstreamtest.MistralIDs)
	}
	if len(p.Dialect.ToolChoice) < 2 {
		options = append(options, upstreamtest.NoToolChoice)
	}
	if refusal := upstreamtest.ConverseRefusal(body, options...); refusal != "" {
		t.Fatalf("%s refuses it: %s\n%s", p.Target.Model, refusal, body)
	}
}

func parse(t testing.TB, body []byte) *translate.Request {
	t.Helper()
	return wiretest.Parse(t, body)
}

// wire is what the tests of all wires have to know of this one.
var wire = &wiretest.Wire{
	Encode: converse.Encode, Everybody: everybody,
	Decoder: func(p *wiretest.Provider, out *translate.Stream) wiretest.Decoder {
		return converse.NewDecoder(&p.Target, &p.Dialect, out)
	},
	Reader: func(body io.Reader) wiretest.Frames { return converse.NewReader(body) },
	Check: func(t testing.TB, p *wiretest.Provider, body []byte) {
		t.Helper()
		(&provider{p}).check(t, body)
	},
}

// everybody is the wire's default, some that differ from it much, and every preset with a model of each family.
func everybody(t testing.TB) []*wiretest.Provider {
	t.Helper()
	all := []*wiretest.Provider{
		wiretest.Plain(), claude(t).Provider, wiretest.With(t, "response_format", "none", "images", "none", "tool_choice", "auto", "tool_call_id", "alphanumeric9"),
	}
	for _, model := range []string{
		"us.amazon.nova-pro-v1:0", "amazon.nova-2-lite-v1:0", "us.meta.llama3-3-70b-instruct-v1:0", "mistral.mistral-large-2407-v1:0",
		"us.anthropic.claude-sonnet-4-6", "openai.gpt-oss-120b-1:0", "deepseek.r1-v1:0",
	} {
		all = append(all, wiretest.PresetModel(t, "bedrock-converse", model))
	}
	return all
}

const (
	absent  = wiretest.Absent
	oneTool = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":true},{"type":"function","name":"g"}]`
)

var (
	sent  = wiretest.Sent
	ask   = wiretest.Ask
	quote = wiretest.Quote
)
