package codexresponses_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
)

// emptyKeys are the warnings about keys, each as whose it is and the placeholder.
func emptyKeys(gw *gatewaytest.Gateway) string {
	var warnings []string
	for line := range strings.Lines(gw.Logs()) {
		if _, said, ok := strings.Cut(line, `"msg":"a configured key is empty, and left out",`); ok {
			warnings = append(warnings, strings.TrimRight(said, "}\n"))
		}
	}
	return strings.Join(warnings, "\n")
}

func TestKeysThatAreConfiguredAndEmptyAreLogged(t *testing.T) {
	t.Setenv("DEEPSEEK_API_KEY", "") // the preset's own, which nobody has configured
	t.Setenv("EMPTY_KEY", " ")
	t.Setenv("FULL_KEY", providerSecret)
	config := site("provider deepseek", "provider ollama {\nkey {env.FULL_KEY} {env.UNSET_OF_PROVIDER}\n}",
		"route m ollama {\nkey {env.EMPTY_KEY} {env.FULL_KEY}\n}", "key {env.UNSET_OF_ALL} {env.FULL_KEY}")
	want := `"placeholder":"{env.UNSET_OF_ALL}"` + "\n" + `"provider":"ollama","placeholder":"{env.UNSET_OF_PROVIDER}"` + "\n" +
		`"route":"m","placeholder":"{env.EMPTY_KEY}"`
	gw := gatewaytest.Start(t, config)
	if got := emptyKeys(gw); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	requireNone(t, "the logs", gw.Logs())
	reload(gw, config)
	if got := emptyKeys(gw); got != want+"\n"+want {
		t.Errorf("with a second configuration:\n%s", got)
	}
}
