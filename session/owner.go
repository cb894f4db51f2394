package session

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Owner makes an owner of who a client is: a user name, or the key that it came with. The kind keeps the two apart. It is a digest, for
// neither is to be read in a store.
func Owner(kind, name string) string {
	if name == "" {
		return kind
	}
	sum := sha256.Sum256([]byte("codex_responses owner v1\x00" + kind + "\x00" + name))
	return kind + "-" + hex.EncodeToString(sum[:16])
}

// maxID is the most characters of an id that a key holds as it is.
const maxID = 96

// keyID is an id as it stands in keys: one that came from elsewhere may hold anything.
func keyID(id string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if id != "" && len(id) <= maxID && strings.IndexFunc(id, func(r rune) bool { return !plain(r) }) < 0 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "." + hex.EncodeToString(sum[:16])
}
