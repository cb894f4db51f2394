package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// unknown is a request for a model that no route and no provider has.
var unknown = strings.Replace(whole, `"m"`, `"codex-background"`, 1)

// withFallback runs a gateway with two providers, which know no models of themselves, and one route.
func withFallback(t *testing.T, first, second *upstreamtest.Upstream, lines ...string) *gatewaytest.Gateway {
	t.Helper()
	return start(t, append([]string{mock(first, "model small small-upstream"), backup(second), "route gpt-* backup/large"}, lines...)...)
}

func TestTheFallbackModelServesNamesThatNobodyKnows(t *testing.T) {
	for name, test := range map[string]struct{ fallback, provider, model, route string }{
		"by a route's pattern":    {"gpt-5.5", "backup", "large", "gpt-*"},
		"by its provider":         {"mock/any", "mock", "any", ""},
		"by a line of a provider": {"small", "mock", "small-upstream", ""},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			gw := withFallback(t, upstream, upstream, "fallback_model "+test.fallback)
			got := gw.Post("/v1/responses", unknown)
			requireText(t, got, "Hello.")
			if model := got.Get("model").String(); model != "codex-background" {
				t.Errorf("the response is of %s", model)
			}
			if model := gjson.GetBytes(upstream.Requests()[0].Body, "model").String(); model != test.model {
				t.Errorf("the provider was asked for %s", model)
			}
			r := recorded(gw, 0)
			if r.Get("model").String() != "codex-background" || r.Get("upstream_model").String() != test.model ||
				r.Get("provider").String() != test.provider || r.Get("route").String() != test.route {
				t.Errorf("the record is %s", r.Raw)
			}
		})
	}
}

func TestTheFallbackModelServesEveryEndpoint(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := withFallback(t, upstream, upstream, "fallback_model gpt-5.5")
	events := gw.PostStream("/v1/responses", strings.Replace(streamed, `"m"`, `"codex-background"`, 1)).Require()
	if text := streamcheck.Text(events); text != "Hello." {
		t.Errorf("the text is %q", text)
	}
	for path, body := range map[string]string{
		"/v1/responses/input_tokens": unknown, "/v1/chat/completions": strings.Replace(chatty, `"m"`, `"codex-background"`, 1),
	} {
		if got := gw.Post(path, body); got.Status != http.StatusOK {
			t.Errorf("%s got %d %s", path, got.Status, got.Body)
		}
	}
}

func TestTheFallbackModelLeavesKnownNamesAlone(t *testing.T) {
	first, second := upstreamtest.New(t, hello()), upstreamtest.New(t, hello())
	gw := withFallback(t, first, second, "fallback_model mock/any")
	for i, model := range []string{"gpt-5", "backup/other", "small"} {
		requireText(t, gw.Post("/v1/responses", strings.Replace(whole, `"m"`, `"`+model+`"`, 1)), "Hello.")
		if got, want := recorded(gw, i).Get("upstream_model").String(), []string{"large", "other", "small-upstream"}[i]; got != want {
			t.Errorf("%s is served by %s", model, got)
		}
	}
}

func TestModelsAreTheSameWithAFallbackModel(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	list := func(lines ...string) string {
		return string(withFallback(t, upstream, upstream, lines...).Get("/v1/models").Body)
	}
	if with, without := list("fallback_model gpt-5.5"), list(); with != without {
		t.Errorf("got\n%s\nwant\n%s", with, without)
	}
}

func TestWithoutAFallbackModelAnUnknownNameIsAnError(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	got := withFallback(t, upstream, upstream).Post("/v1/responses", unknown)
	if got.Status != http.StatusNotFound || errorOf(t, got).Get("code").String() != "model_not_found" {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}
