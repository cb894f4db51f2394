package codexresponses

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/caddy-codex/responses/presets"
	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/translate/dialect"
)

// Config is what a gateway is made from. It knows nothing of HTTP handlers.
type Config struct {
	// Providers are the upstream services. At least one is needed.
	Providers []*Provider `json:"providers,omitempty"`

	// Routes say which targets serve which model names. Without a matching route, a name is served by the only provider, by the
	// provider whose catalogue or model list has it, or, as provider/model, by the provider that it names.
	Routes []*Route `json:"routes,omitempty"`

	// Keys serve the providers that have none of their own. Each is a placeholder such as {env.NAME} or {file./path}.
	Keys []string `json:"keys,omitempty"`

	// ForwardClientKey sends the client's own Bearer token to a provider for which no key is configured. Default: false.
	ForwardClientKey bool `json:"forward_client_key,omitempty"`
}

// Provider is an upstream service: one wire, one or more hosts.
type Provider struct {
	// Name is what routes and clients call the provider.
	Name string `json:"name"`

	// Preset is the built-in description that the provider is based on. Default: the one of the provider's name, if there is one.
	Preset string `json:"preset,omitempty"`

	// Wire is the upstream format: chat, responses, messages, gemini, converse or ollama. Default: the preset's, else chat.
	Wire string `json:"wire,omitempty"`

	// BaseURLs are what the wire's own path is added to: several for several hosts of one service, which differ in nothing but host and
	// port. Placeholders are resolved when the configuration is loaded. Default: the preset's.
	BaseURLs []string `json:"base_urls,omitempty"`

	// Keys are the provider's API keys. Each is a placeholder such as {env.NAME} or {file./path}. Default: the preset's environment variable.
	Keys []string `json:"keys,omitempty"`

	// Models maps the client's names of models to the provider's.
	Models map[string]string `json:"models,omitempty"`

	// Dialect sets single knobs of the provider's dialect. Default: the preset's.
	Dialect dialect.Settings `json:"dialect,omitempty"`

	// Timeouts bound how long the provider may keep silent.
	Timeouts *Timeouts `json:"timeouts,omitempty"`

	// ReadModels is how often the provider's own list of models is read, in the background, for the context windows and limits that the
	// preset does not know. It begins with the first request to the provider, or the first GET /models. Negative: never. Default: 1h
	ReadModels caddy.Duration `json:"read_models,omitempty"`

	// ReverseProxy configures how requests reach the provider, as the reverse_proxy handler does: load balancing, health checks,
	// transport, headers. Upstreams come from the base URLs where it names none.
	ReverseProxy *reverseproxy.Handler `json:"reverse_proxy,omitempty"`
}

// Route is a pattern of model names and the targets that serve them.
type Route struct {
	// Pattern is a model name, or a pattern with * and ?. The most specific one wins.
	Pattern string `json:"pattern"`

	// Targets are tried in this order until one works.
	Targets []routing.Target `json:"targets"`

	// Keys are used instead of the provider's. Each is a placeholder such as {env.NAME} or {file./path}.
	Keys []string `json:"keys,omitempty"`
}

// preset returns the preset that the provider is based on, nil for none.
func (p *Provider) preset() *presets.Preset {
	name := p.Preset
	if name == "" {
		name = p.Name
	}
	preset, _ := presets.Get(name)
	return preset
}

// check finds what is wrong with the provider by itself.
func (p *Provider) check() error {
	preset := p.preset()
	switch {
	case p.Name == "":
		return errors.New("a provider has no name")
	case strings.Contains(p.Name, "/"):
		return fmt.Errorf("provider name %q contains a slash, which separates provider and model", p.Name)
	case p.Preset != "" && preset == nil:
		return fmt.Errorf("provider %s: no preset is called %q; the presets are %s", p.Name, p.Preset, strings.Join(presets.Names(), ", "))
	case preset == nil && len(p.BaseURLs) == 0:
		return fmt.Errorf("provider %s has no base_url, and no preset has its name; the presets are %s", p.Name, strings.Join(presets.Names(), ", "))
	}
	if err := p.checkSettings(); err != nil {
		return fmt.Errorf("provider %s: %w", p.Name, err)
	}
	return nil
}

func (p *Provider) checkSettings() error {
	if p.Wire != "" {
		if err := checkWire(p.Wire); err != nil {
			return err
		}
	}
	for _, base := range p.BaseURLs {
		if err := checkBaseURL(base); err != nil {
			return err
		}
	}
	var d dialect.Dialect
	if err := d.Apply(p.Dialect); err != nil {
		return err
	}
	if err := p.checkWireOf(); err != nil {
		return err
	}
	if err := p.Timeouts.check(); err != nil {
		return fmt.Errorf("provider %s: %w", p.Name, err)
	}
	return checkKeys(p.Keys)
}

// wire is the name of the upstream format that the provider speaks.
func (p *Provider) wire() string {
	preset := p.preset()
	switch {
	case p.Wire != "":
		return p.Wire
	case preset != nil:
		return preset.Choose(p.Dialect)
	default:
		return chatWire
	}
}

