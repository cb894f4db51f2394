package codexresponses_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func texts(list gjson.Result) []string {
	var all []string
	for _, one := range list.Array() {
		all = append(all, one.String())
	}
	return all
}

func TestHealth(t *testing.T) {
	gw := start(t, provider("mock", refusing(t)))
	if got := gw.Get("/v1/health"); got.Status != http.StatusOK || got.Get("status").String() != "ok" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v %s", got.Status, got.Header, got.Body)
	}
	if got := gw.Do(http.MethodHead, "/v1/health", ""); got.Status != http.StatusOK || len(got.Body) > 0 {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}
