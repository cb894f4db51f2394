package translate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// SetSessionHeader sets the header that keeps a conversation at the place where a provider has it cached, where the knob cache_key names
// one.
func (r *Request) SetSessionHeader(h http.Header, cacheKey string) {
	switch cacheKey {
	case "x-session-id", "x-session-affinity":
		if len(r.CacheKey) > 0 {
			h.Set(cacheKey, string(bytes.Map(printable, jsonscan.Unescape(nil, r.CacheKey))))
		}
	}
}

// printable drops what may not stand in a header.
func printable(r rune) rune {
	if r < 0x20 || r > 0x7e {
		return -1
	}
	return r
}

// HashedUser stands for the client's user: the same each time, and nothing that a provider could read. Empty where there is none.
func (r *Request) HashedUser() string {
	if r.User == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(r.User))
	return hex.EncodeToString(sum[:16])
}
