// Package responses speaks the Responses wire: to services that understand all of it, and to those that understand a part.
//
// For the former a request passes as it came, but for what only this side knows, and so do the events of the reply. For the latter both
// are translated, as for any other wire. Which of the two a service is, is the dialect's knob profile.
package responses

import (
	"net/http"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// Path is what is added to a provider's base URL.
const Path = "/responses"

const native = "native"

// Encode appends the upstream body for req to dst. It depends on nothing but its arguments, so that equal histories give equal bytes.
func Encode(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	if d.Profile == native {
		return pass(dst, req, target, d)
	}
	return rewrite(dst, req, target, d)
}

// Header sets the headers that the dialect wants besides the body.
func Header(h http.Header, req *translate.Request, d *dialect.Dialect) {
	req.SetSessionHeader(h, d.CacheKey)
}
