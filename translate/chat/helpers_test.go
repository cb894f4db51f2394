package chat_test

import (
	"io"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
)

// provider is a dialect of this wire and whom it is spoken to.
type provider struct{ *wiretest.Provider }

// plain is a provider without deviations.
func plain() *provider { return &provider{wiretest.Plain()} }

// with is the wire's default with some knobs turned: name, words, name, words.
func with(t testing.TB, settings ...string) *provider {
	t.Helper()
	return &provider{wiretest.With(t, settings...)}
}

// wire is what the tests of all wires have to know of this one.
var wire = &wiretest.Wire{
	Encode: chat.Encode, Everybody: everybody,
	Decoder: func(p *wiretest.Provider, out *translate.Stream) wiretest.Decoder {
		return chat.NewDecoder(&p.Target, &p.Dialect, out)
	},
	Check: func(t testing.TB, p *wiretest.Provider, body []byte) {
		t.Helper()
		(&provider{p}).check(t, body)
	},
}

// everybody is the wire's default, one that differs from it much, and every preset.
func everybody(t testing.TB) []*wiretest.Provider {
	t.Helper()
	all := []*wiretest.Provider{
		wiretest.Plain(),
		wiretest.With(t, "response_format", "none", "images", "data", "assistant_content", "omit", "late_system", "allow", "tools_strict", "send"),
	}
	for _, name := range wiretest.Presets("chat") {
		all = append(all, wiretest.Preset(t, name))
	}
	return all
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return wire.Body(t, p.Provider, request)
}

// read is what becomes of a reply.
func (p *provider) read(t testing.TB, request string, body io.Reader) *wiretest.Outcome {
	t.Helper()
	return wire.Read(t, p.Provider, request, body)
}

func parse(t testing.TB, body []byte) *translate.Request {
	t.Helper()
	return wiretest.Parse(t, body)
}

const absent = wiretest.Absent

var (
	sent    = wiretest.Sent
	ask     = wiretest.Ask
	quote   = wiretest.Quote
	thought = wiretest.Sealed
)
