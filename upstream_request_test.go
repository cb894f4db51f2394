package codexresponses_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// codexHeader is what a request of Codex has, and what a browser, a proxy and a curious client would add.
var codexHeader = []string{
	asCodex, "User-Agent: codex_exec/0.169.0 (Linux 6.1; x86_64) xterm", "Authorization: Bearer client-key", "Cookie: session=client-cookie",
	"X-Codex-Turn-Metadata: {\"cwd\":\"/home/alice/secret\",\"git\":\"0123abc\"}", "X-Codex-Window-Id: w", "X-Codex-Beta-Features: b",
	"Session-Id: s", "Thread-Id: t", "X-Client-Request-Id: r", "X-Openai-Subagent: review", "Openai-Beta: responses=v1", "Openai-Organization: o",
	"Chatgpt-Account-Id: a", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: h", "X-Forwarded-Proto: https", "Forwarded: for=203.0.113.7",
	"X-Real-Ip: 203.0.113.7", "Via: 1.1 hop", "Proxy-Authorization: Basic eA==", "X-Api-Key: client-key", "Api-Key: client-key",
	"Accept-Encoding: gzip, zstd", "Accept-Language: de", "Origin: https://app.example", "Referer: https://app.example/x", "Te: trailers",
	"Idempotency-Key: i", "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Stainless-Os: Linux",
}

func TestNothingOfTheClientGoesUpstream(t *testing.T) {
	t.Setenv("TEST_KEY", "provider-key")
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream, "key {env.TEST_KEY}"))
	for _, path := range []string{"/v1/responses", "/v1/chat/completions"} {
		n := len(upstream.Requests())
		if got := gw.Post(path, whole, codexHeader...); got.Status != http.StatusOK {
			t.Fatalf("got %d %s", got.Status, got.Body)
		}
		want := map[string]string{
			"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity", "Authorization": "Bearer provider-key",
			"Content-Type": "application/json", "User-Agent": "caddy-codex-responses", "Content-Length": "",
		}
		header := upstream.Request(n).Header
		for name := range header {
			value, ok := want[name]
			if !ok || value != "" && !slices.Equal(header[name], []string{value}) {
				t.Errorf("%s: the upstream got %s: %q", path, name, header[name])
			}
		}
		for name := range want {
			if header.Get(name) == "" {
				t.Errorf("%s: the upstream got no %s", path, name)
			}
		}
		if host := "http://" + upstream.Request(n).Host; host != upstream.URL {
			t.Errorf("%s: the host is %s, want %s", path, host, upstream.URL)
		}
	}
}

func TestHeaderUpWins(t *testing.T) {
	t.Setenv("TEST_KEY", "provider-key")
	for name, test := range map[string]struct {
		line         string
		header, want string
	}{
		"a header of its own":  {"header_up X-Team blue", "X-Team", "blue"},
		"the key":              {"header_up Authorization Custom", "Authorization", "Custom"},
		"the user agent":       {"header_up User-Agent me", "User-Agent", "me"},
		"the coding":           {"header_up Accept-Encoding br", "Accept-Encoding", "br"},
		"the client's address": {"header_up X-Forwarded-For {client_ip}", "X-Forwarded-For", "127.0.0.1"},
		"a session id":         {"header_up X-Session-Id mine\nset cache_key x-session-id", "X-Session-Id", "mine"},
		"the host":             {"header_up Host api.example", "Host", "api.example"},
		"of the request":       {"header_up X-Model {http.request.header.X-Sent}", "X-Model", "by test"},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			gw := start(t, mock(upstream, "key {env.TEST_KEY}", test.line))
			requireText(t, gw.Post("/v1/responses", strings.Replace(whole, "{", `{"prompt_cache_key":"theirs",`, 1), "X-Sent: by test"), "Hello.")
			request := upstream.Request(0)
			got := request.Header.Get(test.header)
			if test.header == "Host" {
				got = request.Host
			}
			if got != test.want {
				t.Errorf("the upstream got %s: %q, want %q", test.header, got, test.want)
			}
		})
	}
}

