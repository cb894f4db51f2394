package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// requireFull asks for something, which has to be refused for the moment.
func requireFull(t *testing.T, gw *gatewaytest.Gateway, body string) {
	t.Helper()
	got := gw.Post("/v1/responses", body)
	if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") != "1" || errorOf(t, got).Get("code").String() != "server_error" {
		t.Errorf("got %d, Retry-After %q: %s", got.Status, got.Header.Get("Retry-After"), got.Body)
	}
}

// The answer comes before the request has been read, which must not keep the client of a large one from hearing it.
func TestBeyondABoundTheAnswerComesAtOnce(t *testing.T) {
	step := make(chan struct{})
	upstream := upstreamtest.New(t, hello().HoldHeader(step), hello())
	gw := start(t, mock(upstream), "max_concurrent 1 queue 0")
	first := make(chan gatewaytest.Response, 1)
	go func() { first <- gw.Post("/v1/responses", whole) }()
	upstream.Request(0)
	requireFull(t, gw, whole)
	requireFull(t, gw, "no request at all")
	requireFull(t, gw, `{"model":"m","input":"`+strings.Repeat("long ", 1<<20)+`"}`)
	close(step)
	requireText(t, <-first, "Hello.")
	eventually(t, "there is room", func() bool { return gw.Post("/v1/responses", whole).Status == http.StatusOK })
}

func TestALargerProviderTakesWhatAFullOneCannot(t *testing.T) {
	step := make(chan struct{})
	small, large := upstreamtest.New(t, hello().HoldHeader(step)), upstreamtest.New(t, hello())
	gw := start(t, provider("small", small.URL, "max_concurrent 1 queue 0"), provider("large", large.URL), "route m small large")
	first := make(chan gatewaytest.Response, 1)
	go func() { first <- gw.Post("/v1/responses", whole) }()
	small.Request(0)
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if n := len(large.Requests()); n != 1 {
		t.Errorf("the large one was asked %d times", n)
	}
	close(step)
	requireText(t, <-first, "Hello.")
}

func TestABoundIsThatOfItsDirective(t *testing.T) {
	bounded, free := directive("provider mock {\nwire chat\nbase_url %s/v1\n}", "max_concurrent 1 queue 0"), directive("base_path /free", "provider mock {\nwire chat\nbase_url %s/v1\n}")
	for name, site := range map[string]string{
		"before another": ":PORT {\nroute {\nhandle /v1/* {\n" + bounded + "\n}\nhandle {\n" + free + "\n}\n}\n}\n",
		"behind another": ":PORT {\nroute {\nhandle /free/* {\n" + free + "\n}\nhandle {\n" + bounded + "\n}\n}\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			step := make(chan struct{})
			upstream := upstreamtest.New(t, hello().HoldHeader(step), hello())
			gw := gatewaytest.Start(t, strings.ReplaceAll(site, "%s", upstream.URL))
			first := make(chan gatewaytest.Response, 1)
			go func() { first <- gw.Post("/v1/responses", whole) }()
			upstream.Request(0)
			requireFull(t, gw, whole)
			requireText(t, gw.Post("/free/responses", whole), "Hello.")
			close(step)
			requireText(t, <-first, "Hello.")
		})
	}
}

func TestABackgroundResponseCountsForABoundUntilItHasEnded(t *testing.T) {
	for name, run := range map[string]func(t *testing.T, gw *gatewaytest.Gateway, step chan struct{}) string{
		"polled": func(t *testing.T, gw *gatewaytest.Gateway, step chan struct{}) string {
			made := begin(t, gw, `"input":"Say hello."`)
			requireFull(t, gw, whole)
			close(step)
			return id(made)
		},
		"followed": func(t *testing.T, gw *gatewaytest.Gateway, step chan struct{}) string {
			stream := gw.PostStream("/v1/responses", `{"model":"m","background":true,"stream":true,"input":"Say hello."}`)
			begun := stream.Until("response.in_progress")
			requireFull(t, gw, whole)
			close(step)
			stream.Require()
			return begun.Response().Get("id").String()
		},
	} {
		t.Run(name, func(t *testing.T) {
			step := make(chan struct{})
			gw := start(t, mock(upstreamtest.New(t, hello().Hold(step), hello())), "max_concurrent 1 queue 0", "store memory")
			made := run(t, gw, step)
			if got := awaitEnd(t, gw, made); got.Get("status").String() != "completed" {
				t.Errorf("got %s", got.Body)
			}
			eventually(t, "there is room", func() bool { return gw.Post("/v1/responses", whole).Status == http.StatusOK })
		})
	}
}
