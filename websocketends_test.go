package codexresponses_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/net/http2"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

const handshake = "Connection: Upgrade, Upgrade: websocket, Sec-WebSocket-Version: 13, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

func TestF28AWebSocketIsRefusedAtOnce(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	for name, test := range map[string]struct{ option, path, without string }{
		"where it is off":                    {"websocket off", "/v1/responses", ""},
		"where it is off, without base path": {"websocket off", "/responses", ""},
		"at another endpoint":                {"websocket on", "/v1/chat/completions", ""},
		"at a response":                      {"websocket on", "/v1/responses/resp_1", ""},
		"without Connection":                 {"websocket on", "/v1/responses", "Connection: Upgrade"},
		"without Upgrade":                    {"websocket on", "/v1/responses", "Upgrade: websocket"},
	} {
		t.Run(name, func(t *testing.T) {
			gw := start(t, mock(upstream), test.option)
			var header []string
			for field := range strings.SplitSeq(handshake, ", ") {
				if field != test.without {
					header = append(header, field)
				}
			}
			if got := gw.Get(test.path, header...); got.Status != http.StatusUpgradeRequired {
				t.Errorf("got %d", got.Status)
			} else {
				errorOf(t, got)
			}
			requireText(t, gw.Post("/v1/responses", whole), "Hello.")
		})
	}
}

func TestWebSocketHandshakesThatAreWrong(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())), "cors https://app.example")
	for name, test := range map[string]struct {
		header string
		status int
	}{
		"of a page of this host":        {"Origin: " + gw.URL, http.StatusSwitchingProtocols},
		"of a page that cors allows":    {"Origin: https://app.example", http.StatusSwitchingProtocols},
		"of a page from elsewhere":      {"Origin: https://evil.example", http.StatusForbidden},
		"of a page with another scheme": {"Origin: http://app.example", http.StatusForbidden},
	} {
		c, response := tryDial(t, gw, test.header)
		if response.StatusCode != test.status || (c != nil) != (test.status == http.StatusSwitchingProtocols) {
			t.Errorf("%s: got %d", name, response.StatusCode)
		}
	}
	anywhere := start(t, mock(upstreamtest.New(t, hello())), "cors *")
	dial(t, anywhere, "Origin: https://evil.example")
}

func TestWebSocketOverTLSBesideHTTP2(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := gatewaytest.Start(t, "https://localhost:PORT {\ntls internal\nencode gzip\n"+directive(mock(upstream))+"\n}")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	c := dial(t, gw)
	c.create(asks("Hi."))
	c.completed("", "Hello.")
	_ = c.conn.Close(websocket.StatusNormalClosure, "")
	for n, proto := range []string{"HTTP/2.0", "HTTP/1.1"} {
		if got := gw.AccessLog(n).Get("request.proto").Str; got != proto {
			t.Errorf("request %d was made over %s", n, got)
		}
	}
}

// A client that would open a WebSocket within HTTP/2 learns from the server's settings that it cannot, and takes HTTP/1.1.
func TestWebSocketWithinHTTP2IsNotOffered(t *testing.T) {
	gw := gatewaytest.Start(t, "https://localhost:PORT {\ntls internal\n"+directive(mock(upstreamtest.New(t, hello())))+"\n}")
	trust := gw.Client.Transport.(*http.Transport).TLSClientConfig
	client := &http.Client{Transport: &http2.Transport{TLSClientConfig: trust}} //nolint:staticcheck // net/http does not send :protocol
	t.Cleanup(client.CloseIdleConnections)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodConnect, gw.URL+"/v1/responses", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header[":protocol"] = []string{"websocket"}
	if response, err := client.Transport.RoundTrip(request); err == nil || !strings.Contains(err.Error(), "extended connect") {
		t.Errorf("got %v, %v", response, err)
	}
}