func TestTheKeyGoesIntoTheHeaderOfTheDialect(t *testing.T) {
	t.Setenv("TEST_KEY", "provider-key")
	for auth, want := range map[string]map[string]string{
		"bearer":    {"Authorization": "Bearer provider-key"},
		"x-api-key": {"X-Api-Key": "provider-key"},
		"api-key":   {"Api-Key": "provider-key"},
		"none":      {},
	} {
		t.Run(auth, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			gw := start(t, mock(upstream, "key {env.TEST_KEY}", "set auth "+auth), "forward_client_key")
			requireText(t, gw.Post("/v1/responses", whole, codexHeader...), "Hello.")
			got := make(map[string]string)
			for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key"} {
				if value := upstream.Request(0).Header.Get(name); value != "" {
					got[name] = value
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestTheKeyOfTheClosestPlaceIsSent(t *testing.T) {
	t.Setenv("ROUTE_KEY", "route-key")
	t.Setenv("PROVIDER_KEY", "provider-key")
	t.Setenv("GLOBAL_KEY", "global-key")
	t.Setenv("DEEPSEEK_API_KEY", "preset-key")
	const (
		ofRoute    = "route m mock {\nkey {env.ROUTE_KEY}\n}"
		ofProvider = "key {env.PROVIDER_KEY}"
		ofAll      = "key {env.GLOBAL_KEY}"
		ofNobody   = "key {env.NO_SUCH_KEY}"
		ofClient   = "forward_client_key"
		bearer     = "Authorization: Bearer client-key"
	)
	for name, test := range map[string]struct {
		provider string
		lines    []string
		client   string
		want     string
	}{
		"of the route before all others":               {ofProvider, []string{ofRoute, ofAll, ofClient}, bearer, "Bearer route-key"},
		"of the provider before the global one":        {ofProvider, []string{ofAll, ofClient}, bearer, "Bearer provider-key"},
		"of the provider where the route has none":     {ofProvider, []string{"route m mock"}, bearer, "Bearer provider-key"},
		"the global one before the client's":           {"", []string{ofAll, ofClient}, bearer, "Bearer global-key"},
		"the global one where the provider's is empty": {ofNobody, []string{ofAll}, "", "Bearer global-key"},
		"of the client last":                           {"", []string{ofClient}, bearer, "Bearer client-key"},
		"of the client in any case of letters":         {"", []string{ofClient}, "Authorization: bearer client-key", "Bearer client-key"},
		"none without any":                             {"", nil, "", ""},
		"none of the client unless told so":            {"", nil, bearer, ""},
		"never a password":                             {"", []string{ofClient}, "Authorization: Basic YWxpY2U6c2VjcmV0", ""},
		"never an empty token":                         {"", []string{ofClient}, "Authorization: Bearer", ""},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			gw := start(t, append(test.lines, mock(upstream, test.provider))...)
			var header []string
			if test.client != "" {
				header = append(header, test.client)
			}
			requireText(t, gw.Post("/v1/responses", whole, header...), "Hello.")
			if got := upstream.Request(0).Header.Get("Authorization"); got != test.want {
				t.Errorf("the upstream got %q, want %q", got, test.want)
			}
		})
	}
	t.Run("of the preset where the provider names none", func(t *testing.T) {
		upstream := upstreamtest.New(t, hello())
		requireText(t, start(t, provider("deepseek", upstream.URL)).Post("/v1/responses", whole), "Hello.")
		if got := upstream.Request(0).Header.Get("Authorization"); got != "Bearer preset-key" {
			t.Errorf("the upstream got %q", got)
		}
	})
}

func TestAKeyThatIsMissingIsNamed(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "")
	upstream := upstreamtest.New(t, hello())
	gw := start(t, provider("deepseek", upstream.URL), "forward_client_key")
	got := gw.Post("/v1/responses", whole, "Authorization: Basic YWxpY2U6c2VjcmV0")
	if e := errorOf(t, got); got.Status != http.StatusBadGateway || !strings.Contains(e.Get("message").String(), "DEEPSEEK_API_KEY") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if codex := gw.Post("/v1/responses", streamed, asCodex); codex.Status != http.StatusBadRequest {
		t.Errorf("Codex got %d %s", codex.Status, codex.Body)
	}
	if n := len(upstream.Requests()); n > 0 {
		t.Errorf("the upstream got %d requests", n)
	}
	requireText(t, gw.Post("/v1/responses", whole, "Authorization: Bearer client-key"), "Hello.")
}

func TestHostsOfAProviderAreBalanced(t *testing.T) {
	first, second := upstreamtest.New(t, hello()), upstreamtest.New(t, hello())
	gw := start(t, provider("mock", first.URL+"/v1 "+second.URL+"/v1", "lb_policy round_robin"))
	for range 4 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	for name, u := range map[string]*upstreamtest.Upstream{"first": first, "second": second} {
		requests := u.Requests()
		if len(requests) != 2 {
			t.Errorf("the %s host got %d requests, want 2", name, len(requests))
		}
		for _, request := range requests {
			if "http://"+request.Host != u.URL {
				t.Errorf("the %s host was called %s", name, request.Host)
			}
		}
	}
}

func TestAHostThatIsDownIsPassedOver(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, provider("mock", refusing(t)+"/v1 "+upstream.URL+"/v1", "lb_policy first", "lb_retries 1", "fail_duration 30s"))
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if got := recorded(gw, 0); got.Get("attempts.#").Int() != 1 || got.Get("attempts.0.cause").Exists() {
		t.Errorf("the record is %s", got.Raw)
	}
}

func TestTheProxysOwnRetriesByStatus(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Error(http.StatusInternalServerError, "server_error", "", "Again."), hello())
	gw := start(t, mock(upstream, "lb_retries 2", "lb_retry_match {\nexpression {rp.status_code} == 500\n}"))
	if got := gw.PostStream("/v1/responses", streamed); got.Status != http.StatusOK {
		t.Errorf("got %d", got.Status)
	} else {
		got.Require()
	}
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
}

func TestOtherDirectivesOfTheSiteStillWork(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := gatewaytest.Start(t, ":PORT {\nencode gzip zstd\nbasic_auth {\nalice $2a$04$7iVBMMy3nsogvOyTWbgd/ePDCwoj1bFex6Yw5PDlvzn1kKzKyU0Dy\n}\nheader X-Site yes\n"+
		directive(mock(upstream))+"\n}")
	if got := gw.Post("/v1/responses", whole); got.Status != http.StatusUnauthorized {
		t.Errorf("got %d without a password", got.Status)
	}
	got := gw.PostStream("/v1/responses", streamed, "Authorization: Basic YWxpY2U6c2VjcmV0", "Accept-Encoding: gzip, zstd")
	if got.Header.Get("X-Site") != "yes" || got.Header.Get("Content-Encoding") != "" {
		t.Errorf("header is %v", got.Header)
	}
	got.Require()
	if value := upstream.Request(0).Header.Get("Authorization"); value != "" {
		t.Errorf("the upstream got %q", value)
	}
}
