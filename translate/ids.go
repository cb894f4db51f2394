package translate

import (
	"bytes"
	"crypto/rand"
)

// IDs makes an id that begins with prefix. Codex keeps the ids of items only where they hold an underscore behind a prefix.
type IDs func(prefix string) string

// RandomIDs makes ids that cannot be guessed.
func RandomIDs(prefix string) string {
	return prefix + rand.Text()
}

// Minted reports whether an id, escaped, has the form of those that RandomIDs makes: behind the prefix 26 of the 32 characters that
// rand.Text uses. A service that makes ids of its own takes no others for items.
func Minted(id []byte) bool {
	const random = 26
	i := len(id) - random
	if i < 2 || id[i-1] != '_' || bytes.IndexByte(id[:i-1], '_') >= 0 {
		return false
	}
	for _, b := range id[i:] {
		if !(b >= 'A' && b <= 'Z' || b >= '2' && b <= '7') {
			return false
		}
	}
	return true
}