func TestWebSocketClosesWhenTheServerReloads(t *testing.T) {
	step := make(chan struct{})
	upstream := upstreamtest.New(t, hello(), hello().Hold(step))
	gw := start(t, mock(upstream), "store memory")
	idle, used, busy := dial(t, gw), dial(t, gw), dial(t, gw)
	used.create(asks("Hi."))
	used.completed("", "Hello.")
	busy.create(asks("Hi."))
	busy.until("", "response.output_text.delta")
	busy.create(asks("That waits."))
	busy.send(`{"type":"response.steer"}`)
	busy.until("", "response.steer.failed")

	reload(gw, site(mock(upstreamtest.New(t, text("Other.")))))
	idle.closed(websocket.StatusGoingAway, "server is reloading")
	used.closed(websocket.StatusGoingAway, "server is reloading")
	again := dial(t, gw)
	again.create(asks("Hi."))
	again.completed("", "Other.")

	close(step)
	busy.completed("", "Hello.")
	busy.closed(websocket.StatusGoingAway, "server is reloading")
	for n := range 3 { // their handlers have returned
		gw.AccessLog(n)
	}
	if n := len(upstream.Requests()); n != 2 {
		t.Errorf("the upstream got %d requests", n)
	}
}

func TestWebSocketClientThatGoesAway(t *testing.T) {
	for name, leave := range map[string]func(c *socketClient){
		"with a goodbye": func(c *socketClient) { _ = c.conn.Close(websocket.StatusNormalClosure, "") },
		"at once":        func(c *socketClient) { _ = c.conn.CloseNow() },
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hel")).Hang())
			gw := start(t, mock(upstream))
			c := dial(t, gw)
			for _, lane := range []string{"a", "b"} {
				c.create(in(lane) + asks("Hi."))
				c.until(lane, "response.output_text.delta")
			}
			c.create(in("a") + asks("That waits."))
			leave(c)
			upstream.WaitClosed()
			upstream.WaitClosed()
			for n := range 2 {
				if got := webSocketLog(gw, n).Get("codex_responses.finish").Str; got != "client_closed" {
					t.Errorf("the log says %s", got)
				}
			}
			gw.AccessLog(0)
			if n := len(upstream.Requests()); n != 2 {
				t.Errorf("the upstream got %d requests", n)
			}
			if strings.Contains(gw.Logs(), "exchange failed") {
				t.Error("it was logged as a failure")
			}
		})
	}
}

func TestWebSocketAnswersPingsWhileAResponseRuns(t *testing.T) {
	step := make(chan struct{})
	gw := start(t, mock(upstreamtest.New(t, hello().Hold(step))))
	c := dial(t, gw)
	c.create(asks("Hi."))
	c.until("", "response.output_text.delta")
	c.create(asks("That waits."))
	ctx, cancel := context.WithTimeout(t.Context(), socketPatience)
	defer cancel()
	ponged := make(chan error, 1)
	go func() { ponged <- c.conn.Ping(ctx) }()
	go func() {
		if err := <-ponged; err != nil {
			t.Errorf("no pong: %v", err)
		}
		close(step)
	}()
	c.completed("", "Hello.")
	c.completed("", "Hello.")
}

func TestWebSocketClientsThatWaitHearThatTheResponseIsAlive(t *testing.T) {
	step := make(chan struct{})
	gw := start(t, mock(upstreamtest.New(t, hello().HoldHeader(step))), "heartbeat 20ms")
	c := dial(t, gw)
	c.create(in("a") + asks("Hi."))
	for range 3 {
		c.until("a", "response.in_progress")
	}
	close(step)
	c.completed("a", "Hello.")
}

// The server's timeouts are for requests; a connection that was taken over from it has none of them.
func TestWebSocketOutlivesTimeoutsOfTheServer(t *testing.T) {
	step := make(chan struct{})
	gw := gatewaytest.Start(t, "{\nservers {\ntimeouts {\nread_header 50ms\nread_body 50ms\nwrite 50ms\nidle 50ms\n}\n}\n}\n"+
		site(mock(upstreamtest.New(t, hello().HoldHeader(step))), "heartbeat 20ms"))
	c := dial(t, gw)
	c.create(asks("Hi."))
	for range 10 {
		c.until("", "response.in_progress")
	}
	close(step)
	c.completed("", "Hello.")
	c.create(asks("Hi."))
	c.completed("", "Hello.")
}
