package gatewaytest

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

func init() {
	caddy.RegisterModule(listenerWrapper{})
}

// run is what Caddy's modules in this package share with the gateway that they belong to.
type run struct {
	id   string
	logs *logs

	mu        sync.Mutex
	listening []*listener
}

// runs has the runs of gateways by id, for the modules that Caddy makes from its configuration.
var runs sync.Map

func newRun(t testing.TB) *run {
	t.Helper()
	r := &run{logs: newLogs()}
	r.id = fmt.Sprintf("%s %p", t.Name(), r)
	runs.Store(r.id, r)
	t.Cleanup(func() { runs.Delete(r.id) })
	return r
}

func findRun(id string) (*run, error) {
	if r, ok := runs.Load(id); ok {
		return r.(*run), nil
	}
	return nil, fmt.Errorf("%s has ended", id)
}

// takeListeners returns the listeners of the configuration that runs, and forgets them.
func (r *run) takeListeners() []*listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.listening
	r.listening = nil
	return taken
}

// listener tells when it has been closed.
type listener struct {
	net.Listener
	closed chan struct{}
	once   sync.Once
}

// Close closes the listener.
func (l *listener) Close() error {
	defer l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

func (l *listener) awaitClose() error {
	select {
	case <-l.closed:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("the former config still listens on %s", l.Addr())
	}
}

// listenerWrapper is a Caddy module that notes the listeners of a configuration. It exists in test binaries only.
//
// Caddy closes the listeners of a former configuration in the background while those of the new one are open already. A connection
// that is made in between may be lost, so a reload waits for it.
type listenerWrapper struct {
	Run string `json:"run"`
}

// CaddyModule returns the Caddy module information.
func (listenerWrapper) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.listeners.gatewaytest", New: func() caddy.Module { return new(listenerWrapper) }}
}

// WrapListener returns ln, noted.
func (w *listenerWrapper) WrapListener(ln net.Listener) net.Listener {
	r, err := findRun(w.Run)
	if err != nil {
		return ln
	}
	l := &listener{Listener: ln, closed: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listening = append(r.listening, l)
	return l
}

var _ caddy.ListenerWrapper = (*listenerWrapper)(nil)
