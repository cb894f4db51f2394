package codexresponses_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// spoken is what an upstream was told: one line a message, with the role, the text and the calls.
func spoken(request upstreamtest.Request) []string {
	var lines []string
	for _, message := range gjson.GetBytes(request.Body, "messages").Array() {
		line := message.Get("role").Str + ": " + message.Get("content").String()
		for _, call := range message.Get("tool_calls").Array() {
			line += "calls " + call.Get("function.name").Str
		}
		lines = append(lines, line)
	}
	return lines
}

func requireSpoken(t *testing.T, request upstreamtest.Request, want ...string) {
	t.Helper()
	if request.Refusal != "" {
		t.Errorf("the upstream refused: %s", request.Refusal)
	}
	if got := strings.Join(spoken(request), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the upstream got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// text is a reply that says something.
func text(words string) upstreamtest.Reply {
	return upstreamtest.Stream(upstreamtest.Text(words), upstreamtest.Finish("stop"), upstreamtest.Usage(10, 2, 4))
}

// webSocketLog waits for the nth line about a response of a connection, counted from 0.
func webSocketLog(gw *gatewaytest.Gateway, n int) gjson.Result {
	return gw.AwaitLog(func(entry gjson.Result) bool {
		if entry.Get("msg").Str != "WebSocket response ended" {
			return false
		}
		n--
		return n < 0
	})
}

func TestWebSocketCreatesAResponse(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	c := dial(t, gw)
	c.send(`{"type":"response.create", "model":"m" ,"stream":false,"stream_options":{"include_obfuscation":true}, "background":true,` + asks("Hi.") + "}\n")
	events := c.response("")
	if got := streamcheck.Text(events); got != "Hello." {
		t.Errorf("the text is %q", got)
	}
	for _, event := range events {
		if event.Get("stream_id").Exists() {
			t.Errorf("an event of the default lane has a stream_id: %s", event.Data)
		}
	}
	final := streamcheck.Final(events)
	if final.Get("background").Bool() || final.Get("usage.input_tokens").Int() != 10 {
		t.Errorf("the response is %s", final.Raw)
	}
	requireSpoken(t, upstream.Request(0), "user: Hi.")

	_ = c.conn.Close(websocket.StatusNormalClosure, "")
	entry := gw.AccessLog(0)
	if entry.Get("status").Int() != http.StatusSwitchingProtocols || entry.Get("codex_responses").Exists() {
		t.Errorf("the access log has %s", entry.Raw)
	}
	log := webSocketLog(gw, 0)
	record := log.Get("codex_responses")
	if log.Get("response").Str != final.Get("id").Str || record.Get("provider").Str != "mock" || record.Get("finish").Str != "completed" ||
		record.Get("output_tokens").Int() != 2 || !record.Get("stream").Bool() {
		t.Errorf("the log has %s", log.Raw)
	}
}

func TestWebSocketNumbersEachResponseAnew(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())))
	c := dial(t, gw)
	var ids []string
	for range 3 {
		c.create(asks("Hi."))
		ids = append(ids, c.completed("", "Hello.")) // which checks the numbers
	}
	if ids[0] == ids[1] || ids[1] == ids[2] {
		t.Errorf("the ids are %q", ids)
	}
}

func TestWebSocketWarmUpAsksNobody(t *testing.T) {
	upstream := upstreamtest.New(t, hello()).Strict()
	gw := start(t, mock(upstream), "store off")
	c := dial(t, gw)
	c.create(`"generate":false,"tools":[` + lookTool + `],"input":[{"role":"developer","content":"Be kind."}]`)
	warm := c.completed("", "")
	c.create(after(warm) + asks("Hi."))
	c.completed("", "Hello.")
	requireSpoken(t, upstream.Request(0), "system: Be kind.", "user: Hi.")
	if got := gjson.GetBytes(upstream.Request(0).Body, "tools.0.function.name").Str; got != "look" {
		t.Errorf("the upstream was offered %q", got)
	}
	if n := len(upstream.Requests()); n != 1 {
		t.Errorf("the upstream got %d requests", n)
	}
}

const lookTool = `{"type":"function","name":"look","parameters":{"type":"object","properties":{}}}`

