package codexresponses

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/presets"
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

	// Retry bounds what an exchange does about failures, where its route does not say.
	Retry *Retry `json:"retry,omitempty"`

	// FallbackModel is the model that serves names which no route and no provider knows, such as those that Codex asks for in the
	// background. It is a name that clients could ask for. Default: none, so that such a name is an error
	FallbackModel string `json:"fallback_model,omitempty"`

	// MaxConcurrent bounds how many exchanges run at once. What is beyond it, and finds no room in the queue, is refused with status 503.
	// Default: no bound
	MaxConcurrent *Bound `json:"max_concurrent,omitempty"`
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
	if err := checkFallback(c.FallbackModel); err != nil {
		return err
	}
	if err := c.Retry.check(); err != nil {
		return err
	}
	if err := c.MaxConcurrent.check(); err != nil {
		return err
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

// checkKeys refuses keys that are written out: they would stand in the adapted configuration and in the admin API. Of one that is given
// twice, the other one was meant.
func checkKeys(keys []string) error {
	for i, key := range keys {
		if !strings.HasPrefix(key, "{") || !strings.HasSuffix(key, "}") || strings.Count(key, "{") != 1 {
			return errors.New("a key is written out; use one placeholder such as {env.NAME} or {file./path}, so that the key itself stays " +
				"out of the configuration ({$NAME} would write it out as well)")
		}
		if slices.Contains(keys[:i], key) {
			return fmt.Errorf("key %s is given twice", key)
		}
	}
	return nil
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

// warnOfEmptyKeys tells the operator of keys that are configured and empty: their pools are smaller, and nothing else shows it.
func (c *Config) warnOfEmptyKeys(logger *zap.Logger) {
	warn := func(keys []string, whose zap.Field) {
		for _, key := range keys {
			if values, err := secrets([]string{key}); err == nil && len(values) == 0 {
				logger.Warn("a configured key is empty, and left out", whose, zap.String("placeholder", key))
			}
		}
	}
	warn(c.Keys, zap.Skip())
	for _, p := range c.Providers {
		warn(p.Keys, zap.String("provider", p.Name))
	}
	for _, r := range c.Routes {
		warn(r.Keys, zap.String("route", r.Pattern))
	}
}

// checkBasePath refuses what looks like a pattern: the base path is compared as it is.
func checkBasePath(base string) error {
	if strings.ContainsAny(base, "*?#{}") {
		return fmt.Errorf("base_path %q is not a plain path such as /v1; what lies under it is included", base)
	}
	return nil
}
