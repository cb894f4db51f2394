package responses_test

import (
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/responses"
)

// provider is a dialect of this wire and whom it is spoken to.
type provider struct{ *wiretest.Provider }

// with is the wire's default with some knobs turned: name, words, name, words.
func with(t testing.TB, settings ...string) *provider {
	t.Helper()
	return &provider{wiretest.With(t, settings...)}
}

// openAI is a service that understands all.
func openAI(t testing.TB) *provider {
	t.Helper()
	return preset(t, "openai")
}

// preset is a built-in provider with its default model, as it is on this wire.
func preset(t testing.TB, name string) *provider {
	t.Helper()
	return presetModel(t, name, "")
}

func presetModel(t testing.TB, name, model string) *provider {
	t.Helper()
	return &provider{wiretest.PresetOn(t, "responses", name, model)}
}

// everybody is the wire's default and every built-in provider that speaks it, those with two kinds of models twice.
func everybody(t testing.TB) []*provider {
	t.Helper()
	all := []*provider{
		with(t),
		with(t, "response_format", "none", "images", "data", "late_system", "allow", "tools_strict", "send", "tool_result_images", "native", "files", "data", "custom_tools", "native"),
		presetModel(t, "bedrock", "openai.gpt-5.5"), presetModel(t, "bedrock", "xai.grok-4.7"), presetModel(t, "deepseek", "deepseek-v4-pro"),
	}
	for _, name := range wiretest.Speaking("responses") {
		all = append(all, preset(t, name))
	}
	return all
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return responses.Encode(nil, parse(t, request), &p.Target, &p.Dialect)
}

func (p *provider) native() bool { return p.Dialect.Profile == "native" }

func parse(t testing.TB, body string) *translate.Request {
	t.Helper()
	return wiretest.Parse(t, []byte(body))
}

// check holds a body against what the provider takes.
func (p *provider) check(t testing.TB, body []byte) {
	t.Helper()
	if why := upstreamtest.ResponsesRefusal(body, p.rules(body)...); why != "" {
		t.Fatalf("%s refuses it: %s\n%.400s", p.Target.Provider, why, body)
	}
	d, doc := &p.Dialect, gjson.ParseBytes(body)
	if !doc.Get("stream").Bool() || doc.Get("model").String() != p.Target.Model {
		t.Errorf("model %s, stream %s", doc.Get("model"), doc.Get("stream"))
	}
	if p.native() {
		return
	}
	for _, item := range doc.Get("input").Array() {
		if args := item.Get("arguments"); args.Exists() && !gjson.Parse(args.String()).IsObject() {
			t.Errorf("arguments are no object: %s", args)
		}
		images := append(item.Get(`content.#(type=="input_image")#.image_url`).Array(), item.Get(`output.#(type=="input_image")#.image_url`).Array()...)
		for _, image := range images {
			if d.Images == "none" || image.String() == "" || d.Images == "data" && !strings.HasPrefix(image.String(), "data:") {
				t.Errorf("an image came as %.80s", image)
			}
		}
	}
	if choice := doc.Get("tool_choice"); choice.Type == gjson.String && !d.TakesToolChoice(choice.String()) {
		t.Errorf("tool_choice is %s, the provider takes %v", choice, d.ToolChoice)
	}
}

// rules are what the strict upstream of the tests has to know of a dialect.
func (p *provider) rules(body []byte) []upstreamtest.ResponsesOption {
	d := &p.Dialect
	rules := []upstreamtest.ResponsesOption{upstreamtest.WithoutParameters(d.DropFields...)}
	if p.native() {
		return rules
	}
	hosted := []string{"web_search"}
	if d.WebSearch == "none" {
		hosted = nil
	}
	custom := d.CustomToolNames
	if d.CustomTools == "native" && len(custom) == 0 {
		for _, name := range gjson.GetBytes(body, `tools.#(type=="custom")#.name`).Array() {
			custom = append(custom, name.String())
		}
	}
	rules = append(rules, upstreamtest.Plain(custom, hosted), upstreamtest.AllowParameters("enable_thinking"), upstreamtest.Stateless, upstreamtest.WithoutParameters(
		"access_programs", "background", "context_management", "conversation", "max_tool_calls", "metadata", "moderation", "previous_response_id",
		"prompt", "prompt_cache_options", "prompt_cache_retention", "stream_options", "truncation",
	))
	sealed := d.ReasoningOut == "encrypted_content"
	if sealed {
		rules = append(rules, upstreamtest.IdentifiedItems)
	} else {
		rules = append(rules, upstreamtest.StrictItems)
	}
	if d.Logprobs != "send" {
		rules = append(rules, upstreamtest.WithoutParameters("top_logprobs"))
	}
	if d.Logprobs != "send" && !sealed {
		rules = append(rules, upstreamtest.WithoutParameters("include"))
	}
	return rules
}

// read feeds a reply to the decoder as the gateway does.
func (p *provider) read(t testing.TB, request string, body io.Reader) *wiretest.Outcome {
	t.Helper()
	return wiretest.Read(t, parse(t, request), p.Provider, sse.NewReader(body, 0), func(out *translate.Stream) wiretest.Decoder {
		return responses.NewDecoder(&p.Target, &p.Dialect, out)
	})
}

func quote(text string) string { return string(gjson.AppendJSONString(nil, text)) }

// absent says that a path must not be there.
const absent = "(absent)"

// sent is what stands at a path of a body, or absent.
func sent(body []byte, path string) string {
	value := gjson.GetBytes(body, path)
	if !value.Exists() {
		return absent
	}
	return value.Raw
}

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"store":false,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"function","name":"g","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]}]}`
