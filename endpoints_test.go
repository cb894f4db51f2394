package codexresponses_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
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

func TestModels(t *testing.T) {
	dead := refusing(t)
	gw := start(t,
		provider("deepseek deepseek", dead, "model fast deepseek-v4-flash"),
		provider("mock", dead, "model small tiny-1"),
		"route gpt-5.5 mock/big deepseek",
		"route claude-* mock")
	got := gw.Get("/v1/models")
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "application/json" || got.Get("object").String() != "list" {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	ids, slugs := texts(got.Get("data.#.id")), texts(got.Get("models.#.slug"))
	for _, name := range []string{"gpt-5.5", "fast", "small"} {
		if !slices.Contains(ids, name) {
			t.Errorf("%s is missing among %q", name, ids)
		}
	}
	if slices.Sort(ids); slices.Contains(ids, "claude-*") {
		t.Error("a pattern is listed as a model")
	}
	if slices.Sort(slugs); !slices.Equal(ids, slugs) {
		t.Errorf("the OpenAI list has %q, Codex's catalogue %q", ids, slugs)
	}
	if got.Get("models.#.base_instructions|#").Int() != int64(len(slugs)) {
		t.Error("a model has no base_instructions")
	}
	t.Run("is answered at once", func(t *testing.T) {
		fastest := time.Hour
		for range 5 {
			begin := time.Now()
			gw.With(t).Get("/v1/models?client_version=0.169.0")
			fastest = min(fastest, time.Since(begin))
		}
		if fastest > 50*time.Millisecond {
			t.Errorf("it took %s", fastest)
		}
	})
	t.Run("is kept by its ETag", func(t *testing.T) {
		etag := got.Header.Get("ETag")
		for _, tag := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
			again := gw.With(t).Get("/v1/models", "If-None-Match: "+tag)
			if again.Status != http.StatusNotModified || len(again.Body) > 0 || again.Header.Get("ETag") != etag {
				t.Errorf("%s: got %d %v %s", tag, again.Status, again.Header, again.Body)
			}
		}
		if again := gw.With(t).Get("/v1/models", `If-None-Match: "x"`); again.Status != http.StatusOK {
			t.Errorf("got %d for another tag", again.Status)
		}
	})
	t.Run("has a head", func(t *testing.T) {
		head := gw.With(t).Do(http.MethodHead, "/v1/models", "")
		if head.Status != http.StatusOK || len(head.Body) > 0 || head.Header.Get("ETag") != got.Header.Get("ETag") ||
			head.Header.Get("Content-Length") != got.Header.Get("Content-Length") {
			t.Errorf("got %d %v %s", head.Status, head.Header, head.Body)
		}
	})
}

func texts(list gjson.Result) []string {
	var all []string
	for _, one := range list.Array() {
		all = append(all, one.String())
	}
	return all
}

func TestHealth(t *testing.T) {
	gw := start(t, provider("mock", refusing(t)))
	if got := gw.Get("/v1/health"); got.Status != http.StatusOK || got.Get("status").String() != "ok" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v %s", got.Status, got.Header, got.Body)
	}
	if got := gw.Do(http.MethodHead, "/v1/health", ""); got.Status != http.StatusOK || len(got.Body) > 0 {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestPathsAndMethods(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := gatewaytest.Start(t, ":PORT {\nroute {\n"+directive(mock(upstream))+"\nrespond next\n}\n}")
	for name, test := range map[string]struct {
		method, path string
		status       int
		allow        string
		ours         bool // answered by the gateway
	}{
		"an unknown path below the base path":     {http.MethodPost, "/v1/embeddings", http.StatusNotFound, "", true},
		"the base path":                           {http.MethodGet, "/v1", http.StatusNotFound, "", true},
		"the base path with a slash":              {http.MethodGet, "/v1/", http.StatusNotFound, "", true},
		"a stored response":                       {http.MethodGet, "/v1/responses/resp_1", http.StatusNotFound, "", true},
		"an endpoint with another method":         {http.MethodGet, "/v1/responses", http.StatusMethodNotAllowed, "POST", true},
		"a read-only endpoint":                    {http.MethodPost, "/v1/models", http.StatusMethodNotAllowed, "GET, HEAD", true},
		"chat completions with another method":    {http.MethodDelete, "/v1/chat/completions", http.StatusMethodNotAllowed, "POST", true},
		"an endpoint without the base path":       {http.MethodGet, "/responses", http.StatusMethodNotAllowed, "POST", true},
		"a path that begins like the base path":   {http.MethodGet, "/v1x/models", http.StatusOK, "", false},
		"the root":                                {http.MethodGet, "/", http.StatusOK, "", false},
		"an unknown path without the base path":   {http.MethodPost, "/embeddings", http.StatusOK, "", false},
		"an endpoint under something else":        {http.MethodPost, "/other/v1/responses", http.StatusOK, "", false},
		"an options request that is no preflight": {http.MethodOptions, "/v1/responses", http.StatusMethodNotAllowed, "POST", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := gw.With(t).Do(test.method, test.path, "")
			if got.Status != test.status || got.Header.Get("Allow") != test.allow {
				t.Errorf("got %d, allow %q", got.Status, got.Header.Get("Allow"))
			}
			if !test.ours {
				if string(got.Body) != "next" {
					t.Errorf("it did not reach the next handler: %s", got.Body)
				}
				return
			}
			if e := errorOf(t, got); !strings.Contains(e.Get("message").String(), test.path) {
				t.Errorf("the message does not name the path: %s", got.Body)
			}
		})
	}
	if n := len(upstream.Requests()); n > 0 {
		t.Errorf("the upstream got %d requests", n)
	}
}

