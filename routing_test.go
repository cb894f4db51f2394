package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// refusal is how a provider answers to a key.
type refusal struct {
	status     int
	code       string
	retryAfter string
}

// keyed is a provider that refuses some keys.
func keyed(t *testing.T, refusals map[string]refusal) *upstreamtest.Upstream {
	t.Helper()
	return upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
		refused, ok := refusals[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		if !ok {
			for _, data := range []string{upstreamtest.Text("Hello."), upstreamtest.Finish("stop"), "[DONE]"} {
				event(w, data)
			}
			return
		}
		if refused.retryAfter != "" {
			w.Header().Set("Retry-After", refused.retryAfter)
		}
		http.Error(w, `{"error":{"message":"No.","code":"`+refused.code+`"}}`, refused.status)
	}))
}

// pool sets keys, and is the line of a provider with all of them.
func pool(t *testing.T, keys ...string) string {
	t.Helper()
	var names []string
	for i, key := range keys {
		name := fmt.Sprint("POOL_KEY_", i)
		t.Setenv(name, key)
		names = append(names, "{env."+name+"}")
	}
	return "key " + strings.Join(names, " ")
}

// usedKeys are those of the requests that an upstream got.
func usedKeys(u *upstreamtest.Upstream) []string {
	var keys []string
	for _, r := range u.Requests() {
		keys = append(keys, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	return keys
}

func count(keys []string, key string) (n int) {
	for _, k := range keys {
		if k == key {
			n++
		}
	}
	return n
}

func TestAKeyThatIsRefusedIsOutUntilTheConfigurationIsLoadedAgain(t *testing.T) {
	upstream := keyed(t, map[string]refusal{"bad-key-1": {401, "invalid_api_key", ""}})
	lines := []string{mock(upstream, pool(t, "bad-key-1", "good-key-2")), "retry within 10s"}
	gw := start(t, lines...)
	for range 4 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	if n := count(usedKeys(upstream), "bad-key-1"); n != 1 {
		t.Errorf("the bad key was used %d times", n)
	}
	reload(gw, site(append(lines, "heartbeat 9s")...))
	for range 3 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	if n := count(usedKeys(upstream), "bad-key-1"); n != 2 {
		t.Errorf("after a reload the bad key was used %d times in all", n)
	}
}

func TestAKeyThatIsLimitedCoolsDownAlsoAcrossAReload(t *testing.T) {
	upstream := keyed(t, map[string]refusal{"busy-key-1": {429, "rate_limit_exceeded", "600"}})
	lines := []string{mock(upstream, pool(t, "busy-key-1", "good-key-2")), "retry within 10s"}
	gw := start(t, lines...)
	for range 3 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	reload(gw, site(append(lines, "heartbeat 9s")...))
	for range 3 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	if n := count(usedKeys(upstream), "busy-key-1"); n != 1 {
		t.Errorf("the key was used %d times", n)
	}
}

func TestWhereEveryKeyIsLimitedTheAnswerSaysWhenToComeBack(t *testing.T) {
	upstream := keyed(t, map[string]refusal{"busy-key-1": {429, "rate_limit_exceeded", "600"}, "busy-key-2": {429, "rate_limit_exceeded", "300"}})
	gw := start(t, mock(upstream, pool(t, "busy-key-1", "busy-key-2")), "retry within 10s")
	for range 2 {
		got := gw.Post("/v1/responses", whole)
		if got.Status != http.StatusTooManyRequests || errorOf(t, got).Get("code").String() != "rate_limit_exceeded" ||
			got.Header.Get("Retry-After") < "295" || got.Header.Get("Retry-After") > "300" {
			t.Errorf("got %d, Retry-After %q: %s", got.Status, got.Header.Get("Retry-After"), got.Body)
		}
	}
	if n := len(upstream.Requests()); n != 2 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestAShortLimitIsWaitedFor(t *testing.T) {
	upstream := upstreamtest.New(t,
		upstreamtest.Error(429, "rate_limit_error", "rate_limit_exceeded", "Slow down.").WithHeader("Retry-After-Ms", "50"), hello())
	gw := start(t, mock(upstream), "retry within 20s attempts 3")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if r := recorded(gw, 0); r.Get("attempts.#").Int() != 2 || r.Get("finish").String() != "completed" {
		t.Errorf("the record is %s", r.Raw)
	}
}

func TestAFailureIsTriedAgainWithinItsBudget(t *testing.T) {
	boom := upstreamtest.Error(500, "server_error", "", "Boom.")
	upstream := upstreamtest.New(t, boom, boom, hello(), boom, boom, boom)
	gw := start(t, mock(upstream), "retry within 20s attempts 3")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if n := len(upstream.Requests()); n != 3 {
		t.Fatalf("it was asked %d times", n)
	}
	if got := gw.Post("/v1/responses", whole); got.Status != http.StatusBadGateway || len(upstream.Requests()) != 6 {
		t.Errorf("got %d after %d requests", got.Status, len(upstream.Requests()))
	}
}

func TestAThreadStaysWithItsTargetAndKey(t *testing.T) {
	one, two := upstreamtest.New(t, hello()), upstreamtest.New(t, hello())
	gw := start(t, provider("one", one.URL, pool(t, "some-key-1", "some-key-2", "some-key-3")), provider("two", two.URL),
		"route m {\nto one two\npolicy round_robin\n}")
	for range 12 {
		requireText(t, gw.Post("/v1/responses", `{"model":"m","input":"Say hello.","prompt_cache_key":"thread"}`), "Hello.")
	}
	if a, b := len(one.Requests()), len(two.Requests()); a != 12 && b != 12 {
		t.Errorf("the thread was served %d times here and %d times there", a, b)
	}
	if keys := usedKeys(one); len(keys) > 0 && count(keys, keys[0]) != len(keys) {
		t.Errorf("it had the keys %v", keys)
	}
	before := len(two.Requests())
	for range 12 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	if n := len(two.Requests()) - before; n != 6 {
		t.Errorf("of twelve requests without a thread %d went to the second", n)
	}
}

func TestAThreadHasAPlaceForEachOfItsModels(t *testing.T) {
	upstream := keyed(t, nil)
	gw := start(t, mock(upstream, pool(t, "some-key-1", "some-key-2", "some-key-3")), "route gpt-* mock")
	used := make(map[string][]string)
	for i := range 12 {
		model := []string{"gpt-large", "gpt-small", "gpt-tiny"}[i%3]
		requireText(t, gw.Post("/v1/responses", `{"model":"`+model+`","input":"Say hello.","prompt_cache_key":"thread"}`), "Hello.")
		keys := usedKeys(upstream)
		used[model] = append(used[model], keys[len(keys)-1])
	}
	for model, keys := range used {
		if count(keys, keys[0]) != 4 {
			t.Errorf("%s had the keys %v", model, keys)
		}
	}
}

// Codex names its thread in both ways, and a compaction by the header alone.
func TestF92AThreadLeavesItsKeyOnceAndItsCompactionIsMadeWithTheSame(t *testing.T) {
	refusals := make(map[string]refusal)
	upstream := keyed(t, refusals)
	gw := start(t, mock(upstream, pool(t, "some-key-1", "some-key-2", "some-key-3")), "retry within 10s")
	turns := func() {
		t.Helper()
		for range 10 {
			requireText(t, gw.Post("/v1/responses", `{"model":"m","input":"Say hello.","prompt_cache_key":"thread"}`), "Hello.")
		}
		if got := gw.Post("/v1/responses/compact", `{"model":"m","input":[`+conversation+`]}`, "Session-Id: thread"); got.Status != http.StatusOK {
			t.Fatalf("got %d %s", got.Status, got.Body)
		}
	}
	turns()
	first := usedKeys(upstream)[0]
	refusals[first] = refusal{429, "rate_limit_exceeded", "600"} // nothing is under way
	turns()
	keys := usedKeys(upstream)
	second := keys[len(keys)-1]
	if len(keys) != 23 || count(keys, first) != 12 || count(keys, second) != 11 {
		t.Errorf("the keys were %v", keys)
	}
}
