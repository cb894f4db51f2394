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
	"github.com/caddy-codex/responses/translate/dialect"
)

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

	// Keys are the provider's API keys, which take turns: one that is refused is left out until the configuration is loaded again, and one
	// that has reached a limit until that is over. Each is a placeholder such as {env.NAME} or {file./path}. Default: the preset's
	// environment variable.
	Keys []string `json:"keys,omitempty"`

	// Models maps the client's names of models to the provider's.
	Models map[string]string `json:"models,omitempty"`

	// Dialect sets single knobs of the provider's dialect. Default: the preset's.
	Dialect dialect.Settings `json:"dialect,omitempty"`

	// Prices are what models cost, for routes with the policy cheapest. Default: as the preset says, else the provider's own list of models
	Prices []ModelPrice `json:"prices,omitempty"`

	// Timeouts bound how long the provider may take.
	Timeouts *Timeouts `json:"timeouts,omitempty"`

	// MaxConcurrent bounds how many requests the provider gets at once. What is beyond it, and finds no room in the queue, goes to the
	// route's next target, and is refused with status 503 where there is none. Default: no bound
	MaxConcurrent *Bound `json:"max_concurrent,omitempty"`

	// Probe is how often a target that rests because it kept failing is asked whether it works again. Zero: only requests of clients find
	// that out. Default: 0
	Probe caddy.Duration `json:"probe,omitempty"`

	// ReadModels is how often the provider's own list of models is read, in the background, for the context windows, limits and prices that
	// the preset does not know. It begins with the first request to the provider, or the first GET /models. Negative: never. Default: 1h
	ReadModels caddy.Duration `json:"read_models,omitempty"`

	// ReverseProxy configures how requests reach the provider, as the reverse_proxy handler does: load balancing, health checks,
	// transport, headers. Upstreams come from the base URLs where it names none.
	ReverseProxy *reverseproxy.Handler `json:"reverse_proxy,omitempty"`
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

// local reports whether the provider runs on one's own machine, as far as the preset tells.
func (p *Provider) local() bool {
	preset := p.preset()
	return preset != nil && preset.Local
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
	if err := p.checkLimits(); err != nil {
		return err
	}
	if err := checkPrices(p.Prices); err != nil {
		return err
	}
	return checkKeys(p.Keys)
}

// checkLimits finds what is wrong with the bounds in time and number.
func (p *Provider) checkLimits() error {
	if err := p.Timeouts.check(); err != nil {
		return err
	}
	if p.Timeouts != nil && p.Timeouts.Connect > 0 && p.ReverseProxy != nil && p.ReverseProxy.TransportRaw != nil {
		return errors.New("timeouts: connect is for the default transport; the transport that is configured here has dial_timeout instead")
	}
	if p.Probe < 0 {
		return errors.New("probe is negative")
	}
	return p.MaxConcurrent.check()
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
