package codexresponses_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// thinker is a provider of one wire that thinks, calls look, and then answers.
type thinker struct {
	block         string // of the directive, with the provider's URL
	model         string
	strict        func(u *upstreamtest.Upstream) *upstreamtest.Upstream
	calls, answer upstreamtest.Reply
	returns       []string // what must come back to it of its thinking
	says          []string // members of the response object that are its own in these tests, whatever it was asked
}

// sealedThought is something that a provider has sealed.
const sealedThought = "c2VhbGVkIHRob3VnaHQ="

var lookCall = upstreamtest.ResponsesCall("fc_0123456789abcdef0", "call_1", "look", `{"at":"it"}`)

// thinkers are the wires.
var thinkers = map[string]thinker{
	"chat": {
		block: "provider deepseek {\nbase_url %s\nkey {env.PROVIDER_KEY}\n}", model: "deepseek-flash",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.Strict(upstreamtest.RequireReasoning) },
		calls: upstreamtest.Stream(upstreamtest.Reasoning("Hm, hm."), upstreamtest.ToolCall(0, "call_1", "look", `{"at":"it"}`),
			upstreamtest.Finish("tool_calls")),
		answer: hello(), returns: []string{"Hm, hm."},
	},
	"responses as they are": {
		block: "provider openai {\nbase_url %s/v1\nkey {env.PROVIDER_KEY}\n}", model: "gpt-6-sol",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream {
			return u.StrictResponses(upstreamtest.Ciphertext("c2Vhb"))
		},
		calls:  upstreamtest.ResponsesStream(upstreamtest.ResponsesReasoning("rs_0123456789abcdef0", "Hm, hm.", sealedThought), lookCall),
		answer: answers["responses"], returns: []string{sealedThought}, says: []string{"instructions", "tools"},
	},
	"responses translated": {
		block: "provider xai {\nbase_url %s/v1\nkey {env.PROVIDER_KEY}\n}", model: "grok-4.7",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream {
			return u.StrictResponses(upstreamtest.Plain(nil, []string{"web_search"}), upstreamtest.Ciphertext("c2Vhb"))
		},
		calls:  upstreamtest.ResponsesStream(upstreamtest.ResponsesReasoning("rs_0123456789abcdef0", "Hm, hm.", sealedThought), lookCall),
		answer: answers["responses"], returns: []string{sealedThought},
	},
	"messages": {
		block: "provider anthropic {\nbase_url %s\nkey {env.PROVIDER_KEY}\n}", model: "claude-opus-5-5",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictMessages() },
		calls: upstreamtest.Messages("tool_use", upstreamtest.MessagesThinking("Hm, hm.", sealedThought),
			upstreamtest.MessagesCall("toolu_1", "look", `{"at":"it"}`)),
		answer: answers["messages"], returns: []string{"Hm, hm.", sealedThought},
	},
	"gemini": {
		block: "provider gemini {\nbase_url %s/v1beta\nkey {env.PROVIDER_KEY}\n}", model: "gemini-3.8-flash",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictGemini() },
		calls: upstreamtest.GeminiStream(upstreamtest.GeminiThought("Hm, hm."),
			upstreamtest.GeminiParts(upstreamtest.GeminiCallPart("call_1", "look", `{"at":"it"}`, sealedThought)), upstreamtest.GeminiFinish("STOP", 12, 5, 2)),
		answer: answers["gemini"], returns: []string{sealedThought},
	},
	"converse": {
		block: "provider bedrock-converse {\nbase_url %s\nkey {env.PROVIDER_KEY}\nset schema_profile generic\n}", model: "anthropic.claude-opus-4-6",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictConverse() },
		calls: upstreamtest.Converse(upstreamtest.ConverseStart(), upstreamtest.ConverseReasoning(0, "Hm, hm."), upstreamtest.ConverseSignature(0, sealedThought),
			upstreamtest.ConverseBlockStop(0), upstreamtest.ConverseCall(1, "tooluse_1", "look"), upstreamtest.ConverseInput(1, `{"at":"it"}`),
			upstreamtest.ConverseBlockStop(1), upstreamtest.ConverseStop("tool_use"), upstreamtest.ConverseUsage(12, 5, 0)),
		answer: answers["converse"], returns: []string{"Hm, hm.", sealedThought},
	},
	"ollama": {
		block: "provider ollama {\nbase_url %s\nset num_ctx 32768\n}", model: "qwen3",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictOllama() },
		calls: upstreamtest.Ollama(upstreamtest.OllamaThinking("Hm, hm."), upstreamtest.OllamaCall("call_1", "look", `{"at":"it"}`),
			upstreamtest.OllamaDone("stop", 12, 5)),
		answer: answers["ollama"], returns: []string{"Hm, hm."},
	},
}

