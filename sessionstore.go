package codexresponses

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/session"
)

// Store says where responses and conversations are kept, and for how long.
type Store struct {
	// Off keeps nothing: requests that go on from something stored are refused, and responses say that they are not stored.
	Off bool `json:"off,omitempty"`

	// BackendRaw is the store, a module of the namespace codex_responses.stores. Default: bolt
	BackendRaw json.RawMessage `json:"backend,omitempty" caddy:"namespace=codex_responses.stores inline_key=name"`

	// TTL is how long something is kept that is not used. Default: 30 days
	TTL caddy.Duration `json:"ttl,omitempty"`

	// MaxPerClient is how many bytes are kept for one client. Beyond it what has not been used for longest goes. Default: 1 GiB
	MaxPerClient int64 `json:"max_per_client,omitempty"`
}

const (
	storeNamespace      = "codex_responses.stores"
	defaultStore        = "bolt"
	defaultTTL          = 30 * 24 * time.Hour
	defaultMaxPerClient = 1 << 30
)

// provisionSessions opens the store.
func (h *Handler) provisionSessions(ctx caddy.Context) error {
	config := Store{}
	if h.Store != nil {
		config = *h.Store
	}
	if config.Off {
		return nil
	}
	chosen := config.BackendRaw != nil
	if !chosen {
		config.BackendRaw = caddyconfig.JSONModuleObject(struct{}{}, "name", defaultStore, nil)
	}
	module, err := ctx.LoadModule(&config, "BackendRaw")
	if err != nil {
		return fmt.Errorf("loading the store: %w", err)
	}
	backend, ok := module.(session.Backend)
	if !ok {
		return fmt.Errorf("store: %T keeps no sessions", module)
	}
	store := session.NewLater(backend)
	if err := store.Open(); err != nil {
		// Another process has it, beside which this configuration is validated, or which is about to end. Or it is the default, on a disk
		// that is full or cannot be written to: who has not chosen a store can do without.
		if chosen && !errors.Is(err, session.ErrInUse) {
			return err
		}
		h.logger.Warn("nothing can be stored at the moment", zap.Error(err))
	}
	if config.TTL == 0 {
		config.TTL = caddy.Duration(defaultTTL)
	}
	if config.MaxPerClient == 0 {
		config.MaxPerClient = defaultMaxPerClient
	}
	h.sessions = session.New(store, h.ring, session.Options{TTL: time.Duration(config.TTL), Limit: config.MaxPerClient, Now: h.now, Changed: h.storeChanged})
	return nil
}

// storeChanged tells the operator whether the store works.
func (h *Handler) storeChanged(err error) {
	if err != nil {
		h.logger.Error("the session store does not work; what needs it is refused", zap.Error(err))
		return
	}
	h.logger.Info("the session store works again")
}

// check finds what is wrong with the store's own settings.
func (s *Store) check() error {
	switch {
	case s == nil:
		return nil
	case s.TTL < 0:
		return errors.New("store: ttl is negative")
	case s.MaxPerClient < 0:
		return errors.New("store: max_per_client is negative")
	case s.Off && (s.BackendRaw != nil || s.TTL != 0 || s.MaxPerClient != 0):
		return errors.New("store: what is off has no settings")
	default:
		return nil
	}
}

const storeForm = "store off|<store> [<argument>...] { ttl <duration>; max_per_client <size>; ... }"

// store reads where sessions are kept. What is not about all stores is for the module of that name.
func (p *parser) store() error {
	start := p.position()
	store := new(Store)
	p.handler.Store = store
	if !p.NextArg() {
		return badForm(p.Dispenser, storeForm)
	}
	name := p.Token()
	args := p.RemainingArgsAsTokens()
	if name.Text == "off" {
		if len(args) > 0 || p.NextBlock(p.Nesting()) {
			return badForm(p.Dispenser, "store off")
		}
		store.Off = true
		return nil
	}
	rest := append([]caddyfile.Token{name}, args...)
	block, given := false, make(given)
	for nesting := p.Nesting(); p.NextBlock(nesting); {
		if ours, err := p.storeSetting(store, given); ours || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		if !block {
			rest = append(rest, caddyfile.Token{File: name.File, Line: name.Line, Text: "{"})
			block = true
		}
		rest = append(rest, p.NextSegment()...)
	}
	if block {
		rest = append(rest, caddyfile.Token{File: name.File, Line: p.Line() + 1, Text: "}"})
	}
	return store.unmarshal(name.Text, rest, start)
}

// storeSetting reads a setting of all stores. False for another one.
func (p *parser) storeSetting(store *Store, given given) (ours bool, err error) {
	name := p.Val()
	if name != "ttl" && name != "max_per_client" {
		return false, nil
	}
	if err := given.once(p.Dispenser); err != nil {
		return true, err
	}
	if name == "ttl" {
		return true, readDuration(p.Dispenser, &store.TTL, "ttl <duration>")
	}
	return true, p.size(&store.MaxPerClient, "max_per_client <size>")
}

// unmarshal has the module read what is meant for it, and say where that is wrong.
func (s *Store) unmarshal(name string, tokens []caddyfile.Token, start position) error {
	info, err := caddy.GetModule(storeNamespace + "." + name)
	if err != nil {
		return start.Errf("there is no store %s; there are off, %s", name, storeNames())
	}
	module := info.New()
	unmarshaler, ok := module.(caddyfile.Unmarshaler)
	if !ok {
		return start.Errf("store %s cannot be configured in a Caddyfile", name)
	}
	if err := unmarshaler.UnmarshalCaddyfile(caddyfile.NewDispenser(tokens)); err != nil {
		return err
	}
	s.BackendRaw = caddyconfig.JSONModuleObject(module, "name", name, nil)
	return nil
}

func storeNames() string {
	names := ""
	for _, info := range caddy.GetModules(storeNamespace) {
		if names != "" {
			names += ", "
		}
		names += info.ID.Name()
	}
	return names
}
