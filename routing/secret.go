package routing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Secret is a key of a provider. However it is printed or encoded, it stays hidden; only Reveal gives it away.
type Secret struct {
	// A pointer, so that fmt shows an address where the secret is an unexported field of something else, and it asks no method.
	value *string
}

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{value: &text} }

// Reveal returns the secret itself, for the header of a request and for nothing else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

const hidden = "[redacted]"

// String hides the secret.
func (s Secret) String() string { return hidden }

// GoString hides the secret.
func (s Secret) GoString() string { return hidden }

// Format hides the secret from every verb, also from those that do not ask for String.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, hidden) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Fingerprint names a key without telling it: eight hexadecimal digits of a hash. It is empty for the want of a key.
type Fingerprint string

// fingerprintContext keeps the fingerprints apart from other hashes of the same keys.
const fingerprintContext = "caddy-codex/responses provider key\x00"

// FingerprintOf returns the name of a key.
func FingerprintOf(secret string) Fingerprint {
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(fingerprintContext + secret))
	return Fingerprint(hex.EncodeToString(sum[:4]))
}
