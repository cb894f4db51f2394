package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// gatewayEnv makes this binary Caddy.
const gatewayEnv = "CODEX_RESPONSES_E2E_GATEWAY"

// serveGateway is Caddy's own main.
func serveGateway() { caddycmd.Main() }

// gatewayProcess is a gateway in a process of its own, which can be killed, and beside which there can be others.
type gatewayProcess struct {
	URL string // with /v1

	t       *testing.T
	dir     string // its data directory
	config  string
	command *exec.Cmd
	ended   chan struct{}
}

// processPatience is how long a process may take to listen or to end.
const processPatience = 30 * time.Second

// startProcess runs a gateway whose directive has the given lines.
func startProcess(t *testing.T, lines ...string) *gatewayProcess {
	t.Helper()
	port := servertest.FreePort(t)
	g := &gatewayProcess{t: t, dir: t.TempDir(), URL: fmt.Sprintf("http://127.0.0.1:%d/v1", port)}
	g.config = filepath.Join(g.dir, "Caddyfile")
	caddyfile := fmt.Sprintf("{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n}\n\nhttp://127.0.0.1:%d {\n\tcodex_responses {\n%s\n\t}\n}\n",
		port, strings.Join(lines, "\n"))
	if err := os.WriteFile(g.config, []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.stop() })
	g.Start()
	return g
}

// Start runs the process, again after it has ended, and waits until it listens.
func (g *gatewayProcess) Start() {
	g.t.Helper()
	g.command = g.caddy("run")
	log := new(logTail)
	g.command.Stdout, g.command.Stderr = log, log
	if err := g.command.Start(); err != nil {
		g.t.Fatal(err)
	}
	ended := make(chan struct{})
	g.ended = ended
	command := g.command
	go func() {
		defer close(ended)
		_ = command.Wait()
	}()
	address := strings.TrimSuffix(strings.TrimPrefix(g.URL, "http://"), "/v1")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(processPatience); ; {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ended:
			g.t.Fatalf("the gateway ended: %s", log)
		case <-late:
			g.t.Fatalf("the gateway does not listen: %s", log)
		}
	}
}

// run runs another command of Caddy on the configuration.
func (g *gatewayProcess) run(name string) (output []byte, err error) {
	return g.caddy(name).CombinedOutput()
}

// caddy is a command of Caddy that is told of the configuration.
func (g *gatewayProcess) caddy(name string) *exec.Cmd {
	command := exec.Command(os.Args[0], name, "--config", g.config, "--adapter", "caddyfile")
	command.Env = append(os.Environ(), gatewayEnv+"=1", "HOME="+g.dir, "XDG_DATA_HOME="+g.dir, "XDG_CONFIG_HOME="+g.dir)
	return command
}

// stop ends the process as an operator does.
func (g *gatewayProcess) stop() { g.end(syscall.SIGTERM) }

// Kill ends the process at once.
func (g *gatewayProcess) Kill() { g.end(syscall.SIGKILL) }

func (g *gatewayProcess) end(signal os.Signal) {
	_ = g.command.Process.Signal(signal) // it may have ended
	select {
	case <-g.ended:
	case <-time.After(processPatience):
		_ = g.command.Process.Kill()
		g.t.Error("the gateway does not end")
	}
}

// logTail keeps the end of what a process writes.
type logTail struct {
	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (l *logTail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	l.text = bytes.Clone(l.text[max(0, len(l.text)-8<<10):])
	return len(p), nil
}

func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// answer is what a gateway has answered.
type answer struct {
	status int
	header http.Header
	gjson.Result
}

// ask sends a request with a client's key. The error is that no whole answer came.
func (g *gatewayProcess) ask(ctx context.Context, method, path, body string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, g.URL+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer client-key")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, gjson.ParseBytes(text)}, err
}

// require is ask for one that has to succeed.
func (g *gatewayProcess) require(method, path, body string) answer {
	g.t.Helper()
	a, err := g.ask(g.t.Context(), method, path, body)
	if err != nil || a.status != http.StatusOK {
		g.t.Fatalf("%s %s: %d %s %v", method, path, a.status, a.Raw, err)
	}
	return a
}

// until asks for a response until its status is the wanted one.
func (g *gatewayProcess) until(id, status string) answer {
	g.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(processPatience); ; {
		a := g.require(http.MethodGet, "/responses/"+id, "")
		if a.Get("status").String() == status {
			return a
		}
		select {
		case <-tick.C:
		case <-late:
			g.t.Fatalf("the response is not %s: %s", status, a.Raw)
		}
	}
}

// parrot is a provider that answers whatever is asked with how many messages it got and the last of them. A message "wait" is answered when
// the channel is closed.
func parrot(t *testing.T) (url string, release chan struct{}) {
	release = make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		messages := gjson.GetBytes(body, "messages").Array()
		last := messages[len(messages)-1].Get("content").String()
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(w, "data: %s\n\n", upstreamtest.Text(strconv.Itoa(len(messages))+" "))
		_ = http.NewResponseController(w).Flush()
		if last == "wait" {
			select {
			case <-release:
			case <-r.Context().Done():
				return
			}
		}
		for _, chunk := range []string{upstreamtest.Text(last), upstreamtest.Finish("stop"), upstreamtest.Usage(10, 5, 0), "[DONE]"} {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", chunk)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, release
}

// mockLines are a provider without a preset.
func mockLines(url string) string {
	return "provider mock {\nwire chat\nbase_url " + url + "/v1\n}"
}

// textOf is what a response says.
func textOf(a answer) string { return a.Get(`output.#(type=="message").content.0.text`).String() }

// quote is a JSON string.
func quote(text string) string {
	quoted, _ := json.Marshal(text) // a string always marshals
	return string(quoted)
}
