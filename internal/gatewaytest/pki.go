package gatewaytest

import (
	"encoding/json"
	"path/filepath"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddytls"
	"github.com/tidwall/gjson"
)

// Root returns the file of the certificate of the authority that signs for sites with `tls internal`. Each gateway has an authority
// of its own. Root waits until a site has its certificate, and fails the test if none gets one.
func (g *Gateway) Root() string {
	g.t.Helper()
	g.AwaitLog(func(entry gjson.Result) bool { return entry.Get("msg").String() == "certificate obtained successfully" })
	return filepath.Join(g.storage, "pki", "authorities", "local", "root.crt")
}

// isolatePKI keeps the internal authority out of the machine's trust stores. It reports whether that authority, and no other, issues
// certificates, so that automatic HTTPS can do no harm.
func isolatePKI(config *caddy.Config) (https bool, err error) {
	raw, ok := config.AppsRaw["tls"]
	if !ok {
		return false, nil
	}
	var app caddytls.TLS
	if err := json.Unmarshal(raw, &app); err != nil || app.Automation == nil {
		return false, err
	}
	for _, policy := range app.Automation.Policies {
		for _, issuer := range policy.IssuersRaw {
			if https = gjson.GetBytes(issuer, "module").String() == "internal"; !https {
				return false, nil
			}
		}
	}
	config.AppsRaw["pki"] = json.RawMessage(`{"certificate_authorities":{"local":{"install_trust":false}}}`)
	return https, nil
}
