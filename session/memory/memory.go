// Package memory keeps sessions in the memory of the process. They outlive a reload of the configuration, and end with the process.
package memory

import (
	"errors"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/block"
)

func init() {
	caddy.RegisterModule(new(Memory))
}

const defaultMaxSize = 256 << 20

// Memory stores sessions in the memory of this process, for as long as it runs. A reload keeps them where max_size stays as it is.
type Memory struct {
	// MaxSize is how many bytes the store may take, over all owners. Beyond it the records that expire first are removed. Default: 256 MiB
	MaxSize int64 `json:"max_size,omitempty"`
}

// CaddyModule returns the module's information.
func (*Memory) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "codex_responses.stores.memory",
		New: func() caddy.Module { return new(Memory) },
	}
}

// Provision sets the default.
func (m *Memory) Provision(caddy.Context) error {
	if m.MaxSize == 0 {
		m.MaxSize = defaultMaxSize
	}
	return nil
}

// Validate checks the size.
func (m *Memory) Validate() error {
	if m.MaxSize < 0 {
		return errors.New("max_size is negative")
	}
	return nil
}

// UnmarshalCaddyfile sets up the store from Caddyfile tokens. Syntax:
//
//	memory {
//		max_size <size>
//	}
func (m *Memory) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the store's name
	if d.NextArg() {
		return block.BadForm(d, "memory { max_size <size> }")
	}
	for d.NextBlock(0) {
		if d.Val() != "max_size" {
			return d.Errf("unrecognized subdirective %s; memory takes max_size", d.Val())
		}
		if err := block.Size(d, &m.MaxSize, "max_size <size>"); err != nil {
			return err
		}
	}
	return nil
}

// pool keeps the stores of this process, by what they are configured with, from one configuration to the next.
var pool = caddy.NewUsagePool()

// Open implements session.Backend. What is configured alike shares one store, which ends with its last handle.
func (m *Memory) Open() (session.Store, error) {
	key := *m
	if key.MaxSize == 0 {
		key.MaxSize = defaultMaxSize
	}
	shared, _, err := pool.LoadOrNew(key, func() (caddy.Destructor, error) { return newStore(key.MaxSize, time.Now), nil })
	if err != nil {
		return nil, err
	}
	release := sync.OnceValue(func() error {
		_, err := pool.Delete(key)
		return err
	})
	return &handle{shared.(*store), release}, nil
}

// handle is a share in a store.
type handle struct {
	*store
	release func() error
}

// Close implements session.Store.
func (h *handle) Close() error { return h.release() }

// Exclusive implements session.Exclusive: nothing of it is anywhere else.
func (h *handle) Exclusive() bool { return true }

// New returns a store of its own, which takes for the present what now says. It may have maxSize bytes.
func New(maxSize int64, now func() time.Time) session.Store { return newStore(maxSize, now) }

// Interface guards
var (
	_ caddy.Provisioner     = (*Memory)(nil)
	_ caddy.Validator       = (*Memory)(nil)
	_ caddyfile.Unmarshaler = (*Memory)(nil)
	_ session.Backend       = (*Memory)(nil)
	_ session.Store         = (*store)(nil)
	_ caddy.Destructor      = (*store)(nil)
)
