package chat_test

import (
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
)

// provider is a dialect of this wire and whom it is spoken to.
type provider struct{ *wiretest.Provider }

// plain is a provider without deviations.
func plain() *provider { return &provider{wiretest.Plain()} }

// preset is a built-in provider with its default model.
func preset(t testing.TB, name string) *provider {
	t.Helper()
	return &provider{wiretest.Preset(t, name)}
}

// with is the wire's default with some knobs turned: name, words, name, words.
func with(t testing.TB, settings ...string) *provider {
	t.Helper()
	return &provider{wiretest.With(t, settings...)}
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return chat.Encode(nil, parse(t, []byte(request)), &p.Target, &p.Dialect)
}

func parse(t testing.TB, body []byte) *translate.Request {
	t.Helper()
	return wiretest.Parse(t, body)
}
