package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

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
