package codexresponses

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-codex/responses/routing"
)

func init() {
	caddy.RegisterModule(adminAPI{})
}

// adminAPI adds GET /codex_responses/targets to Caddy's admin endpoint: what is known about the keys and targets of the configurations that
// are loaded. Keys are named by their fingerprints.
type adminAPI struct{}

// CaddyModule returns the module's information.
func (adminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.codex_responses", New: func() caddy.Module { return new(adminAPI) }}
}

// Routes implements caddy.AdminRouter.
func (adminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/codex_responses/targets", Handler: caddy.AdminHandlerFunc(serveTargets)}}
}

// standing is what GET /codex_responses/targets answers.
type standing struct {
	Targets []routing.TargetState `json:"targets"`
	Keys    []poolState           `json:"keys"`
}

// poolState is the keys of a provider, or of a route for it.
type poolState struct {
	Provider string             `json:"provider"`
	Route    string             `json:"route,omitempty"`
	Keys     []routing.KeyState `json:"keys"`
}

func serveTargets(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Message: "only GET is allowed here"}
	}
	now := time.Now()
	s := standing{Keys: []poolState{}}
	var providers []string
	live.Range(func(key, _ any) bool {
		rt := key.(*router) //nolint:forcetypeassert // there is nothing else
		for _, u := range rt.upstreams {
			providers = append(providers, u.known)
		}
		for id, pool := range rt.pools {
			s.Keys = append(s.Keys, poolState{Provider: id.provider, Route: id.route, Keys: pool.Snapshot(now)})
		}
		return true
	})
	s.Targets = knownTargets.Targets(now, providers...)
	slices.SortStableFunc(s.Keys, func(a, b poolState) int {
		return strings.Compare(a.Provider+"\x00"+a.Route, b.Provider+"\x00"+b.Route)
	})
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(s)
}

// live are the routers of the handlers that are not cleaned up yet.
var live sync.Map // of *router

// Interface guards
var (
	_ caddy.Module      = adminAPI{}
	_ caddy.AdminRouter = adminAPI{}
)
