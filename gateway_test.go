package codexresponses_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	_ "github.com/caddy-codex/responses"
	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Requests for one short answer.
const (
	streamed = `{"model":"m","input":"Say hello.","stream":true}`
	whole    = `{"model":"m","input":"Say hello."}`
	chatty   = `{"model":"m","messages":[{"role":"user","content":"Say hello."}],"stream":true}`
)

// asCodex is how Codex calls itself.
const asCodex = "Originator: codex_exec"

// hello is the answer to them.
func hello() upstreamtest.Reply {
	return upstreamtest.Stream(upstreamtest.Text("Hel"), upstreamtest.Text("lo."), upstreamtest.Finish("stop"), upstreamtest.Usage(10, 2, 4))
}

// start runs a gateway whose directive has the given lines.
func start(t testing.TB, lines ...string) *gatewaytest.Gateway {
	t.Helper()
	return gatewaytest.Start(t, site(lines...))
}

// site is a Caddyfile with one site that has the directive and nothing else.
func site(lines ...string) string { return ":PORT {\n" + directive(lines...) + "\n}\n" }

func directive(lines ...string) string {
	return "codex_responses {\n" + strings.Join(lines, "\n") + "\n}"
}

// provider is the block of a provider without a preset.
func provider(name, baseURL string, lines ...string) string {
	return fmt.Sprintf("provider %s {\nwire chat\nbase_url %s\n%s\n}", name, baseURL, strings.Join(lines, "\n"))
}

// mock is the block of a provider called mock.
func mock(u *upstreamtest.Upstream, lines ...string) string {
	return provider("mock", u.URL+"/v1", lines...)
}

// reload replaces the configuration. Connections that idle go with the former one, so that no request is sent on one that closes.
func reload(gw *gatewaytest.Gateway, caddyfile string) {
	gw.Reload(caddyfile)
	gw.Client.CloseIdleConnections()
}

// recorded returns what the access log says of the nth request to a gateway, counted from 0.
func recorded(gw *gatewaytest.Gateway, n int) gjson.Result {
	return gw.AccessLog(n).Get("codex_responses")
}

// errorOf returns the error object of a response, which must have the form that the API has for it.
func errorOf(t *testing.T, r gatewaytest.Response) gjson.Result {
	t.Helper()
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type is %q", got)
	}
	var keys []string
	r.Get("error").ForEach(func(key, _ gjson.Result) bool {
		keys = append(keys, key.String())
		return true
	})
	if slices.Sort(keys); !slices.Equal(keys, []string{"code", "message", "param", "type"}) || len(r.Get("@this").Map()) != 1 {
		t.Errorf("not an error body: %d %s", r.Status, r.Body)
	}
	return r.Get("error")
}

// requireText checks the text of a response that came as one document.
func requireText(t *testing.T, r gatewaytest.Response, text string) {
	t.Helper()
	if got := r.Get(`output.#(type=="message").content.0.text`).String(); r.Status != http.StatusOK || got != text {
		t.Fatalf("got %d and the text %q, want %q: %s", r.Status, got, text, r.Body)
	}
}

// refusing is the URL of a port at which nobody listens.
func refusing(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}
