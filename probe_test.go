package codexresponses_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func init() { caddy.RegisterModule(listener{}) }

// listener is a handler of Caddy's events that tells a test of them.
type listener struct{}

var heard = make(chan string, 100)

func (listener) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "events.handlers.codex_responses_test", New: func() caddy.Module { return new(listener) }}
}

func (listener) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }

func (listener) Handle(_ context.Context, event caddy.Event) error {
	data, err := json.Marshal(event.Data)
	heard <- event.Name() + " " + string(data)
	return err
}

var (
	_ caddyevents.Handler   = listener{}
	_ caddyfile.Unmarshaler = listener{}
)

// hear waits for an event.
func hear(t *testing.T, name string) gjson.Result {
	t.Helper()
	for late := time.After(30 * time.Second); ; {
		select {
		case event := <-heard:
			if data, ok := strings.CutPrefix(event, name+" "); ok {
				return gjson.Parse(data)
			}
		case <-late:
			t.Fatalf("there is no event %s", name)
		}
	}
}

// listening is a Caddyfile with the events handed to the test.
func listening(lines ...string) string {
	return "{\nevents {\non * codex_responses_test\n}\n}\n" + site(lines...)
}

// moody is a provider that fails while it is told to.
func moody(t *testing.T) (url string, broken *atomic.Bool) {
	broken = new(atomic.Bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch {
		case broken.Load():
			http.Error(w, `{"error":{"message":"Boom."}}`, http.StatusInternalServerError)
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
		default:
			for _, data := range []string{upstreamtest.Text("Hello."), upstreamtest.Finish("stop"), "[DONE]"} {
				event(w, data)
			}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, broken
}

func TestATargetThatRestsIsProbed(t *testing.T) {
	url, broken := moody(t)
	gw := gatewaytest.Start(t, listening(provider("moody", url, "probe 20ms")))
	broken.Store(true)
	for range 3 {
		if got := gw.Post("/v1/responses", whole); got.Status != http.StatusBadGateway {
			t.Fatalf("got %d %s", got.Status, got.Body)
		}
	}
	if rests := hear(t, "target_resting"); rests.Get("provider").String() != "moody" || rests.Get("until").String() == "" {
		t.Errorf("the event says %s", rests.Raw)
	}
	if got := gw.Post("/v1/responses", whole); got.Status != http.StatusServiceUnavailable {
		t.Errorf("a target that rests gave %d %s", got.Status, got.Body)
	}
	broken.Store(false)
	eventually(t, "the probe has succeeded", func() bool { return strings.Contains(gw.Logs(), "answers again") })
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	hear(t, "target_recovered")
}

func TestTheAdminEndpointTellsOfTargetsAndKeys(t *testing.T) {
	upstream := keyed(t, map[string]refusal{"bad-key-1": {401, "invalid_api_key", ""}, "busy-key-2": {429, "rate_limit_exceeded", "600"}})
	gw := gatewaytest.Start(t, listening(provider("told", upstream.URL, pool(t, "bad-key-1", "busy-key-2", "good-key-3")), "retry within 10s"))
	for range 3 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	if out := hear(t, "key_out"); out.Get("provider").String() != "told" || len(out.Get("key").String()) != 8 {
		t.Errorf("the event says %s", out.Raw)
	}
	told := standing(t)
	states := make(map[string]int)
	for _, key := range told.Get(`keys.#(provider=="told").keys`).Array() {
		states[key.Get("state").String()]++
	}
	if states["out"] != 1 || states["limited"] != 1 || states["usable"] != 1 {
		t.Errorf("the keys are %v: %s", states, told.Raw)
	}
	if target := told.Get(`targets.#(provider=="told")`); target.Get("state").String() != "usable" || target.Get("uses").Int() < 3 {
		t.Errorf("the target is %s", target.Raw)
	}
	if strings.Contains(told.Raw, "-key-") {
		t.Errorf("it tells a key: %s", told.Raw)
	}
	if err := targets(t).Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodDelete, "/", http.NoBody)); err != nil {
		t.Fatal(err)
	}
	if told := standing(t); told.Get(`keys.#(provider=="told").keys.#(state=="usable")#`).String() == "" || told.Get(`keys.#(provider=="told").keys.#(state!="usable")`).Exists() {
		t.Errorf("it has forgotten nothing: %s", told.Raw)
	}
	reload(gw, site(provider("other", upstream.URL)))
	if told := standing(t); told.Get(`targets.#(provider=="told")`).Exists() || told.Get(`keys.#(provider=="told")`).Exists() {
		t.Errorf("it tells of what is not configured any more: %s", told.Raw)
	}
	if err := targets(t).Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", http.NoBody)); err == nil || !strings.Contains(err.Error(), "GET and DELETE") {
		t.Error("a POST is answered")
	}
}

func TestATargetWhoseRepliesBreakOffIsKnownForIt(t *testing.T) {
	for path, request := range map[string]string{"/v1/chat/completions": chatty, "/v1/responses": streamed} {
		upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hel"), upstreamtest.Text("lo.")).Cut())
		gw := start(t, provider("breaking", upstream.URL))
		for range 3 {
			_, _ = gw.PostStream(path, request).Rest()
		}
		recorded(gw, 2)
		target := standing(t).Get(`targets.#(provider=="breaking")`)
		if target.Get("state").String() != "resting" || target.Get("success_rate").Float() != 0 || target.Get("in_flight").Int() != 0 {
			t.Errorf("%s: it is %s", path, target.Raw)
		}
	}
}

// targets is the route of the admin endpoint.
func targets(t *testing.T) caddy.AdminRoute {
	t.Helper()
	info, err := caddy.GetModule("admin.api.codex_responses")
	if err != nil {
		t.Fatal(err)
	}
	return info.New().(caddy.AdminRouter).Routes()[0]
}

// standing is what it answers.
func standing(t *testing.T) gjson.Result {
	t.Helper()
	answer, route := httptest.NewRecorder(), targets(t)
	if err := route.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, route.Pattern, http.NoBody)); err != nil {
		t.Fatal(err)
	}
	return gjson.ParseBytes(answer.Body.Bytes())
}
