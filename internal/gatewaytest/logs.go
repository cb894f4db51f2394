package gatewaytest

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/tidwall/gjson"
)

func init() {
	caddy.RegisterModule(logWriter{})
}

// logs is what a gateway has logged, one JSON object a line.
type logs struct {
	mu   sync.Mutex
	grew *sync.Cond
	text bytes.Buffer
}

func newLogs() *logs {
	l := new(logs)
	l.grew = sync.NewCond(&l.mu)
	return l
}

func (l *logs) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.grew.Broadcast()
	return l.text.Write(line)
}

// Close is called when a configuration ends. The logs stay readable.
func (l *logs) Close() error { return nil }

// Logs returns all that Caddy has logged since Start, debug messages included, one JSON object a line. Messages about a request
// may come a little after its response; see AwaitLog.
func (g *Gateway) Logs() string {
	g.run.logs.mu.Lock()
	defer g.run.logs.mu.Unlock()
	return g.run.logs.text.String()
}

// AwaitLog returns the first log entry that matches. It waits for it, and fails the test if it does not come.
func (g *Gateway) AwaitLog(match func(entry gjson.Result) bool) gjson.Result {
	g.t.Helper()
	deadline := time.Now().Add(patience)
	timer := time.AfterFunc(patience, g.run.logs.grew.Broadcast)
	defer timer.Stop()
	g.run.logs.mu.Lock()
	defer g.run.logs.mu.Unlock()
	for read := 0; ; g.run.logs.grew.Wait() {
		text := g.run.logs.text.String()
		for line := range strings.Lines(text[read:]) {
			if entry := gjson.Parse(line); match(entry) {
				return entry
			}
		}
		if read = len(text); !time.Now().Before(deadline) {
			g.t.Fatalf("nothing such was logged:\n%s", text)
		}
	}
}

// AccessLog returns the nth entry of the access log, counted from 0. It waits for it, and fails the test if it does not come.
func (g *Gateway) AccessLog(n int) gjson.Result {
	g.t.Helper()
	return g.AwaitLog(func(entry gjson.Result) bool {
		if !strings.HasPrefix(entry.Get("logger").String(), "http.log.access") {
			return false
		}
		n--
		return n < 0
	})
}

// logWriter is a Caddy module that hands log entries to the test. It exists in test binaries only.
type logWriter struct {
	Run string `json:"run"`
}

// CaddyModule returns the Caddy module information.
func (logWriter) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.logging.writers.gatewaytest", New: func() caddy.Module { return new(logWriter) }}
}

// String describes the writer.
func (w *logWriter) String() string { return "test " + w.Run }

// WriterKey tells writers of different tests apart.
func (w *logWriter) WriterKey() string { return w.String() }

// OpenWriter returns the logs of the test.
func (w *logWriter) OpenWriter() (io.WriteCloser, error) {
	r, err := findRun(w.Run)
	if err != nil {
		return nil, err
	}
	return r.logs, nil
}

var _ caddy.WriterOpener = (*logWriter)(nil)