// checkWireOf finds that the preset does not know the wire, or that knobs are set which the wire does not read.
func (p *Provider) checkWireOf() error {
	wire := p.wire()
	if preset := p.preset(); preset != nil && len(p.BaseURLs) == 0 && !preset.Speaks(wire) {
		return fmt.Errorf("the preset %s has no base URL for the wire %s, only for %s; give a base_url", preset.Name, wire, strings.Join(preset.SpokenWires(), ", "))
	}
	for _, knob := range dialect.Knobs() {
		if _, set := p.Dialect[knob.Name]; set && len(knob.Wires) > 0 && !slices.Contains(knob.Wires, wire) {
			return fmt.Errorf("knob %s is for the wire %s; this provider speaks %s", knob.Name, strings.Join(knob.Wires, ", "), wire)
		}
	}
	return nil
}

func checkWire(name string) error {
	if wires[name] == nil {
		return fmt.Errorf("no wire is called %q; the wires are: %s", name, strings.Join(wireNames(), ", "))
	}
	return nil
}

// checkBasePath refuses what looks like a pattern: the base path is compared as it is.
func checkBasePath(base string) error {
	if strings.ContainsAny(base, "*?#{}") {
		return fmt.Errorf("base_path %q is not a plain path such as /v1; what lies under it is included", base)
	}
	return nil
}

// checkBaseURL leaves a URL with placeholders for when they are resolved.
func checkBaseURL(base string) error {
	if strings.Contains(base, "{") {
		return nil
	}
	_, err := parseBaseURL(base)
	return err
}

func parseBaseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("base_url %q: %s", base, reason(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("base_url %q is not of the form http://host/path or https://host/path", base)
	}
	if u.User != nil {
		return nil, errors.New("base_url contains credentials; use key for them")
	}
	for _, w := range wires {
		if strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), w.path) {
			return nil, fmt.Errorf("base_url %q ends in %s, which is added to it; leave that out", base, w.path)
		}
	}
	return u, nil
}

// checkKeys refuses keys that are written out: they would stand in the adapted configuration and in the admin API.
func checkKeys(keys []string) error {
	for _, key := range keys {
		if !strings.HasPrefix(key, "{") || !strings.HasSuffix(key, "}") || strings.Count(key, "{") != 1 {
			return errors.New("a key is written out; use one placeholder such as {env.NAME} or {file./path}, so that the key itself stays " +
				"out of the configuration ({$NAME} would write it out as well)")
		}
	}
	return nil
}

// checkRoute finds what is wrong with a route, alone and among the others.
func (c *Config) checkRoute(i int) error {
	r := c.Routes[i]
	if r == nil || r.Pattern == "" {
		return errors.New("a route has no pattern")
	}
	if len(r.Targets) == 0 {
		return fmt.Errorf("route %s has no target; name a provider, or a provider and its model as provider/model", r.Pattern)
	}
	for _, earlier := range c.Routes[:i] {
		if earlier.Pattern == r.Pattern {
			return fmt.Errorf("two routes have the pattern %q; one route can have several targets", r.Pattern)
		}
	}
	for _, target := range r.Targets {
		if c.provider(target.Provider) == nil {
			return fmt.Errorf("route %s leads to the provider %q, which is not configured; the providers are: %s",
				r.Pattern, target.Provider, strings.Join(c.providerNames(), ", "))
		}
	}
	if err := checkKeys(r.Keys); err != nil {
		return fmt.Errorf("route %s: %w", r.Pattern, err)
	}
	return nil
}

// checkProvider finds what is wrong with a provider, alone and among the others.
func (c *Config) checkProvider(i int) error {
	if c.Providers[i] == nil {
		return errors.New("a provider is null")
	}
	for _, earlier := range c.Providers[:i] {
		if earlier.Name == c.Providers[i].Name {
			return fmt.Errorf("two providers are called %s; a second one of the same service needs another name, with the preset after it", earlier.Name)
		}
	}
	return c.Providers[i].check()
}

// check finds what is wrong with the configuration as a whole.
func (c *Config) check() error {
	if len(c.Providers) == 0 {
		return errors.New("no provider is configured; the presets are " + strings.Join(presets.Names(), ", "))
	}
	for i := range c.Providers {
		if err := c.checkProvider(i); err != nil {
			return err
		}
	}
	for i := range c.Routes {
		if err := c.checkRoute(i); err != nil {
			return err
		}
	}
	return checkKeys(c.Keys)
}

func (c *Config) provider(name string) *Provider {
	i := slices.IndexFunc(c.Providers, func(p *Provider) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return c.Providers[i]
}

func (c *Config) providerNames() []string {
	names := make([]string, len(c.Providers))
	for i, p := range c.Providers {
		names[i] = p.Name
	}
	return names
}

// secrets resolves the placeholders of keys. Those that resolve to nothing are left out.
func secrets(keys []string) ([]string, error) {
	repl := caddy.NewReplacer()
	var values []string
	for _, key := range keys {
		value, err := repl.ReplaceOrErr(key, false, true)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w; there are {env.NAME} and {file./path}", key, err)
		}
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values, nil
}
