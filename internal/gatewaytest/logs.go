package gatewaytest

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/tidwall/gjson"
)

func init() {
	caddy.RegisterModule(logWriter{})
}

// runs has the logs of gateways by the id of their run, for the log writers that Caddy makes from its configuration. No id is used
// twice: Caddy keeps a writer open for as long as anything still refers to it.
var (
	runs     sync.Map
	runCount atomic.Int64
)

// logs is what a gateway has logged, one JSON object a line.
type logs struct {
	run  string
	mu   sync.Mutex
	grew *sync.Cond
	text bytes.Buffer
}

func openLogs(t testing.TB) *logs {
	t.Helper()
	l := &logs{run: fmt.Sprintf("%s %d", t.Name(), runCount.Add(1))}
	l.grew = sync.NewCond(&l.mu)
	runs.Store(l.run, l)
	t.Cleanup(func() { runs.Delete(l.run) })
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
	g.logs.mu.Lock()
	defer g.logs.mu.Unlock()
	return g.logs.text.String()
}

// AwaitLog returns the first log entry that matches. It waits for it, and fails the test if it does not come.
func (g *Gateway) AwaitLog(match func(entry gjson.Result) bool) gjson.Result {
	g.t.Helper()
	deadline := time.Now().Add(patience)
	timer := time.AfterFunc(patience, g.logs.grew.Broadcast)
	defer timer.Stop()
	g.logs.mu.Lock()
	defer g.logs.mu.Unlock()
	for read := 0; ; g.logs.grew.Wait() {
		text := g.logs.text.String()
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
	if l, ok := runs.Load(w.Run); ok {
		return l.(*logs), nil
	}
	return nil, fmt.Errorf("%s has ended", w)
}

var _ caddy.WriterOpener = (*logWriter)(nil)
