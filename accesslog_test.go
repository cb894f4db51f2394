package codexresponses_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// placeholders are those that the handler documents.
var placeholders = []string{
	"request_id", "endpoint", "model", "route", "provider", "upstream_model", "upstream_status", "attempts", "causes", "key", "input_tokens", "cached_tokens",
	"output_tokens", "reasoning_tokens", "first_event_ms", "duration_ms", "finish", "error_code",
}

func TestTheAccessLogTellsOfTheExchange(t *testing.T) {
	const usage = `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}`
	text := upstreamtest.Text("Hello.")
	for name, test := range map[string]struct {
		reply upstreamtest.Reply
		want  map[string]string
		keys  string // of the log entry, besides those of all
		leave bool
	}{
		"completed": {
			upstreamtest.Stream(text, upstreamtest.Finish("stop"), usage),
			map[string]string{
				"finish": "completed", "upstream_status": "200", "input_tokens": "10", "cached_tokens": "4", "output_tokens": "7", "reasoning_tokens": "3",
				"error_code": "",
			},
			"", false,
		},
		"incomplete": {
			upstreamtest.Stream(text, upstreamtest.Finish("length"), usage),
			map[string]string{"finish": "incomplete", "upstream_status": "200", "output_tokens": "7", "error_code": ""},
			"", false,
		},
		"without counts": {
			upstreamtest.Stream(text, upstreamtest.Finish("stop")), map[string]string{"finish": "completed"}, "estimated", false,
		},
		"failed before it began": {
			upstreamtest.Error(500, "server_error", "", "Broke."),
			map[string]string{"causes": "provider mock answered 500: Broke.", "finish": "failed", "upstream_status": "500", "error_code": "server_error", "first_event_ms": "0", "output_tokens": "0"},
			"error error_code", false,
		},
		"failed in the midst": {
			upstreamtest.Stream(text, upstreamtest.ErrorBody("server_error", "", "Broke.")),
			map[string]string{"causes": "provider mock reported an error: Broke.", "finish": "failed", "upstream_status": "200", "error_code": "server_error"},
			"error error_code estimated", false,
		},
		"client_closed": {
			upstreamtest.Stream(text).Hang(), map[string]string{"finish": "client_closed", "upstream_status": "200", "error_code": ""}, "estimated", true,
		},
		"client_closed before the end, of which nothing was missing": {
			upstreamtest.Stream(text, upstreamtest.Finish("stop")).Hang(), map[string]string{"finish": "client_closed", "error_code": ""}, "estimated", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			for _, p := range placeholders {
				lines = append(lines, "log_append ph_"+p+" {http.codex_responses."+p+"}")
			}
			upstream := upstreamtest.New(t, test.reply)
			gw := gatewaytest.Start(t, ":PORT {\n"+strings.Join(lines, "\n")+"\n"+directive(mock(upstream), "route small-* mock/tiny")+"\n}")
			body := strings.Replace(streamed, `"m"`, `"small-1"`, 1)
			var id string
			if test.leave {
				stream := gw.PostStream("/v1/responses", body)
				stream.Until("response.output_text.delta")
				id = stream.Header.Get("X-Request-Id")
				stream.Close()
				upstream.WaitClosed()
			} else {
				id = gw.Post("/v1/responses", body).Header.Get("X-Request-Id")
			}
			entry := gw.AccessLog(0)
			want := map[string]string{
				"request_id": id, "endpoint": "responses", "model": "small-1", "route": "small-*", "provider": "mock", "upstream_model": "tiny",
				"attempts": "1", "causes": "",
			}
			maps.Copy(want, test.want)
			for name, value := range want {
				if got := entry.Get("ph_" + name); !got.Exists() || got.String() != value {
					t.Errorf("the placeholder %s is %s, want %q", name, got.Raw, value)
				}
			}
			record := entry.Get("codex_responses")
			for _, p := range placeholders {
				if !entry.Get("ph_" + p).Exists() {
					t.Errorf("the placeholder %s is missing", p)
				}
				logged := record.Get(p)
				switch p {
				case "upstream_status":
					logged = record.Get("attempts.0.status")
				case "attempts":
					logged = record.Get("attempts.#")
				case "causes":
					logged = record.Get("attempts.0.cause")
				case "key":
					logged = record.Get("attempts.0.key")
				}
				if got := entry.Get("ph_" + p).String(); got != logged.String() {
					t.Errorf("the log has %s %q, the placeholder %q", p, logged.String(), got)
				}
			}
			if entry.Get("ph_duration_ms").Float() <= 0 || record.Get("attempts.0.duration_ms").Float() <= 0 {
				t.Errorf("the times are %s", record.Raw)
			}
			keys := append(strings.Fields(test.keys), "request_id", "endpoint", "stream", "model", "route", "provider", "upstream_model", "attempts",
				"input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "first_event_ms", "duration_ms", "finish")
			slices.Sort(keys)
			if got := slices.Sorted(maps.Keys(record.Map())); !slices.Equal(got, keys) {
				t.Errorf("the log has %q, want %q", got, keys)
			}
		})
	}
}

func TestTheAccessLogTellsOfEveryAttempt(t *testing.T) {
	problem := upstreamtest.Error(500, "server_error", "", "Broke.")
	gw := gatewaytest.Start(t, ":PORT {\nlog_append causes {http.codex_responses.causes}\n"+directive(
		provider("one", upstreamtest.New(t, problem).URL), provider("two", upstreamtest.New(t, problem).URL), mock(upstreamtest.New(t, hello())),
		"route m one two mock")+"\n}")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if got := gw.AccessLog(0).Get("causes").String(); got != "provider one answered 500: Broke.; provider two answered 500: Broke." {
		t.Errorf("the causes are %q", got)
	}
}

func TestTheAccessLogTellsWhatAChatCompletionHasCost(t *testing.T) {
	const usage = `"usage":{"prompt_tokens":10,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}`
	long := strings.Repeat("A long text. ", 1000)
	for name, reply := range map[string]upstreamtest.Reply{
		"a stream":      upstreamtest.Stream(upstreamtest.Text("Hello."), upstreamtest.Finish("stop"), `{"choices":[],`+usage+`}`),
		"a long stream": upstreamtest.Stream(upstreamtest.Text(long), upstreamtest.Text(long), `{"choices":[],`+usage+`}`),
		"a document":    upstreamtest.JSON(200, `{"choices":[{"message":{"content":"Hello."}}],`+usage+`}`),
		"a long document, counted at its beginning": upstreamtest.JSON(200, `{"id":"x",`+usage+`,"choices":[{"message":{"content":"`+long+`"}}]}`),
		"a long document": upstreamtest.JSON(200, `{"choices":[{"message":{"content":"`+long+`"}}],`+usage+`}`),
	} {
		t.Run(name, func(t *testing.T) {
			gw := start(t, mock(upstreamtest.New(t, reply)))
			gw.Post("/v1/chat/completions", chatty)
			r := recorded(gw, 0)
			for name, want := range map[string]int64{"input_tokens": 10, "cached_tokens": 4, "output_tokens": 7, "reasoning_tokens": 3} {
				if got := r.Get(name).Int(); got != want {
					t.Errorf("%s is %d, want %d", name, got, want)
				}
			}
		})
	}
}

func TestRequestsThatAreNoExchangesAreLoggedPlainly(t *testing.T) {
	gw := start(t, provider("mock", refusing(t)))
	gw.Get("/v1/models")
	if got := recorded(gw, 0); got.Exists() {
		t.Errorf("the log has %s", got.Raw)
	}
}
