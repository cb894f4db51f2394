// Package wiretest holds what the tests of all wires share: requests as Codex sends them, the built-in providers, golden files, and the
// playing of replies. It is support for tests.
package wiretest

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/presets"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/envelope"
)

// Encode is the encoder of a wire.
type Encode func(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte

// Ring opens what the tests seal.
var Ring = func() *envelope.Ring {
	r, err := envelope.NewRing([]byte("the secret of these tests"))
	if err != nil {
		panic(err)
	}
	return r
}()

// Parse reads a request that is in order.
func Parse(t testing.TB, body []byte) *translate.Request {
	t.Helper()
	req, err := translate.Parse(body, Ring)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return req
}

// Provider is a dialect and whom it is spoken to.
type Provider struct {
	Name    string // of the preset; empty for the wire's defaults
	Target  translate.Target
	Dialect dialect.Dialect
}

// String names the provider and its model.
func (p *Provider) String() string { return p.Target.Provider + "/" + p.Target.Model }

// Plain is a provider without deviations.
func Plain() *Provider {
	return &Provider{Target: translate.Target{Provider: "plain", Model: "up"}, Dialect: dialect.Default()}
}

// With is the wire's default with some knobs turned: name, words, name, words.
func With(t testing.TB, settings ...string) *Provider {
	t.Helper()
	p := Plain()
	for i := 0; i < len(settings); i += 2 {
		value, err := dialect.Parse(settings[i], strings.Fields(settings[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		p.Apply(t, dialect.Settings{settings[i]: value})
	}
	return p
}

// Preset is a built-in provider with its default model or, where it has none, its first, or any.
func Preset(t testing.TB, name string) *Provider {
	t.Helper()
	return presetOf(t, name, known(t, name), "")
}

// PresetModel is a built-in provider with one of its models.
func PresetModel(t testing.TB, name, model string) *Provider {
	t.Helper()
	return presetOf(t, name, known(t, name), model)
}

// PresetOn is a built-in provider as it is when another wire than its own is chosen. Without a model it has that of Preset.
func PresetOn(t testing.TB, wire, name, model string) *Provider {
	t.Helper()
	return presetOf(t, name, known(t, name).For(wire), model)
}

func known(t testing.TB, name string) *presets.Preset {
	t.Helper()
	p, ok := presets.Get(name)
	if !ok {
		t.Fatalf("there is no preset %s", name)
	}
	return p
}

func presetOf(t testing.TB, name string, known *presets.Preset, model string) *Provider {
	t.Helper()
	if model == "" {
		model = known.DefaultModel
	}
	if model == "" && len(known.Models) > 0 {
		model = known.Models[0].ID
	}
	if model == "" {
		model = "local-model"
	}
	p := &Provider{Name: name, Target: translate.Target{Provider: name, Model: model}, Dialect: dialect.Default()}
	p.Apply(t, known.Layers(model)...)
	if described, ok := known.Model(model); ok {
		p.Target.MaxOutput = described.MaxOutputTokens
		if !described.Vision() {
			p.Dialect.Images = "none"
		}
	}
	return p
}

// Apply turns further knobs.
func (p *Provider) Apply(t testing.TB, layers ...dialect.Settings) {
	t.Helper()
	for _, settings := range layers {
		if err := p.Dialect.Apply(settings); err != nil {
			t.Fatal(err)
		}
	}
}

// Presets are the names of the built-in providers that speak a wire.
func Presets(wire string) []string {
	var names []string
	for _, name := range presets.Names() {
		if p, _ := presets.Get(name); p.Wire == wire {
			names = append(names, name)
		}
	}
	return names
}

// Speaking are the names of the built-in providers that speak a wire by themselves or when it is chosen.
func Speaking(wire string) []string {
	var names []string
	for _, name := range presets.Names() {
		if p, _ := presets.Get(name); p.For(wire).Wire == wire {
			names = append(names, name)
		}
	}
	return names
}

//go:embed requests/*.json
var requests embed.FS

// Compaction is the name of a request that asks the provider to compact the history. It is not among Requests, for it says nothing that
// the others do not.
const Compaction = "compact_auto_builtin_openai-03"

// Request is a recorded request of Codex by its name.
func Request(t testing.TB, name string) []byte {
	t.Helper()
	data, err := requests.ReadFile(path.Join("requests", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Requests are the recorded requests of Codex by name: the scenario and a number that counts its turns.
func Requests(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := requests.ReadDir("requests")
	if err != nil || len(files) == 0 {
		t.Fatalf("no requests: %v", err)
	}
	all := make(map[string][]byte, len(files))
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		all[name] = Request(t, name)
	}
	delete(all, Compaction)
	return all
}

// Counted makes ids that tests can name.
func Counted() translate.IDs {
	n := 0
	return func(prefix string) string {
		n++
		return fmt.Sprintf("%s%d", prefix, n)
	}
}

// Clock stands still.
func Clock() time.Time { return time.Unix(1700000000, 0) }
