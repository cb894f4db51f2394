package codexresponses

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// transport stands around the transport of a provider's reverse proxy. For requests of an exchange it lets the exchange write what goes
// upstream and read what comes back; others, such as health checks, pass as they are.
type transport struct {
	inner http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if x, ok := req.Context().Value(exchangeKey{}).(*exchange); ok {
		return x.roundTrip(req, t.inner)
	}
	return t.inner.RoundTrip(req)
}

// RequestHeaderOps sets the Host that the provider expects. Left alone, plain HTTP upstreams would get the client's, which local servers
// refuse.
func (t *transport) RequestHeaderOps() *headers.HeaderOps {
	if inner, ok := t.inner.(reverseproxy.RequestHeaderOpsTransport); ok {
		if ops := inner.RequestHeaderOps(); ops != nil {
			return ops
		}
	}
	return &headers.HeaderOps{Set: http.Header{"Host": {"{http.reverse_proxy.upstream.hostport}"}}}
}

// ProxyProtocolEnabled passes the inner transport's answer on.
func (t *transport) ProxyProtocolEnabled() bool {
	inner, ok := t.inner.(reverseproxy.ProxyProtocolTransport)
	return ok && inner.ProxyProtocolEnabled()
}

// OverrideHealthCheckScheme passes on to the inner transport.
func (t *transport) OverrideHealthCheckScheme(base *url.URL, port string) {
	if inner, ok := t.inner.(reverseproxy.HealthCheckSchemeOverriderTransport); ok {
		inner.OverrideHealthCheckScheme(base, port)
	}
}

// idlePerHost is how many idle connections to one host are kept. Agents come in bursts, and a provider is one host.
const idlePerHost = 256

// loadTransport loads the transport that the reverse proxy is configured with, else makes the default one, and turns TLS on where the
// base URL asks for it. connect bounds how long the default one dials, and shakes hands.
func loadTransport(ctx caddy.Context, proxy *reverseproxy.Handler, https bool, connect caddy.Duration) (http.RoundTripper, error) {
	if proxy.TransportRaw == nil {
		uncompressed := false
		t := &reverseproxy.HTTPTransport{
			KeepAlive: &reverseproxy.KeepAlive{
				ProbeInterval: caddy.Duration(30 * time.Second), IdleConnTimeout: caddy.Duration(2 * time.Minute), MaxIdleConnsPerHost: idlePerHost,
			},
			DialTimeout: connect,
			Compression: &uncompressed,
		}
		if https {
			t.TLS = &reverseproxy.TLSConfig{HandshakeTimeout: connect}
		}
		if err := t.Provision(ctx); err != nil {
			return nil, fmt.Errorf("provisioning transport: %w", err)
		}
		return t, nil
	}
	if https {
		var err error
		if proxy.TransportRaw, err = withTLS(proxy.TransportRaw); err != nil {
			return nil, err
		}
	}
	mod, err := ctx.LoadModule(proxy, "TransportRaw")
	if err != nil {
		return nil, fmt.Errorf("loading transport: %w", err)
	}
	return mod.(http.RoundTripper), nil
}

// withTLS turns TLS on in a configured HTTP transport that does not mention it: the base URL has said so.
func withTLS(raw json.RawMessage) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("reading transport: %w", err)
	}
	if _, ok := members["tls"]; ok || string(members["protocol"]) != `"http"` {
		return raw, nil
	}
	members["tls"] = json.RawMessage("{}")
	return json.Marshal(members)
}

// Interface guards
var (
	_ http.RoundTripper                                = (*transport)(nil)
	_ reverseproxy.RequestHeaderOpsTransport           = (*transport)(nil)
	_ reverseproxy.ProxyProtocolTransport              = (*transport)(nil)
	_ reverseproxy.HealthCheckSchemeOverriderTransport = (*transport)(nil)
)
