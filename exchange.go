package codexresponses

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// exchange is one client request through all its attempts.
//
// Its parts run in turns, never at once: the reverse proxy's copying of the reply, and the watch, which writes to the client only while
// the copying waits for the upstream. mu and idle see to that.
type exchange struct {
	handler *Handler
	request *http.Request // the client's
	codex   bool          // the client is Codex
	record  Record

	held
	body    payload // what goes upstream, and how the reply is read
	client  *client
	plan    *routing.Plan
	thread  thread
	owner   string // see belongsTo; empty before it is known
	attempt *attempt
	lessons int  // how often it has learned
	forgets bool // reasoning of earlier turns stays out of the attempts
	tight   bool // the target has found the prompt too long

	mu        sync.Mutex
	idle      bool // the reply is waiting for the upstream
	done      bool // the exchange has ended
	watch     *time.Timer
	lastWrite time.Time
	pace      time.Duration // how often the watch looks at the least
}

// held is what an exchange gives back when it ends.
type held struct {
	admitted bool     // through the gateway's gate
	lent     [][]byte // buffers with what the client has sent, and what that goes on from
}

type exchangeKey struct{}

// attempt is one request to one target.
type attempt struct {
	target
	dialect  *dialect.Dialect
	fault    *fault.Fault // why it failed; nil for one that serves the client
	answered bool         // the reply is the client's
	sent     http.Header  // the request's, as the provider got it
	keyed    bool         // it carries a key
	cancel   context.CancelFunc
	log      *Attempt

	ask          func() (*http.Response, *fault.Fault, error) // sends the request, again where a reply pauses
	continuation []byte                                       // of the target, then
	pauses       int
	forgets      bool               // reasoning of earlier turns stays out
	tight        bool               // the target has found the prompt too long before
	fitted       *translate.Request // what is sent of a request that may be truncated; nil before it is known
	media        translate.Media    // what goes out of the request's images and files; nil before it is known

	heard    atomic.Bool  // something came from the provider since the watch last looked
	heardAt  time.Time    // when the watch last found so, or the attempt began
	replying bool         // the reply has begun
	expired  *fault.Fault // set by the watch when it has cancelled the attempt
	broken   *fault.Fault // what broke off the reply after it had begun; nil for nothing
}

// payload is the endpoint's part of an exchange: what its requests and replies look like.
type payload interface {
	// needs is what the request needs of a target, as far as it can be read: what we cannot read, some provider may be able to.
	needs() routing.Needs

	// names are what the client calls the thread of the request: its key for prompt caches, and the conversation. Either may be empty.
	names() (cacheKey, conversation string)

	// serve makes attempts at a target. It returns why none has served the client.
	serve(x *exchange, t target) *fault.Fault

	// giveUp ends an exchange that no target could serve.
	giveUp(x *exchange, f *fault.Fault) error

	// wirePath is added to the base URL of an attempt's provider.
	wirePath(a *attempt) string

	// encode is the body for an attempt.
	encode(x *exchange, a *attempt) ([]byte, *fault.Fault)

	// header adds the headers that go with it.
	header(h http.Header, a *attempt)

	// reply makes the client's response of a successful answer, or says why the attempt failed after all.
	reply(x *exchange, a *attempt, res *http.Response) (*http.Response, *fault.Fault)

	// fail tells a client that has been sent the head of a reply that nothing will come of it.
	fail(x *exchange, f *fault.Fault)
}

// newExchange begins an exchange and its record.
func (h *Handler) newExchange(w http.ResponseWriter, r *http.Request, endpoint string) *exchange {
	x := &exchange{handler: h, request: r, client: newClient(w), codex: isCodex(r)}
	x.record = Record{ID: translate.RandomIDs("req_"), Endpoint: endpoint, Start: h.now()}
	x.client.own.Set("X-Request-Id", x.record.ID)
	return x
}

// isCodex tells Codex's clients by what they call themselves.
func isCodex(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Originator"), "codex") || strings.HasPrefix(r.UserAgent(), "codex")
}

// try makes one attempt. It returns why it failed, nil for one that served the client.
func (x *exchange) try(t target) *fault.Fault {
	t.upstream.readModels(t.keys)
	d, err := t.upstream.dialect(t.model)
	if err != nil {
		return fault.New(fault.Internal, "%v", err)
	}
	ctx, cancel := context.WithCancel(x.values())
	defer cancel()
	x.begin(t, d, cancel)
	if f := x.missingKey(x.attempt); f != nil {
		x.attempt.ended(f, x.handler.now())
		return f
	}
	x.client.header = make(http.Header)
	x.watchAttempt(t.upstream.timeouts)
	err = x.proxy(ctx)
	if x.attempt.answered {
		return nil
	}
	f := x.attempt.fault
	switch {
	case x.request.Context().Err() != nil: // which made the attempt fail, whatever that looked like
		f = clientGone()
	case f == nil:
		f = x.proxyFault(err)
	}
	x.attempt.ended(f, x.handler.now())
	return f
}

