package codexresponses

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-codex/responses/catalog"
)

// modelsDocument is the answer to GET /models, made once for a configuration.
type modelsDocument struct {
	body []byte
	etag string
}

func newModelsDocument(entries []catalog.Entry) modelsDocument {
	body, etag := catalog.Render(entries)
	return modelsDocument{body, etag}
}

// serveModels answers from the configuration alone, whatever upstreams do: Codex waits for it before it starts.
func (h *Handler) serveModels(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("ETag", h.models.etag)
	w.Header().Set("Cache-Control", "no-cache") // may be kept, but is to be asked for
	if matches(r.Header.Values("If-None-Match"), h.models.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(h.models.body)))
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(h.models.body)
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
