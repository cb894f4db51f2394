package codexresponses_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// secure serves an upstream with TLS, and HTTP/2 where the client offers it.
func secure(t *testing.T, u *upstreamtest.Upstream) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(u)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// certificate writes the server's certificate to a file.
func certificate(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "upstream.crt")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUpstreamsWithTLS(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	server := secure(t, upstream)
	pool := certificate(t, server)
	for name, lines := range map[string]string{
		"of any certificate":               "transport http {\ntls_insecure_skip_verify\n}",
		"of a certificate that is trusted": "transport http {\ntls_trust_pool file " + pool + "\n}",
		"over HTTP/1.1":                    "transport http {\nversions 1.1\ntls_insecure_skip_verify\n}",
	} {
		t.Run(name, func(t *testing.T) {
			n := len(upstream.Requests())
			gw := start(t, provider("mock", server.URL+"/v1", lines))
			if got := streamcheck.Text(gw.PostStream("/v1/responses", streamed).Require()); got != "Hello." {
				t.Errorf("the text is %q", got)
			}
			if got := upstream.Request(n).Host; "https://"+got != server.URL {
				t.Errorf("the upstream was called %s, want %s", got, server.URL)
			}
		})
	}
}

func TestACertificateThatIsNotTrusted(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	server := secure(t, upstream)
	for name, lines := range map[string]string{
		"without a transport":                        "",
		"with a transport that does not mention TLS": "transport http {\ndial_timeout 3s\n}",
	} {
		t.Run(name, func(t *testing.T) {
			got := start(t, provider("mock", server.URL+"/v1", lines)).Post("/v1/responses", streamed)
			e := errorOf(t, got)
			if got.Status != http.StatusBadGateway || !strings.Contains(e.Get("message").String(), "certificate signed by unknown authority") {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
		})
	}
	if n := len(upstream.Requests()); n > 0 {
		t.Errorf("the upstream got %d requests", n)
	}
}

func TestAnUpstreamOverHTTP2IsLeftWithItsClient(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hel")).Hang())
	gw := start(t, provider("mock", secure(t, upstream).URL+"/v1", "transport http {\ntls_insecure_skip_verify\n}"))
	stream := gw.PostStream("/v1/responses", streamed)
	stream.Until("response.output_text.delta")
	stream.Close()
	upstream.WaitClosed()
	if got := recorded(gw, 0).Get("finish").String(); got != "client_closed" {
		t.Errorf("the record says %s", got)
	}
}
