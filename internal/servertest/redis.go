package servertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// RedisServer is a running Redis or Valkey.
type RedisServer struct {
	t       testing.TB
	program string
	args    []string
	dir     string
	port    int
	process *process
}

// Redis starts a Redis or Valkey that writes everything to disk before it answers, with arguments of its command line beside. The server is
// stopped with the test.
func Redis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, dir: directory(t), args: args, program: redisProgram(t)}
	s.startAnywhere("Ready to accept connections", func() []string {
		return []string{"--appendonly", "yes", "--appendfsync", "always", "--save", ""}
	})
	return s
}

// RedisSentinel starts a Sentinel that watches a master under a name, and takes it for down after so many milliseconds of silence.
func RedisSentinel(t testing.TB, name string, master *RedisServer, downAfter int, settings ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, dir: directory(t), program: redisProgram(t)}
	// A Sentinel keeps its state in the file of its settings.
	file := filepath.Join(s.dir, "sentinel.conf")
	monitor := "sentinel monitor " + name + " 127.0.0.1 " + strconv.Itoa(master.port) + " 1\n" +
		"sentinel down-after-milliseconds " + name + " " + strconv.Itoa(downAfter) + "\n" +
		"sentinel failover-timeout " + name + " 2000\n"
	for _, setting := range settings {
		monitor += setting + "\n"
	}
	if err := os.WriteFile(file, []byte(monitor), 0o600); err != nil {
		t.Fatal(err)
	}
	s.startAnywhere("+monitor", func() []string { return []string{file, "--sentinel"} })
	return s
}

func redisProgram(t testing.TB) string {
	t.Helper()
	return Program(t, "install redis-server or valkey-server", "redis-server", "valkey-server")
}

// startAnywhere starts the server for the first time. Another one may have taken the port in the meantime.
func (s *RedisServer) startAnywhere(ready string, first func() []string) {
	s.t.Helper()
	own := s.args
	var err error
	for range 5 {
		s.port = FreePort(s.t)
		s.args = append(first(), "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir)
		s.args = append(s.args, own...)
		if s.process, err = start(exec.Command(s.program, s.args...), ready); err == nil {
			s.t.Cleanup(s.Stop)
			return
		}
	}
	s.t.Fatal(err)
}
