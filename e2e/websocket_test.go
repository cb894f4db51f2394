package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestEveryWireOverWebSocket(t *testing.T) {
	for _, s := range speeches {
		t.Run(s.name, s.by(customSocket).overWebSocket)
	}
}

func TestBuiltInProviderOverWebSocket(t *testing.T) {
	for _, s := range speeches[:2] {
		t.Run(s.name, s.by(builtInSocket).overWebSocket)
	}
}

// by is the speech with a Codex that comes another way.
func (s *speech) by(w way) *speech {
	other := *s
	other.over = w
	return &other
}

func (s *speech) overWebSocket(t *testing.T) {
	s.scenarios(t)
	t.Run("a session that is resumed", s.resume)
}

// resume goes on in another process, and so on another connection, which knows of nothing.
func (s *speech) resume(t *testing.T) {
	provider, url := s.start(t,
		s.asks("First I look.", "c2VhbC1vbmU=", toolCall{"call_1", "exec_command", `{"cmd":"cat hello.txt"}`}),
		s.says("Hello."), s.says("Again."))
	c := s.over.codex(t, url)
	c.exec(prompt, "-m", model).answers("Hello.").silent()
	c.exec("Once more.", "resume", "--last", "-m", model).answers("Again.").silent()
	holds(t, took(t, provider, 3)[2], "cat hello.txt", "Hello.", "Once more.")
}

func TestFaultsOverWebSocket(t *testing.T) {
	t.Run("permanent ones are shown at once", func(t *testing.T) { permanentFaults(t, customSocket) })
	t.Run("passing ones are tried again", func(t *testing.T) { passingFaults(t, customSocket) })
	t.Run("replies that break off", func(t *testing.T) { repliesThatBreakOff(t, customSocket) })
}

func TestWebSocketOffFallsBackToHTTP(t *testing.T) {
	provider := strict(upstreamtest.New(t, calls(shell(0, "call_1", "cat hello.txt")), says("It says hello.")))
	r := customSocket.codex(t, gateway(t, provider, "websocket off")).exec(prompt, "-m", model).answers("It says hello.").silent()
	if strings.Contains(r.stderr, "Reconnecting") {
		t.Errorf("codex tried again:\n%s", r.stderr)
	}
	took(t, provider, 2)
}

// TestCodexSendsWhatIsNew looks at what Codex relies on: it warms up, and from then on sends what the connection does not know yet.
func TestCodexSendsWhatIsNew(t *testing.T) {
	provider := strict(upstreamtest.New(t, calls(shell(0, "call_1", "cat hello.txt")), says("It says hello.")))
	tap := newTap(t, customSocket.gateway(t, provider))
	customSocket.codex(t, tap.url).exec(prompt, "-m", model).answers("It says hello.").silent()
	took(t, provider, 2)

	tap.mu.Lock()
	defer tap.mu.Unlock()
	if len(tap.sent) != 3 {
		t.Fatalf("codex sent %d messages, want a warm-up and two requests: %q", len(tap.sent), tap.sent)
	}
	if tap.sent[0].Get("generate").Raw != "false" {
		t.Errorf("codex did not warm up: %s", tap.sent[0].Raw)
	}
	for _, message := range tap.sent[1:] {
		if message.Get("previous_response_id").Str == "" {
			t.Errorf("codex did not go on from anything: %s", message.Raw)
		}
	}
	if items := tap.sent[2].Get("input.#.type").Raw; items != `["function_call_output"]` {
		t.Errorf("codex sent %s, want the output of the call alone", items)
	}
}

// tap stands between Codex and a gateway, and notes what Codex sends over WebSocket.
type tap struct {
	url string

	mu   sync.Mutex
	sent []gjson.Result
}

func newTap(t *testing.T, gateway string) *tap {
	t.Helper()
	p := new(tap)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up, _, err := websocket.Dial(r.Context(), gateway+"/responses", &websocket.DialOptions{
			HTTPHeader: http.Header{"Originator": r.Header["Originator"], "Authorization": r.Header["Authorization"]},
		})
		if err != nil {
			t.Errorf("dialing the gateway: %v", err)
			return
		}
		down, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Errorf("accepting codex: %v", err)
			return
		}
		go func() { _ = pass(down, up, func([]byte) {}) }()
		_ = pass(up, down, func(data []byte) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.sent = append(p.sent, gjson.ParseBytes(data))
		})
	}))
	t.Cleanup(server.Close)
	p.url = server.URL + "/v1"
	return p
}

