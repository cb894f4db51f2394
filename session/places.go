package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Shared is what a store implements that the gateways of a fleet have in common.
type Shared interface {
	// Shared reports whether it is such a store.
	Shared() bool
}

// shared reports whether other gateways may have a store as well.
func shared(store Store) bool {
	s, ok := store.(Shared)
	return ok && s.Shared()
}

// Shared reports whether other gateways may have the store as well.
func (s *Sessions) Shared() bool { return shared(s.store.Store) }

// Place is where a thread has been served, as gateways that share a store tell each other.
type Place struct {
	Provider, Model string
	Key             string // a name of the key that tells nothing of it
	Expires         time.Time
}

// placeKey is a digest, for what clients call their threads is not to be read in a store.
func placeKey(owner, thread string) string {
	sum := sha256.Sum256([]byte("codex_responses thread v1\x00" + owner + "\x00" + thread))
	return "thread/" + hex.EncodeToString(sum[:16])
}

// Place returns where a thread was last served. Callers give it little time: how it fails says nothing of the store, which is not asked
// while it is known to be broken.
func (s *Sessions) Place(ctx context.Context, owner, thread string) (Place, error) {
	records, err := s.store.Glance(ctx, owner, placeKey(owner, thread))
	switch {
	case err != nil:
		return Place{}, err
	case records[0].Value == nil:
		return Place{}, ErrNotFound
	}
	plain, err := s.open(owner, records[0])
	if err != nil {
		return Place{}, err
	}
	f := fieldReader{rest: plain}
	p := Place{Provider: f.text(), Model: f.text(), Key: f.text(), Expires: records[0].Expires}
	if f.broken {
		return Place{}, fmt.Errorf("reading %s: %w", records[0].Key, ErrUnreadable)
	}
	return p, nil
}

// SetPlace stores where a thread is served from now on.
func (s *Sessions) SetPlace(ctx context.Context, owner, thread string, p Place) error {
	change := s.put(owner, placeKey(owner, thread), appendFields(nil, []byte(p.Provider), []byte(p.Model), []byte(p.Key)))
	change.Expires = p.Expires
	return s.write(ctx, owner, "", change)
}
