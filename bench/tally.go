package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// tallyPath is below which each provider of the routing measurement has a directory of its own. It lists the tally itself.
const tallyPath = "/tally/"

// A tally counts what each key is used for at each provider, so that a measurement of routing knows that there was something to route.
type tally struct {
	next http.Handler

	mu     sync.Mutex
	counts map[seat]int
}

// A seat is a key of a provider.
type seat struct{ provider, key string }

func newTally(next http.Handler) *tally { return &tally{next: next, counts: make(map[seat]int)} }

func (t *tally) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	below, ok := strings.CutPrefix(r.URL.Path, tallyPath)
	if !ok {
		t.next.ServeHTTP(w, r)
		return
	}
	provider, path, ok := strings.Cut(below, "/")
	if !ok {
		t.list(w)
		return
	}
	if r.Method == http.MethodPost {
		t.count(seat{provider, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")})
	}
	r.URL.Path = "/" + path
	t.next.ServeHTTP(w, r)
}

func (t *tally) count(s seat) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[s]++
}

// list writes the counts as {provider: {key: count}}.
func (t *tally) list(w http.ResponseWriter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	listed := make(map[string]map[string]int)
	for s, n := range t.counts {
		if listed[s.provider] == nil {
			listed[s.provider] = make(map[string]int)
		}
		listed[s.provider][s.key] = n
	}
	_ = json.NewEncoder(w).Encode(listed)
}

// readTally asks an upstream for its counts.
func readTally(ctx context.Context, upstream string) (map[seat]int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+upstream+tallyPath, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var listed map[string]map[string]int
	if err := json.NewDecoder(response.Body).Decode(&listed); err != nil {
		return nil, fmt.Errorf("reading the tally: %w", err)
	}
	counts := make(map[seat]int)
	for provider, keys := range listed {
		for key, n := range keys {
			counts[seat{provider, key}] = n
		}
	}
	return counts, nil
}
