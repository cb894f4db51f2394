package translate

import "crypto/rand"

// IDs makes an id that begins with prefix. Codex keeps the ids of items only where they hold an underscore behind a prefix.
type IDs func(prefix string) string

// RandomIDs makes ids that cannot be guessed.
func RandomIDs(prefix string) string {
	return prefix + rand.Text()
}
