package gatewaytest

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
)

func init() {
	caddy.RegisterModule(listenerWrapper{})
}

// listening has the listeners of the configuration that runs.
//
// Caddy closes the listeners of a former configuration in the background, while those of the new one are open already. A connection
// made in between may be lost, which a test would see once in a hundred times: so whoever changes the configuration waits.
var listening struct {
	sync.Mutex
	open []*listener
}

// change does what ends the configuration that runs, and waits until its listeners are closed. If it fails, nothing has ended.
func change(do func() error) error {
	listening.Lock()
	former := listening.open
	listening.open = nil
	listening.Unlock()
	if err := do(); err != nil {
		listening.Lock()
		defer listening.Unlock()
		listening.open = append(listening.open, former...)
		return err
	}
	for _, l := range former {
		if err := l.awaitClose(); err != nil {
			return err
		}
	}
	return nil
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
type listenerWrapper struct{}

// CaddyModule returns the Caddy module information.
func (listenerWrapper) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.listeners.gatewaytest", New: func() caddy.Module { return new(listenerWrapper) }}
}

// WrapListener returns ln, noted.
func (listenerWrapper) WrapListener(ln net.Listener) net.Listener {
	l := &listener{Listener: ln, closed: make(chan struct{})}
	listening.Lock()
	defer listening.Unlock()
	listening.open = append(listening.open, l)
	return l
}

var _ caddy.ListenerWrapper = listenerWrapper{}
