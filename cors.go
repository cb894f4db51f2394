package codexresponses

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// cors sets the headers that let pages of the configured origins call the endpoints. It reports whether the request was a preflight and
// is answered with that.
func (h *Handler) cors(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if len(h.CORS) == 0 || origin == "" {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	if h.shares(origin) {
		allowed := origin
		if slices.Contains(h.CORS, "*") {
			allowed = "*"
		}
		header.Set("Access-Control-Allow-Origin", allowed)
		header.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
		if preflight {
			header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
			header.Set("Access-Control-Allow-Headers", allowedHeaders(r))
			header.Set("Access-Control-Max-Age", "86400")
		}
	}
	if preflight {
		w.WriteHeader(http.StatusNoContent)
	}
	return preflight
}

// shares reports whether pages of an origin may call the endpoints.
func (h *Handler) shares(origin string) bool {
	return slices.ContainsFunc(h.CORS, func(o string) bool { return o == "*" || strings.EqualFold(o, origin) })
}

// allowedHeaders are those that the page asks for: SDKs send many of their own, and none of them is trusted.
func allowedHeaders(r *http.Request) string {
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		return asked
	}
	return "Authorization, Content-Type"
}

func checkOrigin(origin string) error {
	if origin == "*" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" || u.RawQuery != "" {
		return fmt.Errorf("cors origin %q is not of the form scheme://host or scheme://host:port, nor *", origin)
	}
	return nil
}
