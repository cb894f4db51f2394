package codexresponses_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Two clients, by their keys.
const (
	asAlice = "Authorization: Bearer key-of-alice"
	asBob   = "Authorization: Bearer key-of-bob"
)

// inEachStore runs a test with the stores that need no server.
func inEachStore(t *testing.T, test func(t *testing.T, store string)) {
	t.Helper()
	for _, store := range []string{"store memory", "store bolt"} {
		t.Run(store, func(t *testing.T) { test(t, store) })
	}
}

// strictChat is a provider that refuses what strict ones refuse.
func strictChat(t *testing.T, replies ...upstreamtest.Reply) *upstreamtest.Upstream {
	t.Helper()
	return upstreamtest.New(t, replies...).Strict(upstreamtest.Allow("parallel_tool_calls"))
}

// create asks for a response as one document, which must be a good one.
func create(t *testing.T, gw *gatewaytest.Gateway, members string, header ...string) gatewaytest.Response {
	t.Helper()
	got := gw.With(t).Post("/v1/responses", `{"model":"m",`+members+`}`, header...)
	if got.Status != http.StatusOK {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	requireResponse(t, got)
	return got
}

// createStream asks for a response as a stream, and returns its object.
func createStream(t *testing.T, gw *gatewaytest.Gateway, members string, header ...string) gatewaytest.Response {
	t.Helper()
	events := gw.With(t).PostStream("/v1/responses", `{"model":"m","stream":true,`+members+`}`, header...).Require()
	return gatewaytest.Response{Status: http.StatusOK, Body: []byte(streamcheck.Final(events).Raw)}
}

// retrieve gets a stored response, which must be a good one.
func retrieve(t *testing.T, gw *gatewaytest.Gateway, id string, header ...string) gatewaytest.Response {
	t.Helper()
	got := gw.With(t).Get("/v1/responses/"+id, header...)
	if got.Status != http.StatusOK {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	requireResponse(t, got)
	return got
}

func requireResponse(t *testing.T, r gatewaytest.Response) {
	t.Helper()
	if err := streamcheck.CheckResponse(r.Body); err != nil {
		t.Fatalf("bad response: %v\n%s", err, r.Body)
	}
	if r.Header != nil && r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("content type is %q", r.Header.Get("Content-Type"))
	}
}

// requireObject checks an object against its schema.
func requireObject(t *testing.T, schema string, r gatewaytest.Response) gatewaytest.Response {
	t.Helper()
	if err := streamcheck.CheckObject(schema, r.Body); err != nil || r.Status != http.StatusOK || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("no good %s: %d, %v\n%s", schema, r.Status, err, r.Body)
	}
	return r
}

// requireError checks a refusal. param may be empty for null.
func requireError(t *testing.T, r gatewaytest.Response, status int, code, param, message string) {
	t.Helper()
	e := errorOf(t, r)
	if r.Status != status || e.Get("code").String() != code || e.Get("param").String() != param || !strings.Contains(e.Get("message").String(), message) {
		t.Errorf("got %d %s, want %d, %s, %q and %q", r.Status, r.Body, status, code, param, message)
	}
}

func id(r gatewaytest.Response) string { return r.Get("id").String() }

// goesOn are the members of a request that goes on from a response.
func goesOn(from gatewaytest.Response, input string) string {
	return fmt.Sprintf(`"previous_response_id":%q,"input":%s`, id(from), input)
}

// requireSame checks that two objects have the same members with the same values, whatever their order, except for some.
func requireSame(t *testing.T, got, want gatewaytest.Response, except ...string) {
	t.Helper()
	var a, b map[string]any
	if err := json.Unmarshal(got.Body, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want.Body, &b); err != nil {
		t.Fatal(err)
	}
	for name := range b {
		if !slices.Contains(except, name) && !reflect.DeepEqual(a[name], b[name]) {
			t.Errorf("%s is %s, want %s", name, got.Get(name).Raw, want.Get(name).Raw)
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			t.Errorf("%s is there too: %s", name, got.Get(name).Raw)
		}
	}
}

// finalOf is the response object at the end of a stream, which must be a good one.
func finalOf(t *testing.T, r gatewaytest.Response) gatewaytest.Response {
	t.Helper()
	if r.Status != http.StatusOK {
		t.Fatalf("got %d %s", r.Status, r.Body)
	}
	return gatewaytest.Response{Status: r.Status, Body: []byte(streamcheck.Final(streamcheck.Require(t, r.Body)).Raw)}
}

// eventually asks again and again, as a client would, until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if is() {
			return
		}
	}
	t.Fatalf("it has not come about that %s", what)
}
