package codexresponses_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
)

// socketPatience is how long a test waits for a message.
const socketPatience = 30 * time.Second

// socketClient is a client in WebSocket mode.
type socketClient struct {
	t    *testing.T
	conn *websocket.Conn
	// running has the events so far of the response that runs in each lane, and ended those of responses that have ended.
	running map[string][]streamcheck.Event
	ended   map[string][][]streamcheck.Event
	order   []string // the lanes of all events
}

// dial opens a connection, with header fields given as "Name: value". It ends with the test.
func dial(t *testing.T, gw *gatewaytest.Gateway, header ...string) *socketClient {
	t.Helper()
	c, response := tryDial(t, gw, header...)
	if c == nil {
		t.Fatalf("the handshake got %d", response.StatusCode)
	}
	return c
}

// tryDial is dial for a handshake that may be refused: there is no client then.
func tryDial(t *testing.T, gw *gatewaytest.Gateway, header ...string) (*socketClient, *http.Response) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), socketPatience)
	defer cancel()
	options := &websocket.DialOptions{HTTPClient: gw.Client, HTTPHeader: make(http.Header)}
	for _, field := range header {
		name, value, _ := strings.Cut(field, ": ")
		options.HTTPHeader.Set(name, value)
		if name == "Host" {
			options.Host = value
		}
	}
	conn, response, err := websocket.Dial(ctx, gw.URL+"/v1/responses", options)
	if err != nil {
		if response == nil {
			t.Fatalf("the handshake got no answer: %v", err)
		}
		return nil, response
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &socketClient{
		t: t, conn: conn, running: make(map[string][]streamcheck.Event), ended: make(map[string][][]streamcheck.Event),
	}, response
}

// creates is the message that asks for a response, with more members.
func creates(members string) string {
	return `{"type":"response.create","model":"m","store":false,` + members + `}`
}

// create asks for a response.
func (c *socketClient) create(members string) {
	c.t.Helper()
	c.send(creates(members))
}

func (c *socketClient) send(message string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), socketPatience)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		c.t.Fatalf("sending: %v", err)
	}
}

// read returns the next message, whatever it is.
func (c *socketClient) read() (gjson.Result, error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), socketPatience)
	defer cancel()
	typ, data, err := c.conn.Read(ctx)
	if err != nil {
		return gjson.Result{}, err
	}
	if typ != websocket.MessageText || !gjson.ValidBytes(data) {
		c.t.Fatalf("a message is not JSON: %s", data)
	}
	return gjson.ParseBytes(data), nil
}

// next returns the next event, and holds those of a response that has ended against the rules of streams.
func (c *socketClient) next() streamcheck.Event {
	c.t.Helper()
	message, err := c.read()
	if err != nil {
		c.t.Fatalf("no message came: %v", err)
	}
	typ := message.Get("type").Str
	event := streamcheck.Event{Name: typ, Type: typ, Data: []byte(message.Raw)}
	if typ == "error" || typ == "response.steer.failed" {
		return event
	}
	lane := message.Get("stream_id").Str
	c.order = append(c.order, lane)
	c.running[lane] = append(c.running[lane], event)
	if event.Terminal() {
		if err := streamcheck.CheckEvents(c.running[lane]); err != nil {
			c.t.Fatalf("bad events in lane %q: %v\n%s", lane, err, c.running[lane])
		}
		c.ended[lane] = append(c.ended[lane], c.running[lane])
		delete(c.running, lane)
	}
	return event
}

// until reads up to an event of a type in a lane.
func (c *socketClient) until(lane, typ string) streamcheck.Event {
	c.t.Helper()
	for {
		event := c.next()
		if event.Type == "error" && typ != "error" {
			c.t.Fatalf("got an error before %s: %s", typ, event.Data)
		}
		if event.Type == typ && event.Get("stream_id").Str == lane {
			return event
		}
	}
}

// response reads the next response of a lane to its end.
func (c *socketClient) response(lane string) []streamcheck.Event {
	c.t.Helper()
	for len(c.ended[lane]) == 0 {
		if event := c.next(); event.Type == "error" {
			c.t.Fatalf("got %s", event.Data)
		}
	}
	first := c.ended[lane][0]
	c.ended[lane] = c.ended[lane][1:]
	return first
}

// completed reads the next response of a lane, which must be a good one, and returns its id.
func (c *socketClient) completed(lane, text string) string {
	c.t.Helper()
	events := c.response(lane)
	final := streamcheck.Final(events)
	if got := streamcheck.Text(events); got != text || final.Get("status").Str != "completed" {
		c.t.Fatalf("got %q in a response that is %s, want %q", got, final.Raw, text)
	}
	return final.Get("id").Str
}

// refused reads an error with a status and a code.
func (c *socketClient) refused(status int, code string) gjson.Result {
	c.t.Helper()
	event := c.next()
	object := event.Get("error")
	if event.Type != "error" || event.Get("status").Int() != int64(status) || object.Get("code").Type != gjson.String ||
		object.Get("code").Str != code || object.Get("message").Str == "" || object.Get("type").Str == "" || !object.Get("param").Exists() {
		c.t.Fatalf("got %s, want an error with status %d and code %s", event.Data, status, code)
	}
	return event.Get("@this")
}

// closed checks that the connection ends, with a code and a reason.
func (c *socketClient) closed(code websocket.StatusCode, reason string) {
	c.t.Helper()
	message, err := c.read()
	if err == nil {
		c.t.Fatalf("got %s, want the end", message.Raw)
	}
	if got := websocket.CloseStatus(err); got != code || !strings.Contains(err.Error(), reason) {
		c.t.Fatalf("the connection ended with %v, want %d %s", err, code, reason)
	}
}

// asks is the member input with one text.
func asks(text string) string { return fmt.Sprintf(`"input":[{"role":"user","content":%q}]`, text) }

// after is the member previous_response_id.
func after(id string) string { return fmt.Sprintf(`"previous_response_id":%q,`, id) }

// in is the member stream_id.
func in(lane string) string { return fmt.Sprintf(`"stream_id":%q,`, lane) }
