package codexresponses

import (
	"context"
	"errors"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/routing"
)

// setProbe makes a provider ready to be asked whether it works again. It is asked for its list of models, which costs nothing.
func (u *upstream) setProbe(ctx caddy.Context, interval time.Duration) (err error) {
	if interval <= 0 {
		return nil
	}
	if u.prober, err = newModelReader(ctx, u, u.inner, defaultReadModels); err == nil && u.prober == nil {
		err = errors.New("probe asks for the list of models, and this provider has none that could be asked for")
	}
	u.probeEvery = interval
	return err
}

// startProbes probes the providers that are configured so, until the context ends.
func (h *Handler) startProbes(ctx context.Context) {
	for _, u := range h.router.upstreams {
		if u.prober == nil {
			continue
		}
		go func() {
			ticks := time.NewTicker(u.probeEvery)
			defer ticks.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-ticks.C:
					h.probe(u)
				}
			}
		}()
	}
}

// probe asks a provider whether it works again, where one of its targets rests.
func (h *Handler) probe(u *upstream) {
	now := h.now()
	for _, state := range knownTargets.Targets(now, u.known) {
		if state.State != "resting" {
			continue
		}
		keys := h.router.keysOf(u)
		if _, err := u.prober.ask(keys); err != nil {
			h.logger.Debug("a provider that is probed does not work yet", zap.String("provider", u.name), zap.String("cause", blot(reason(err), keys)))
			return
		}
		target := routing.Target{Provider: u.name, Model: state.Model}
		if knownTargets.Health(u.known, target, now).Wake(now) {
			h.logger.Info("a provider that is probed answers again; the next request tries the target out", zap.String("provider", u.name),
				zap.String("model", state.Model))
		}
	}
}
