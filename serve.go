package codexresponses

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"golang.org/x/net/http/httpguts"

	"github.com/caddy-codex/responses/fault"
)

// endpoint is a path under the base path and what serves it, by method.
type endpoint map[string]func(h *Handler, w http.ResponseWriter, r *http.Request) error

var endpoints = map[string]endpoint{
	"/responses":         {http.MethodPost: (*Handler).serveResponses},
	"/responses/compact": {http.MethodPost: (*Handler).serveCompact},
	"/chat/completions":  {http.MethodPost: (*Handler).serveChatCompletions},
	"/models":            {http.MethodGet: (*Handler).serveModels, http.MethodHead: (*Handler).serveModels},
	"/health":            {http.MethodGet: (*Handler).serveHealth, http.MethodHead: (*Handler).serveHealth},
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	place, ours := h.place(r.URL.Path)
	if !ours {
		return next.ServeHTTP(w, r)
	}
	if h.cors(w, r) {
		return nil
	}
	methods, known := endpoints[place]
	switch {
	case !known:
		f := fault.New(fault.NotFound, "nothing is served at %s; there are %s", r.URL.Path, strings.Join(h.paths(), ", "))
		writeFault(w, f, f.HTTPStatus())
		return nil
	case isUpgrade(r):
		refuseUpgrade(w)
		return nil
	}
	serve, ok := methods[r.Method]
	if !ok {
		w.Header().Set("Allow", strings.Join(sortedKeys(methods), ", "))
		writeFault(w, fault.New(fault.NotFound, "%s is not allowed at %s", r.Method, r.URL.Path), http.StatusMethodNotAllowed)
		return nil
	}
	return serve(h, w, r)
}

// place is what stands behind the base path. A path from which the base path has been stripped already is ours where it is an endpoint.
func (h *Handler) place(path string) (string, bool) {
	trimmed := strings.TrimSuffix(path, "/")
	if rest, ok := strings.CutPrefix(trimmed, h.BasePath); ok && (rest == "" || rest[0] == '/') {
		if _, known := endpoints[rest]; known || h.BasePath != "" {
			return rest, true
		}
	}
	_, known := endpoints[trimmed]
	return trimmed, known
}

func (h *Handler) paths() []string {
	paths := sortedKeys(endpoints)
	for i := range paths {
		paths[i] = h.BasePath + paths[i]
	}
	return paths
}

// isUpgrade tells a WebSocket handshake, also one of HTTP/2 or HTTP/3.
func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodConnect ||
		r.Method == http.MethodGet && httpguts.HeaderValuesContainsToken(r.Header["Upgrade"], "websocket")
}

// refuseUpgrade answers with the one status at which Codex goes over to HTTP without trying again.
func refuseUpgrade(w http.ResponseWriter) {
	w.Header().Set("Upgrade", "HTTP/1.1")
	w.Header().Set("Connection", "close")
	writeFault(w, fault.New(fault.NotFound, "WebSocket is not served here; use POST"), http.StatusUpgradeRequired)
}

// serveHealth says that the gateway runs. It asks no provider.
func (h *Handler) serveHealth(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write([]byte(`{"status":"ok"}` + "\n"))
	return err
}
