package codexresponses_test

import (
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
