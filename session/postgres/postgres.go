// Package postgres keeps sessions in PostgreSQL 12 or later, for fleets of gateways that have one and no Redis.
//
// Records lie in one table, and how many bytes each owner has in a second one; the first gateway makes them. A batch is one call of a
// function in the database, in one round trip. Batches of one owner that come while another of it is on its way are committed together: the
// time that a commit takes does not bound how many writes an owner can make.
//
// Who watches a topic is told through one connection per process that listens (LISTEN). Poolers such as PgBouncer can stand between, also
// those that assign connections for single transactions, but through these nobody hears what other gateways write: watchers then find it
// when they look on their own. PgBouncer before 1.21 knows no prepared statements either, so a dsn through it needs
// default_query_exec_mode=cache_describe.
package postgres

import (
	"fmt"
	"regexp"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session"
)

const moduleID = "codex_responses.stores.postgres"

func init() { caddy.RegisterModule(Backend{}) }

// Backend is a session store in PostgreSQL.
type Backend struct {
	// DSN is where the database is: a URL of the form postgres://user@host:port/database?sslmode=verify-full, or host=... user=..., as libpq
	// takes them, without a password. Placeholders are resolved when the configuration is loaded; a DSN that holds a password must be one as
	// a whole, such as {env.DATABASE_URL}. Default: what the environment says with PGHOST, PGUSER, PGDATABASE and so on.
	DSN string `json:"dsn,omitempty"`

	// Password is a placeholder such as {env.PGPASSWORD} or {file./path}. Default: that of the DSN, else PGPASSWORD, else what ~/.pgpass says.
	Password string `json:"password,omitempty"`

	// Table is the name of the table, which may begin with that of a schema and a dot. What else is made begins with it. Gateways share
	// what they keep if they have the same table. Default: codex_responses_sessions
	Table string `json:"table,omitempty"`

	// MaxConnections is how many connections a gateway opens at most, beside the one that listens. Default: 10
	MaxConnections int `json:"max_connections,omitempty"`

	// Timeout bounds each operation, connecting included. Default: 2s
	Timeout caddy.Duration `json:"timeout,omitempty"`

	settings settings
}

const (
	defaultTable          = "codex_responses_sessions"
	defaultMaxConnections = 10
	defaultTimeout        = 2 * time.Second
)

// CaddyModule implements caddy.Module.
func (Backend) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: moduleID, New: func() caddy.Module { return new(Backend) }}
}

// Provision implements caddy.Provisioner.
func (b *Backend) Provision(caddy.Context) (err error) {
	if err := b.check(); err != nil {
		return fmt.Errorf("store postgres: %w", err)
	}
	if b.settings, err = b.resolve(); err != nil {
		return fmt.Errorf("store postgres: %w", err)
	}
	if _, err := b.settings.poolConfig(); err != nil {
		return fmt.Errorf("store postgres: %w", err)
	}
	return nil
}

// tableName are names that need no care in SQL, and leave room for what is added to them.
var tableName = regexp.MustCompile(`^([a-z_][a-z0-9_]{0,62}\.)?[a-z_][a-z0-9_]{0,47}$`)

// check finds what is wrong with the configuration before anything is resolved.
func (b *Backend) check() error {
	switch {
	case b.Table != "" && !tableName.MatchString(b.Table):
		return fmt.Errorf("table %q is not a name of up to 48 small letters, digits and underscores, or two with a dot between", b.Table)
	case b.MaxConnections < 0:
		return fmt.Errorf("max_connections %d is negative", b.MaxConnections)
	case b.Timeout < 0:
		return fmt.Errorf("timeout %v is negative", time.Duration(b.Timeout))
	}
	if err := checkDSN(b.DSN); err != nil {
		return err
	}
	return checkPassword(b.Password)
}

// pools are those in use, by their settings.
var pools = caddy.NewUsagePool()

// Open implements session.Backend.
func (b *Backend) Open() (session.Store, error) { return open(b.settings, time.Now) }

func open(s settings, now func() time.Time) (session.Store, error) {
	shared, _, err := pools.LoadOrNew(s, func() (caddy.Destructor, error) { return newPool(s, now) })
	if err != nil {
		return nil, err
	}
	release := func() error {
		_, err := pools.Delete(s)
		return err
	}
	return newHandle(shared.(*pool), release), nil //nolint:forcetypeassert // it holds no others
}

// Interface guards.
var (
	_ caddy.Module          = (*Backend)(nil)
	_ caddy.Provisioner     = (*Backend)(nil)
	_ caddy.Destructor      = (*pool)(nil)
	_ caddyfile.Unmarshaler = (*Backend)(nil)
	_ session.Backend       = (*Backend)(nil)
	_ session.Store         = (*handle)(nil)
	_ session.Shared        = (*handle)(nil)
)
