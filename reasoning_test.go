package codexresponses_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

const thought = "A \"quoted\" thought,\nand é 🙂."

const askForReasoning = `"stream":true,"store":false,"include":["reasoning.encrypted_content"],"tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]`

// thinks is the first turn of a model that thinks, then calls f.
func thinks() upstreamtest.Reply {
	return upstreamtest.Stream(
		upstreamtest.Reasoning(thought[:12]), upstreamtest.Reasoning(thought[12:]),
		upstreamtest.ToolCall(0, "call_1", "f", "{}"), upstreamtest.Finish("tool_calls"))
}

const keepsReasoning = "set reasoning_out reasoning_content"

// firstTurn makes the first turn and returns the body of the second: the same history, the call answered.
func firstTurn(t *testing.T, gw *gatewaytest.Gateway) (second, sealed string) {
	t.Helper()
	events := gw.PostStream("/v1/responses", `{"model":"m","input":[{"role":"user","content":"Go."}],`+askForReasoning+`}`).Require()
	items := streamcheck.Items(events)
	if len(items) != 2 || items[0].Get("type").String() != "reasoning" || items[1].Get("type").String() != "function_call" {
		t.Fatalf("the items are %s", items)
	}
	sealed = items[0].Get("encrypted_content").String()
	if sealed == "" || strings.Contains(sealed, "thought") {
		t.Fatalf("the sealed reasoning is %q", sealed)
	}
	// Without its readable text, so that what comes back is from the envelope.
	reasoning := fmt.Sprintf(`{"type":"reasoning","id":%q,"summary":[],"content":null,"encrypted_content":%q}`, items[0].Get("id").String(), sealed)
	return `{"model":"m","input":[{"role":"user","content":"Go."},` + reasoning + "," + items[1].Raw +
		`,{"type":"function_call_output","call_id":"call_1","output":"done"}],` + askForReasoning + `}`, sealed
}

// returned is the reasoning that an upstream got back with the call.
func returned(t *testing.T, u *upstreamtest.Upstream, n int) string {
	t.Helper()
	message := gjson.GetBytes(u.Request(n).Body, `messages.#(role=="assistant")`)
	if message.Get("tool_calls.0.function.name").String() != "f" {
		t.Fatalf("the upstream got %s", u.Request(n).Body)
	}
	return message.Get("reasoning_content").String()
}

func TestReasoningComesBackToItsProvider(t *testing.T) {
	upstream := upstreamtest.New(t, thinks(), hello()).Strict(upstreamtest.RequireReasoning, upstreamtest.Allow("parallel_tool_calls"))
	gw := start(t, mock(upstream, keepsReasoning))
	second, _ := firstTurn(t, gw)
	gw.PostStream("/v1/responses", second).Require()
	if got := returned(t, upstream, 1); got != thought {
		t.Errorf("the upstream got %q, want %q", got, thought)
	}
}

func TestReasoningOpensAfterARestart(t *testing.T) {
	t.Setenv("SEAL_KEY", "a secret of enough bytes")
	t.Setenv("NEW_SEAL_KEY", "another secret of enough bytes")
	for name, test := range map[string]struct {
		before, after string
		storage       bool // kept
		opens         bool
	}{
		"with the same storage":         {"", "", true, true},
		"not with another storage":      {"", "", false, false},
		"with the same key":             {"seal_key {env.SEAL_KEY}", "seal_key {env.SEAL_KEY}", false, true},
		"with a new key before the old": {"seal_key {env.SEAL_KEY}", "seal_key {env.NEW_SEAL_KEY} {env.SEAL_KEY}", false, true},
		"not with another key":          {"seal_key {env.SEAL_KEY}", "seal_key {env.NEW_SEAL_KEY}", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, thinks(), hello())
			gw := start(t, mock(upstream, keepsReasoning), test.before)
			second, _ := firstTurn(t, gw)
			if after := site(mock(upstream, keepsReasoning), test.after); test.storage {
				reload(gw, after)
			} else {
				gw = gatewaytest.Start(t, after)
			}
			gw.PostStream("/v1/responses", second).Require()
			if got := returned(t, upstream, 1); (got == thought) != test.opens {
				t.Errorf("the upstream got %q", got)
			}
		})
	}
}

func TestReasoningStaysWithItsProvider(t *testing.T) {
	first, other := upstreamtest.New(t, thinks()), upstreamtest.New(t, hello())
	gw := start(t, mock(first, keepsReasoning), provider("other", other.URL, keepsReasoning), "route m mock", "route n other")
	second, sealed := firstTurn(t, gw)
	gw.PostStream("/v1/responses", strings.Replace(second, `"model":"m"`, `"model":"n"`, 1)).Require()
	if got := returned(t, other, 0); got != "" {
		t.Errorf("the other upstream got %q", got)
	}
	if body := string(other.Request(0).Body); strings.Contains(body, sealed) || strings.Contains(body, "quoted") {
		t.Errorf("the other upstream got %s", body)
	}
}

func TestReasoningThatWasTamperedWithIsDropped(t *testing.T) {
	upstream := upstreamtest.New(t, thinks(), hello())
	gw := start(t, mock(upstream, keepsReasoning))
	second, sealed := firstTurn(t, gw)
	for i, changed := range []string{sealed[:len(sealed)-4] + "AAAA", "gAAAAABmZz", ""} {
		gw.PostStream("/v1/responses", strings.Replace(second, sealed, changed, 1)).Require()
		if got := returned(t, upstream, i+1); got != "" {
			t.Errorf("%q: the upstream got %q", changed, got)
		}
	}
}

func TestABadSealKey(t *testing.T) {
	t.Setenv("SHORT_KEY", "short")
	for name, test := range map[string]struct{ key, says string }{
		"too short": {"{env.SHORT_KEY}", "16"},
		"missing":   {"{env.NO_SUCH_KEY}", "seal_key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gatewaytest.Try(t, site(provider("mock", "http://127.0.0.1:1"), "seal_key "+test.key))
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), fmt.Sprintf("%q", "short")) {
				t.Errorf("got %v", err)
			}
		})
	}
}
