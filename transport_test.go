package codexresponses

import (
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

func TestTheDefaultTransportConnectsInTime(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	for name, https := range map[string]bool{"over TCP": false, "over TLS": true} {
		t.Run(name, func(t *testing.T) {
			rt, err := loadTransport(ctx, new(reverseproxy.Handler), https, caddy.Duration(3*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			inner := rt.(*reverseproxy.HTTPTransport)
			if time.Duration(inner.DialTimeout) != 3*time.Second {
				t.Errorf("it dials for %s", time.Duration(inner.DialTimeout))
			}
			if https && inner.Transport.TLSHandshakeTimeout != 3*time.Second {
				t.Errorf("it shakes hands for %s", inner.Transport.TLSHandshakeTimeout)
			}
		})
	}
}

func TestAConfiguredTransportKeepsItsOwnTimeToConnect(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	proxy := &reverseproxy.Handler{TransportRaw: []byte(`{"protocol": "http", "dial_timeout": "7s"}`)}
	rt, err := loadTransport(ctx, proxy, true, caddy.Duration(3*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if dial := time.Duration(rt.(*reverseproxy.HTTPTransport).DialTimeout); dial != 7*time.Second {
		t.Errorf("it dials for %s", dial)
	}
}
