package codexresponses

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"golang.org/x/net/http/httpguts"

	"github.com/caddy-codex/responses/fault"
)

// endpoint is a path under the base path and what serves it, by method. A segment in braces stands for any, which PathValue gives.
type endpoint struct {
	path    string
	methods handlers
}

// endpoints are tried in this order.
var endpoints = []endpoint{
	{"/responses", handlers{http.MethodPost: (*Handler).serveResponses}},
	{"/responses/compact", handlers{http.MethodPost: (*Handler).serveCompact}},
	{"/responses/input_tokens", handlers{http.MethodPost: (*Handler).serveInputTokens}},
	{"/responses/{response}", handlers{http.MethodGet: (*Handler).serveResponse, http.MethodDelete: (*Handler).serveDeletion}},
	{"/responses/{response}/cancel", handlers{http.MethodPost: (*Handler).serveCancellation}},
	{"/responses/{response}/input_items", handlers{http.MethodGet: (*Handler).serveInputItems}},
	{"/conversations", handlers{http.MethodPost: (*Handler).serveNewConversation}},
	{"/conversations/{conversation}", handlers{
		http.MethodGet: (*Handler).serveConversation, http.MethodPost: (*Handler).serveConversationChange,
		http.MethodDelete: (*Handler).serveConversationDeletion,
	}},
	{"/conversations/{conversation}/items", handlers{http.MethodGet: (*Handler).serveItems, http.MethodPost: (*Handler).serveNewItems}},
	{"/conversations/{conversation}/items/{item}", handlers{http.MethodGet: (*Handler).serveItem, http.MethodDelete: (*Handler).serveItemDeletion}},
	{"/chat/completions", handlers{http.MethodPost: (*Handler).serveChatCompletions}},
	{"/models", handlers{http.MethodGet: (*Handler).serveModels, http.MethodHead: (*Handler).serveModels}},
	{"/health", handlers{http.MethodGet: (*Handler).serveHealth, http.MethodHead: (*Handler).serveHealth}},
}

type handlers = map[string]func(h *Handler, w http.ResponseWriter, r *http.Request) error

// matches reports whether a path is the endpoint's, and which segments stand for those in braces, in their order.
func (e *endpoint) matches(path string) (values []string, ok bool) {
	pattern := e.path
	for {
		var want, got string
		want, pattern, _ = strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
		got, path, ok = strings.Cut(strings.TrimPrefix(path, "/"), "/")
		switch {
		case strings.HasPrefix(want, "{") && got != "":
			values = append(values, got)
		case want != got:
			return nil, false
		}
		if pattern == "" || path == "" {
			return values, pattern == "" && path == "" && !ok
		}
	}
}

// names are those of the segments in braces.
func (e *endpoint) names() []string {
	var names []string
	for segment := range strings.SplitSeq(e.path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// find is the endpoint of a path, nil for none.
func find(path string) (*endpoint, []string) {
	for i := range endpoints {
		if values, ok := endpoints[i].matches(path); ok {
			return &endpoints[i], values
		}
	}
	return nil, nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	place, ours := h.place(r.URL.Path)
	if !ours {
		return next.ServeHTTP(w, r)
	}
	defer h.requests.enter()()
	if h.cors(w, r) {
		return nil
	}
	at, values := find(place)
	switch {
	case at == nil:
		f := fault.New(fault.NotFound, "nothing is served at %s; there are %s", r.URL.Path, strings.Join(h.paths(), ", "))
		writeFault(w, f, f.HTTPStatus())
		return nil
	case isUpgrade(r):
		return h.serveUpgrade(w, r, at.path)
	}
	serve, ok := at.methods[r.Method]
	if !ok {
		w.Header().Set("Allow", strings.Join(sortedKeys(at.methods), ", "))
		writeFault(w, fault.New(fault.NotFound, "%s is not allowed at %s", r.Method, r.URL.Path), http.StatusMethodNotAllowed)
		return nil
	}
	for i, name := range at.names() {
		r.SetPathValue(name, values[i])
	}
	return serve(h, w, r)
}

// place is what stands behind the base path. A path from which the base path has been stripped already is ours where it is an endpoint.
func (h *Handler) place(path string) (string, bool) {
	trimmed := strings.TrimSuffix(path, "/")
	if rest, ok := strings.CutPrefix(trimmed, h.BasePath); ok && (rest == "" || rest[0] == '/') {
		if at, _ := find(rest); at != nil || h.BasePath != "" {
			return rest, true
		}
	}
	at, _ := find(trimmed)
	return trimmed, at != nil
}

func (h *Handler) paths() []string {
	paths := make([]string, len(endpoints))
	for i := range endpoints {
		paths[i] = h.BasePath + endpoints[i].path
	}
	return paths
}

// isUpgrade tells a WebSocket handshake, also one of HTTP/2 or HTTP/3, and one of which a proxy on the way has taken the Upgrade away.
func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodConnect || r.Method == http.MethodGet &&
		(httpguts.HeaderValuesContainsToken(r.Header["Upgrade"], "websocket") || r.Header["Sec-Websocket-Key"] != nil)
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
