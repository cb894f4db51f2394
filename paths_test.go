package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

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
		"a place below a stored response":         {http.MethodGet, "/v1/responses/resp_1/else", http.StatusNotFound, "", true},
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
