package postgres_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
	"github.com/caddy-codex/responses/session/storetest"
)

func TestX(t *testing.T) {
	server := servertest.Postgres(t)
	port := servertest.FreePort(t)
	dir, _ := os.MkdirTemp("", "pgb")
	os.Chmod(dir, 0o755)
	_, pgport, _ := strings.Cut(server.Address(), ":")
	os.WriteFile(dir+"/users", []byte("\"postgres\" \"\"\n"), 0o644)
	os.WriteFile(dir+"/ini", []byte(fmt.Sprintf("[databases]\npostgres = host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%d\nauth_type=any\nauth_file=%s/users\npool_mode=transaction\nunix_socket_dir=\ndefault_pool_size=5\n", pgport, port, dir)), 0o644)
	os.WriteFile(dir+"/ini", []byte(fmt.Sprintf("[databases]\npostgres = host=127.0.0.1 port=%s user=postgres\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%d\nauth_type=any\npool_mode=transaction\nunix_socket_dir=\ndefault_pool_size=5\n", pgport, port)), 0o644)
	cmd := exec.Command("/tmp/pgx/pgb/usr/sbin/pgbouncer", "-u", "postgres", dir+"/ini")
	cmd.Env = []string{"LD_LIBRARY_PATH=/tmp/pgx/pgb/usr/lib/x86_64-linux-gnu"}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	time.Sleep(time.Second)
	var tables atomic.Int32
	for _, mode := range []string{"exec", "cache_describe", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			dsn := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?default_query_exec_mode=%s", port, mode)
			storetest.Run(t, func(t *testing.T, now func() time.Time) (a, b session.Store) {
				table := fmt.Sprint("sessions_", tables.Add(1))
				if strings.Contains(t.Name(), "watch") {
					t.Skip()
				}
				one := &postgres.Backend{DSN: dsn, Table: table, MaxConnections: 3, Timeout: caddy.Duration(20 * time.Second)}
				other := &postgres.Backend{DSN: dsn, Table: table, MaxConnections: 4, Timeout: caddy.Duration(20 * time.Second)}
				return open(t, one, now), open(t, other, now)
			})
		})
	}
}
