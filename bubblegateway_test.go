package codexresponses_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

func init() {
	caddy.RegisterModule(new(bubbleTransport))
}

// bubbleGateway is the handler, as Caddy provisions it, behind an HTTP server within a bubble of synctest. Its way to providers is Caddy's own
// transport over a bubbleNet.
type bubbleGateway struct {
	loading chan struct{} // has room for who loads a configuration
	t       *testing.T
	ctx     caddy.Context
	serving atomic.Pointer[provisioned]
	server  *http.Server
	client  *http.Client
	ended   func(r *http.Request, finish string) // is told of each exchange that has ended; may be nil
}

// provisioned is one configuration.
type provisioned struct {
	handler caddyhttp.MiddlewareHandler
	cancel  context.CancelFunc
}

// bubbleWay is what stands between a gateway and its providers.
type bubbleWay interface {
	// send sends a request over the gateway's transport.
	send(req *http.Request, transport *http.Transport) (*http.Response, error)

	// dial connects to a provider.
	dial(ctx context.Context, network, address string) (net.Conn, error)
}

type bubbleWayKey struct{}

// startBubble runs a gateway with a handler of the given configuration, which belongs into the bubble that the test is in.
func startBubble(t *testing.T, config string, way bubbleWay) *bubbleGateway {
	t.Helper()
	quiet := &caddy.CustomLog{BaseLog: caddy.BaseLog{WriterRaw: json.RawMessage(`{"output":"discard"}`), Level: "WARN"}}
	ctx, err := caddy.ProvisionContext(&caddy.Config{Logging: &caddy.Logging{Logs: map[string]*caddy.CustomLog{caddy.DefaultLoggerName: quiet}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ctx.App("events"); err != nil {
		t.Fatal(err)
	}
	ctx.Context = context.WithValue(ctx.Context, bubbleWayKey{}, way)
	g := &bubbleGateway{t: t, ctx: ctx}
	g.loading = make(chan struct{}, 1)
	g.reload(config)
	var network bubbleNet
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: time.Minute}
	listener := network.listen("gateway.example:80")
	go func() { _ = g.server.Serve(listener) }()
	g.client = &http.Client{Transport: &http.Transport{DialContext: network.dial, MaxIdleConnsPerHost: 1 << 10, DisableCompression: true}}
	return g
}

// reload replaces the configuration. The former one is cleaned up at once, as Caddy does it, while requests of it go on. Caddy loads one at a
// time.
func (g *bubbleGateway) reload(config string) {
	g.loading <- struct{}{}
	defer func() { <-g.loading }()
	ctx, cancel := caddy.NewContext(g.ctx)
	handler, err := ctx.LoadModuleByID("http.handlers.codex_responses", json.RawMessage(config))
	if err != nil {
		cancel()
		g.t.Error(err)
		return
	}
	if former := g.serving.Swap(&provisioned{handler.(caddyhttp.MiddlewareHandler), cancel}); former != nil {
		former.cancel()
	}
}

// close ends the gateway, on which nothing runs any more.
func (g *bubbleGateway) close() {
	g.client.CloseIdleConnections()
	_ = g.server.Close()
	g.serving.Load().cancel()
}

var elsewhere = caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
	return errors.New("the request was not for the gateway")
})

// ServeHTTP implements http.Handler.
func (g *bubbleGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	repl := caddy.NewReplacer()
	r = r.WithContext(context.WithValue(r.Context(), wordKey{}, r.Header.Get(wordHeader)))
	r = caddyhttp.PrepareRequest(r, repl, w, new(caddyhttp.Server))
	defer func() {
		if g.ended != nil {
			finish, _ := repl.GetString("http.codex_responses.finish")
			g.ended(r, finish)
		}
	}()
	if err := g.serving.Load().handler.ServeHTTP(w, r, elsewhere); err != nil {
		g.t.Error(err)
	}
}

// wordHeader tells exchanges apart: by the word that the answer is to have.
const wordHeader = "X-Word"

type wordKey struct{}

// bubbleTransport is Caddy's HTTP transport over a network of the test.
type bubbleTransport struct {
	reverseproxy.HTTPTransport

	way bubbleWay
}

// CaddyModule returns the module's information.
func (*bubbleTransport) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.reverse_proxy.transport.bubble", New: func() caddy.Module { return new(bubbleTransport) }}
}

// Provision makes the transport with the settings of the gateway's own default one.
func (b *bubbleTransport) Provision(ctx caddy.Context) error {
	const connect = 5 * time.Second
	plain := false
	b.way = ctx.Value(bubbleWayKey{}).(bubbleWay) //nolint:forcetypeassert // startBubble has put it there
	b.KeepAlive = &reverseproxy.KeepAlive{IdleConnTimeout: caddy.Duration(2 * time.Minute), MaxIdleConnsPerHost: 256}
	b.Compression = &plain
	if err := b.HTTPTransport.Provision(ctx); err != nil {
		return err
	}
	b.Transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		timed, cancel := context.WithTimeout(ctx, connect)
		defer cancel()
		conn, err := b.way.dial(timed, network, address)
		if err != nil && errors.Is(timed.Err(), context.DeadlineExceeded) {
			err = &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
		}
		if err != nil {
			return nil, reverseproxy.NewDialError(err)
		}
		return conn, nil
	}
	return nil
}

// RoundTrip implements http.RoundTripper.
func (b *bubbleTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	b.SetScheme(req)
	return b.way.send(req, b.Transport)
}
