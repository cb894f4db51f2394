package codexresponses_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// toBoth is a route with a second target, which is a provider called backup.
const toBoth = "route m mock backup/other"

func backup(u *upstreamtest.Upstream) string { return provider("backup", u.URL) }

func TestTheSecondTargetServesWhatTheFirstCannot(t *testing.T) {
	for name, m := range mishaps() {
		if m.code == "context_length_exceeded" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, ask := range []func(gw *gatewaytest.Gateway) string{
				func(gw *gatewaytest.Gateway) string {
					return streamcheck.Text(gw.PostStream("/v1/responses", streamed).Require())
				},
				func(gw *gatewaytest.Gateway) string {
					return streamcheck.Text(gw.PostStream("/v1/responses", streamed, asCodex).Require())
				},
				func(gw *gatewaytest.Gateway) string {
					return gw.Post("/v1/responses", whole).Get(`output.#(type=="message").content.0.text`).String()
				},
			} {
				second := upstreamtest.New(t, hello())
				gw := m.start(t, backup(second), toBoth) // which has not seen the first one fail
				if got := ask(gw); got != "Hello." {
					t.Errorf("the text is %q", got)
				}
				if got := gjson.GetBytes(second.Request(0).Body, "model").String(); got != "other" {
					t.Errorf("the second upstream was asked for %s", got)
				}
				r := recorded(gw, 0)
				if r.Get("attempts.#").Int() != 2 || r.Get("attempts.0.provider").String() != "mock" || r.Get("attempts.0.cause").String() == "" ||
					r.Get("attempts.1.provider").String() != "backup" || r.Get("attempts.1.cause").Exists() ||
					r.Get("finish").String() != "completed" || r.Get("provider").String() != "backup" || r.Get("error_code").Exists() ||
					r.Get("route").String() != "m" || r.Get("input_tokens").Int() != 10 {
					t.Errorf("the record is %s", r.Raw)
				}
				if m.code != "invalid_prompt" && m.code != "content_filter" { // of which a provider may quote the prompt
					m.checkMessage(t, r.Get("attempts.0.cause").String())
				}
			}
		})
	}
}

func TestChatCompletionsGoToTheSecondTarget(t *testing.T) {
	first := upstreamtest.New(t, upstreamtest.Error(500, "server_error", "", "Something broke."))
	second := upstreamtest.New(t, hello())
	gw := start(t, mock(first), backup(second), toBoth)
	got := gw.Post("/v1/chat/completions", chatty)
	if got.Status != http.StatusOK || !strings.HasSuffix(string(got.Body), "data: [DONE]\n\n") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if model := gjson.GetBytes(second.Request(0).Body, "model").String(); model != "other" {
		t.Errorf("the second upstream was asked for %s", model)
	}
}

