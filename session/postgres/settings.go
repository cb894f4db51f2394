package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// settings are a configuration with everything in it resolved. What has the same settings shares its connections.
type settings struct {
	dsn            string
	password       string
	table          string
	maxConnections int // 0: as the DSN says, or the default
	timeout        time.Duration
}

// placeholder is a text that is nothing but one.
var placeholder = regexp.MustCompile(`^\{[^{}]+\}$`)

const dsnForm = "a URL of the form postgres://user@host:port/database, or host=... user=... dbname=..."

// checkDSN refuses a password that is written out: it would stand in the adapted configuration and in the admin API.
func checkDSN(dsn string) error {
	if !placeholder.MatchString(dsn) && holdsPassword(dsn) {
		return errors.New("the dsn holds a password; leave it out and use password with a placeholder such as {env.PGPASSWORD} or {file./path}, " +
			"or make the whole dsn one such as {env.DATABASE_URL}")
	}
	return nil
}

func checkPassword(password string) error {
	if password != "" && !placeholder.MatchString(password) {
		return errors.New("the password is written out; use one placeholder such as {env.PGPASSWORD} or {file./path}, so that the password " +
			"itself stays out of the configuration ({$PGPASSWORD} would write it out as well)")
	}
	return nil
}

// holdsPassword finds passwords wherever pgx would: before the host, among the parameters, and those of keys for certificates.
func holdsPassword(dsn string) bool {
	_, rest, isURL := strings.Cut(dsn, "://")
	if !isURL {
		return passwordWord.MatchString(dsn)
	}
	if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' && strings.Contains(rest[:i], ":") {
		return true
	}
	_, query, _ := strings.Cut(rest, "?")
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if plain, err := url.PathUnescape(key); err != nil || strings.HasSuffix(strings.ToLower(plain), "password") {
			return true
		}
	}
	return false
}

var passwordWord = regexp.MustCompile(`(?i)password\s*=`)

// resolve replaces the placeholders, and fills in the defaults.
func (b *Backend) resolve() (settings, error) {
	s := settings{
		table:          cmp.Or(b.Table, defaultTable),
		maxConnections: b.MaxConnections,
		timeout:        cmp.Or(time.Duration(b.Timeout), defaultTimeout),
	}
	var err error
	if s.dsn, err = replace(b.DSN); err != nil {
		return s, fmt.Errorf("dsn %s: %w", b.DSN, err)
	}
	if s.dsn == "" && b.DSN != "" {
		return s, fmt.Errorf("dsn %s is empty", b.DSN)
	}
	if s.password, err = replace(b.Password); err != nil {
		return s, fmt.Errorf("password %s: %w", b.Password, err)
	}
	return s, nil
}

func replace(text string) (string, error) {
	value, err := caddy.NewReplacer().ReplaceOrErr(text, false, true)
	if err != nil {
		return "", fmt.Errorf("%w; there are {env.NAME} and {file./path}", err)
	}
	return strings.TrimSpace(value), nil
}

// poolConfig is what pgx makes of the settings.
func (s settings) poolConfig() (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(s.dsn)
	if err != nil {
		return nil, fmt.Errorf("the dsn is not %s: %s", dsnForm, misread(err))
	}
	if s.password != "" {
		config.ConnConfig.Password = s.password
	}
	if s.maxConnections > 0 || !strings.Contains(s.dsn, "pool_max_conns") {
		config.MaxConns = int32(cmp.Or(s.maxConnections, defaultMaxConnections))
	}
	config.PingTimeout = cmp.Or(config.PingTimeout, s.timeout/4) // leaves time for another connection
	config.ConnConfig.ConnectTimeout = cmp.Or(config.ConnConfig.ConnectTimeout, s.timeout)
	if parameters := config.ConnConfig.RuntimeParams; parameters["application_name"] == "" {
		parameters["application_name"] = "codex_responses"
	}
	return config, nil
}

// misread says why a DSN cannot be parsed. The error quotes the DSN, and what is inside it parts of it: whoever wrote it wrongly may have
// left the password anywhere.
func misread(err error) string {
	var parsing *pgconn.ParseConfigError
	if !errors.As(err, &parsing) {
		return "it cannot be parsed"
	}
	text := parsing.Error()
	inner := errors.Unwrap(parsing)
	if inner != nil {
		text = strings.TrimSuffix(text, " ("+inner.Error()+")")
	}
	text = text[strings.LastIndex(text, "`: ")+len("`: "):]
	if inner != nil && strings.Contains(text, "TLS") { // it names files, and no part of the DSN else
		text += ": " + inner.Error()
	}
	return text
}
