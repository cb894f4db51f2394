package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestResponsesAsStream(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())))
	stream := gw.PostStream("/v1/responses", streamed)
	events := stream.Require()
	if got := streamcheck.Text(events); got != "Hello." {
		t.Errorf("the text is %q", got)
	}
	final := streamcheck.Final(events)
	if final.Get("status").String() != "completed" || final.Get("model").String() != "m" ||
		final.Get("usage.input_tokens").Int() != 10 || final.Get("usage.input_tokens_details.cached_tokens").Int() != 4 {
		t.Errorf("the response is %s", final.Raw)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no",
	} {
		if got := stream.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if id := stream.Header.Get("X-Request-Id"); !strings.HasPrefix(id, "req_") || recorded(gw, 0).Get("request_id").String() != id {
		t.Errorf("the request id is %q", id)
	}
}

func TestResponsesAsOneDocument(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello(), upstreamtest.JSON(http.StatusOK,
		`{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}]}`))))
	for _, body := range []string{whole, strings.Replace(whole, "}", `,"stream":false}`, 1)} {
		got := gw.Post("/v1/responses", body)
		requireText(t, got, "Hello.")
		if err := streamcheck.CheckResponse(got.Body); err != nil {
			t.Errorf("bad response: %v\n%s", err, got.Body)
		}
		if kind := got.Header.Get("Content-Type"); kind != "application/json" || got.Header.Get("X-Request-Id") == "" {
			t.Errorf("header is %v", got.Header)
		}
	}
}

func TestLargeAnswers(t *testing.T) {
	want := strings.Repeat("A line of text.\n", 1<<16)
	gw := start(t, mock(upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text(want), upstreamtest.Finish("stop")))), "heartbeat 1ms")
	if got := streamcheck.Text(gw.PostStream("/v1/responses", streamed).Require()); got != want {
		t.Errorf("the text has %d bytes, want %d", len(got), len(want))
	}
	requireText(t, gw.Post("/v1/responses", whole), want)
}

func TestAStreamOfAnUpstreamThatSendsOneDocument(t *testing.T) {
	const document = `{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}]}`
	for name, reply := range map[string]upstreamtest.Reply{
		"as JSON":                           upstreamtest.JSON(http.StatusOK, document),
		"as JSON after blank lines":         upstreamtest.JSON(http.StatusOK, "\n\n  \n"+document),
		"with the type of a stream":         upstreamtest.Raw(document),
		"without a content type":            upstreamtest.Raw(document).WithHeader("Content-Type", ""),
		"as a stream with the type of JSON": hello().WithHeader("Content-Type", "application/json"),
		"as a stream with a comment, as JSON": upstreamtest.Raw(": wait\n\n", "data: "+document+"\n\n").
			WithHeader("Content-Type", "application/json; charset=utf-8"),
		"as a stream of the type of text": hello().WithHeader("Content-Type", "text/plain"),
	} {
		t.Run(name, func(t *testing.T) {
			gw := start(t, mock(upstreamtest.New(t, reply)))
			if got := streamcheck.Text(gw.PostStream("/v1/responses", streamed).Require()); got != "Hello." {
				t.Errorf("the text is %q", got)
			}
		})
	}
}

func TestChatCompletionsPassesBytesThrough(t *testing.T) {
	frames := []string{": hi\r\n\r\n", "data: {\"a\" : 1}\n\n", "event: odd\ndata: \xff\n\n", "data: [DONE]\n\n"}
	const document = "{ \"id\": \"c\",\n\"choices\":[] , \"odd\": 1.50 }"
	for name, test := range map[string]struct {
		body, want string // the request as it comes and as it goes
		reply      upstreamtest.Reply
		answer     string
	}{
		"a stream": {
			`{ "messages":[], "model" : "small","stream":true, "odd": [1.0,"\u00e9"] }`,
			`{ "messages":[], "model" : "tiny-1","stream":true, "odd": [1.0,"\u00e9"] }`,
			upstreamtest.Raw(frames...), strings.Join(frames, ""),
		},
		"a document": {
			`{"model":"other"}`, `{"model":"other"}`,
			upstreamtest.JSON(http.StatusOK, document), document,
		},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, test.reply.WithHeader("X-Internal", "1"))
			gw := start(t, provider("mock", upstream.URL+"/some/api?version=2&beta", "model small tiny-1"))
			got := gw.Post("/v1/chat/completions?x=y", test.body)
			if got.Status != http.StatusOK || string(got.Body) != test.answer {
				t.Errorf("got %d %q", got.Status, got.Body)
			}
			if got.Header.Get("X-Internal") != "" || got.Header.Get("X-Request-Id") == "" {
				t.Errorf("header is %v", got.Header)
			}
			request := upstream.Request(0)
			if string(request.Body) != test.want {
				t.Errorf("the upstream got %s, want %s", request.Body, test.want)
			}
			if request.Method != http.MethodPost || request.Path != "/some/api/chat/completions" || request.Query.Encode() != "beta=&version=2" {
				t.Errorf("the upstream got %s %s?%s", request.Method, request.Path, request.Query.Encode())
			}
			if r := recorded(gw, 0); r.Get("endpoint").String() != "chat_completions" || r.Get("finish").String() != "completed" ||
				r.Get("model").String() != gjson.Get(test.body, "model").String() ||
				r.Get("upstream_model").String() != gjson.Get(test.want, "model").String() {
				t.Errorf("the record is %s", r.Raw)
			}
		})
	}
}

func TestChatCompletionsInACodingKeepIt(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.JSON(http.StatusOK, encoded(t, "{}", "gzip")).WithHeader("Content-Encoding", "gzip"))
	gw := start(t, mock(upstream, "header_up Accept-Encoding gzip"))
	if got := gw.Post("/v1/chat/completions", chatty); got.Header.Get("Content-Encoding") != "gzip" || string(got.Body) != encoded(t, "{}", "gzip") {
		t.Errorf("got %v %q", got.Header, got.Body)
	}
}

func TestTheUpstreamPathIsAddedToTheBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"/v1": "/v1/chat/completions", "/v1/": "/v1/chat/completions", "": "/chat/completions", "/": "/chat/completions",
		"/a/b%20c?key=1": "/a/b c/chat/completions",
	} {
		t.Run(base, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			requireText(t, start(t, provider("mock", upstream.URL+base)).Post("/v1/responses", whole), "Hello.")
			if got := upstream.Request(0); got.Path != want || got.Query.Has("key") != strings.Contains(base, "key") {
				t.Errorf("the upstream got %s?%s", got.Path, got.Query.Encode())
			}
		})
	}
}
