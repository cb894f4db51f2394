package gemini_test

import (
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"function","name":"g"},{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]},{"type":"web_search"}]}`

// Frames of a reply.
var (
	says    = upstreamtest.GeminiText
	thinks  = upstreamtest.GeminiThought
	parts   = upstreamtest.GeminiParts
	callOf  = upstreamtest.GeminiCall
	aCall   = upstreamtest.GeminiCallPart
	signs   = upstreamtest.GeminiSignature
	aFailed = upstreamtest.GeminiErrorBody
)

func finish(reason string) string { return upstreamtest.GeminiFinish(reason, 9, 5, 2) }

// ends is a last chunk without content.
func ends(reason string, members ...string) string {
	return `{"candidates":[{` + strings.Join(append(members, `"finishReason":"`+reason+`"`), ",") + `}]}`
}

// describe writes an item with what it says and what is sealed in it.
func describe(item gjson.Result) string {
	words := []string{item.Get("type").String()}
	if status := item.Get("status").String(); status != "" && status != "completed" {
		words = append(words, status)
	}
	for _, path := range []string{"namespace", "name", "call_id", "arguments", "input", "content.0.text", "action.query", "action.sources.#.url"} {
		if value := item.Get(path); value.Exists() && value.Raw != "[]" {
			words = append(words, value.String())
		}
	}
	if state, ok := wiretest.Ring.Open(item.Get("encrypted_content").String()); ok {
		words = append(words, string(state.Data))
	}
	return strings.Join(words, " ")
}

// play is what becomes of a reply. A paused one goes on with the next body.
func play(t testing.TB, p *provider, bodies ...io.Reader) *wiretest.Outcome {
	t.Helper()
	return wire.Read(t, p.Provider, asking, bodies...)
}

var (
	bodyOf    = wiretest.EventStream
	sameLines = wiretest.SameLines
)

// all are the replies and what is looked at in them.
func all() *wiretest.Replies {
	return &wiretest.Replies{
		Wire: wire, Request: asking, Table: replies, Body: bodyOf,
		Provider: func(t testing.TB, knobs ...string) *wiretest.Provider {
			t.Helper()
			return with(t, knobs...).Provider
		},
		Told: func(frame string) bool {
			return strings.Contains(frame, `"finishReason":"`) && !strings.Contains(frame, "UNSPECIFIED") || strings.Contains(frame, `"blockReason"`)
		},
	}
}

func TestReplies(t *testing.T) { all().Read(t) }

func TestF58RepliesThatAreCutOff(t *testing.T) { all().CutOff(t) }

func TestF58RepliesThatAreCutOffAtEveryByte(t *testing.T) { all().CutOffAnywhere(t) }

// Without alt=sse a reply is one list of chunks.
func TestAReplyThatComesAsAList(t *testing.T) {
	p := with(t)
	list := "data: [" + strings.Join([]string{thinks("t"), says("a"), callOf("1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, ",") + "]\n\n"
	want := []string{`reasoning t`, `message a`, `reasoning {"call":"QUJD"}`, `function_call f 1 {"a":1}`, "completed"}
	sameLines(t, play(t, p, strings.NewReader(list)).Lines(), want...)
	sameLines(t, play(t, p, strings.NewReader("data: ["+aFailed(503, "UNAVAILABLE", "x")+"]\n\n")).Lines(), "failed x")
	sameLines(t, play(t, p, strings.NewReader("data: ["+says("a")+",{\n\n")).Lines(), "open: message in_progress", "failed sent a reply that is not JSON")
}

// A client that cannot send reasoning back gets no items that have nothing but a signature.
func TestSignaturesAreNotShownToThoseWhoDoNotKeepThem(t *testing.T) {
	p := with(t)
	request := strings.Replace(asking, `"include":["reasoning.encrypted_content"],`, "", 1)
	frames := []string{thinks("t"), parts(`{"text":"u","thought":true,"thoughtSignature":"QUJD"}`), says("a"), signs("QUJD"), callOf("1", "f", `{}`, "QUJD"), finish("STOP")}
	o := wire.Read(t, p.Provider, request, strings.NewReader(bodyOf(frames...)))
	sameLines(t, o.Lines(), "reasoning tu", "message a", "function_call f 1 {}", "completed")
}

func TestAResetInTheMidstOfAReplyIsATime(t *testing.T) {
	wiretest.KnowsTheReset(t, wire.Read(t, with(t).Provider, asking, strings.NewReader(bodyOf(says("a"), wiretest.Limited()))))
}
