package chat_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/presets"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/envelope"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// ring opens what the tests seal.
var ring = func() *envelope.Ring {
	r, err := envelope.NewRing([]byte("the secret of these tests"))
	if err != nil {
		panic(err)
	}
	return r
}()

func parse(t testing.TB, body []byte) *translate.Request {
	t.Helper()
	req, err := translate.Parse(body, ring)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return req
}

// provider is a dialect and whom it is spoken to.
type provider struct {
	name    string // of the preset; empty for the wire's defaults
	target  translate.Target
	dialect dialect.Dialect
}

// plain is a provider without deviations.
func plain() *provider {
	return &provider{target: translate.Target{Provider: "plain", Model: "up"}, dialect: dialect.Default()}
}

// preset is a built-in provider with its default model or, where it has none, its first, or any.
func preset(t testing.TB, name string) *provider {
	t.Helper()
	known, ok := presets.Get(name)
	if !ok {
		t.Fatalf("there is no preset %s", name)
	}
	model := known.DefaultModel
	if model == "" && len(known.Models) > 0 {
		model = known.Models[0].ID
	}
	if model == "" {
		model = "local-model"
	}
	p := &provider{name: name, target: translate.Target{Provider: name, Model: model}, dialect: dialect.Default()}
	p.apply(t, known.Layers(model)...)
	if described, ok := known.Model(model); ok {
		p.target.MaxOutput = described.MaxOutputTokens
		if !described.Vision() {
			p.dialect.Images = "none"
		}
	}
	return p
}

// with is the wire's default with some knobs turned: name, words, name, words.
func with(t testing.TB, settings ...string) *provider {
	t.Helper()
	p := plain()
	for i := 0; i < len(settings); i += 2 {
		value, err := dialect.Parse(settings[i], strings.Fields(settings[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		p.apply(t, dialect.Settings{settings[i]: value})
	}
	return p
}

func (p *provider) apply(t testing.TB, layers ...dialect.Settings) {
	t.Helper()
	for _, settings := range layers {
		if err := p.dialect.Apply(settings); err != nil {
			t.Fatal(err)
		}
	}
}

// body is what a provider gets for a request.
func (p *provider) body(t testing.TB, request string) []byte {
	t.Helper()
	return chat.Encode(nil, parse(t, []byte(request)), &p.target, &p.dialect)
}

// unserved is a request that asks the provider to compact the history, which is refused.
const unserved = "compact_auto_builtin_openai-03"

// recorded are the requests of Codex in testdata, by name.
func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/requests/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no requests: %v", err)
	}
	all := make(map[string][]byte, len(files))
	for _, file := range files {
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = readFile(t, file)
	}
	delete(all, unserved)
	return all
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := readFile(t, name); !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", name, got)
	}
}

// sink keeps the events of a stream as they go over the wire.
type sink struct{ bytes.Buffer }

func (s *sink) Event(typ string, data []byte) { fmt.Fprintf(s, "event: %s\ndata: %s\n\n", typ, data) }

// counted makes ids that tests can name.
func counted() translate.IDs {
	n := 0
	return func(prefix string) string {
		n++
		return fmt.Sprintf("%s%d", prefix, n)
	}
}

func clock() time.Time { return time.Unix(1700000000, 0) }
