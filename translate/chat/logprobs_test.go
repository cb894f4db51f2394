package chat_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/wiretest"
)

// likely is a request that asks how likely the tokens are.
const likely = `{"model":"m","input":"hi","stream":true,"top_logprobs":1,"include":["message.output_text.logprobs"],"tools":[{"type":"function","name":"f"}]}`

// logprobs are members of a choice that tell of tokens.
func logprobs(tokens ...string) string {
	list := make([]string, len(tokens))
	for i, token := range tokens {
		list[i] = `{"token":` + quote(token) + `,"logprob":-0.25,"bytes":null,"top_logprobs":[{"token":` + quote(token) + `,"logprob":-0.25}]}`
	}
	return `"logprobs":{"content":[` + strings.Join(list, ",") + `],"refusal":null}`
}

// tokens writes the tokens that a list tells of.
func tokens(list gjson.Result) string {
	var all []string
	for _, one := range list.Array() {
		all = append(all, one.Get("token").String())
	}
	return strings.Join(all, "|")
}

func TestTheLikelihoodOfTokens(t *testing.T) {
	tests := map[string]struct {
		knobs  []string
		frames []string
		want   string // the tokens of the message
	}{
		"in the chunks of the text": {nil, []string{
			choice(`"delta":{"role":"assistant","content":""}`, `"logprobs":null`), choice(`"delta":{"content":"Hel"}`, logprobs("Hel")),
			choice(`"delta":{"content":"lo"}`, logprobs("l", "o")), finish("stop"), done,
		}, "Hel|l|o"},
		"before the text in the chunk": {nil, []string{choice(logprobs("a"), `"delta":{"content":"a"}`), finish("stop"), done}, "a"},
		"of reasoning and of calls": {nil, []string{
			choice(`"delta":{"reasoning_content":"t"}`, logprobs("t")), choice(`"delta":{"content":"a"}`, logprobs("a")),
			choice(`"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"f","arguments":"{}"}}]}`, logprobs("{}")), finish("tool_calls"), done,
		}, "a"},
		"of reasoning in a list of its own": {nil, []string{choice(`"delta":{"content":"a"}`, `"logprobs":{"content":null,"reasoning_content":[{"token":"t","logprob":0}]}`), finish("stop"), done}, ""},
		"of reasoning between tags": {tagged, []string{
			choice(`"delta":{"content":"<think>t"}`, logprobs("<think>", "t")), choice(`"delta":{"content":"u</think>"}`, logprobs("u", "</think>")),
			choice(`"delta":{"content":"a"}`, logprobs("a")), finish("stop"), done,
		}, "a"},
		"of text in a chunk without any": {nil, []string{says("a"), choice(`"delta":{}`, logprobs("a"), `"finish_reason":"stop"`), done}, "a"},
		"of a whole reply": {nil, []string{
			`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},` + logprobs("H", "i") + `,"finish_reason":"stop"}]}`,
		}, "H|i"},
		"of a message that repeats the deltas": {nil, []string{
			choice(`"delta":{"content":"a"}`, logprobs("a")),
			`{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"a"},` + logprobs("a") + `}]}`,
		}, "a"},
		"in another form": {nil, []string{choice(`"delta":{"content":"a"}`, `"logprobs":{"tokens":["a"],"token_logprobs":[-1]}`), choice(`"delta":{}`, `"logprobs":[1]`, `"finish_reason":"stop"`), done}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := with(t, test.knobs...).read(t, likely, strings.NewReader(bodyOf(test.frames...)))
			var message gjson.Result
			for _, item := range streamcheck.Items(o.Events) {
				if item.Get("type").String() == "message" {
					message = item
				}
			}
			if got := tokens(message.Get("content.0.logprobs")); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if one := message.Get("content.0.logprobs.0"); test.want != "" && (one.Get("bytes.#").Int() == 0 || one.Get("top_logprobs.0.bytes.#").Int() == 0) {
				t.Errorf("a token is %s", one)
			}
		})
	}
}

func TestTheTierOfServiceIsTold(t *testing.T) {
	o := plain().read(t, asking, strings.NewReader(bodyOf(`{"choices":[{"delta":{"content":"a"}}],"service_tier":"flex"}`, finish("stop"), done)))
	if got := streamcheck.Final(o.Events).Get("service_tier").String(); got != "flex" {
		t.Errorf("it is %q", got)
	}
}

func TestWhatNobodyAskedForCostsNothing(t *testing.T) {
	const chunk = `{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}],"service_tier":"default"}`
	wire.IsCheap(t, plain().Provider, asking, bodyOf(says("a")), bodyOf(chunk))
	wire.IsCheap(t, plain().Provider, asking, bodyOf(says("a")), wiretest.EventStream(choice(`"delta":{"content":" word"}`, logprobs(" word"))))
}
