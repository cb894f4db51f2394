// Package envelope seals a provider's state into the encrypted_content of reasoning items and opens it again.
//
// Clients keep such content and send it back unread, also after a change of model or provider, so an envelope names who issued it.
// It is encrypted rather than signed because some providers' reasoning is not for showing.
package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// prefix starts every envelope of this version; the id of the key follows, then a dot and the sealed bytes.
const prefix = "ccr1."

// Ring holds the keys. The first seals; all of them open.
type Ring struct {
	keys []key
}

type key struct {
	id   string
	aead cipher.AEAD
}

// MinSecret is the least length of a secret in bytes.
const MinSecret = 16

// NewRing derives a key from each secret. Secrets are any bytes with enough entropy; at least one is needed.
func NewRing(secrets ...[]byte) (*Ring, error) {
	if len(secrets) == 0 {
		return nil, fmt.Errorf("no secret")
	}
	ring := &Ring{}
	for i, secret := range secrets {
		if len(secret) < MinSecret {
			return nil, fmt.Errorf("secret %d has %d bytes, at least %d are needed", i+1, len(secret), MinSecret)
		}
		derived, err := hkdf.Key(sha256.New, secret, nil, "codex_responses envelope v1", 32)
		if err != nil {
			return nil, fmt.Errorf("deriving key: %w", err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, fmt.Errorf("making cipher: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("making cipher: %w", err)
		}
		id := sha256.Sum256(derived)
		ring.keys = append(ring.keys, key{id: hex.EncodeToString(id[:4]), aead: aead})
	}
	return ring, nil
}

// NewSecret makes a secret for a ring.
func NewSecret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// Seal appends the envelope of a payload to dst. Its characters need no escaping in JSON.
func (r *Ring) Seal(dst []byte, payload *Payload) []byte {
	k := r.keys[0]
	dst = append(dst, prefix...)
	dst = append(dst, k.id...)
	dst = append(dst, '.')
	sealed := k.aead.Seal(nil, nil, payload.encode(), []byte(k.id))
	return base64.RawURLEncoding.AppendEncode(dst, sealed)
}

// Sealed reports whether text is an envelope of this kind, readable or not.
func Sealed(text string) bool {
	return strings.HasPrefix(text, prefix)
}

// Open returns the payload of an envelope. It reports false for anything else: other text, another key, damage.
func (r *Ring) Open(text string) (*Payload, bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return nil, false
	}
	id, body, ok := strings.Cut(rest, ".")
	if !ok {
		return nil, false
	}
	for _, k := range r.keys {
		if k.id != id {
			continue
		}
		sealed, err := base64.RawURLEncoding.DecodeString(body)
		if err != nil {
			return nil, false
		}
		plain, err := k.aead.Open(nil, nil, sealed, []byte(k.id))
		if err != nil {
			return nil, false
		}
		return decode(plain)
	}
	return nil, false
}
