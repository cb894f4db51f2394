// Package ollama speaks the ollama wire.
package ollama

import (
	"net/http"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// Path is what is added to a provider's base URL.
const Path = "/api/chat"

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	return dst
}

// Header sets the headers that the dialect wants besides the body.
func Header(h http.Header, req *translate.Request, d *dialect.Dialect) {}
