package codexresponses

import (
	"net/url"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/presets"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
)

// Another exchange may learn something in the midst of an attempt, or take it back.
func TestAnAttemptKeepsToTheDialectThatItBeganWith(t *testing.T) {
	u := &upstream{
		wireName: responsesWire, wire: wires[responsesWire], base: new(url.URL), preset: new(presets.Preset),
		custom: dialect.Settings{"profile": []byte(`"native"`)}, dialects: make(map[string]*dialect.Dialect),
	}
	req, err := translate.ParseSource([]byte(`{"model":"m","input":"Say hello."}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	before := dialect.Default()
	if err := before.Apply(dialect.Settings{"profile": []byte(`"rewrite"`)}); err != nil {
		t.Fatal(err)
	}
	a := &attempt{target: target{upstream: u, model: "m"}, dialect: &before}
	body, f := (&responses{req: req}).encode(&exchange{handler: new(Handler)}, a)
	if f != nil || !strings.Contains(string(body), "Say hello.") {
		t.Errorf("got %s, %v", body, f)
	}
}
