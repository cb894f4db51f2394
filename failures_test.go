package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestFailuresBeforeTheFirstEvent(t *testing.T) {
	for name, m := range mishaps() {
		t.Run(name, func(t *testing.T) {
			for _, request := range []string{streamed, whole} { // each at a gateway that has not seen the provider fail
				gw := m.start(t)
				m.check(t, gw.Post("/v1/responses", request), m.status)
				r := recorded(gw, 0)
				if r.Get("finish").String() != "failed" || r.Get("error_code").String() != m.code || r.Get("attempts.#").Int() != 1 ||
					r.Get("attempts.0.cause").String() == "" {
					t.Errorf("the record is %s", r.Raw)
				}
			}
			if m.codex == "" {
				status := 400
				switch m.code {
				case "model_not_found":
					status = 404
				case "context_length_exceeded":
				default:
					m.code = "invalid_prompt" // with any other code Codex shows the whole body
				}
				m.check(t, m.start(t).Post("/v1/responses", streamed, asCodex), status)
				m.check(t, m.start(t).Post("/v1/responses", whole, asCodex), status)
				return
			}
			m.checkFailed(t, m.start(t).PostStream("/v1/responses", streamed, asCodex))
			m.check(t, m.start(t).Post("/v1/responses", whole, asCodex), m.status)
		})
	}
}

func TestAFailureBehindAnEmptyFirstEventEndsTheStream(t *testing.T) {
	step := make(chan struct{})
	boom := upstreamtest.ErrorBody("invalid_request_error", "invalid_api_key", "Bad key.")
	gw := start(t, mock(upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text(""), boom).Hold(step))))
	for _, header := range []string{"Accept: */*", asCodex} {
		stream := gw.PostStream("/v1/responses", streamed, header)
		stream.Until("response.created")
		step <- struct{}{}
		events := stream.Require()
		last := events[len(events)-1]
		if reason := last.Response().Get("error"); last.Type != "response.failed" || reason.Get("code").String() != "invalid_prompt" ||
			!strings.Contains(reason.Get("message").String(), "Bad key.") {
			t.Errorf("the last event is %s", last.Data)
		}
	}
}

func TestFailuresOfChatCompletions(t *testing.T) {
	for name, m := range mishaps() {
		if m.provider == nil && !strings.Contains(name, "before the answer") && m.status != 429 {
			continue // the reply passes through, or is told as any other
		}
		t.Run(name, func(t *testing.T) {
			m.check(t, m.start(t).Post("/v1/chat/completions", chatty), m.status)
		})
	}
}

func TestUnknownModels(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream), provider("other", upstream.URL, "model small tiny"), "route big-* other")
	for name, header := range map[string]string{"a plain client": "Accept: */*", "Codex": asCodex} {
		for _, path := range []string{"/v1/responses", "/v1/chat/completions"} {
			got := gw.Post(path, strings.Replace(chatty, "{", `{"input":"x",`, 1), header)
			e := errorOf(t, got)
			if got.Status != http.StatusNotFound || e.Get("code").String() != "model_not_found" {
				t.Errorf("%s: got %d %s", name, got.Status, got.Body)
			}
			for _, known := range []string{"small", "big-*", `"m"`} {
				if !strings.Contains(e.Get("message").String(), known) {
					t.Errorf("%s: the message has no %s: %s", name, known, got.Body)
				}
			}
		}
	}
	if n := len(upstream.Requests()); n > 0 {
		t.Errorf("the upstream got %d requests", n)
	}
}
