package codexresponses

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/session"
)

// cancelPatience is how long a cancellation waits for the response to end.
const cancelPatience = 10 * time.Second

// serveCancellation handles POST /responses/{response}/cancel. One that has ended stays as it is.
func (h *Handler) serveCancellation(w http.ResponseWriter, r *http.Request) error {
	stored, f := h.stored(r)
	if f != nil {
		return refuse(w, f)
	}
	if !stored.Background {
		return refuse(w, fault.New(fault.Invalid, "only responses in the background can be cancelled; this one was created without background"))
	}
	ctx, cancel := context.WithTimeout(r.Context(), cancelPatience)
	defer cancel()
	stored, err := h.cancelled(ctx, owner(r), stored)
	if err != nil {
		return refuse(w, responseFault(stored.ID, err))
	}
	return writeObject(w, whole(stored))
}

// cancelled asks the runner of a response to stop and waits until it has.
func (h *Handler) cancelled(ctx context.Context, owner string, stored *session.Response) (*session.Response, error) {
	changed := h.sessions.Watch(ctx, owner, stored.ID)
	if unfinished(stored) {
		if err := h.sessions.Cancel(ctx, owner, stored.ID); err != nil && !errors.Is(err, session.ErrConflict) { // which means that it has ended
			return stored, err
		}
	}
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for unfinished(stored) {
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			return stored, nil // it is on its way
		}
		now, err := h.settled(ctx, owner, stored.ID)
		if err != nil {
			return stored, err
		}
		stored = now
	}
	return stored, nil
}