// pass passes messages on until one side goes away.
func pass(to, from *websocket.Conn, note func([]byte)) error {
	defer to.CloseNow()
	defer from.CloseNow()
	from.SetReadLimit(-1)
	for {
		typ, data, err := from.Read(context.Background())
		if err != nil {
			return err
		}
		note(data)
		if err := to.Write(context.Background(), typ, data); err != nil {
			return err
		}
	}
}

// TestCodexOutlivesAReload reloads the gateway while Codex runs a command: its connection is closed, and with it goes what it knew.
func TestCodexOutlivesAReload(t *testing.T) {
	mkfifo := needProgram(t, "mkfifo", "it comes with Unix")
	provider := strict(upstreamtest.New(t, calls(shell(0, "call_1", "cat pipe")), says("It says hello.")))
	site := ":PORT {\n" + onlyWebSocket + "\ncodex_responses {\nprovider mock {\nwire chat\nbase_url " + provider.URL + "/v1\n}\n}\n}\n"
	gw := gatewaytest.Start(t, site)
	c := customSocket.codex(t, gw.URL+"/v1", oneRetry)
	pipe := filepath.Join(c.repo, "pipe")
	if output, err := exec.Command(mkfifo, pipe).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	p := c.start(prompt, "-m", model)
	written := make(chan error, 1)
	go func() {
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for the command
		if err == nil {
			gw.Reload(strings.Replace(site, "provider mock {", "heartbeat 9s\nprovider mock {", 1))
			_, err = w.WriteString("hello\n")
			w.Close()
		}
		written <- err
	}()
	p.wait().answers("It says hello.")
	if t.Failed() {
		return // the command may never have run
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	holds(t, took(t, provider, 2)[1], prompt, "cat pipe", "hello")
}

// TestWebSocketsEndWithTheProcess stops a gateway as an operator does: what runs comes to its end, within seconds, and clients are told.
func TestWebSocketsEndWithTheProcess(t *testing.T) {
	url, release := parrot(t)
	g := startProcess(t, strings.Replace(mockLines(url), "\n}", "\nread_models off\n}", 1))
	idle, busy, late := g.dial(), g.dial(), g.dial()
	for _, c := range []*websocket.Conn{busy, late} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(`{"type":"response.create","model":"m","input":"wait"}`)); err != nil {
			t.Fatal(err)
		}
		readUntil(t, c, "response.output_text.delta")
	}
	go g.stop()
	if _, _, err := idle.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the connection that idles ended with %v", err)
	}
	release <- struct{}{} // of one of them
	endings := make(chan string, 2)
	for _, c := range []*websocket.Conn{busy, late} {
		go func() { endings <- ending(t.Context(), c) }()
	}
	got := []string{<-endings, <-endings}
	slices.Sort(got)
	equal(t, "how the connections ended", got, []string{"StatusGoingAway", "response.completed StatusGoingAway"})
	<-g.ended
}

// dial opens a WebSocket.
func (g *gatewayProcess) dial() *websocket.Conn {
	g.t.Helper()
	c, _, err := websocket.Dial(g.t.Context(), g.URL+"/responses", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	c.SetReadLimit(-1)
	g.t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// readUntil reads up to an event of a type.
func readUntil(t *testing.T, c *websocket.Conn, typ string) {
	t.Helper()
	for {
		_, data, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if gjson.GetBytes(data, "type").Str == typ {
			return
		}
	}
}

// ending reads to the end of a connection, and tells what it was, with the end of a response that came before.
func ending(ctx context.Context, c *websocket.Conn) string {
	ended := ""
	for {
		_, data, err := c.Read(ctx)
		if err != nil {
			return ended + websocket.CloseStatus(err).String()
		}
		if typ := gjson.GetBytes(data, "type").Str; typ == "response.completed" || typ == "error" || typ == "response.failed" {
			ended = typ + " "
		}
	}
}
