// Package bolt keeps sessions in a file, with bbolt. What has been written is there after the process was killed, or the power was off.
//
// A file belongs to one process. Processes that share sessions need a store that is a server.
package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/block"
)

func init() {
	caddy.RegisterModule(new(Bolt))
}

const (
	defaultMaxSize = 4 << 30
	// leastMaxSize is what a file needs to be of use.
	leastMaxSize = 1 << 20
)

// Bolt stores sessions in a file of this machine. Only one process at a time can have it open.
type Bolt struct {
	// Path is the file. Its directory is made where it is not there. Placeholders are resolved when the configuration is loaded.
	// Default: codex_responses/sessions.db in Caddy's data directory
	Path string `json:"path,omitempty"`

	// MaxSize is how many bytes of the file may hold something, over all owners: at least 1 MiB. Beyond it the records that expire first
	// are removed. Default: 4 GiB
	MaxSize int64 `json:"max_size,omitempty"`

	now   func() time.Time // for tests, with ticks: when the file is cleared of what has expired
	ticks <-chan time.Time
}

// CaddyModule returns the module's information.
func (*Bolt) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "codex_responses.stores.bolt",
		New: func() caddy.Module { return new(Bolt) },
	}
}

// Provision sets the defaults and resolves placeholders.
func (b *Bolt) Provision(caddy.Context) (err error) {
	b.Path, err = caddy.NewReplacer().ReplaceOrErr(b.Path, true, true)
	if err != nil {
		return fmt.Errorf("path: %w", err)
	}
	b.setDefaults()
	return nil
}

func (b *Bolt) setDefaults() {
	if b.Path == "" {
		b.Path = filepath.Join(caddy.AppDataDir(), "codex_responses", "sessions.db")
	}
	if b.MaxSize == 0 {
		b.MaxSize = defaultMaxSize
	}
}

// Validate checks the size.
func (b *Bolt) Validate() error {
	if b.MaxSize < leastMaxSize {
		return errors.New("max_size is less than 1MiB")
	}
	return nil
}

const form = "bolt [<path>] { path <path>; max_size <size> }"

// UnmarshalCaddyfile sets up the store from Caddyfile tokens. Syntax:
//
//	bolt [<path>] {
//		path <path>
//		max_size <size>
//	}
func (b *Bolt) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the store's name
	if d.NextArg() {
		b.Path = d.Val()
	}
	if d.NextArg() {
		return block.BadForm(d, form)
	}
	for d.NextBlock(0) {
		switch d.Val() {
		case "path":
			if b.Path != "" {
				return d.Err("the path is given twice")
			}
			if !d.AllArgs(&b.Path) {
				return block.BadForm(d, "path <path>")
			}
		case "max_size":
			if err := block.Size(d, &b.MaxSize, "max_size <size>"); err != nil {
				return err
			}
			if err := b.Validate(); err != nil {
				return d.WrapErr(err)
			}
		default:
			return d.Errf("unrecognized subdirective %s; bolt takes path and max_size", d.Val())
		}
	}
	return nil
}

// pool keeps the open files of this process by their path, from one configuration to the next.
var pool = caddy.NewUsagePool()

// Open implements session.Backend. All that is configured with one path shares the file. The latest max_size holds.
func (b *Bolt) Open() (session.Store, error) {
	b.setDefaults()
	path, err := locate(b.Path)
	if err != nil {
		return nil, err
	}
	shared, loaded, err := pool.LoadOrNew(path, func() (caddy.Destructor, error) {
		if b.now != nil {
			return openStore(path, b.MaxSize, b.now, b.ticks)
		}
		return openStore(path, b.MaxSize, time.Now, time.Tick(interval))
	})
	if err != nil {
		return nil, err
	}
	f := shared.(*front)
	if loaded {
		f.maxSize.Store(b.MaxSize)
	}
	release := sync.OnceValue(func() error {
		_, err := pool.Delete(path)
		return err
	})
	return &handle{f, release}, nil
}

// locate makes the directory of a file where it is not there, and returns the one name of the file.
func locate(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding the file of the sessions: %w", err)
	}
	directory, name := filepath.Split(path)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return "", fmt.Errorf("making the directory of the sessions: %w", err)
	}
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file, nil
	}
	if directory, err = filepath.EvalSymlinks(directory); err != nil {
		return "", fmt.Errorf("finding the file of the sessions: %w", err)
	}
	return filepath.Join(directory, name), nil
}

// handle is a share in an open file.
type handle struct {
	*front
	release func() error
}

// Close implements session.Store.
func (h *handle) Close() error { return h.release() }

// Exclusive implements session.Exclusive: the file is locked by the process that has it open.
func (h *handle) Exclusive() bool { return true }

// Interface guards
var (
	_ caddy.Provisioner     = (*Bolt)(nil)
	_ caddy.Validator       = (*Bolt)(nil)
	_ caddyfile.Unmarshaler = (*Bolt)(nil)
	_ session.Backend       = (*Bolt)(nil)
	_ session.Store         = (*handle)(nil)
	_ caddy.Destructor      = (*front)(nil)
)
