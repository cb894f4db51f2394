package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// refusingFields is an upstream that refuses the first of these members that a request has, as OpenAI does.
func refusingFields(t testing.TB, fields ...string) *upstreamtest.Upstream {
	t.Helper()
	return upstreamtest.New(t, hello()).StrictBy(func(r upstreamtest.Request) (string, upstreamtest.Reply) {
		for _, name := range fields {
			if gjson.GetBytes(r.Body, name).Exists() {
				why := fmt.Sprintf("Unknown parameter: '%s'.", name)
				return why, upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "unknown_parameter", why)
			}
		}
		return "", upstreamtest.Reply{}
	})
}

func sends(r upstreamtest.Request, name string) bool { return gjson.GetBytes(r.Body, name).Exists() }

func TestWhatAProviderRefusesIsLeftOutFromThenOn(t *testing.T) {
	upstream := refusingFields(t, "stream_options")
	gw := start(t, mock(upstream))
	for n, attempts := range []int64{2, 1, 1} {
		if n == 2 { // a reload forgets nothing
			reload(gw, site(mock(upstream), "heartbeat 9s"))
		}
		if got := streamcheck.Text(gw.PostStream("/v1/responses", streamed, asCodex).Require()); got != "Hello." {
			t.Errorf("exchange %d: the text is %q", n, got)
		}
		r := recorded(gw, n)
		if r.Get("attempts.#").Int() != attempts || r.Get("finish").String() != "completed" || r.Get("error_code").Exists() {
			t.Errorf("exchange %d: the record is %s", n, r.Raw)
		}
		if n == 0 && (r.Get("attempts.0.status").Int() != 400 || r.Get("attempts.0.cause").String() == "" || r.Get("attempts.1.cause").Exists()) {
			t.Errorf("the record is %s", r.Raw)
		}
	}
	if n := len(upstream.Requests()); n != 4 || sends(upstream.Request(1), "stream_options") {
		t.Errorf("the upstream got %d requests, the second is %s", n, upstream.Request(1).Body)
	}
	var lines []string
	for line := range strings.Lines(gw.Logs()) {
		if gjson.Get(line, "knob").Exists() {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 {
		t.Fatalf("it is logged %d times: %s", len(lines), lines)
	}
	for field, want := range map[string]string{
		"level": "warn", "provider": "mock", "model": "m", "knob": "stream_usage", "old": `"include_usage"`, "new": `"omit"`,
	} {
		if got := gjson.Get(lines[0], field).String(); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
}

func TestALessonIsForItsModel(t *testing.T) {
	upstream := refusingFields(t, "stream_options")
	gw := start(t, mock(upstream))
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	requireText(t, gw.Post("/v1/responses", strings.Replace(whole, `"m"`, `"n"`, 1)), "Hello.")
	if r := recorded(gw, 1); r.Get("attempts.#").Int() != 2 {
		t.Errorf("the record is %s", r.Raw)
	}
}

func TestALessonThatDoesNotHelpIsTakenBack(t *testing.T) {
	const words = "It says " + promptSecret + ", and Unknown parameter: 'stream_options'."
	upstream := upstreamtest.New(t, upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "", words))
	gw := start(t, mock(upstream))
	for n, requests := range []int{2, 3, 4} {
		got := gw.Post("/v1/responses", streamed, asCodex)
		if e := errorOf(t, got); got.Status != http.StatusBadRequest || e.Get("code").String() != "invalid_prompt" || !strings.Contains(e.Get("message").String(), words) {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
		if got := len(upstream.Requests()); got != requests {
			t.Errorf("after exchange %d the upstream has got %d requests, want %d", n, got, requests)
		}
	}
	for n, sent := range []bool{true, false, true, true} {
		if sends(upstream.Request(n), "stream_options") != sent {
			t.Errorf("request %d is %s", n, upstream.Request(n).Body)
		}
	}
	gw.AwaitLog(func(entry gjson.Result) bool { return strings.Contains(entry.Get("msg").String(), "did not help") })
	gw.AccessLog(2)
	if strings.Contains(gw.Logs(), promptSecret) {
		t.Error("the logs quote the refusal")
	}
}

func TestOneExchangeLearnsThreeThingsAtMost(t *testing.T) {
	const body = `{"model":"m","input":"Say hello.","stream":true,"temperature":0.5,"max_output_tokens":5,"parallel_tool_calls":true,` +
		`"tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],"tool_choice":"auto"}`
	upstream := refusingFields(t, "stream_options", "temperature", "max_tokens", "parallel_tool_calls", "tool_choice")
	gw := start(t, mock(upstream))
	if got := gw.Post("/v1/responses", body, asCodex); got.Status != http.StatusBadRequest || !strings.Contains(string(got.Body), "parallel_tool_calls") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if got := streamcheck.Text(gw.PostStream("/v1/responses", body, asCodex).Require()); got != "Hello." {
		t.Errorf("the text is %q", got)
	}
	if first, second := recorded(gw, 0), recorded(gw, 1); first.Get("attempts.#").Int() != 4 || second.Get("attempts.#").Int() != 3 {
		t.Errorf("the records are %s and %s", first.Raw, second.Raw)
	}
	if last := upstream.Request(6); gjson.GetBytes(last.Body, "max_completion_tokens").Int() != 5 || sends(last, "max_tokens") {
		t.Errorf("the last request is %s", last.Body)
	}
}

func TestTheNextTargetFollowsWhatCannotBeLearned(t *testing.T) {
	first := upstreamtest.New(t, upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "unknown_parameter", "Unknown parameter: 'stream_options'."))
	second := refusingFields(t, "stream_options")
	gw := start(t, mock(first), backup(second), toBoth)
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if r := recorded(gw, 0); r.Get("attempts.#").Int() != 4 || r.Get("provider").String() != "backup" {
		t.Errorf("the record is %s", r.Raw)
	}
}

func TestAStreamThatHasBegunGoesOnWithWhatWasLearned(t *testing.T) {
	step := make(chan struct{})
	upstream := refusingFields(t, "stream_options")
	upstream.StrictBy(func(r upstreamtest.Request) (string, upstreamtest.Reply) {
		if sends(r, "stream_options") {
			return "no", upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "", "Unknown parameter: 'stream_options'.").HoldHeader(step)
		}
		return "", upstreamtest.Reply{}
	})
	gw := start(t, mock(upstream), "heartbeat 50ms")
	stream := gw.PostStream("/v1/responses", streamed)
	stream.Until("response.created")
	step <- struct{}{}
	if got := streamcheck.Text(stream.Require()); got != "Hello." {
		t.Errorf("the text is %q", got)
	}
}

func TestExchangesThatAreRefusedAtOnceAllLearn(t *testing.T) {
	step := make(chan struct{})
	upstream := upstreamtest.New(t, hello()).StrictBy(func(r upstreamtest.Request) (string, upstreamtest.Reply) {
		if sends(r, "stream_options") {
			return "no", upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "", "Unknown parameter: 'stream_options'.").HoldHeader(step)
		}
		return "", upstreamtest.Reply{}
	})
	gw := start(t, mock(upstream))
	const n = 4
	answers := make(chan gatewaytest.Response, n)
	for range n {
		go func() { answers <- gw.Post("/v1/responses", whole) }()
	}
	upstream.Request(n - 1)
	for range n {
		step <- struct{}{}
	}
	for range n {
		requireText(t, <-answers, "Hello.")
	}
	if got := strings.Count(gw.Logs(), `"knob"`); got != 1 {
		t.Errorf("it is logged %d times", got)
	}
}

func TestWhatPassesThroughIsNotChanged(t *testing.T) {
	upstream := refusingFields(t, "stream_options")
	gw := start(t, mock(upstream))
	body := strings.Replace(chatty, `"stream":true`, `"stream":true,"stream_options":{}`, 1)
	if got := gw.Post("/v1/chat/completions", body); got.Status != http.StatusBadRequest || len(upstream.Requests()) != 1 {
		t.Errorf("got %d after %d requests: %s", got.Status, len(upstream.Requests()), got.Body)
	}
}
