package redis

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	goredis "github.com/redis/go-redis/v9"
)

const (
	defaultPrefix  = "codex_responses:"
	defaultTimeout = 2 * time.Second
)

// check finds what is wrong with a configuration as it is written.
func (b *Backend) check() error {
	for _, text := range b.Addresses {
		if err := checkAddress(text); err != nil {
			return err
		}
	}
	if err := checkSecret("password", b.Password); err != nil {
		return err
	}
	switch {
	case b.Sentinel != nil && b.Cluster:
		return errors.New("sentinel and cluster exclude each other: a cluster sees to its failures by itself")
	case b.Sentinel != nil && b.Sentinel.Master == "":
		return errors.New("sentinel has no name of a master")
	case b.Sentinel == nil && !b.Cluster && len(b.Addresses) > 1:
		return errors.New("several addresses are those of a cluster or of Sentinels; say cluster, or sentinel <master>")
	case b.DB < 0:
		return errors.New("db is negative")
	case b.Timeout < 0:
		return errors.New("timeout is negative")
	case b.TLS != nil && (b.TLS.Certificate == "") != (b.TLS.Key == ""):
		return errors.New("tls has one of cert and key; it needs both or none")
	case b.Sentinel != nil:
		return checkSecret("the password for sentinel", b.Sentinel.Password)
	default:
		return nil
	}
}

// isPlaceholder tells a text that is one placeholder as a whole.
func isPlaceholder(text string) bool {
	return strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") && strings.Count(text, "{") == 1
}

// checkSecret refuses a secret that is written out: it would stand in the adapted configuration and in the admin API.
func checkSecret(name, text string) error {
	if text != "" && !isPlaceholder(text) {
		return fmt.Errorf("%s is written out; use one placeholder such as {env.NAME} or {file./path}, so that it stays out of the "+
			"configuration ({$NAME} would write it out as well)", name)
	}
	return nil
}

// settings are a configuration with its placeholders resolved.
type settings struct {
	addresses []string
	master    string // of Sentinels; empty without them
	cluster   bool
	username  string
	password  string
	db        int
	prefix    string
	timeout   time.Duration
	tls       *tls.Config

	sentinelUsername string
	sentinelPassword string
	files            [][]byte // what tls was made from
}

// resolver replaces placeholders and keeps the first error.
type resolver struct {
	*caddy.Replacer
	err error
}

// text resolves the placeholders of a setting, none of which may be empty.
func (r *resolver) text(name, value string) string {
	text, err := r.ReplaceOrErr(value, true, true)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w; there are {env.NAME} and {file./path}", name, err)
	}
	return strings.TrimSpace(text)
}

func (b *Backend) resolve() (*settings, error) {
	r := &resolver{Replacer: caddy.NewReplacer()}
	s := &settings{
		cluster: b.Cluster, username: r.text("username", b.Username), password: r.text("password", b.Password), db: b.DB,
		prefix: r.text("key_prefix", b.KeyPrefix), timeout: time.Duration(b.Timeout),
	}
	if s.prefix == "" {
		s.prefix = defaultPrefix
	}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	port := "6379"
	if b.Sentinel != nil {
		port = "26379"
		s.master = r.text("sentinel", b.Sentinel.Master)
		s.sentinelUsername = r.text("the username for sentinel", b.Sentinel.Username)
		s.sentinelPassword = r.text("the password for sentinel", b.Sentinel.Password)
	}
	encrypted, err := s.locate(b.Addresses, port, r)
	if err != nil {
		return nil, err
	}
	if b.TLS != nil || encrypted {
		if err := s.encrypt(b.TLS, r); err != nil {
			return nil, err
		}
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case strings.ContainsAny(s.prefix, "{}"): // braces tell a cluster what lies together
		return nil, errors.New("key_prefix has braces")
	case s.cluster && s.db != 0:
		return nil, errors.New("a cluster has no database but 0")
	}
	return s, nil
}

