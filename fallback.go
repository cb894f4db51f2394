package codexresponses

import (
	"fmt"

	"github.com/caddy-codex/responses/internal/glob"
)

// checkFallback refuses a pattern. Whether the model is known is found when the providers are ready.
func checkFallback(model string) error {
	if glob.Wild(model) {
		return fmt.Errorf("fallback_model %s is a pattern; it takes the name of one model", model)
	}
	return nil
}

// setFallback makes a model the one for names that nobody knows, if it is known by what the configuration and the presets say.
func (rt *router) setFallback(model string) error {
	if model == "" {
		return nil
	}
	if _, f := rt.plan(model); f != nil {
		return fmt.Errorf("fallback_model: %s", f.Message)
	}
	rt.fallback = model
	return nil
}
