package gatewaytest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddytls"
	"github.com/tidwall/gjson"
)

// isolateTLS turns off the cleaning of the storage, which would go on in the background when the test has ended, and keeps Caddy's
// own authority out of the machine's trust stores.
//
// It reports whether certificates come from that authority and no other, so that automatic HTTPS stays on this machine.
func isolateTLS(config *caddy.Config) (secure bool, err error) {
	var app caddytls.TLS
	if raw, ok := config.AppsRaw["tls"]; ok {
		if err := json.Unmarshal(raw, &app); err != nil {
			return false, err
		}
	}
	app.DisableStorageCheck = true
	app.DisableStorageClean = true
	if secure = onlyInternal(app.Automation); secure {
		app.Automation.Policies = append(app.Automation.Policies, &caddytls.AutomationPolicy{IssuersRaw: []json.RawMessage{internal}})
	}
	raw, err := json.Marshal(app)
	if config.AppsRaw == nil {
		config.AppsRaw = make(caddy.ModuleMap)
	}
	config.AppsRaw["tls"] = raw
	config.AppsRaw["pki"] = json.RawMessage(`{"certificate_authorities":{"local":{"install_trust":false}}}`)
	return secure, err
}

var internal = json.RawMessage(`{"module":"internal"}`)

// onlyInternal reports whether there are policies, each for some subjects and with Caddy's own authority. With a policy for all
// other subjects at the end, no other authority is asked for anything.
func onlyInternal(automation *caddytls.AutomationConfig) bool {
	if automation == nil || len(automation.Policies) == 0 {
		return false
	}
	for _, policy := range automation.Policies {
		if len(policy.SubjectsRaw) == 0 || len(policy.IssuersRaw) == 0 {
			return false
		}
		for _, issuer := range policy.IssuersRaw {
			if gjson.GetBytes(issuer, "module").String() != "internal" {
				return false
			}
		}
	}
	return true
}

// Root returns the file with the root certificate of a gateway with `tls internal`, for clients that are other programs.
func (g *Gateway) Root() string {
	return filepath.Join(g.storage, "pki", "authorities", "local", "root.crt")
}

// trust waits until the site has its certificate, which Caddy gets in the background and reports in a debug message, and makes the
// client trust it.
func (g *Gateway) trust() error {
	g.t.Helper()
	g.AwaitLog(func(entry gjson.Result) bool { return entry.Get("msg").String() == "added certificate to cache" })
	root, err := os.ReadFile(g.Root())
	if err != nil {
		return fmt.Errorf("reading the root certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	transport := g.Client.Transport.(*http.Transport)
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	g.URL = "https://localhost:" + g.port
	return nil
}
