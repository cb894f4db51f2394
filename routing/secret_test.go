package routing

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretsStayHidden(t *testing.T) {
	const text = "sk-very-secret"
	type holder struct {
		Name   string
		Open   Secret
		closed Secret
		key    Key
	}
	h := holder{"x", NewSecret(text), NewSecret(text), Key{Secret: NewSecret(text)}}
	pool := poolOf(text)
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		shown = append(shown, fmt.Sprintf(verb, h.Open), fmt.Sprintf(verb, h), fmt.Sprintf(verb, &h), fmt.Sprintf(verb, pool), fmt.Sprintf(verb, *pool.pool), fmt.Sprintf(verb, h.key))
	}
	encoded, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", h.Open, "holder", h)
	shown = append(shown, string(encoded), logged.String(), fmt.Sprint(pool.pool.Snapshot(noon)))
	for _, s := range shown {
		if strings.Contains(s, "very") || strings.Contains(s, fmt.Sprintf("%x", "very")) {
			t.Errorf("it is shown: %s", s)
		}
	}
	if h.closed.Reveal() != text || (Secret{}).Reveal() != "" {
		t.Error("the secret itself is lost")
	}
}

func TestFingerprintsNameKeys(t *testing.T) {
	a, b := FingerprintOf("sk-a"), FingerprintOf("sk-b")
	if len(a) != 8 || a == b || a != FingerprintOf("sk-a") || strings.Trim(string(a), "0123456789abcdef") != "" {
		t.Errorf("got %q and %q", a, b)
	}
	if FingerprintOf("") != "" {
		t.Error("the want of a key has a name")
	}
}
