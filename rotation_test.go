package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// A host is marked down by the reverse proxy for one answer of these statuses, for longer than a test lasts.
const watchful = "fail_duration 1h\nmax_fails 1\nunhealthy_status 401 403 429"

// exceptFor is a provider that answers everybody but requests with one key, which it refuses in some way.
func exceptFor(t *testing.T, key string, refuse http.HandlerFunc) *upstreamtest.Upstream {
	t.Helper()
	return upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Authorization"), key) {
			refuse(w, r)
			return
		}
		for _, data := range []string{upstreamtest.Text("Hello."), upstreamtest.Finish("stop"), "[DONE]"} {
			event(w, data)
		}
	}))
}

func TestARefusedKeySaysNothingAboutTheHost(t *testing.T) {
	for name, refused := range map[string]refusal{
		"a rate limit": {429, "rate_limit_exceeded", "600"}, "a wrong key": {401, "invalid_api_key", ""}, "no credit": {429, "insufficient_quota", ""},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := keyed(t, map[string]refusal{"bad-key-1": refused, "bad-key-2": refused})
			gw := start(t, mock(upstream, pool(t, "bad-key-1", "bad-key-2", "good-key-3"), watchful), "retry within 10s")
			for range 3 {
				requireText(t, gw.Post("/v1/responses", whole), "Hello.")
			}
			if n := len(upstream.Requests()); n != 5 {
				t.Errorf("it was asked %d times", n)
			}
			r := recorded(gw, 0)
			if r.Get("attempts.#").Int() != 3 || r.Get("attempts.0.status").Int() != int64(refused.status) || r.Get("attempts.1.cause").String() == "" ||
				r.Get("attempts.0.key").String() == r.Get("attempts.1.key").String() || r.Get("attempts.2.cause").String() != "" {
				t.Errorf("the record is %s", r.Raw)
			}
		})
	}
}

// What the provider says of a key may quote it, in a form that nobody would know for a key.
func TestAKeyThatARefusalQuotesIsToldToNobody(t *testing.T) {
	const secret = "plain-words-only"
	for _, keys := range [][]string{{secret, "good-key-2"}, {secret}} {
		upstream := exceptFor(t, secret, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"error":{"message":"The token `+secret+` is unknown here","code":"invalid_api_key"}}`, http.StatusUnauthorized)
		})
		gw := gatewaytest.Start(t, listening(mock(upstream, pool(t, keys...)), "retry within 10s"))
		got := gw.Post("/v1/responses", whole)
		out := hear(t, "key_out")
		recorded(gw, 0)
		for what, text := range map[string]string{"answer": string(got.Body), "log": gw.Logs(), "event": out.Raw} {
			if strings.Contains(text, secret) {
				t.Errorf("with %d keys it is in the %s", len(keys), what)
			}
		}
	}
}

func TestAKeyWhoseRefusalHangsIsNotTheEndOfIt(t *testing.T) {
	upstream := exceptFor(t, "bad-key-1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"error":`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	gw := start(t, mock(upstream, pool(t, "bad-key-1", "good-key-2"), patience), "retry within 10s")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if r := recorded(gw, 0); r.Get("attempts.#").Int() != 2 || r.Get("attempts.0.status").Int() != 429 {
		t.Errorf("the record is %s", r.Raw)
	}
}

func TestAKeyThatMayNotUseAModelLeavesItToAnother(t *testing.T) {
	upstream := exceptFor(t, "denied-key-1", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error":{"message":"The model m is blocked at the project level.","code":"model_permission_blocked_project"}}`, http.StatusForbidden)
	})
	gw := start(t, mock(upstream, pool(t, "denied-key-1", "good-key-2")))
	for range 6 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	if n := count(usedKeys(upstream), "denied-key-1"); n != 1 {
		t.Errorf("the other one was used %d times", n)
	}
}

func TestWhereEveryKeyIsRefusedTheHostIsMarkedDown(t *testing.T) {
	upstream := keyed(t, map[string]refusal{"bad-key-1": {403, "", ""}, "bad-key-2": {403, "", ""}})
	gw := start(t, mock(upstream, pool(t, "bad-key-1", "bad-key-2"), watchful), "retry within 10s")
	if got := gw.Post("/v1/responses", whole); got.Status != http.StatusBadGateway || len(upstream.Requests()) != 2 {
		t.Errorf("got %d after %d requests: %s", got.Status, len(upstream.Requests()), got.Body)
	}
}

func TestALimitOfOneModelLeavesTheKeyToOthers(t *testing.T) {
	large := upstreamtest.Error(429, "rate_limit_error", "rate_limit_exceeded", "Slow down.").WithHeader("Retry-After", "600")
	upstream := upstreamtest.New(t, large, hello())
	gw := start(t, mock(upstream, pool(t, "only-key-1")), "route m {\nto mock/large mock/small\nretry within 10s\n}")
	for range 2 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	for i, want := range []string{"large", "small", "small"} {
		if got := gjson.GetBytes(upstream.Request(i).Body, "model").String(); got != want {
			t.Errorf("request %d is for %s, want %s", i, got, want)
		}
	}
}

func TestTheAttemptsOfAnExchangeAreBoundedAlsoAmongKeys(t *testing.T) {
	refusals, keys := make(map[string]refusal), make([]string, 8)
	for i := range keys {
		keys[i] = fmt.Sprint("bad-key-", i)
		refusals[keys[i]] = refusal{429, "rate_limit_exceeded", "600"}
	}
	upstream := keyed(t, refusals)
	gw := start(t, mock(upstream, pool(t, keys...)), "retry within 10s attempts 4")
	if got := gw.Post("/v1/responses", whole); got.Status != http.StatusTooManyRequests || len(upstream.Requests()) != 4 {
		t.Errorf("got %d after %d requests: %s", got.Status, len(upstream.Requests()), got.Body)
	}
}
