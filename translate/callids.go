package translate

import "strings"

// In characters: how long the ids of calls may be, and how long those are that stand in for others.
const (
	mistralIDLen = 9
	longestID    = 64
	hashedIDLen  = 24
)

// MistralID is an id of a call in the form that Mistral's models take, nine letters and digits: the id itself, or one that stands for it.
func MistralID(id string) string {
	if len(id) == mistralIDLen && isPlain(id, "") {
		return id
	}
	return Hash62(id, mistralIDLen)
}

// PlainID is an id of a call in the form that many services take, up to 64 letters, digits, underscores and hyphens: the id itself, or one
// that stands for it behind a prefix.
func PlainID(id, prefix string) string {
	if id != "" && len(id) <= longestID && isPlain(id, "_-") {
		return id
	}
	return HashedID(id, prefix)
}

// HashedID is a short id that stands for another.
func HashedID(id, prefix string) string { return prefix + Hash62(id, hashedIDLen) }

// isPlain reports whether there is nothing in an id but ASCII letters, digits and the bytes of others.
func isPlain(id, others string) bool {
	for i := range len(id) {
		b := id[i]
		if !isLetter(b) && !(b >= '0' && b <= '9') && strings.IndexByte(others, b) < 0 {
			return false
		}
	}
	return true
}
