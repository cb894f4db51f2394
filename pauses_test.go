package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// searched is a request that lets the provider search, in the midst of which it may pause.
const searched = `{"model":"m","input":"Say hello.","stream":true,"tools":[{"type":"web_search"}]}`

// pausing is a reply of Anthropic that is to go on.
func pausing(text string) upstreamtest.Reply {
	return upstreamtest.Messages("pause_turn", upstreamtest.MessagesText(text))
}

// claude is the block of a provider that speaks Messages.
func claude(u *upstreamtest.Upstream) string {
	return fmt.Sprintf("provider claude {\nwire messages\nbase_url %s\nset max_tokens 1000\nset web_search web_search_20250305\n}", u.URL)
}

func TestAPausedReplyGoesOnInTheSameResponse(t *testing.T) {
	upstream := upstreamtest.New(t, pausing("One, "), pausing("two, "), upstreamtest.Messages("end_turn", upstreamtest.MessagesText("three.")))
	gw := start(t, claude(upstream))
	events := gw.PostStream("/v1/responses", searched).Require()
	response := events[len(events)-1].Get("response")
	var said strings.Builder
	for _, item := range response.Get(`output.#(type=="message")#.content.0.text`).Array() {
		said.WriteString(item.String())
	}
	if response.Get("status").String() != "completed" || said.String() != "One, two, three." {
		t.Errorf("got %s", response.Raw)
	}
	if got := response.Get("usage.output_tokens").Int(); got != 15 { // five a reply
		t.Errorf("it took %d tokens", got)
	}
	for n, want := range []string{"", "One, ", "One, two, "} {
		var last strings.Builder
		messages := gjson.GetBytes(upstream.Request(n).Body, "messages").Array()
		for _, message := range messages {
			if message.Get("role").String() == "assistant" {
				for _, block := range message.Get("content").Array() {
					last.WriteString(block.Get("text").String())
				}
			}
		}
		if last.String() != want {
			t.Errorf("request %d goes on from %q, want %q", n, last.String(), want)
		}
	}
	if record := recorded(gw, 0); record.Get("attempts.#").Int() != 1 || record.Get("finish").String() != "completed" {
		t.Errorf("the record says %s", record.Raw)
	}
}

func TestAReplyThatPausesForEverIsIncomplete(t *testing.T) {
	upstream := upstreamtest.New(t, pausing("On and on. "))
	got := start(t, claude(upstream)).Post("/v1/responses", strings.Replace(searched, "true", "false", 1))
	if got.Get("status").String() != "incomplete" || got.Get("incomplete_details.reason").String() != "max_output_tokens" {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if n := len(upstream.Requests()); n != 11 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestAFailureBehindAPauseFailsTheResponse(t *testing.T) {
	for name, reply := range map[string]upstreamtest.Reply{
		"refused":     upstreamtest.MessagesRefused(http.StatusTooManyRequests, "rate_limit_error", "slow down"),
		"cut":         upstreamtest.MessagesStream(upstreamtest.MessagesEvents("end_turn", upstreamtest.MessagesUsage{}, upstreamtest.MessagesText("tw"))[:3]...).Cut(),
		"an error":    upstreamtest.MessagesStream(upstreamtest.MessagesError("overloaded_error", "too much")),
		"not an API":  upstreamtest.Raw("<html></html>").WithHeader("Content-Type", "text/html"),
		"hung up":     upstreamtest.Func(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		"server fail": upstreamtest.JSON(http.StatusInternalServerError, "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, pausing("One, "), reply)
			events := start(t, claude(upstream)).PostStream("/v1/responses", searched).Require()
			last := events[len(events)-1]
			if last.Type != "response.failed" {
				t.Errorf("it ends in %s", last.Data)
			}
		})
	}
}

func TestACallThatGeminiGotWrongIsAskedForAgain(t *testing.T) {
	upstream := upstreamtest.New(t,
		upstreamtest.GeminiStream(upstreamtest.GeminiFinish("MALFORMED_FUNCTION_CALL", 12, 5, 0)),
		upstreamtest.GeminiStream(upstreamtest.GeminiText("Hello."), upstreamtest.GeminiFinish("STOP", 12, 5, 0)))
	gw := start(t, "provider gemini {\nwire gemini\nbase_url "+upstream.URL+"\nkey {env.NONE}\nheader_up Authorization x\n}")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if string(upstream.Request(0).Body) != string(upstream.Request(1).Body) {
		t.Error("the second request is another")
	}
}

func TestAReplyThatPausesMayGoOnInOneDocument(t *testing.T) {
	const document = `{"type":"message","role":"assistant","content":[{"type":"text","text":"two."}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":5}}`
	upstream := upstreamtest.New(t, pausing("One, "), upstreamtest.JSON(http.StatusOK, document))
	events := start(t, claude(upstream)).PostStream("/v1/responses", searched).Require()
	last := events[len(events)-1]
	if last.Type != "response.completed" || !strings.Contains(string(last.Data), "two.") {
		t.Errorf("it ends in %s", last.Data)
	}
}
