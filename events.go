package codexresponses

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/caddy-codex/responses/routing"
)

// announcer tells Caddy's events app what happens to keys and targets: key_out, key_cooling, target_resting and target_recovered, with the
// provider, the model, and where they apply the fingerprint of the key, the cause and the time until when.
type announcer struct {
	ctx caddy.Context
	app *caddyevents.App
}

// provision finds the events app.
func (e *announcer) provision(ctx caddy.Context) error {
	app, err := ctx.App("events")
	if err != nil {
		return fmt.Errorf("loading the events app: %w", err)
	}
	e.ctx, e.app = ctx, app.(*caddyevents.App) //nolint:forcetypeassert // it is the only one of the name
	return nil
}

func (h *Handler) emit(c routing.Change) {
	data := map[string]any{"provider": c.Target.Provider, "model": c.Target.Model}
	if c.Key != "" {
		data["key"] = string(c.Key)
	}
	if c.Fault != nil {
		data["cause"] = c.Fault.Brief()
	}
	if !c.Until.IsZero() {
		data["until"] = c.Until
	}
	h.events.app.Emit(h.events.ctx, string(c.What), data)
}