// proxy has the reverse proxy make the attempt. What comes of one that serves the client is noted also where the proxy panics, as it does
// when it cannot go on with a reply.
func (x *exchange) proxy(ctx context.Context) error {
	defer func() {
		if x.attempt.answered {
			x.attempt.log.End = x.handler.now()
			x.settled(x.attempt)
		}
	}()
	return x.attempt.upstream.proxy.ServeHTTP(x.client, x.upstreamRequest(ctx), nothing)
}

// begin begins an attempt and its entry in the record.
func (x *exchange) begin(t target, d *dialect.Dialect, cancel context.CancelFunc) {
	x.record.Attempts = append(x.record.Attempts, Attempt{Provider: t.upstream.name, Model: t.model, Key: string(t.key.Fingerprint), Start: x.handler.now()})
	log := x.record.Last()
	x.attempt = &attempt{target: t, dialect: d, cancel: cancel, log: log, heardAt: log.Start, forgets: x.forgets, tight: x.tight}
}

// ended notes that an attempt has failed.
func (a *attempt) ended(f *fault.Fault, now time.Time) {
	a.redact(f)
	a.log.Cause, a.log.End = f.Brief(), now
}

// values is the context of the client's request with what an attempt adds to it.
//
// Each time but the first that is with a table of Caddy's variables of its own: the reverse proxy writes to it, while a connection that was begun
// for an earlier attempt, and that nobody waits for any more, may still read the one of that attempt.
func (x *exchange) values() context.Context {
	ctx := context.WithValue(x.request.Context(), exchangeKey{}, x)
	if vars, ok := ctx.Value(caddyhttp.VarsCtxKey).(map[string]any); ok && len(x.record.Attempts) > 0 {
		ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, maps.Clone(vars))
	}
	return ctx
}

// nothing follows the reverse proxy, for a handle_response that hands on.
var nothing = caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })

// upstreamRequest is the client's request without anything of the client's: credentials, cookies and what Codex says of local paths
// stay here. The transport completes it.
func (x *exchange) upstreamRequest(ctx context.Context) *http.Request {
	r := x.request.WithContext(ctx)
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream, application/json"}, "User-Agent": {userAgent}}
	r.Method = http.MethodPost
	r.Body, r.ContentLength, r.TransferEncoding, r.Trailer = http.NoBody, 0, nil, nil
	return r
}

const userAgent = "caddy-codex-responses"

// secret is the key that the attempt has; empty for none of its own.
func (a *attempt) secret() string { return a.key.Secret.Reveal() }

// missingKey finds that a provider which wants a key has none.
func (x *exchange) missingKey(a *attempt) *fault.Fault {
	if a.secret() != "" || len(a.upstream.wanted) == 0 || a.dialect.Identity != "none" || x.clientKey() != "" || a.upstream.ownHeaders["Authorization"] {
		return nil
	}
	f := fault.New(fault.Unauthorized, "has no key: %s is empty", strings.Join(a.upstream.wanted, ", "))
	f.Provider = a.upstream.name
	return f
}

// clientKey is the client's own Bearer token, where it may be sent on.
func (x *exchange) clientKey() string {
	if !x.handler.ForwardClientKey {
		return ""
	}
	scheme, token, _ := strings.Cut(x.request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// proxyFault reads why the reverse proxy gave up without an answer of the upstream.
func (x *exchange) proxyFault(err error) *fault.Fault {
	f := fault.New(fault.Unavailable, "could not be reached")
	f.Provider, f.Err = x.attempt.upstream.name, err
	var handlerErr caddyhttp.HandlerError
	if errors.As(err, &handlerErr) && handlerErr.Err != nil {
		f.Message = "could not be reached: " + fault.Redact(reason(handlerErr.Err))
	}
	return f
}

// finish completes the record and hands it to the observers, also where a panic ends the exchange.
func (x *exchange) finish() {
	x.mu.Lock()
	if x.watch != nil {
		x.watch.Stop()
	}
	x.done = true
	x.mu.Unlock()
	x.record.End = x.handler.now()
	if last := x.record.Last(); last.End.IsZero() {
		last.End = x.record.End
	}
	if x.record.Finish == "" {
		x.record.Finish = "failed"
		if x.request.Context().Err() != nil {
			x.record.Finish = "client_closed"
		}
	}
	for _, o := range x.handler.observers {
		o.observe(x.request.Context(), &x.record)
	}
	for _, buf := range x.lent {
		giveBack(buf)
	}
	if x.admitted {
		x.handler.router.gate.Leave()
	}
}
