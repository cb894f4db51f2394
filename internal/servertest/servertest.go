// Package servertest runs database servers for tests: real ones, each with a directory and a port of its own, gone when the test is.
//
// A server that is not installed lets its test skip, or fail where CODEX_RESPONSES_REQUIRE_TOOLS is set.
package servertest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Program returns where a program is, under the first of its names that is installed. Without it the test skips, or fails where every
// program has to be there.
func Program(t testing.TB, remedy string, names ...string) string {
	t.Helper()
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err == nil {
			return path
		}
	}
	missing := strings.Join(names, " or ")
	if os.Getenv("CODEX_RESPONSES_REQUIRE_TOOLS") == "1" {
		t.Fatalf("%s is missing: %s", missing, remedy)
	}
	t.Skipf("%s is missing: %s", missing, remedy)
	return ""
}

// Ports for servers lie below those that systems give to outgoing connections: those would take the port of a server that was killed, and a
// client that looks for it there would in the end find itself.
const firstPort, lastPort = 12000, 32000

// FreePort returns a port of the loopback interface on which nothing listens.
func FreePort(t testing.TB) int {
	t.Helper()
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		var l net.Listener
		if l, err = net.Listen("tcp", address(port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatalf("finding a free port: %v", err)
	return 0
}

// address is a port of the loopback interface.
func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// directory returns a new directory that goes with the test. Its path is short enough for Unix sockets in it, unlike that of t.TempDir.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "servertest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// process is a server that runs.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// start runs a server and returns when it has written a line with the text that says that it is ready. The error is what it wrote, where it
// ended before.
func start(cmd *exec.Cmd, ready string) (*process, error) {
	output, stdout := io.Pipe()
	cmd.Stdout, cmd.Stderr = stdout, stdout
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		stdout.Close()
		close(p.ended)
	}()
	var before strings.Builder
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		before.WriteString(line)
		switch {
		case strings.Contains(line, ready):
			go io.Copy(io.Discard, lines)
			return p, nil
		case err != nil:
			return nil, fmt.Errorf("%s ended before it was ready:\n%s", cmd.Path, &before)
		}
	}
}

// kill ends the server as a power failure would, and returns when it is gone.
func (p *process) kill() { p.end(syscall.SIGKILL) }

// end sends a signal and waits for the end.
func (p *process) end(signal os.Signal) {
	_ = p.cmd.Process.Signal(signal)
	<-p.ended
}
