package codexresponses

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/caddy-codex/responses/translate/envelope"
)

// sealKeyPath is where the key is in Caddy's storage. A fleet that shares the storage shares the key.
const sealKeyPath = "codex_responses/seal.key"

// loadRing makes the key ring of reasoning envelopes from the configured secrets, else from the one in storage.
func loadRing(ctx caddy.Context, keys []string) (*envelope.Ring, error) {
	if err := checkKeys(keys); err != nil {
		return nil, fmt.Errorf("seal_key: %w", err)
	}
	var secretBytes [][]byte
	for _, key := range keys {
		values, err := secrets([]string{key})
		if err != nil {
			return nil, fmt.Errorf("seal_key: %w", err)
		}
		if len(values) == 0 {
			return nil, fmt.Errorf("seal_key: %s resolves to nothing", key)
		}
		secretBytes = append(secretBytes, []byte(values[0]))
	}
	if len(secretBytes) == 0 {
		stored, err := storedSecret(ctx, ctx.Storage())
		if err != nil {
			return nil, fmt.Errorf("keeping the seal key in storage: %w", err)
		}
		secretBytes = append(secretBytes, stored)
	}
	ring, err := envelope.NewRing(secretBytes...)
	if err != nil {
		return nil, fmt.Errorf("seal_key: %w", err)
	}
	return ring, nil
}

// storedSecret loads the secret, or makes it. The lock keeps two gateways from each making one.
func storedSecret(ctx context.Context, storage certmagic.Storage) ([]byte, error) {
	secret, err := storage.Load(ctx, sealKeyPath)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := storage.Lock(ctx, sealKeyPath); err != nil {
		return nil, err
	}
	defer func() { _ = storage.Unlock(context.WithoutCancel(ctx), sealKeyPath) }()
	secret, err = storage.Load(ctx, sealKeyPath)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = envelope.NewSecret()
	return secret, storage.Store(ctx, sealKeyPath, secret)
}