func (th *thinker) start(t *testing.T, replies ...upstreamtest.Reply) (*upstreamtest.Upstream, *gatewaytest.Gateway) {
	t.Helper()
	t.Setenv("PROVIDER_KEY", "the-provider-key")
	upstream := th.strict(upstreamtest.New(t, replies...))
	return upstream, start(t, strings.ReplaceAll(th.block, "%s", upstream.URL), "route m "+th.provider()+"/"+th.model)
}

func (th *thinker) provider() string { return strings.Fields(th.block)[1] }

// requireHistory checks that an upstream has got what was said, and what it thought itself.
func (th *thinker) requireHistory(t *testing.T, request upstreamtest.Request, said ...string) {
	t.Helper()
	if request.Refusal != "" {
		t.Fatalf("the upstream refused: %s\n%s", request.Refusal, request.Body)
	}
	rest := string(request.Body)
	for _, words := range said {
		_, after, ok := strings.Cut(rest, words)
		if !ok {
			t.Errorf("the upstream did not get %q, or not in its place: %s", words, request.Body)
			return
		}
		rest = after
	}
	for _, words := range th.returns {
		if !strings.Contains(string(request.Body), words) {
			t.Errorf("the upstream did not get its %q back: %s", words, request.Body)
		}
	}
	if strings.Contains(string(request.Body), "previous_response_id") || strings.Contains(string(request.Body), `"conversation"`) {
		t.Errorf("the upstream was told of stored state: %s", request.Body)
	}
	if store := gjson.GetBytes(request.Body, "store"); store.Bool() {
		t.Errorf("the upstream was to store something: %s", request.Body)
	}
}

const asksToLook = `"reasoning":{"effort":"high"},` + offersLook

func TestAChainOnEachWire(t *testing.T) {
	for wire, th := range thinkers {
		t.Run(wire, func(t *testing.T) {
			upstream, gw := th.start(t, th.calls, th.answer, th.answer)
			first := createStream(t, gw, asksToLook+`,"input":"Look."`)
			call := first.Get(`output.#(type=="function_call").call_id`).String()
			second := create(t, gw, asksToLook+`,`+goesOn(first, `[`+output(call, "a cat")+`]`))
			requireText(t, second, "Hello.")
			third := createStream(t, gw, asksToLook+`,`+goesOn(second, `"And?"`))
			requireText(t, third, "Hello.")
			th.requireHistory(t, upstream.Request(1), "Look.", "a cat")
			th.requireHistory(t, upstream.Request(2), "Look.", "a cat", "Hello.", "And?")
			for _, made := range []gatewaytest.Response{first, second, third} {
				requireSame(t, retrieve(t, gw, id(made)), made, th.says...)
			}
			requireObject(t, "ResponseItemList", gw.Get("/v1/responses/"+id(third)+"/input_items"))
		})
	}
}

func TestAConversationOnEachWire(t *testing.T) {
	for wire, th := range thinkers {
		t.Run(wire, func(t *testing.T) {
			upstream, gw := th.start(t, th.calls, th.answer, th.answer)
			conversation := gw.Post("/v1/conversations", `{}`)
			in := `"conversation":"` + id(conversation) + `",` + asksToLook + `,`
			first := create(t, gw, in+`"input":"Look."`)
			call := first.Get(`output.#(type=="function_call").call_id`).String()
			requireText(t, createStream(t, gw, in+`"input":[`+output(call, "a cat")+`]`), "Hello.")
			requireText(t, create(t, gw, in+`"input":"And?"`), "Hello.")
			th.requireHistory(t, upstream.Request(1), "Look.", "a cat")
			th.requireHistory(t, upstream.Request(2), "Look.", "a cat", "Hello.", "And?")
			items := requireObject(t, "ConversationItemList", gw.Get("/v1/conversations/"+id(conversation)+"/items?order=asc&limit=100"))
			var said []string
			for _, item := range items.Get("data").Array() {
				said = append(said, item.Get("type").String()+item.Get("role").String())
			}
			if got := strings.Join(said, " "); got != "messageuser reasoning function_call function_call_output messageassistant messageuser messageassistant" {
				t.Errorf("the conversation has %s\n%s", got, items.Body)
			}
		})
	}
}

