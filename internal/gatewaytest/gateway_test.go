package gatewaytest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

const hello = `:PORT {
	header X-Method {method}
	header X-Seen {header.X-Sent}
	respond "hello {path}" 201
}`

func TestStartServesACaddyfile(t *testing.T) {
	tests := map[string]string{
		"on a port alone":          hello,
		"on a host and a port":     strings.Replace(hello, ":PORT", "http://127.0.0.1:PORT", 1),
		"on a host without scheme": strings.Replace(hello, ":PORT", "127.0.0.1:PORT", 1),
		"with global options":      "{\n\tadmin :2019\n\tstorage file_system /nowhere\n\tgrace_period 1s\n\tdebug\n}\n" + hello,
		"with a log of the site":   strings.Replace(hello, "{\n", "{\n\tlog\n", 1),
	}
	for name, caddyfile := range tests {
		t.Run(name, func(t *testing.T) {
			gw := Start(t, caddyfile)
			got := gw.Post("/a", "{}", "X-Sent: by test")
			if got.Status != http.StatusCreated || string(got.Body) != "hello /a" ||
				got.Header.Get("X-Method") != http.MethodPost || got.Header.Get("X-Seen") != "by test" {
				t.Errorf("got %d %v %s", got.Status, got.Header, got.Body)
			}
			if got := gw.Get("/b"); string(got.Body) != "hello /b" || got.Header.Get("X-Method") != http.MethodGet {
				t.Errorf("got %v %s", got.Header, got.Body)
			}
			if uri := gw.AccessLog(1).Get("request.uri").String(); uri != "/b" {
				t.Errorf("the second request in the access log is %s:\n%s", uri, gw.Logs())
			}
		})
	}
}

func TestTLSOfCaddysOwnAuthority(t *testing.T) {
	gw := Start(t, "https://localhost:PORT {\n\ttls internal\n\trespond {http.request.proto}\n}")
	if got := gw.Get("/"); string(got.Body) != "HTTP/2.0" {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if _, err := os.Stat(gw.Root()); err != nil {
		t.Error(err)
	}
}

func TestTrySaysWhatIsWrong(t *testing.T) {
	tests := map[string]struct{ caddyfile, err string }{
		"an unknown directive":  {":PORT {\n\tno_such_thing\n}", "Caddyfile:2: unrecognized directive: no_such_thing"},
		"a config that is none": {":PORT {\n\treverse_proxy {\n\t\tto 127.0.0.1:1\n\t\tlb_policy cookie a b c d\n\t}\n}", "adapting"},
		"a module that refuses": {":PORT {\n\tbasic_auth {\n\t\tbob nohash\n\t}\n}", "base64"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Try(t, test.caddyfile); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func TestStartReplacesTheFormerGateway(t *testing.T) {
	first := Start(t, hello)
	second := Start(t, hello)
	second.Get("/")
	if conn, err := net.Dial("tcp", "127.0.0.1:"+first.port); err == nil && first.port != second.port {
		conn.Close()
		t.Error("the first gateway still listens")
	}
}

func TestReloadKeepsThePort(t *testing.T) {
	gw := Start(t, hello)
	gw.Reload(strings.Replace(hello, "hello", "again", 1))
	if got := gw.Get("/"); string(got.Body) != "again /" {
		t.Errorf("got %s", got.Body)
	}
}

// Events of a Responses stream, as an upstream would send them.
var events = func() []string {
	const response = `{"id":"resp_1","object":"response","created_at":1,"error":null,"incomplete_details":null,"instructions":null,` +
		`"model":"m","output":[],"parallel_tool_calls":true,"temperature":1,"top_p":1,"tool_choice":"auto","tools":[],"metadata":{},"status":`
	return []string{
		"event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":" + response + "\"in_progress\"}}\n\n",
		"event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":1,\"response\":" + response + "\"completed\"}}\n\n",
	}
}()

func proxy(upstream *upstreamtest.Upstream) string {
	return ":PORT {\n\treverse_proxy " + upstream.URL + "\n}"
}

func TestPostStreamReadsEventsAsTheyArrive(t *testing.T) {
	step := make(chan struct{})
	upstream := upstreamtest.New(t, upstreamtest.Raw(events...).Hold(step))
	gw := Start(t, proxy(upstream))
	stream := gw.PostStream("/v1/responses", `{"a":1}`)
	if stream.Status != http.StatusOK || stream.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("got %d %v", stream.Status, stream.Header)
	}
	if event, err := stream.Next(); err != nil || event.Type != "response.created" {
		t.Fatalf("got %v, %v", event, err)
	}
	// A reload must not end a stream.
	gw.Reload(hello)
	step <- struct{}{}
	stream.Until("response.completed")
	if _, err := stream.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last event: %v", err)
	}
	if all := stream.Require(); len(all) != 2 {
		t.Errorf("%d events, want 2", len(all))
	}
	if request := upstream.Request(0); request.Path != "/v1/responses" || string(request.Body) != `{"a":1}` {
		t.Errorf("the upstream got %+v", request)
	}
}

func TestRestSaysThatTheBodyWasCut(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Raw(events...).Cut())
	body, err := Start(t, proxy(upstream)).PostStream("/", "").Rest()
	if err == nil || string(body) != strings.Join(events, "") {
		t.Errorf("got %v\n%s", err, body)
	}
}

func TestCloseGoesAway(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Raw(events[0]).Hang())
	stream := Start(t, proxy(upstream)).PostStream("/", "")
	stream.Until("response.created")
	stream.Close()
	upstream.WaitClosed()
}

func TestLogsHoldTheRunOfOneGateway(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.JSON(http.StatusOK, "{}"))
	gw := Start(t, proxy(upstream))
	if got := gw.Post("/v1/responses", `{"a":1}`, "Authorization: Bearer s3cret"); got.Get("@this").Raw != "{}" {
		t.Errorf("got %s", got.Body)
	}
	entry := gw.AccessLog(0)
	if entry.Get("status").Int() != http.StatusOK || entry.Get("request.method").String() != http.MethodPost {
		t.Errorf("access log is %s", entry.Raw)
	}
	gw.AwaitLog(func(entry gjson.Result) bool { return entry.Get("level").String() == "debug" })
	if strings.Contains(gw.Logs(), "s3cret") {
		t.Error("the logs have the client's key")
	}
	if logs := Start(t, hello).Logs(); strings.Contains(logs, "/v1/responses") {
		t.Error("the next gateway has the logs of this one")
	}
}

func TestWithMakesTheSubtestFail(t *testing.T) {
	gw := Start(t, hello)
	t.Run("subtest", func(t *testing.T) {
		if got := gw.With(t); got.t != t || gw.t == t || got.URL != gw.URL {
			t.Error("the subtest is not in charge")
		}
	})
}
