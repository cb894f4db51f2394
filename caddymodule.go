// Package codexresponses is a Caddy module that gives OpenAI's Codex, and any client of the Responses API, the models of other providers.
//
// It is the adapter between Caddy and the packages that do the work: translate and the wires below it, sse, routing, presets, catalog.
package codexresponses

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/media"
	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Handler serves the Responses API over any model: it reads a request, routes it by model name, translates it to the wire format of
// the chosen provider, forwards it through Caddy's reverse proxy, and translates the streamed reply back.
//
// Under its base path it serves POST /responses, the same over WebSocket, POST /responses/compact, POST /responses/input_tokens, POST /chat/completions,
// GET /models and GET /health; and with a store what belongs to /responses/{id} and /conversations. Requests outside of it go to the next handler.
//
// It sets these placeholders when an exchange has ended:
//
// Placeholder | Description
// ------------|-------------
// `{http.codex_responses.request_id}` | Id of the request, also sent to the client as X-Request-Id
// `{http.codex_responses.endpoint}` | `responses`, `compact`, `input_tokens` or `chat_completions`
// `{http.codex_responses.model}` | The model that the client asked for
// `{http.codex_responses.route}` | Pattern of the route; empty where the model was found without one
// `{http.codex_responses.provider}` | Name of the provider that served the request, or failed last
// `{http.codex_responses.upstream_model}` | The provider's name for the model
// `{http.codex_responses.key}` | Fingerprint of the key that served the request, or was used last; empty without one
// `{http.codex_responses.upstream_status}` | HTTP status of the provider's answer; 0 without one
// `{http.codex_responses.attempts}` | Number of attempts
// `{http.codex_responses.causes}` | Why attempts failed, one after the other; empty where none did
// `{http.codex_responses.input_tokens}` | Tokens of the prompt, cached ones included
// `{http.codex_responses.cached_tokens}` | Tokens of the prompt that the provider had cached
// `{http.codex_responses.output_tokens}` | Tokens of the answer, reasoning included
// `{http.codex_responses.reasoning_tokens}` | Tokens of the reasoning
// `{http.codex_responses.first_event_ms}` | Milliseconds to the first event of the provider's reply
// `{http.codex_responses.duration_ms}` | Milliseconds that the exchange took
// `{http.codex_responses.finish}` | `completed`, `incomplete`, `failed`, `queued` or `client_closed`
// `{http.codex_responses.error_code}` | Code of the error of a failed exchange
type Handler struct {
	Config

	// BasePath is the path that the endpoints are under. Paths also match with this prefix already stripped. Default: /v1
	BasePath string `json:"base_path,omitempty"`

	// MaxBody is the most bytes that a request body may have, as it is sent and as it decodes. Default: 64 MiB
	MaxBody int64 `json:"max_body,omitempty"`

	// Heartbeat is how long a streaming client hears nothing before it is sent an event that says the exchange is alive. A reply whose
	// upstream keeps silent begins after the same time. Default: 10s
	Heartbeat caddy.Duration `json:"heartbeat,omitempty"`

	// CORS are the origins whose pages may call the endpoints: each scheme://host[:port], or * for all. Default: none
	CORS []string `json:"cors,omitempty"`

	// SealKeys are the secrets that reasoning is sealed with when it goes to clients. The first seals, all of them open. Each is a
	// placeholder such as {env.NAME} or {file./path} for at least 16 bytes. Default: one that is made once and kept in Caddy's storage
	SealKeys []string `json:"seal_keys,omitempty"`

	// CompactionPrompt asks the model for the summary that takes the place of a long conversation, where a client has the service compact
	// it. Placeholders such as {file./path} are resolved when the configuration is loaded. Default: the text of translate/compaction.md
	CompactionPrompt string `json:"compaction_prompt,omitempty"`

	// Fetch says where images and files that a request names by URL may be fetched from, for providers that take only data: public
	// addresses (public), private ones too (any), or nowhere (off): then they are left out. Default: public
	Fetch string `json:"fetch,omitempty"`

	// Store is where responses and conversations are kept. Default: a bolt file in Caddy's data directory
	Store *Store `json:"store,omitempty"`

	// WebSocket says whether clients may send their requests as messages over one connection (on), or get status 426, upon which Codex
	// goes over to HTTP (off). Default: on
	WebSocket string `json:"websocket,omitempty"`

	logger    *zap.Logger
	sessions  *session.Sessions // nil where nothing is stored
	threads   *threads
	sockets   sockets
	requests  requests
	runs      runs
	events    announcer
	router    *router
	ring      *envelope.Ring
	models    modelsDocument
	observers []observer
	fetcher   *media.Fetcher

	compactionPrompt string
	now              func() time.Time
}