func TestWebSocketGoesOnWithToolOutputs(t *testing.T) {
	for name, lines := range map[string][]string{"without a store": {"store off"}, "with a store": {"store memory"}} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t,
				upstreamtest.Stream(upstreamtest.ToolCall(0, "call_1", "look", "{}"), upstreamtest.Finish("tool_calls")), text("It is red."), text("Yes.")).Strict()
			gw := start(t, append(lines, mock(upstream))...)
			c := dial(t, gw)
			c.create(`"tools":[` + lookTool + `],` + asks("Which colour?"))
			first := c.response("")
			call := streamcheck.Items(first)[0].Get("call_id").Str
			c.create(after(streamcheck.Final(first).Get("id").Str) + `"tools":[` + lookTool +
				`],"input":[{"type":"function_call_output","call_id":"` + call + `","output":"red"}]`)
			second := c.completed("", "It is red.")
			c.create(after(second) + asks("Sure?"))
			c.completed("", "Yes.")
			requireSpoken(t, upstream.Request(2), "user: Which colour?", "assistant: calls look", "tool: red", "assistant: It is red.", "user: Sure?")
		})
	}
}

func TestWebSocketResponsesThatAreStored(t *testing.T) {
	upstream := upstreamtest.New(t, text("One."), text("Two."), text("Three."))
	gw := start(t, mock(upstream), "store memory")
	c := dial(t, gw, "Authorization: Bearer alice")
	c.send(`{"type":"response.create","model":"m",` + asks("First.") + `}`)
	first := c.completed("", "One.")
	c.send(`{"type":"response.create","model":"m",` + after(first) + asks("Second.") + `}`)
	second := c.completed("", "Two.")

	other := dial(t, gw, "Authorization: Bearer alice")
	other.send(`{"type":"response.create","model":"m",` + after(second) + asks("Third.") + `}`)
	third := other.completed("", "Three.")
	requireSpoken(t, upstream.Request(2), "user: First.", "assistant: One.", "user: Second.", "assistant: Two.", "user: Third.")
	if got := gw.Get("/v1/responses/"+third, "Authorization: Bearer alice"); got.Status != http.StatusOK || got.Get("previous_response_id").Str != second {
		t.Errorf("over HTTP it is %d %s", got.Status, got.Body)
	}

	stranger := dial(t, gw, "Authorization: Bearer bob")
	stranger.create(after(second) + asks("Mine?"))
	stranger.refused(http.StatusBadRequest, "previous_response_not_found")
}

func TestWebSocketStoresWithAResponseWhatIsNotStored(t *testing.T) {
	upstream := upstreamtest.New(t, text("One."), text("Two."), text("Three."))
	gw := start(t, mock(upstream), "store memory")
	c := dial(t, gw)
	c.create(`"tools":[` + lookTool + `],` + asks("First."))
	first := c.completed("", "One.")
	c.send(`{"type":"response.create","model":"m",` + after(first) + asks("Second.") + `}`)
	second := c.completed("", "Two.")
	requireText(t, gw.Post("/v1/responses", `{"model":"m",`+after(second)+asks("Third.")+`}`), "Three.")
	requireSpoken(t, upstream.Request(2), "user: First.", "assistant: One.", "user: Second.", "assistant: Two.", "user: Third.")
	if got := gjson.GetBytes(upstream.Request(2).Body, "tools.0.function.name").Str; got != "look" {
		t.Errorf("the upstream was offered %q", got)
	}
}

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

func TestWebSocketHeadersAreThoseOfTheHandshake(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream), "forward_client_key")
	c := dial(t, gw, "Authorization: Bearer client-key", "X-Secret: none")
	c.create(asks("Hi."))
	c.completed("", "Hello.")
	header := upstream.Request(0).Header
	if header.Get("Authorization") != "Bearer client-key" {
		t.Errorf("the upstream got the key %q", header.Get("Authorization"))
	}
	for name := range header {
		if strings.HasPrefix(name, "Sec-") || name == "Upgrade" || name == "X-Secret" {
			t.Errorf("the upstream got %s", name)
		}
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

func TestWebSocketCannotSteer(t *testing.T) {
	step := make(chan struct{})
	gw := start(t, mock(upstreamtest.New(t, hello().Hold(step))))
	c := dial(t, gw)
	c.create(in("a") + asks("Hi."))
	id := c.until("a", "response.created").Response().Get("id").Str
	c.send(`{"type":"response.steer","previous_response_id":"` + id + `","input":"Be brief.","stream_id":"a"}`)
	for {
		event := c.next()
		if event.Type != "response.steer.failed" {
			continue
		}
		if event.Get("error.code").Str != "steering_not_supported" || event.Get("error.type").Str != "invalid_request_error" ||
			event.Get("steer.previous_response_id").Str != id || event.Get("steer.input").Str != "Be brief." ||
			event.Get("stream_id").Str != "a" || !event.Get("sequence_number").Exists() {
			t.Errorf("got %s", event.Data)
		}
		break
	}
	close(step)
	c.completed("a", "Hello.")
	c.send(`{"type":"response.steer"}`)
	if event := c.next(); event.Get("steer.input").Raw != "[]" || event.Get("steer.previous_response_id").Raw != `""` {
		t.Errorf("got %s", event.Data)
	}
}
