package codexresponses_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestWebSocketUnknownPreviousResponse(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	for _, store := range []string{"store off", "store memory"} {
		gw := start(t, mock(upstream), store)
		for _, client := range []string{"User-Agent: sdk", asCodex} {
			c := dial(t, gw, client)
			c.create(in("main") + after("resp_none") + asks("Hi."))
			got := c.refused(http.StatusBadRequest, "previous_response_not_found")
			if got.Get("stream_id").Str != "main" || got.Get("error.param").Str != "previous_response_id" ||
				got.Get("error.message").Str != "Previous response with id 'resp_none' not found." || got.Get("status_code").Exists() ||
				!strings.HasPrefix(got.Get("headers.x-request-id").Str, "req_") {
				t.Errorf("%s: got %s", client, got.Raw)
			}
			c.create(in("main") + asks("Hi."))
			c.completed("main", "Hello.")
		}
	}
}

func TestWebSocketForgetsWhatAFailedRequestWentOnFrom(t *testing.T) {
	for name, test := range map[string]struct {
		reply   upstreamtest.Reply
		members string // of the request that fails
		refused bool   // with an error, not with a response that has failed
	}{
		"one that is wrong":                {hello(), `"temperature":"hot",`, true},
		"one that the provider refuses":    {upstreamtest.Error(400, "invalid_request_error", "bad", "No."), "", true},
		"one that the provider breaks off": {upstreamtest.Stream(upstreamtest.Text("Hel")).Cut(), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			gw := start(t, mock(upstreamtest.New(t, text("One."), test.reply)), "store off")
			c := dial(t, gw)
			c.create(asks("First."))
			first := c.completed("", "One.")
			c.create(test.members + asks("Apart."))
			if test.refused {
				c.next()
				c.create(after(first) + test.members + asks("Second."))
				c.next()
			} else {
				c.until("", "response.failed")
			}
			c.create(after(first) + asks("Second."))
			c.refused(http.StatusBadRequest, "previous_response_not_found")
		})
	}
}

func TestWebSocketKeepsWhatARefusedRequestDidNotGoOnFrom(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, text("One."), text("Two."))), "store off")
	c := dial(t, gw)
	c.create(asks("First."))
	first := c.completed("", "One.")
	c.create(`"temperature":"hot",` + asks("Apart."))
	c.refused(http.StatusBadRequest, "invalid_prompt")
	c.create(after(first) + asks("Second."))
	c.completed("", "Two.")
}

func TestWebSocketErrorsOfProviders(t *testing.T) {
	busy := upstreamtest.Error(429, "rate_limit_error", "rate_limit_exceeded", "Slow down.").WithHeader("Retry-After", "7")
	gw := start(t, mock(upstreamtest.New(t, busy)))
	c := dial(t, gw)
	c.create(in("a") + asks("Hi."))
	got := c.refused(http.StatusTooManyRequests, "rate_limit_exceeded")
	if got.Get("headers.retry-after").Str != "7" || got.Get("stream_id").Str != "a" {
		t.Errorf("got %s", got.Raw)
	}
	codex := dial(t, gw, asCodex)
	codex.create(asks("Hi."))
	if got := codex.until("", "response.failed").Response(); got.Get("error.code").Str != "rate_limit_exceeded" {
		t.Errorf("Codex got %s", got.Raw)
	}
}

func TestWebSocketMessagesThatAreNone(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())))
	c := dial(t, gw)
	for message, code := range map[string]string{
		`no JSON`:                   "invalid_message",
		``:                          "invalid_message",
		`[]`:                        "invalid_message",
		`"response.create"`:         "invalid_message",
		`{"type":"response.create"`: "invalid_message",
		`{"type":"response.create","model":"m"} x`:                                  "invalid_message",
		"{\"type\":\"response.steer\",\"input\":\"\xff\"}":                          "invalid_message",
		`{"model":"m","input":"Hi."}`:                                               "invalid_message",
		`{"type":7}`:                                                                "invalid_message",
		`{"type":"response.cancel"}`:                                                "unknown_message_type",
		`{"type":"response.create","stream_id":""}`:                                 "invalid_stream_id",
		`{"type":"response.create","stream_id":"a b"}`:                              "invalid_stream_id",
		`{"type":"response.create","stream_id":"é"}`:                                "invalid_stream_id",
		`{"type":"response.create","stream_id":7}`:                                  "invalid_stream_id",
		`{"type":"response.create","stream_id":"` + strings.Repeat("a", 257) + `"}`: "invalid_stream_id",
		`{"type":"response.create"}`:                                                "invalid_prompt",
	} {
		if !strings.HasPrefix(message, `{"type":"response.steer"`) {
			c.send(message)
		} else if err := c.conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if got := c.refused(http.StatusBadRequest, code); got.Get("stream_id").Exists() {
			t.Errorf("%s: got %s", message, got.Raw)
		}
	}
	if err := c.conn.Write(t.Context(), websocket.MessageBinary, []byte(creates(asks("Hi.")))); err != nil {
		t.Fatal(err)
	}
	c.refused(http.StatusBadRequest, "invalid_message")
	c.send(`{"type":"response.nod","stream_id":"a"}`)
	if got := c.refused(http.StatusBadRequest, "unknown_message_type"); got.Get("stream_id").Str != "a" {
		t.Errorf("got %s", got.Raw)
	}
	c.create(`"stream_id":null,` + asks("Hi."))
	c.completed("", "Hello.")
	longest := strings.Repeat("aZ0_.-", 42) + "abcd"
	c.create(in(longest) + asks("Hi."))
	c.completed(longest, "Hello.")
}

func TestWebSocketMessagesThatAreTooLarge(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream), "max_body 2000B")
	exact := creates(asks("Hi."))
	exact = exact[:len(exact)-1] + strings.Repeat(" ", 2000-len(exact)) + "}"
	for name, send := range map[string]func(c *socketClient){
		"in one frame": func(c *socketClient) { c.send(exact + " ") },
		"by far":       func(c *socketClient) { c.send(creates(asks(strings.Repeat("a", 8<<20)))) },
		"in many frames": func(c *socketClient) {
			w, err := c.conn.Writer(context.Background(), websocket.MessageText)
			if err != nil {
				t.Fatal(err)
			}
			for range 100 {
				if _, err = w.Write(bytes.Repeat([]byte(" "), 100)); err != nil {
					t.Fatal(err)
				}
			}
			_ = w.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, gw)
			c.send(exact)
			c.completed("", "Hello.")
			send(c)
			c.closed(websocket.StatusMessageTooBig, "max_body")
		})
	}
}
