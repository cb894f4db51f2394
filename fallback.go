package codexresponses

import (
	"fmt"
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/glob"
)

// checkFallback refuses a pattern. Whether the model is known is found when the providers are ready.
func checkFallback(model string) error {
	if glob.Wild(model) {
		return fmt.Errorf("fallback_model %s is a pattern; it takes the name of one model", model)
	}
	return nil
}

// longestModel is the most bytes of a name that is looked at: names that clients make up are remembered for a while, and logged.
const longestModel = 256

// plan finds the targets for a name: those of the name itself, else those of the fallback model.
func (rt *router) plan(model string) (*plan, *fault.Fault) {
	if len(model) > longestModel {
		f := fault.New(fault.Invalid, "the name of the model has %d bytes; it may have %d", len(model), longestModel)
		f.Param = "model"
		return nil, f
	}
	p := rt.find(model)
	if p == nil && rt.fallback != "" {
		p = rt.find(rt.fallback)
	}
	if p == nil {
		return nil, fault.New(fault.UnknownModel, "no model is called %q here; %s", model, rt.offers())
	}
	return p, nil
}

// offers says what clients may ask for.
func (rt *router) offers() string {
	if names := rt.names(); len(names) > 0 {
		return "there are " + strings.Join(names, ", ")
	}
	return "no route and no list of a provider names one; " + rt.upstreams[0].name + "/<model> is a model of that provider"
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
