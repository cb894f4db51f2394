// Package redis keeps sessions in Redis or Valkey, for fleets of gateways: any of them goes on where another one stopped.
//
// A store is a single server, one that Sentinels name, or a cluster. All that belongs to an owner lies together on one node, and each
// operation is one request to it; changes are made by a script, in one step. Redis 6 or Valkey 7.2 and later will do, with a policy for full
// memory that evicts nothing (noeviction), for what is evicted is lost.
package redis

import (
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session"
)

const moduleID = "codex_responses.stores.redis"

func init() { caddy.RegisterModule(Backend{}) }

// Backend is a session store in Redis or Valkey.
type Backend struct {
	// Addresses are where the servers listen: host, host:port, unix//path, or a URL of the form redis://host:port/db, rediss://host:port/db
	// (with TLS) or unix:///path?db=n. Several are nodes of a cluster or Sentinels. Placeholders are resolved when the configuration is
	// loaded; a URL that holds a password must be one as a whole, such as {env.REDIS_URL}. Default: localhost, and port 6379, with
	// Sentinels 26379.
	Addresses []string `json:"addresses,omitempty"`

	// Username is the user of the server's access control list, with placeholders. Default: the server's default user.
	Username string `json:"username,omitempty"`

	// Password is a placeholder such as {env.REDIS_PASSWORD} or {file./path}. Default: none.
	Password string `json:"password,omitempty"`

	// DB is the number of the database. A cluster has only 0. Default: 0
	DB int `json:"db,omitempty"`

	// TLS encrypts connections, also those to Sentinels. Default: only where a URL says rediss.
	TLS *TLS `json:"tls,omitempty"`

	// Sentinel has the addresses taken for those of Sentinels, which are asked for the server. Default: none.
	Sentinel *Sentinel `json:"sentinel,omitempty"`

	// Cluster has the addresses taken for nodes of a cluster, of which one that answers is enough. Default: false.
	Cluster bool `json:"cluster,omitempty"`

	// KeyPrefix begins the names of all keys and channels, for servers that hold other things as well. Gateways share what they keep if
	// their prefixes are the same. Default: codex_responses:
	KeyPrefix string `json:"key_prefix,omitempty"`

	// Timeout bounds each operation, connecting included. Default: 2s
	Timeout caddy.Duration `json:"timeout,omitempty"`

	settings *settings
}

// TLS says how connections are encrypted.
type TLS struct {
	// CA are PEM files of the authorities that may have signed the server's certificate. Default: those of the system.
	CA []string `json:"ca,omitempty"`

	// ServerName is what the server's certificate must be for. Default: the host of the address.
	ServerName string `json:"server_name,omitempty"`

	// Certificate is a PEM file with the certificate that the server is shown. Default: none.
	Certificate string `json:"certificate,omitempty"`

	// Key is the PEM file with the certificate's key.
	Key string `json:"key,omitempty"`
}

// Sentinel says which server the Sentinels are asked for, and how.
type Sentinel struct {
	// Master is the name of the server among those that the Sentinels watch.
	Master string `json:"master"`

	// Username is the user at the Sentinels, with placeholders. Default: their default user.
	Username string `json:"username,omitempty"`

	// Password for the Sentinels is a placeholder such as {env.SENTINEL_PASSWORD} or {file./path}. Default: none.
	Password string `json:"password,omitempty"`
}

// CaddyModule implements caddy.Module.
func (Backend) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: moduleID, New: func() caddy.Module { return new(Backend) }}
}

// Provision implements caddy.Provisioner.
func (b *Backend) Provision(caddy.Context) (err error) {
	if err := b.check(); err != nil {
		return err
	}
	b.settings, err = b.resolve()
	return err
}

// clients are those in use, by what they are made from.
var clients = caddy.NewUsagePool()

// Open implements session.Backend.
func (b *Backend) Open() (session.Store, error) { return b.open(time.Now) }

func (b *Backend) open(now func() time.Time) (session.Store, error) {
	key := b.settings.digest()
	shared, _, err := clients.LoadOrNew(key, func() (caddy.Destructor, error) { return newClient(b.settings), nil })
	if err != nil {
		return nil, err
	}
	release := func() error {
		_, err := clients.Delete(key)
		return err
	}
	return newHandle(shared.(*client), now, release), nil //nolint:forcetypeassert // it holds no others
}

// Interface guards.
var (
	_ caddy.Module          = (*Backend)(nil)
	_ caddy.Provisioner     = (*Backend)(nil)
	_ caddy.Destructor      = (*client)(nil)
	_ caddyfile.Unmarshaler = (*Backend)(nil)
	_ session.Backend       = (*Backend)(nil)
	_ session.Store         = (*handle)(nil)
	_ session.Shared        = (*handle)(nil)
)
