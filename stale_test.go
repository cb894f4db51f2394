package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Reasoning that its own provider refuses is left out, and the exchange goes on.
func TestF18F19ReasoningThatCannotBeOpenedIsLeftOut(t *testing.T) {
	const first = `{"model":"m","input":"Say hello.","include":["reasoning.encrypted_content"]}`
	tests := map[string]struct {
		wire    string
		thinks  upstreamtest.Reply
		refuses upstreamtest.Reply
		seal    string
	}{
		"Anthropic's signature": {
			"messages",
			upstreamtest.Messages("end_turn", upstreamtest.MessagesThinking("Hm.", "the-signature"), upstreamtest.MessagesText("Hello.")),
			upstreamtest.MessagesRefused(http.StatusBadRequest, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block"),
			"the-signature",
		},
		"OpenAI's ciphertext": {
			"responses\nset profile native",
			upstreamtest.ResponsesStream(upstreamtest.ResponsesReasoning("rs_0123456789abcdef0", "Hm.", "the-ciphertext"), upstreamtest.ResponsesMessage("msg_0123456789abcdef0", "Hello.")),
			upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "invalid_encrypted_content", "The encrypted content for item rs_0123456789abcdef0 could not be verified."),
			"the-ciphertext",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, test.thinks, test.refuses, answers[strings.Fields(test.wire)[0]])
			gw := start(t, fmt.Sprintf("provider mock {\nwire %s\nbase_url %s\nset max_tokens 1000\nset reasoning_out thinking\n}", test.wire, upstream.URL))
			output := gw.Post("/v1/responses", first).Get("output").Raw
			if !strings.Contains(output, "encrypted_content") {
				t.Fatalf("nothing was sealed: %s", output)
			}
			second := fmt.Sprintf(`{"model":"m","input":[{"role":"user","content":"Say hello."},%s,{"role":"user","content":"Again."}]}`, strings.Trim(output, "[]"))
			requireText(t, gw.Post("/v1/responses", second), "Hello.")
			if n := len(upstream.Requests()); n != 3 {
				t.Fatalf("the provider was asked %d times", n)
			}
			for n, want := range []bool{false, true, false} {
				if got := strings.Contains(string(upstream.Request(n).Body), test.seal); got != want {
					t.Errorf("request %d has it: %v, want %v: %s", n, got, want, upstream.Request(n).Body)
				}
			}
			if !gjson.ValidBytes(upstream.Request(2).Body) || !strings.Contains(string(upstream.Request(2).Body), "Again.") {
				t.Errorf("the last request is %s", upstream.Request(2).Body)
			}
			if !strings.Contains(gw.Logs(), "cannot open its own reasoning") {
				t.Error("the log does not say so")
			}
		})
	}
	t.Run("where that does not help either", func(t *testing.T) {
		upstream := upstreamtest.New(t, tests["Anthropic's signature"].refuses)
		got := start(t, claude(upstream)).Post("/v1/responses", whole)
		if got.Status != http.StatusBadRequest || len(upstream.Requests()) != 2 {
			t.Errorf("got %d after %d requests: %s", got.Status, len(upstream.Requests()), got.Body)
		}
	})
}

// A body that passes holds no reasoning of ours that could be left out.
func TestF19ABodyThatPassesIsSentOnce(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "invalid_encrypted_content", "It could not be verified."))
	gw := start(t, mock(upstream))
	if got := gw.Post("/v1/chat/completions", chatty); got.Status != http.StatusBadRequest || len(upstream.Requests()) != 1 {
		t.Errorf("got %d after %d requests", got.Status, len(upstream.Requests()))
	}
}
