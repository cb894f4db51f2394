package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// breakdown is a way in which a provider fails in the midst of its answer.
type breakdown struct {
	reply upstreamtest.Reply
	code  string // of the failed response
	says  string

	status int // where the client wants one document
}

func breakdowns() map[string]breakdown {
	var (
		text = upstreamtest.Text("Hel")
		boom = upstreamtest.ErrorBody("server_error", "", "A node died.")
	)
	return map[string]breakdown{
		"cut off":                   {upstreamtest.Stream(text).Cut(), "server_error", "broke off", 502},
		"ended without a finish":    {upstreamtest.Stream(text).WithoutDone(), "server_error", "broke off", 502},
		"cut within a chunk":        {upstreamtest.Raw("data: "+text+"\n\n", "data: {\"choices\":[{").Cut(), "server_error", "broke off", 502},
		"ended within a chunk":      {upstreamtest.Raw("data: "+text+"\n\n", "data: {\"choices\":[{"), "server_error", "broke off", 502},
		"an error":                  {upstreamtest.Stream(text, boom), "server_error", "A node died.", 502},
		"an error, then more":       {upstreamtest.Stream(text, boom, text, upstreamtest.Finish("stop")), "server_error", "A node died.", 502},
		"a chunk that is not JSON":  {upstreamtest.Raw("data: "+text+"\n\n", "data: {]\n\n"), "server_error", "not JSON", 502},
		"a finish that is an error": {upstreamtest.Stream(text, upstreamtest.Finish("network_error")), "server_error", "network_error", 502},
		"within the reasoning":      {upstreamtest.Stream(upstreamtest.Reasoning("Hm")).Cut(), "server_error", "broke off", 502},
		"within a call":             {upstreamtest.Stream(text, upstreamtest.ToolCall(0, "c", "f", `{"a":`)).Cut(), "server_error", "broke off", 502},
		"a rate limit": {
			upstreamtest.Stream(text, upstreamtest.ErrorBody("rate_limit_error", "rate_limit_exceeded", "Slow down, try again in 9s")),
			"rate_limit_exceeded", "try again in 9s", 429,
		},
		"a prompt that is too long": {
			upstreamtest.Stream(text, upstreamtest.ErrorBody("invalid_request_error", "context_length_exceeded", "At most 10.")),
			"context_length_exceeded", "At most 10.", 400,
		},
		"a reset": {upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: %s\n\n", text)
			http.NewResponseController(w).Flush()
			reset(w)
		}), "server_error", "broke off", 502},
	}
}

func TestFailuresAfterTheFirstEvent(t *testing.T) {
	for name, test := range breakdowns() {
		t.Run(name, func(t *testing.T) {
			logged := test.says
			if test.code == "context_length_exceeded" {
				logged = test.code // a provider may quote the prompt in it
			}
			anew := func() *gatewaytest.Gateway { return start(t, mock(upstreamtest.New(t, test.reply))) } // which has not seen the provider fail
			requireRecord := func(gw *gatewaytest.Gateway) {
				t.Helper()
				if r := recorded(gw, 0); r.Get("finish").String() != "failed" || !strings.Contains(r.Get("attempts.0.cause").String(), logged) {
					t.Errorf("the record is %s", r.Raw)
				}
			}
			for _, header := range []string{"Accept: */*", asCodex} {
				gw := anew()
				events := gw.PostStream("/v1/responses", streamed, header).Require()
				if text := streamcheck.Text(events); text != "Hel" && !strings.Contains(name, "reasoning") {
					t.Errorf("the text is %q", text)
				}
				last := events[len(events)-1]
				reason := last.Response().Get("error")
				if last.Type != "response.failed" || reason.Get("code").String() != test.code ||
					!strings.Contains(reason.Get("message").String(), test.says) || !strings.Contains(reason.Get("message").String(), "mock") {
					t.Errorf("the last event is %s", last.Data)
				}
				for _, item := range streamcheck.Items(events) {
					if item.Get("type").String() == "function_call" {
						t.Errorf("a call was closed, so a client runs it: %s", item.Raw)
					}
				}
				requireRecord(gw)
			}
			gw := anew()
			got := gw.Post("/v1/responses", whole)
			if e := errorOf(t, got); got.Status != test.status || !strings.Contains(e.Get("message").String(), test.says) {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
			requireRecord(gw)
		})
	}
}

func TestChatCompletionsThatBreakOff(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hel")).Cut())))
	body, err := gw.PostStream("/v1/chat/completions", chatty).Rest()
	if err == nil || !strings.Contains(string(body), "Hel") {
		t.Errorf("got %v %s", err, body)
	}
	if r := recorded(gw, 0); r.Get("finish").String() != "failed" {
		t.Errorf("the record is %s", r.Raw)
	}
}
