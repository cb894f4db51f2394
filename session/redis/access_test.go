//go:build unix

package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/redis"
)

// wantRefused expects an operation to fail with a text, and without a secret.
func wantRefused(t *testing.T, b redis.Backend, text string) {
	t.Helper()
	s := open(t, b)
	_, err := s.Read(t.Context(), owner, "key")
	if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "wrong secret") {
		t.Errorf("reading gave %v, want %q", err, text)
	}
}

func TestPasswords(t *testing.T) {
	server := servertest.Redis(t, "--requirepass", "right secret")
	t.Setenv("RIGHT", "right secret")
	t.Setenv("WRONG", "wrong secret")
	t.Setenv("URL", "redis://:right%20secret@"+server.Addr()+"/2")
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("right secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for db, b := range []redis.Backend{
		{Addresses: []string{server.Addr()}, Password: "{env.RIGHT}"},
		{Addresses: []string{"redis://default@" + server.Addr() + "/1"}, Password: "{file." + file + "}"},
		{Addresses: []string{"{env.URL}"}},
		{Addresses: []string{"redis://" + server.Addr()}, Username: "default", Password: "{env.RIGHT}", DB: 3},
	} {
		s := open(t, b)
		change := put("key", fmt.Sprint(db))
		change.If = session.Absent // each has a database of its own
		write(t, s, change)
		wantValue(t, s, "key", fmt.Sprint(db))
	}
	wantRefused(t, redis.Backend{Addresses: []string{server.Addr()}, Password: "{env.WRONG}"}, "WRONGPASS")
	wantRefused(t, redis.Backend{Addresses: []string{server.Addr()}}, "NOAUTH")
}

func TestAUserWithFewRights(t *testing.T) {
	server := servertest.Redis(t)
	if err := raw(t, server).Do(t.Context(), "acl", "setuser", "gateway", "on", ">secret", "~codex_responses:*", "&codex_responses:*", "-@all",
		"+@read", "+@write", "+@scripting", "+@pubsub", "+@connection").Err(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET", "secret")
	b := redis.Backend{Addresses: []string{server.Addr()}, Username: "gateway", Password: "{env.SECRET}"}
	s := open(t, b)
	told := s.Watch(t.Context(), owner, "topic")
	if err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{put("key", "value")}, Topic: "topic", Limit: 1}); err != nil {
		t.Fatal(err)
	}
	wantTold(t, told)
	if records, err := s.List(t.Context(), owner, session.Query{}); err != nil || len(records) != 1 {
		t.Errorf("listing gave %v and %v", records, err)
	}
	b.KeyPrefix = "others:"
	wantRefused(t, b, "NOPERM")
}

// authority signs certificates for loopback addresses.
type authority struct {
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.certificate, a.key = a.sign(t, "ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes a certificate and its key and writes them to files. The first one is signed by itself.
func (a *authority) sign(t *testing.T, name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	issuer, issuerKey := a.certificate, a.key
	if issuer == nil {
		issuer, issuerKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, name+".pem", "CERTIFICATE", der)
	a.write(t, name+".key", "PRIVATE KEY", keyDER)
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func TestTLS(t *testing.T) {
	a := newAuthority(t)
	a.sign(t, "server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"redis.test"}})
	a.sign(t, "gateway", &x509.Certificate{})
	server := servertest.Redis(t, "--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "yes",
		"--tls-cert-file", a.file("server.pem"), "--tls-key-file", a.file("server.key"), "--tls-ca-cert-file", a.file("ca.pem"))
	good := redis.TLS{CA: []string{a.file("ca.pem")}, Certificate: a.file("gateway.pem"), Key: a.file("gateway.key")}
	with := func(edit func(*redis.TLS)) redis.Backend {
		t := good
		edit(&t)
		return redis.Backend{Addresses: []string{server.Addr()}, TLS: &t}
	}
	t.Run("conforms", func(t *testing.T) { conforms(t, with(func(*redis.TLS) {})) })
	t.Run("with a name that the certificate has", func(t *testing.T) {
		s := open(t, with(func(t *redis.TLS) { t.ServerName = "redis.test" }))
		write(t, s, put("key", "value"))
	})
	t.Run("after the server has been restarted", func(t *testing.T) {
		s := open(t, with(func(*redis.TLS) {}))
		write(t, s, put("key", "value"))
		server.Restart()
		wantValue(t, s, "key", "value")
		write(t, s, put("key", "changed"))
	})
	t.Run("refuses", func(t *testing.T) {
		another := newAuthority(t).file("ca.pem")
		wantRefused(t, with(func(t *redis.TLS) { t.ServerName = "other.test" }), "certificate is valid for redis.test")
		wantRefused(t, with(func(t *redis.TLS) { t.CA = []string{another} }), "unknown authority")
		wantRefused(t, redis.Backend{Addresses: []string{"rediss://" + server.Addr()}}, "unknown authority")
		wantRefused(t, redis.Backend{Addresses: []string{server.Addr()}}, "redis "+server.Addr())
		wantRefused(t, with(func(t *redis.TLS) { t.Certificate, t.Key = "", "" }), "redis "+server.Addr())
	})
}
