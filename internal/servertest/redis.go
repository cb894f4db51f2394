//go:build unix

package servertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// RedisServer is a running Redis or Valkey, or a Sentinel.
type RedisServer struct {
	t       testing.TB
	program string
	args    []string
	ready   string // the text with which it says that it takes requests
	dir     string
	port    int
	process *process
}

// Redis starts a Redis or Valkey that has written to disk what it answers to, with further arguments of its command line; {port} and {dir} in
// them are the server's own. The server is stopped with the test.
func Redis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, program: redisProgram(t), dir: directory(t), ready: "Ready to accept connections"}
	s.startAnywhere(append([]string{
		"--port", "{port}", "--bind", "127.0.0.1", "--dir", "{dir}", "--save", "", "--appendonly", "yes", "--appendfsync", "always",
		"--repl-diskless-sync-delay", "0",
	}, args...))
	return s
}

// Sentinel starts a Sentinel that by itself decides when a master is down, with further lines of its configuration. The server is stopped
// with the test.
func Sentinel(t testing.TB, name string, master *RedisServer, lines ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, program: redisProgram(t), dir: directory(t), ready: "+monitor"}
	lines = append([]string{
		"sentinel monitor " + name + " 127.0.0.1 " + strconv.Itoa(master.port) + " 1",
		"sentinel down-after-milliseconds " + name + " 500",
		"sentinel failover-timeout " + name + " 2000",
	}, lines...)
	// A Sentinel keeps what it learns in the file of its configuration.
	file := filepath.Join(s.dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.startAnywhere([]string{file, "--sentinel", "--port", "{port}", "--bind", "127.0.0.1", "--dir", "{dir}"})
	return s
}

func redisProgram(t testing.TB) string {
	t.Helper()
	return Program(t, "install redis-server or valkey-server", "redis-server", "valkey-server")
}

// startAnywhere starts the server for the first time. Somebody may have taken the port in the meantime.
func (s *RedisServer) startAnywhere(args []string) {
	s.t.Helper()
	s.t.Cleanup(func() {
		if s.process != nil {
			s.process.kill()
		}
	})
	var err error
	for range 5 {
		s.port = FreePort(s.t)
		own := strings.NewReplacer("{port}", strconv.Itoa(s.port), "{dir}", s.dir)
		s.args = make([]string, len(args))
		for i, arg := range args {
			s.args[i] = own.Replace(arg)
		}
		if s.process, err = start(exec.Command(s.program, s.args...), s.ready); err == nil {
			return
		}
	}
	s.t.Fatal(err)
}

// Addr is where the server listens, as host and port.
func (s *RedisServer) Addr() string { return address(s.port) }

// Port is the port of the address.
func (s *RedisServer) Port() string { return strconv.Itoa(s.port) }

// Kill ends the server as a power failure would.
func (s *RedisServer) Kill() { s.process.kill() }

// Restart starts the server again, at the same address and with what it has kept, and returns when it takes requests.
func (s *RedisServer) Restart() {
	s.t.Helper()
	s.process.kill()
	var err error
	if s.process, err = start(exec.Command(s.program, s.args...), s.ready); err != nil {
		s.t.Fatal(err)
	}
}

// Freeze lets the server hang: its connections stay open, and nothing is answered.
func (s *RedisServer) Freeze() { _ = s.process.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a server that hangs go on.
func (s *RedisServer) Thaw() { _ = s.process.cmd.Process.Signal(syscall.SIGCONT) }

// Dir is the server's directory.
func (s *RedisServer) Dir() string { return s.dir }
