//go:build unix

package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// PostgresServer is a running PostgreSQL, in which the superuser postgres needs no password.
type PostgresServer struct {
	t       testing.TB
	dir     string // of the cluster
	port    int
	account *syscall.Credential // nil: the one of the test
	process *process
}

// Postgres starts a PostgreSQL that writes everything to disk before it answers. The server is stopped with the test.
func Postgres(t testing.TB) *PostgresServer {
	t.Helper()
	s := &PostgresServer{t: t, account: postgresAccount(t)}
	parent := directory(t)
	if s.account != nil {
		if err := os.Chown(parent, int(s.account.Uid), int(s.account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	s.dir = filepath.Join(parent, "cluster")
	initialize := s.command("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", s.dir)
	if output, err := initialize.CombinedOutput(); err != nil {
		t.Fatalf("making a cluster: %v\n%s", err, output)
	}
	var err error
	for range 5 { // another one may take the port in the meantime
		s.port = FreePort(t)
		if err = s.start(); err == nil {
			t.Cleanup(func() { s.end(syscall.SIGQUIT) })
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// DSN is how to reach the server as its superuser.
func (s *PostgresServer) DSN() string { return "postgres://postgres@" + address(s.port) + "/postgres" }

// Address is where the server listens.
func (s *PostgresServer) Address() string { return address(s.port) }

// WriteFile replaces a file among those of the server, such as pg_hba.conf. The server reads it when it starts again.
func (s *PostgresServer) WriteFile(name, content string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	err := os.WriteFile(path, []byte(content), 0o600)
	if err == nil && s.account != nil {
		err = os.Chown(path, int(s.account.Uid), int(s.account.Gid))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// Kill ends the server with all its processes as a power failure would.
func (s *PostgresServer) Kill() {
	s.t.Helper()
	// What the postmaster started would outlive it for a moment. Standing still, it starts nothing new.
	_ = s.process.cmd.Process.Signal(syscall.SIGSTOP)
	for _, child := range children(s.process.cmd.Process.Pid) {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	s.process.kill()
	s.process = nil
}

// Restart starts the server again, with the same data and on the same port. One that runs is stopped before, in order.
func (s *PostgresServer) Restart() {
	s.t.Helper()
	s.end(syscall.SIGINT)
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *PostgresServer) end(signal os.Signal) {
	if s.process != nil {
		s.process.end(signal)
		s.process = nil
	}
}

func (s *PostgresServer) start() (err error) {
	run := s.command("postgres", "-D", s.dir, "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
	s.process, err = start(run, "database system is ready to accept connections")
	return err
}

// command is a call of one of PostgreSQL's programs, under an account that may run them.
func (s *PostgresServer) command(name string, args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.Command(postgresProgram(s.t, name), args...)
	cmd.Dir = filepath.Dir(s.dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if s.account != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	}
	return cmd
}

// postgresProgram returns where a program is. Distributions install several versions side by side, and none of them in the PATH.
func postgresProgram(t testing.TB, name string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join("/usr/lib/postgresql/*/bin", name))
	if len(found) == 0 {
		return Program(t, "install postgresql", name)
	}
	return slices.MaxFunc(found, func(a, b string) int { return postgresVersion(a) - postgresVersion(b) })
}

func postgresVersion(program string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	return version
}

// postgresAccount is the account of the system that the server runs under where the test is root, which PostgreSQL refuses to be.
func postgresAccount(t testing.TB) *syscall.Credential {
	t.Helper()
	postgresProgram(t, "postgres")
	if os.Getuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("root cannot run PostgreSQL: %v", err)
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// children returns the processes that a process has started, where the system tells.
func children(parent int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		stat, _ := os.ReadFile(file)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		_, rest, ok := strings.Cut(string(stat), ") ") // behind the name, which may hold anything
		if fields := strings.Fields(rest); err == nil && ok && len(fields) > 1 && fields[1] == fmt.Sprint(parent) {
			found = append(found, pid)
		}
	}
	return found
}
