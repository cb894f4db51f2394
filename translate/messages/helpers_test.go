package messages_test

import (
	"io"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/messages"
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

// model is a built-in provider with one of its models.
func model(t testing.TB, preset, name string) *provider {
	t.Helper()
	return &provider{wiretest.PresetModel(t, preset, name)}
}

// claude is the newest model of Anthropic's own.
func claude(t testing.TB) *provider {
	t.Helper()
	return model(t, "anthropic", "claude-opus-5-5")
}

// wire is what the tests of all wires have to know of this one.
var wire = &wiretest.Wire{
	Encode: messages.Encode, Everybody: everybody,
	Decoder: func(p *wiretest.Provider, out *translate.Stream) wiretest.Decoder {
		return messages.NewDecoder(&p.Target, &p.Dialect, out)
	},
	Check: func(t testing.TB, p *wiretest.Provider, body []byte) {
		t.Helper()
		(&provider{p}).check(t, body)
	},
}

// everybody is the wire's default, some that differ from it much, and every preset, Anthropic's with all its models.
func everybody(t testing.TB) []*wiretest.Provider {
	t.Helper()
	all := []*wiretest.Provider{
		wiretest.Plain(),
		with(t, "response_format", "none", "images", "data", "files", "data", "late_system", "allow", "tools_strict", "send", "tool_choice", "auto").Provider,
		with(t, "reasoning_out", "thinking", "unsigned_thinking", "true", "reasoning_scope", "current_turn", "images", "none", "cache_control", "ephemeral").Provider,
	}
	for _, name := range wiretest.Speaking("messages") {
		all = append(all, wiretest.PresetOn(t, "messages", name, ""))
	}
	for _, name := range []string{
		"claude-opus-5-5", "claude-haiku-5-5", "claude-fable-5", "claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-sonnet-4-6",
		"claude-haiku-4-5-20251001", "claude-opus-4-1-20250805",
	} {
		all = append(all, wiretest.PresetModel(t, "anthropic", name))
	}
	return all
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return wire.Body(t, p.Provider, request)
}

func parse(t testing.TB, request string) *translate.Request {
	t.Helper()
	return wiretest.Parse(t, []byte(request))
}

// check holds a body against what the provider takes.
func (p *provider) check(t testing.TB, body []byte) {
	t.Helper()
	if refusal := upstreamtest.MessagesRefusal(body, p.rules()...); refusal != "" {
		t.Fatalf("%s %s refuses it: %s\n%s", p.Target.Provider, p.Target.Model, refusal, body)
	}
	d := &p.Dialect
	for trace, may := range map[string]bool{
		`"cache_control":`:         d.CacheControl == "ephemeral",
		`"eager_input_streaming":`: d.EagerToolInput,
		`"strict":true`:            d.ToolsStrict == "send",
		`{"type":"image"`:          d.Images != "none",
		`{"type":"document"`:       d.Files != "none",
		`"source":{"type":"url"`:   d.Images == "url" || d.Files == "url",
		`{"type":"web_search_20`:   d.WebSearch != "none",
		`{"type":"thinking","thi`:  d.ReasoningOut == "thinking",
		`"thinking":"foreign"`:     false, // another provider's
	} {
		if !may && strings.Contains(string(body), trace) {
			t.Errorf("%s %s gets %s", p.Target.Provider, p.Target.Model, trace)
		}
	}
}

// rules are what the strict upstream of the tests has to know of a dialect.
func (p *provider) rules() []upstreamtest.MessagesOption {
	d := &p.Dialect
	var options []upstreamtest.MessagesOption
	for _, rule := range []struct {
		holds  bool
		option upstreamtest.MessagesOption
	}{
		{!d.ModelField, upstreamtest.MessagesInPath},
		{d.EffortParam == "thinking.budget", upstreamtest.MessagesBudget},
		{d.EffortMap["none"] != "off", upstreamtest.MessagesAlwaysThinks},
		{d.EffortMap["none"] == "between_tools", upstreamtest.MessagesBetweenTools},
		{d.UnsignedThinking, upstreamtest.MessagesUnsigned},
		{d.Sampling != "pass", upstreamtest.MessagesNoSampling},
		{!d.TakesToolChoice("required"), upstreamtest.MessagesNoForce},
		{!d.TakesToolChoice("none"), upstreamtest.MessagesUndeclared},
		{d.LateSystem != "allow", upstreamtest.MessagesNoLateSystem},
		{d.ResponseFormat != "json_schema", upstreamtest.MessagesNoSchema},
		{p.Target.MaxOutput > 0, upstreamtest.MessagesMax(p.Target.MaxOutput)},
	} {
		if rule.holds {
			options = append(options, rule.option)
		}
	}
	return options
}

// read feeds a reply to the decoder as the gateway does.
func (p *provider) read(t testing.TB, request string, body io.Reader) *wiretest.Outcome {
	t.Helper()
	return wire.Read(t, p.Provider, request, body)
}

const (
	absent  = wiretest.Absent
	oneTool = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":true},{"type":"function","name":"g"}]`
)

var (
	sent   = wiretest.Sent
	ask    = wiretest.Ask
	sealed = wiretest.Sealed
)

// talk is a request with the given items, and with tools where some are called.
func talk(items ...string) string {
	return `{"model":"m","stream":true,"input":[` + strings.Join(items, ",") + `],` + oneTool + `}`
}

// Blocks of a reply.
var (
	says    = upstreamtest.MessagesText
	cites   = upstreamtest.MessagesCited
	thinks  = upstreamtest.MessagesThinking
	redacts = upstreamtest.MessagesRedacted
	calls   = upstreamtest.MessagesCall
	looksUp = upstreamtest.MessagesSearch
	finds   = upstreamtest.MessagesFound
)

// bodyOf is an event stream of these events.
func bodyOf(events ...string) string {
	var body strings.Builder
	for _, event := range events {
		body.WriteString(upstreamtest.MessagesFrame(event))
	}
	return body.String()
}
