package ollama_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/ollama"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "ollama", ollama.Encode, "tools")
}

func TestRecordedRequestsSuitEveryModel(t *testing.T) { wire.SuitsRecorded(t) }

func TestF75AnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	wire.KeepsPrefixes(t, func(body []byte) string { return sent(body, "messages") }, "]", ",")
}

func TestRandomHistoriesSuitEveryModel(t *testing.T) {
	wire.SuitsRandom(t, func(a wiretest.Author, _ *wiretest.Provider) string {
		return talk(a.Items(thought("plain", "thinking", "t"), thought("ollama", "thinking", "t"), thought("other", "thinking", "t"))...)
	})
}

func TestRandomToolsComeBack(t *testing.T) {
	wire.ToolsComeBack(t, plain().Provider, "tools.#.function", func(name, arguments string) string {
		return calls("call_1", name, arguments) + "\n" + done("stop") + "\n"
	})
}

func FuzzRequests(f *testing.F) {
	theirs := func(body []byte, _ *translate.Request) bool {
		return len(body) < 6000 && slices.ContainsFunc(
			[]string{"base64", "parameters", "schema", "max_output_tokens", "temperature", "top_p"},
			func(member string) bool { return bytes.Contains(body, []byte(member)) },
		)
	}
	wire.FuzzRequests(
		f, theirs,
		talk(user, thought("plain", "thinking", "t"), calledA, calledB, outB, late, outA, answer),
		talk(calledA, calledA, outA, `{"type":"custom_tool_call","call_id":"","name":"c","input":"a"}`, `{"type":"x","text":"a"}`),
		talk(`{"role":"user","content":[`+picture+`]}`),
		ask(`"text":{"format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}`, oneTool, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}`),
	)
}
