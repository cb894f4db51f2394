package codexresponses

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"go.uber.org/zap"

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

// changed tells the operator, and whoever listens to Caddy's events, what happens to keys and targets.
func (h *Handler) changed(c routing.Change) {
	h.emit(c)
	fields := []zap.Field{zap.String("provider", c.Target.Provider), zap.String("model", c.Target.Model)}
	if c.Key != "" {
		fields = append(fields, zap.String("key", string(c.Key)))
	}
	if c.Fault != nil {
		fields = append(fields, zap.String("cause", c.Fault.Brief()))
	}
	if !c.Until.IsZero() {
		fields = append(fields, zap.Time("until", c.Until))
	}
	switch c.What {
	case routing.KeyOut:
		h.logger.Error("a key was refused; it is left out", fields...)
	case routing.KeyCooling:
		h.logger.Warn("a key cools down", fields...)
	case routing.TargetResting:
		h.logger.Warn("a target keeps failing and is left alone for a while", fields...)
	case routing.TargetRecovered:
		h.logger.Info("a target works again", fields...)
	}
}
