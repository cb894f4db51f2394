// Package gatewaytest runs Caddy inside a test, from a Caddyfile.
//
// It is the real server on a loopback port, so what a test sees is what a user gets: listeners, logs, reload and all. The package
// brings Caddy's standard modules; the importing test brings the module that it tests. What a Caddyfile would do to the machine
// is kept away: no admin endpoint, no certificates but those of an authority of the test's own, nothing written outside of a
// temporary directory.
//
// There is one Caddy in a process. [Start] replaces the configuration that runs, so tests that use it must not call t.Parallel,
// and a subtest that starts one ends that of its parent.
package gatewaytest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/standard" // what an ordinary Caddy has
)

// patience is how long a test waits for an answer, or for something that is sure to happen soon.
const patience = 30 * time.Second

// Gateway is Caddy as it runs in a test.
type Gateway struct {
	// URL is the root of the server that listens on PORT: http://127.0.0.1:1234, or https://localhost:1234 with `tls internal`.
	URL string
	// Client sends requests as they are, without asking for compression, and trusts the certificate of the gateway.
	Client *http.Client

	t       testing.TB
	port    string
	storage string
	secure  bool // Caddy's own authority makes certificates
	logs    *logs
}

// Start runs Caddy with a Caddyfile and stops it with the test. Each :PORT in the text, as of a site address, becomes a free port
// of 127.0.0.1.
//
// Automatic HTTPS is off, so sites speak plain HTTP, unless all that want certificates have `tls internal`. A site for that is
// https://localhost:PORT.
func Start(t testing.TB, caddyfile string) *Gateway {
	t.Helper()
	g, err := Try(t, caddyfile)
	if err != nil {
		t.Fatalf("starting caddy: %v", err)
	}
	return g
}

// Try is Start for a Caddyfile that may be wrong: it returns what Caddy has to say about it.
func Try(t testing.TB, caddyfile string) (*Gateway, error) {
	t.Helper()
	g := &Gateway{t: t, storage: tempDir(t), logs: openLogs(t)}
	transport := &http.Transport{DisableCompression: true, ForceAttemptHTTP2: true}
	g.Client = &http.Client{Transport: transport, Timeout: patience}
	t.Cleanup(transport.CloseIdleConnections)
	// Between choosing a port and listening on it another process may take it.
	for tries := 1; ; tries++ {
		port, err := freePort(t.Context())
		if err != nil {
			return nil, err
		}
		g.port, g.URL = port, "http://127.0.0.1:"+port
		err = g.load(caddyfile)
		if err == nil {
			break
		}
		if tries == 5 || !strings.Contains(err.Error(), "address already in use") {
			return nil, err
		}
	}
	t.Cleanup(func() {
		if err := change(caddy.Stop); err != nil {
			t.Errorf("stopping caddy: %v", err)
		}
	})
	if err := forget(); err != nil {
		t.Errorf("forgetting: %v", err)
	}
	if g.secure {
		return g, g.trust()
	}
	return g, nil
}

// forget has the gateway begin without what others before it have found out: a provider of another test may have had the port of one of this
// test's.
func forget() error {
	info, err := caddy.GetModule("admin.api.codex_responses")
	if err != nil {
		return nil //nolint:nilerr // there is none, so it knows nothing
	}
	route := info.New().(caddy.AdminRouter).Routes()[0]
	return route.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodDelete, route.Pattern, http.NoBody))
}

// Reload replaces the configuration, as `caddy reload` does, and keeps the port. Requests under way go on with the former one.
func (g *Gateway) Reload(caddyfile string) {
	g.t.Helper()
	if err := g.load(caddyfile); err != nil {
		g.t.Fatalf("reloading caddy: %v", err)
	}
}

// With returns the gateway for a subtest, which is then the one that fails.
func (g *Gateway) With(t testing.TB) *Gateway {
	t.Helper()
	sub := *g
	sub.t = t
	return &sub
}

// load runs a Caddyfile, and returns when its listeners are open and those of the former one closed.
func (g *Gateway) load(caddyfile string) error {
	config, err := g.config(caddyfile)
	if err != nil {
		return err
	}
	return change(func() error { return caddy.Load(config, true) })
}

// Between finding a port free and Caddy's opening it another test process could take it, and Caddy would share it with that one
// unnoticed. So each process looks in a range of its own, below the ports that systems hand out by themselves.
func freePort(ctx context.Context) (string, error) {
	const lowest, ranges, size = 12000, 190, 100
	base := lowest + os.Getpid()%ranges*size
	var config net.ListenConfig
	for range size {
		port := strconv.Itoa(base + int(nextPort.Add(1))%size)
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			return port, listener.Close()
		}
	}
	return "", fmt.Errorf("no port from %d to %d is free", base, base+size-1)
}

var nextPort atomic.Int64

// tempDir is a directory that goes with the test. Unlike that of t.TempDir, a file that Caddy writes while it stops does not
// fail the test.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gatewaytest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