func TestPathsThatReachTheResponses(t *testing.T) {
	for name, test := range map[string]struct{ caddyfile, path string }{
		"with a slash at the end":      {"%", "/v1/responses/"},
		"without the base path":        {"%", "/responses"},
		"below handle_path":            {"handle_path /ai/v1/* {\n%\n}", "/ai/v1/responses"},
		"below another base path":      {"base_path /openai/v1", "/openai/v1/responses"},
		"below a base path with slash": {"base_path /openai/", "/openai/responses"},
		"at the root":                  {"base_path /", "/responses"},
	} {
		t.Run(name, func(t *testing.T) {
			ours := directive(mock(upstreamtest.New(t, hello())))
			if strings.HasPrefix(test.caddyfile, "base_path") {
				ours = directive(mock(upstreamtest.New(t, hello())), test.caddyfile)
				test.caddyfile = "%"
			}
			gw := gatewaytest.Start(t, ":PORT {\n"+strings.ReplaceAll(test.caddyfile, "%", ours)+"\n}")
			requireText(t, gw.Post(test.path, whole), "Hello.")
		})
	}
}

func TestAWebSocketIsRefusedAtOnce(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	for _, path := range []string{"/v1/responses", "/responses"} {
		got := gw.Get(path, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
		if got.Status != http.StatusUpgradeRequired {
			t.Errorf("%s: got %d", path, got.Status)
		}
		errorOf(t, got)
		requireText(t, gw.Post(path, whole), "Hello.")
	}
	if n := len(upstream.Requests()); n != 2 {
		t.Errorf("the upstream got %d requests", n)
	}
}

func TestCORS(t *testing.T) {
	const origin = "https://app.example"
	gw := start(t, mock(upstreamtest.New(t, hello())), "cors "+origin+" http://localhost:3000")
	preflight := []string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,x-stainless-os"}

	got := gw.Do(http.MethodOptions, "/v1/responses", "", append(preflight, "Origin: "+origin)...)
	if got.Status != http.StatusNoContent || got.Header.Get("Access-Control-Allow-Origin") != origin ||
		!strings.Contains(got.Header.Get("Access-Control-Allow-Methods"), "POST") ||
		got.Header.Get("Access-Control-Allow-Headers") != "authorization,x-stainless-os" {
		t.Errorf("preflight: got %d %v", got.Status, got.Header)
	}
	got = gw.Do(http.MethodOptions, "/v1/responses", "", append(preflight, "Origin: https://evil.example")...)
	if got.Header.Get("Access-Control-Allow-Origin") != "" || got.Header.Get("Vary") != "Origin" {
		t.Errorf("preflight of another origin: got %d %v", got.Status, got.Header)
	}
	for name, got := range map[string]gatewaytest.Response{
		"a stream":   gw.Post("/v1/responses", streamed, "Origin: "+origin),
		"a document": gw.Post("/v1/responses", whole, "Origin: "+origin),
		"an error":   gw.Post("/v1/responses", "", "Origin: "+origin),
		"the models": gw.Get("/v1/models", "Origin: "+origin),
	} {
		if got.Header.Get("Access-Control-Allow-Origin") != origin || got.Header.Get("Vary") != "Origin" ||
			!strings.Contains(got.Header.Get("Access-Control-Expose-Headers"), "X-Request-Id") {
			t.Errorf("%s: header is %v", name, got.Header)
		}
	}
	for name, got := range map[string]gatewaytest.Response{
		"another origin": gw.Post("/v1/responses", whole, "Origin: http://localhost:3001"),
		"no origin":      gw.Post("/v1/responses", whole),
	} {
		if got.Status != http.StatusOK || got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: got %d %v", name, got.Status, got.Header)
		}
	}
	gw = start(t, mock(upstreamtest.New(t, hello())), "cors *")
	if got := gw.Post("/v1/responses", whole, "Origin: https://any.example").Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("any origin: got %q", got)
	}
}
