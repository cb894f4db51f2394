//go:build unix

package postgres_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session/postgres"
)

// guarded starts a server that wants the password of the role gateway.
func guarded(t *testing.T, password string) (dsn string) {
	t.Helper()
	server := servertest.Postgres(t)
	admin := connect(t, server)
	ask[struct{}](t, admin, "SET password_encryption = 'scram-sha-256'")
	ask[struct{}](t, admin, "CREATE ROLE gateway LOGIN PASSWORD '"+password+"'")
	ask[struct{}](t, admin, "GRANT CREATE ON SCHEMA public TO gateway")
	server.WriteFile("pg_hba.conf", "host all gateway 127.0.0.1/32 scram-sha-256\n")
	server.Restart()
	return strings.Replace(server.DSN(), "postgres@", "gateway@", 1)
}

func TestThePasswordComesFromThePlaceholderTheDSNOrTheEnvironment(t *testing.T) {
	const password = "it is @/?& secret"
	dsn := guarded(t, password)
	t.Setenv("GATEWAY_PASSWORD", password)
	t.Setenv("DATABASE_URL", strings.Replace(dsn, "gateway@", "gateway:it%20is%20%40%2F%3F%26%20secret@", 1))
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]postgres.Backend{
		"environment": {DSN: dsn, Password: "{env.GATEWAY_PASSWORD}"},
		"file":        {DSN: dsn, Password: "{file." + file + "}"},
		"DSN":         {DSN: "{env.DATABASE_URL}"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, b)
			write(t, s, owner, put("key", name))
			wantRead(t, s, owner, "key", name)
		})
	}
	t.Run("pgx's own variables", func(t *testing.T) {
		host, port, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(dsn, "postgres://gateway@"), "/postgres"), ":")
		for name, value := range map[string]string{
			"PGHOST": host, "PGPORT": port, "PGUSER": "gateway", "PGDATABASE": "postgres", "PGPASSWORD": password,
		} {
			t.Setenv(name, value)
		}
		s := open(t, postgres.Backend{})
		write(t, s, owner, put("key", "x"))
	})
}

func TestAWrongPasswordIsNotQuoted(t *testing.T) {
	dsn := guarded(t, "right")
	t.Setenv("GATEWAY_PASSWORD", "hunter2hunter2")
	s := open(t, postgres.Backend{DSN: dsn, Password: "{env.GATEWAY_PASSWORD}"})
	_, err := s.Read(t.Context(), owner, "key")
	if err == nil || !strings.Contains(err.Error(), `password authentication failed for user "gateway"`) {
		t.Errorf("got %v", err)
	}
	wantNoSecret(t, err, "hunter2")
	if whole := new(pgconn.ConnectError); errors.As(err, &whole) {
		t.Error("the error holds the configuration of the connection")
	}
}

func TestConnectionsAreEncrypted(t *testing.T) {
	server := servertest.Postgres(t)
	certificate, key := selfSigned(t)
	server.WriteFile("server.crt", certificate)
	server.WriteFile("server.key", key)
	server.WriteFile("postgresql.auto.conf", "ssl = on\n")
	server.WriteFile("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n")
	server.Restart()
	root := filepath.Join(t.TempDir(), "root.crt")
	if err := os.WriteFile(root, []byte(certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, postgres.Backend{DSN: server.DSN() + "?sslmode=verify-full&sslrootcert=" + root})
	write(t, s, owner, put("key", "x"))
	wantRead(t, s, owner, "key", "x")
	admin := connect(t, server)
	const plain = "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = 'codex_responses' AND NOT ssl"
	if got := ask[int](t, admin, plain); got != 0 {
		t.Errorf("%d connections are not encrypted", got)
	}

	for name, test := range map[string]struct{ parameters, want string }{
		"an authority that is not known": {"?sslmode=verify-full", "certificate signed by unknown authority"},
		"no encryption":                  {"?sslmode=disable", "no encryption"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, postgres.Backend{DSN: server.DSN() + test.parameters})
			if _, err := s.Read(t.Context(), owner, "key"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	t.Run("another host", func(t *testing.T) {
		dsn := strings.Replace(server.DSN(), "127.0.0.1", "localhost", 1) + "?sslmode=verify-full&sslrootcert=" + root
		s := open(t, postgres.Backend{DSN: dsn})
		if _, err := s.Read(t.Context(), owner, "key"); err == nil || !strings.Contains(err.Error(), "not localhost") {
			t.Errorf("got %v, want that the certificate is not for localhost", err)
		}
	})
	t.Run("a certificate that is not there", func(t *testing.T) {
		b := postgres.Backend{DSN: server.DSN() + "?sslmode=verify-full&sslrootcert=/nowhere/root.crt"}
		err := b.Provision(caddy.Context{})
		if err == nil || !strings.Contains(err.Error(), "open /nowhere/root.crt: no such file or directory") {
			t.Errorf("got %v", err)
		}
	})
}

// selfSigned returns the certificate for 127.0.0.1 that Go's test servers have, and its key.
func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	der, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	return certificate, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
