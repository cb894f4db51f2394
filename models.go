package codexresponses

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/caddy-codex/responses/catalog"
)

// modelsDocument is the answer to GET /models. It is made with the configuration, and anew when a provider's own list has been read.
type modelsDocument struct {
	*atomic.Pointer[renderedModels]
}

type renderedModels struct {
	body     []byte
	etag     string
	listings []*catalog.Listing // of the providers, as they were then
}

func newModelsDocument(entries []catalog.Entry) modelsDocument {
	d := modelsDocument{new(atomic.Pointer[renderedModels])}
	d.render(entries, nil)
	return d
}

func (d modelsDocument) render(entries []catalog.Entry, listings []*catalog.Listing) *renderedModels {
	body, etag := catalog.Render(entries)
	rendered := &renderedModels{body, etag, listings}
	d.Store(rendered)
	return rendered
}

// current is the document with what is known of the providers by now.
func (d modelsDocument) current(rt *router) *renderedModels {
	listings := make([]*catalog.Listing, len(rt.upstreams))
	unread := true
	for i, u := range rt.upstreams {
		listings[i] = u.listing()
		unread = unread && listings[i] == nil
	}
	if rendered := d.Load(); slices.Equal(rendered.listings, listings) || unread && rendered.listings == nil {
		return rendered
	}
	return d.render(rt.entries(), listings)
}

// serveModels answers from what is known, whatever upstreams do: Codex waits for it before it starts. The providers' own lists are read
// behind it, for the next time.
func (h *Handler) serveModels(w http.ResponseWriter, r *http.Request) error {
	for _, u := range h.router.upstreams {
		u.readModels(h.router.keysOf(u))
	}
	doc := h.models.current(h.router)
	w.Header().Set("ETag", doc.etag)
	w.Header().Set("Cache-Control", "no-cache") // may be kept, but is to be asked for
	if matches(r.Header.Values("If-None-Match"), doc.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(doc.body)))
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(doc.body)
	return err
}

func matches(ifNoneMatch []string, etag string) bool {
	for tag := range strings.SplitSeq(strings.Join(ifNoneMatch, ","), ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
