package chat_test

import (
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
)

func TestRandomHistoriesSuitEveryProvider(t *testing.T) {
	wire.SuitsRandom(t, func(a wiretest.Author, _ *wiretest.Provider) string {
		reasoning := thought(a.Pick("plain", "deepseek", "other"), a.Pick("up", "down"), a.Pick("reasoning_content", "reasoning"), "t")
		open := `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":` + quote(a.Word()) + `}]}`
		return talk(append([]string{user}, a.Items(reasoning, open)...)...)
	})
}

func TestRandomToolsComeBack(t *testing.T) {
	wire.ToolsComeBack(t, plain().Provider, "tools.#.function", func(name, arguments string) string {
		return bodyOf(calls(`{"index":0,"id":"call_1","function":{"name":"`+name+`","arguments":`+quote(arguments)+`}}`), finish("tool_calls"), done)
	})
}