func TestAChatCompletionThatIsAnErrorGoesToTheSecondTarget(t *testing.T) {
	problem := upstreamtest.ErrorBody("server_error", "", "Provider returned error")
	for name, reply := range map[string]upstreamtest.Reply{
		"a document":      upstreamtest.JSON(http.StatusOK, problem),
		"the first event": upstreamtest.Stream(problem),
		"behind a comment": upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(": working\n\n"))
			event(w, problem)
		}),
		"a page of spaces":    upstreamtest.JSON(http.StatusOK, "  \n\n"+problem),
		"among other members": upstreamtest.Stream(`{"id":"x","choices":[],"error":{"code":502,"message":"Provider returned error"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			gw := start(t, provider("first", upstreamtest.New(t, reply).URL), provider("second", upstreamtest.New(t, hello()).URL), "route m first second")
			if got := gw.Post("/v1/chat/completions", chatty); got.Status != http.StatusOK || !strings.Contains(string(got.Body), "Hel") {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
			if r := recorded(gw, 0); r.Get("attempts.#").Int() != 2 || !strings.Contains(r.Get("attempts.0.cause").String(), "Provider returned error") {
				t.Errorf("the record is %s", r.Raw)
			}
		})
	}
}

func TestAPromptThatIsTooLongGoesToNoOtherTarget(t *testing.T) {
	m := mishaps()["a prompt that is too long"]
	second := upstreamtest.New(t, hello())
	gw := m.start(t, backup(second), toBoth)
	m.check(t, gw.Post("/v1/responses", streamed), m.status)
	if n := len(second.Requests()); n > 0 {
		t.Errorf("the second upstream got %d requests", n)
	}
}

func TestAnotherTargetComesTooLateOnceTheAnswerHasBegun(t *testing.T) {
	for name, test := range breakdowns() {
		t.Run(name, func(t *testing.T) {
			second := upstreamtest.New(t, hello())
			gw := start(t, mock(upstreamtest.New(t, test.reply)), backup(second), toBoth)
			events := gw.PostStream("/v1/responses", streamed).Require()
			if last := events[len(events)-1]; last.Type != "response.failed" {
				t.Errorf("the last event is %s", last.Data)
			}
			if n := len(second.Requests()); n > 0 {
				t.Fatalf("the second upstream got %d requests", n)
			}
			if test.code == "context_length_exceeded" {
				return
			}
			// For a client that wants one document nothing has begun.
			requireText(t, gw.Post("/v1/responses", whole), "Hello.")
		})
	}
}

func TestAnAttemptThatFailedLeavesNoTrace(t *testing.T) {
	first := upstreamtest.New(t, upstreamtest.Error(429, "rate_limit_error", "", "Slow down.").WithHeader("Retry-After", "7").WithHeader("Set-Cookie", "a=b"))
	second := upstreamtest.New(t, hello())
	direct := start(t, backup(second))
	want := [2]http.Header{direct.Post("/v1/responses", streamed).Header, direct.Post("/v1/responses", whole).Header}
	gw := start(t, mock(first, "header_down X-From first"), backup(second), toBoth)
	got := [2]gatewaytest.Response{gw.Post("/v1/responses", streamed), gw.Post("/v1/responses", whole)}
	for i := range got {
		if !slices.Equal(slices.Sorted(maps.Keys(got[i].Header)), slices.Sorted(maps.Keys(want[i]))) {
			t.Errorf("the header is %v, without a first target %v", got[i].Header, want[i])
		}
		for name, values := range got[i].Header {
			if len(values) != len(want[i][name]) {
				t.Errorf("%s is %q, without a first target %q", name, values, want[i][name])
			}
		}
		if strings.Contains(string(got[i].Body), "mock") || strings.Contains(string(got[i].Body), "Slow") {
			t.Errorf("the body tells of the first target: %s", got[i].Body)
		}
	}
}

func TestAllTargetsFail(t *testing.T) {
	first := upstreamtest.New(t, upstreamtest.Error(500, "server_error", "", "First."))
	second := upstreamtest.New(t, upstreamtest.Error(429, "rate_limit_error", "", "Second.").WithHeader("Retry-After", "7"))
	gw := start(t, mock(first), backup(second), toBoth)
	got := gw.Post("/v1/responses", streamed)
	if e := errorOf(t, got); got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "5" ||
		!strings.Contains(e.Get("message").String(), "provider mock answered 500: First; provider backup answered 429: Second") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if r := recorded(gw, 0); !strings.Contains(r.Get("attempts.0.cause").String(), "First.") || !strings.Contains(r.Get("attempts.1.cause").String(), "Second.") {
		t.Errorf("the record is %s", r.Raw)
	}
}

func TestATargetWithoutAKeyIsPassedOver(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "")
	first, second := upstreamtest.New(t, hello()), upstreamtest.New(t, hello())
	gw := start(t, provider("deepseek", first.URL), backup(second), "route m deepseek backup")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if n := len(first.Requests()); n > 0 {
		t.Errorf("the first upstream got %d requests", n)
	}
}

func TestTheSecondTargetGoesOnWithAStreamThatHasBegun(t *testing.T) {
	step := make(chan struct{})
	for name, reply := range map[string]upstreamtest.Reply{
		"by the timer":               upstreamtest.Error(500, "server_error", "", "Something broke.").HoldHeader(step),
		"by the timer, then reset":   upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) { reset(w) }).HoldHeader(step),
		"by the first event":         upstreamtest.Stream(upstreamtest.Text(""), upstreamtest.ErrorBody("server_error", "", "Broke.")).Hold(step),
		"by a comment and the timer": upstreamtest.Raw(": wait\n\n", "data: "+upstreamtest.ErrorBody("server_error", "", "Broke.")+"\n\n").Hold(step),
	} {
		t.Run(name, func(t *testing.T) {
			second := upstreamtest.New(t, hello())
			gw := start(t, mock(upstreamtest.New(t, reply)), backup(second), toBoth, "heartbeat 50ms")
			stream := gw.PostStream("/v1/responses", streamed)
			stream.Until("response.created")
			step <- struct{}{}
			events := stream.Require()
			if got := streamcheck.Text(events); got != "Hello." {
				t.Errorf("the text is %q", got)
			}
			if r := recorded(gw, 0); r.Get("attempts.#").Int() != 2 || r.Get("finish").String() != "completed" {
				t.Errorf("the record is %s", r.Raw)
			}
		})
	}
	t.Run("and fails with it", func(t *testing.T) {
		boom := upstreamtest.Error(500, "server_error", "", "Something broke.").HoldHeader(step)
		gw := start(t, mock(upstreamtest.New(t, boom)), backup(upstreamtest.New(t, boom)), toBoth, "heartbeat 50ms")
		stream := gw.PostStream("/v1/responses", streamed)
		stream.Until("response.created")
		step <- struct{}{}
		step <- struct{}{}
		events := stream.Require()
		if last := events[len(events)-1]; !strings.Contains(last.Response().Get("error.message").String(), "provider backup answered 500") {
			t.Errorf("the last event is %s", last.Data)
		}
	})
}
