package gatewaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// config adapts a Caddyfile, and changes what a test needs otherwise. That is done on the adapted JSON, so that a Caddyfile may
// have global options of its own.
func (g *Gateway) config(caddyfile string) ([]byte, error) {
	text := strings.ReplaceAll(caddyfile, ":PORT", ":"+g.port)
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return nil, fmt.Errorf("adapting: %w", err)
	}
	var config caddy.Config
	if err := json.Unmarshal(adapted, &config); err != nil {
		return nil, fmt.Errorf("reading the adapted config: %w", err)
	}
	persist := false
	config.Admin = &caddy.AdminConfig{Disabled: true, Config: &caddy.ConfigSettings{Persist: &persist}}
	config.StorageRaw = caddyconfig.JSONModuleObject(struct {
		Root string `json:"root"`
	}{g.storage}, "module", "file_system", nil)
	g.captureLogs(&config)
	if g.secure, err = isolateTLS(&config); err != nil {
		return nil, fmt.Errorf("changing the tls app: %w", err)
	}
	if err := isolateHTTP(&config, g.secure); err != nil {
		return nil, fmt.Errorf("changing the http app: %w", err)
	}
	whole, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	return g.isolateHandlers(whole)
}

// isolateHandlers changes the handlers that are tested, wherever they stand.
func (g *Gateway) isolateHandlers(config []byte) ([]byte, error) {
	var whole any
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	if err := decoder.Decode(&whole); err != nil {
		return nil, err
	}
	g.isolateIn(whole)
	return json.Marshal(whole)
}

func (g *Gateway) isolateIn(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			g.isolateIn(element)
		}
	case map[string]any:
		for _, member := range value {
			g.isolateIn(member)
		}
		if value["handler"] == "codex_responses" {
			silence(value)
			g.houseStore(value)
		}
	}
}

// silence keeps providers from being asked for their models, and again after a failure, unless the Caddyfile says how often: a test that
// scripts an upstream counts what it is asked, and a preset's address is on the Internet.
func silence(handler map[string]any) {
	if handler["retry"] == nil {
		handler["retry"] = map[string]any{"within": 1} // a nanosecond: each target is asked once
	}
	providers, _ := handler["providers"].([]any)
	for _, p := range providers {
		if provider, ok := p.(map[string]any); ok && provider["read_models"] == nil {
			provider["read_models"] = -1
		}
	}
}

// houseStore has a handler that would store into the user's data directory store into one of the test. Reloads find there what was stored
// before.
func (g *Gateway) houseStore(handler map[string]any) {
	const backend, bolt = "backend", "bolt"
	store, ok := handler["store"].(map[string]any)
	if !ok {
		store = make(map[string]any)
		handler["store"] = store
	}
	module, ok := store[backend].(map[string]any)
	if !ok {
		module = map[string]any{"name": bolt}
	}
	if store["off"] == true || module["name"] != bolt || module["path"] != nil {
		return
	}
	module["path"] = filepath.Join(g.storage, "sessions.db")
	store[backend] = module
}

// captureLogs sends every log that has no output of its own to the test, the default one with debug messages and all.
func (g *Gateway) captureLogs(config *caddy.Config) {
	if config.Logging == nil {
		config.Logging = new(caddy.Logging)
	}
	if config.Logging.Logs == nil {
		config.Logging.Logs = make(map[string]*caddy.CustomLog)
	}
	all := config.Logging.Logs
	if all[caddy.DefaultLoggerName] == nil {
		all[caddy.DefaultLoggerName] = new(caddy.CustomLog)
	}
	if base := all[caddy.DefaultLoggerName]; base.Level == "" {
		base.Level = "DEBUG"
	}
	for _, log := range all {
		if log.WriterRaw == nil {
			log.WriterRaw = caddyconfig.JSONModuleObject(&logWriter{Run: g.logs.run}, "output", "gatewaytest", nil)
		}
		if log.EncoderRaw == nil {
			log.EncoderRaw = json.RawMessage(`{"format":"json"}`)
		}
	}
}

// isolateHTTP keeps servers on loopback and automatic HTTPS off, unless it is secure, and turns their access logs on.
func isolateHTTP(config *caddy.Config, secure bool) error {
	raw, ok := config.AppsRaw["http"]
	if !ok {
		return nil
	}
	var app caddyhttp.App
	if err := json.Unmarshal(raw, &app); err != nil {
		return err
	}
	for _, server := range app.Servers {
		for i, address := range server.Listen {
			if strings.HasPrefix(address, ":") {
				server.Listen[i] = "127.0.0.1" + address
			}
		}
		server.ListenerWrappersRaw = append(server.ListenerWrappersRaw,
			caddyconfig.JSONModuleObject(listenerWrapper{}, "wrapper", "gatewaytest", nil))
		server.AutoHTTPS = &caddyhttp.AutoHTTPSConfig{Disabled: !secure, DisableRedir: true}
		if server.Protocols == nil {
			server.Protocols = []string{"h1", "h2"}
		}
		if server.Logs == nil {
			server.Logs = new(caddyhttp.ServerLogConfig)
		}
	}
	raw, err := json.Marshal(app)
	config.AppsRaw["http"] = raw
	return err
}
