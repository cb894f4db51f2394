package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// startTimeout is how long a Caddy process may take until it accepts connections.
const startTimeout = 20 * time.Second

// startUpstream starts this program once more, as the upstream, and returns its address. It ends with ctx, or with this process.
func startUpstream(ctx context.Context) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, self, "-role", upstreamRole)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // closes when this process ends
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("reading its address: %w", err)
	}
	return strings.TrimSpace(address), nil
}

// A launcher starts Caddy processes.
type launcher struct {
	caddy    string // the binary
	upstream string // address
	dir      string // for configuration and storage
	started  int
}

// A server is a Caddy process with a single site, which serves one side.
type server struct {
	*side
	address string
	admin   string // address of the admin endpoint; empty without one
	pid     int
	stop    func()
	log     *logBuffer
}

// start runs a Caddy of its own for s, ready for the wires, and waits until it accepts connections.
func (l *launcher) start(ctx context.Context, s *side, wires []*wire, withAdmin bool) (*server, error) {
	l.started++
	dir := filepath.Join(l.dir, fmt.Sprintf("%s-%d", s.name, l.started))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	site, err := freeAddress()
	if err != nil {
		return nil, err
	}
	admin := ""
	if withAdmin {
		if admin, err = freeAddress(); err != nil {
			return nil, err
		}
	}
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, caddyfile(s.site(wires, l.upstream), site, admin), 0o600); err != nil {
		return nil, err
	}

	ctx, stop := context.WithCancel(ctx)
	log := &logBuffer{}
	cmd := exec.CommandContext(ctx, l.caddy, "run", "--config", config, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	cmd.Env = append(cmd.Env, s.env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		stop()
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait()
	}()
	v := &server{
		side: s, address: site, admin: admin, pid: cmd.Process.Pid, log: log,
		stop: func() { stop(); <-exited },
	}
	if err := waitForListener(ctx, site, exited); err != nil {
		v.stop()
		return nil, fmt.Errorf("%w; caddy wrote:\n%s", err, log)
	}
	return v, nil
}

// target returns what to ask of the server for a model on a wire.
func (v *server) target(w *wire, model string) *target {
	t := v.ask(w, model)
	t.name = v.name + ", " + w.name + ", " + model
	t.url.Scheme, t.url.Host = "http", v.address
	t.header = header()
	if v.key != "" {
		t.header.Set("Authorization", "Bearer "+v.key)
	}
	if v.threads != nil {
		t.vary(v.threads)
	}
	return t
}

// caddyfile is the same for both sides, but for the directives. What Caddy logs on errors is kept for the report.
func caddyfile(directives, site, admin string) []byte {
	if admin == "" {
		admin = "off"
	}
	return fmt.Appendf(nil, "{\n\tadmin %s\n\tauto_https off\n\tpersist_config off\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n\n"+
		"http://%s {\n\t%s\n}\n", admin, site, directives)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// waitForListener tries the address until it answers. A process that has just started gives no other sign.
func waitForListener(ctx context.Context, address string, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-tick.C:
		case <-exited:
			return errors.New("caddy ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("waiting for caddy: %w", ctx.Err())
		}
	}
}

// logBuffer keeps the end of what a process writes.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

const logLimit = 4 << 10

// Write never fails.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	b.text = b.text[max(0, len(b.text)-logLimit):]
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(bytes.Clone(b.text))
}