// CaddyModule returns the module's information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.codex_responses",
		New: func() caddy.Module { return new(Handler) },
	}
}

const (
	defaultBasePath  = "/v1"
	defaultMaxBody   = 64 << 20
	defaultHeartbeat = 10 * time.Second
)

// Provision sets defaults, resolves secrets and makes the providers ready.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	h.now = time.Now
	h.observers = []observer{accessLog{}, contextRecord{}}
	if h.BasePath == "" {
		h.BasePath = defaultBasePath
	}
	h.BasePath = strings.TrimSuffix(path.Clean("/"+h.BasePath), "/")
	if h.MaxBody == 0 {
		h.MaxBody = defaultMaxBody
	}
	if h.Heartbeat == 0 {
		h.Heartbeat = caddy.Duration(defaultHeartbeat)
	}
	h.fetcher = newFetcher(h.Fetch, h.now)
	if h.compactionPrompt = caddy.NewReplacer().ReplaceKnown(h.CompactionPrompt, ""); h.compactionPrompt == "" {
		h.compactionPrompt = translate.CompactionPrompt
	}
	if err := h.check(); err != nil { // what follows relies on the rules
		return err
	}
	var err error
	if h.ring, err = loadRing(ctx, h.SealKeys); err != nil {
		return err
	}
	if err := h.events.provision(ctx); err != nil {
		return err
	}
	if err := h.provisionRouter(ctx); err != nil {
		return err
	}
	h.warnOfEmptyKeys(h.logger)
	live.Store(h.router, nil)
	h.startProbes(ctx)
	h.models = newModelsDocument(h.router.entries())
	if err := h.provisionSessions(ctx); err != nil {
		return err
	}
	h.threads = h.newThreads()
	return nil
}

func (h *Handler) provisionRouter(ctx caddy.Context) error {
	rt := &router{byName: make(map[string]*upstream), routeKeys: make(map[string][]string)}
	h.router = rt
	var err error
	if rt.keys, err = secrets(h.Keys); err != nil {
		return err
	}
	for _, p := range h.Providers {
		u, err := p.provision(ctx)
		if err != nil {
			return fmt.Errorf("provider %s: %w", p.Name, err)
		}
		rt.upstreams = append(rt.upstreams, u)
		rt.byName[u.name] = u
	}
	routes := make([]routing.Route, len(h.Routes))
	for i, r := range h.Routes {
		routes[i] = r.table()
		if rt.routeKeys[r.Pattern], err = secrets(r.Keys); err != nil {
			return fmt.Errorf("route %s: %w", r.Pattern, err)
		}
	}
	rt.setConduct(h.Routes, h.Retry)
	rt.makeGates(h.BasePath, h.MaxConcurrent, h.Providers, h.now())
	rt.makePools(h.Routes, h.ForwardClientKey, h.now())
	if rt.table, err = routing.NewTable(routes); err != nil {
		return err
	}
	return rt.setFallback(h.FallbackModel)
}

// Validate checks what the configuration says of itself.
func (h *Handler) Validate() error {
	if err := checkBasePath(h.BasePath); err != nil {
		return err
	}
	switch {
	case h.MaxBody < 0:
		return errors.New("max_body is negative")
	case h.Heartbeat < 0:
		return errors.New("heartbeat is negative")
	}
	if err := checkFetch(h.Fetch); err != nil {
		return err
	}
	if err := checkWebSocket(h.WebSocket); err != nil {
		return err
	}
	if err := h.Store.check(); err != nil {
		return err
	}
	for _, origin := range h.CORS {
		if err := checkOrigin(origin); err != nil {
			return err
		}
	}
	return nil
}

// Cleanup ends WebSocket connections, and releases the providers' hosts and the store once nothing runs that needs them.
func (h *Handler) Cleanup() error {
	h.sockets.leave(func() {
		h.requests.leave(func() { h.runs.leave(h.release) })
	})
	return nil
}

// release gives up what Provision has taken.
func (h *Handler) release() {
	var errs []error
	if h.fetcher != nil {
		h.fetcher.Close()
	}
	h.threads.close()
	if h.sessions != nil {
		errs = append(errs, h.sessions.Close())
	}
	if h.router != nil {
		live.Delete(h.router)
		for _, u := range h.router.upstreams {
			errs = append(errs, u.proxy.Cleanup())
			if transport, ok := u.inner.(caddy.CleanerUpper); ok { // which closes the connections on which nothing runs any more
				errs = append(errs, transport.Cleanup())
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		h.logger.Error("cleaning up", zap.Error(err))
	}
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
