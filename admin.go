package codexresponses

import (
	"encoding/json"
	"errors"
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

// adminAPI adds /codex_responses/targets to Caddy's admin endpoint. GET tells what is known about the keys and targets of the configurations
// that are loaded, with keys named by their fingerprints; DELETE forgets what holds them up.
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
	switch r.Method {
	case http.MethodGet:
		return tellTargets(w)
	case http.MethodDelete:
		knownTargets.Forget(identities()...)
		return nil
	default:
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("GET and DELETE are allowed here")}
	}
}

func tellTargets(w http.ResponseWriter) error {
	now := time.Now()
	s := standing{Targets: knownTargets.Targets(now, identities()...), Keys: []poolState{}}
	live.Range(func(key, _ any) bool {
		for id, pool := range key.(*router).pools { //nolint:forcetypeassert // there is nothing else
			s.Keys = append(s.Keys, poolState{Provider: id.provider, Route: id.route, Keys: pool.Snapshot(now)})
		}
		return true
	})
	slices.SortStableFunc(s.Keys, func(a, b poolState) int {
		return strings.Compare(a.Provider+"\x00"+a.Route, b.Provider+"\x00"+b.Route)
	})
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(s)
}

// identities are those of the providers that are configured.
func identities() []string {
	var all []string
	live.Range(func(key, _ any) bool {
		for _, u := range key.(*router).upstreams { //nolint:forcetypeassert // there is nothing else
			all = append(all, u.known)
		}
		return true
	})
	return all
}

// live are the routers of the handlers that are not cleaned up yet.
var live sync.Map // of *router

// Interface guards
var (
	_ caddy.Module      = adminAPI{}
	_ caddy.AdminRouter = adminAPI{}
)