// locate reads the addresses, and from URLs what is not configured beside. It reports whether they ask for TLS.
func (s *settings) locate(texts []string, port string, r *resolver) (encrypted bool, err error) {
	if len(texts) == 0 {
		texts = []string{"localhost"}
	}
	for i, text := range texts {
		a, err := parseAddress(r.text("address", text), port)
		switch {
		case r.err != nil:
			return false, r.err
		case err != nil:
			return false, err
		case i > 0 && a.tls != encrypted:
			return false, errors.New("some addresses begin with rediss and some do not")
		}
		encrypted = a.tls
		s.addresses = append(s.addresses, a.place)
		if s.username == "" && s.password == "" {
			s.username, s.password = a.username, a.password
		}
		if s.db == 0 {
			s.db = a.db
		}
	}
	return encrypted, nil
}

// encrypt reads the files of TLS.
func (s *settings) encrypt(t *TLS, r *resolver) error {
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if t == nil {
		return nil
	}
	s.tls.ServerName = r.text("server_name", t.ServerName)
	for _, file := range t.CA {
		if s.tls.RootCAs == nil {
			s.tls.RootCAs = x509.NewCertPool()
		}
		pem, err := s.read(r.text("ca", file))
		if err != nil {
			return err
		}
		if !s.tls.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("ca %s holds no certificate in PEM", file)
		}
	}
	if t.Certificate == "" {
		return nil
	}
	certificate, err := s.read(r.text("cert", t.Certificate))
	if err != nil {
		return err
	}
	key, err := s.read(r.text("key", t.Key))
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("reading the certificate %s: %w", t.Certificate, err)
	}
	s.tls.Certificates = []tls.Certificate{pair}
	return nil
}

func (s *settings) read(file string) ([]byte, error) {
	content, err := os.ReadFile(file) //nolint:gosec // whoever configures the gateway names the files
	if err != nil {
		return nil, fmt.Errorf("reading a file for tls: %w", err)
	}
	s.files = append(s.files, content)
	return content, nil
}

// digest tells settings apart, certificates that have been renewed in place included, and holds no secret.
func (s *settings) digest() [sha256.Size]byte {
	serverName := ""
	if s.tls != nil {
		serverName = "tls " + s.tls.ServerName
	}
	text, _ := json.Marshal([]any{ // cannot fail with these types
		s.addresses, s.master, s.cluster, s.username, s.password, s.db, s.prefix, s.timeout, serverName, s.sentinelUsername, s.sentinelPassword,
		s.files,
	})
	return sha256.Sum256(text)
}

// name is what errors call the server.
func (s *settings) name() string {
	places := strings.Join(s.addresses, ", ")
	switch {
	case s.master != "":
		return "redis " + s.master + " of sentinel " + places
	case s.cluster:
		return "redis cluster " + places
	default:
		return "redis " + places
	}
}

// connect makes the client for the kind of server. It connects when it is first used.
func (s *settings) connect() connection {
	common := goredis.UniversalOptions{
		Addrs: s.addresses, MasterName: s.master, Username: s.username, Password: s.password, DB: s.db, TLSConfig: s.tls,
		SentinelUsername: s.sentinelUsername, SentinelPassword: s.sentinelPassword,
		DialTimeout: s.timeout, ReadTimeout: s.timeout, WriteTimeout: s.timeout, PoolTimeout: s.timeout, ContextTimeoutEnabled: true,
		MaxRetries: -1, DialerRetries: 1, // ask knows better
		Protocol: 2, DisableIdentity: true,
	}
	switch {
	case s.master != "":
		return goredis.NewFailoverClient(common.Failover())
	case s.cluster:
		options := common.Cluster()
		options.DisableRoutingPolicies = true // all keys of a command lie together
		return goredis.NewClusterClient(options)
	default:
		return goredis.NewClient(common.Simple())
	}
}