func TestARunInTheBackgroundOnEachWire(t *testing.T) {
	for wire, th := range thinkers {
		t.Run(wire, func(t *testing.T) {
			upstream, gw := th.start(t, th.calls, th.answer)
			first := createStream(t, gw, `"background":true,`+asksToLook+`,"input":"Look."`)
			call := first.Get(`output.#(type=="function_call").call_id`).String()
			second := createStream(t, gw, `"background":true,`+asksToLook+`,`+goesOn(first, `[`+output(call, "a cat")+`]`))
			requireText(t, second, "Hello.")
			th.requireHistory(t, upstream.Request(1), "Look.", "a cat")
			for _, made := range []gatewaytest.Response{first, second} {
				requireSame(t, retrieve(t, gw, id(made)), made, th.says...)
				again := gw.With(t).Get("/v1/responses/" + id(made) + "?stream=true")
				requireSame(t, finalOf(t, again), made, th.says...)
			}
		})
	}
}

// OpenAI is told to store nothing and, where the model reasons, to send its reasoning sealed, for it has to come back.
func TestAServiceThatStoresIsToStoreNothing(t *testing.T) {
	for name, test := range map[string]struct {
		model, members string
		include        string
	}{
		"a model that reasons":                     {"gpt-6-sol", "", `["reasoning.encrypted_content"]`},
		"one that is asked to":                     {"gpt-4.1", `"reasoning":{"effort":"low"},`, `["reasoning.encrypted_content"]`},
		"a model that does not":                    {"gpt-4.1", "", ""},
		"a client that wants more":                 {"gpt-6-sol", `"include":["message.output_text.logprobs"],`, `["reasoning.encrypted_content","message.output_text.logprobs"]`},
		"a client that wants it by itself":         {"gpt-6-sol", `"include":["reasoning.encrypted_content"],`, `["reasoning.encrypted_content"]`},
		"a client that says what is usual":         {"gpt-6-sol", `"store":true,"background":false,"include":null,`, `["reasoning.encrypted_content"]`},
		"a client that wants nothing stored":       {"gpt-6-sol", `"store":false,`, ""},
		"one that wants nothing stored but sealed": {"gpt-6-sol", `"store":false,"include":["reasoning.encrypted_content"],`, `["reasoning.encrypted_content"]`},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, answers["responses"]).StrictResponses()
			gw := start(t, openAI(upstream))
			got := gw.Post("/v1/responses", `{"model":"`+test.model+`",`+test.members+`"input":"Hi."}`)
			requireText(t, got, "Hello.")
			if kept := !strings.Contains(test.members, `"store":false`); got.Get("store").Bool() != kept {
				t.Errorf("the response says %s", got.Get("store").Raw)
			}
			body := upstream.Request(0).Body
			if gjson.GetBytes(body, "store").Raw != "false" || gjson.GetBytes(body, "background").Exists() || gjson.GetBytes(body, "include").Raw != test.include {
				t.Errorf("OpenAI got %s", body)
			}
		})
	}
}

// A service whose ids are not unique must not make one response take the place of another.
func TestResponsesHaveIDsOfTheirOwn(t *testing.T) {
	upstream := upstreamtest.New(t, answers["responses"]).StrictResponses()
	gw := start(t, openAI(upstream), "route m openai/gpt-6-sol")
	first := create(t, gw, `"input":"First."`)
	second := createStream(t, gw, goesOn(first, `"Second."`))
	third := create(t, gw, goesOn(second, `"Third."`))
	if id(first) == id(second) || id(second) == id(third) {
		t.Errorf("the ids are %s, %s and %s", id(first), id(second), id(third))
	}
	if got := gjson.GetBytes(upstream.Request(2).Body, "input.#").Int(); got != 5 {
		t.Errorf("OpenAI got %s", upstream.Request(2).Body)
	}
	conversation := `"conversation":"` + id(gw.Post("/v1/conversations", "")) + `",`
	for range 3 {
		create(t, gw, conversation+`"input":"Again."`)
	}
	if got := gjson.GetBytes(upstream.Request(5).Body, "input.#").Int(); got != 5 {
		t.Errorf("OpenAI got %s", upstream.Request(5).Body)
	}
}
