// Package presets holds what is known about providers before anyone configures them.
//
// Each provider is one file in data, named for it: where it is, which variable holds its key, in what it deviates from its wire, and
// which models it has. Adding a provider means adding a file. The package reads the files and nothing more: which knobs exist is the
// dialect's business, and what a configuration changes is applied by whoever reads the preset.
package presets

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/catalog"
)

//go:embed data/*.json
var files embed.FS

// Preset describes one provider.
type Preset struct {
	// Name is what the provider is called in a configuration. It is also the name of its file.
	Name string `json:"name"`

	// Title is the provider's own spelling of its name.
	Title string `json:"title"`

	// Docs is the address of the vendor's API documentation.
	Docs string `json:"docs,omitempty"`

	// Notes tell a reader of the file why a setting is as it is. Nothing reads them.
	Notes []string `json:"notes,omitempty"`

	// Wire is the upstream format that the provider is spoken to in unless a configuration says otherwise.
	Wire string `json:"wire"`

	// BaseURL is what the wire's own path is added to.
	BaseURL string `json:"base_url"`

	// Alternatives are other hosts of the same service, for people to choose from.
	Alternatives []Alternative `json:"alternatives,omitempty"`

	// KeyEnv is the environment variable that holds the key. Empty where the provider has none.
	KeyEnv string `json:"key_env,omitempty"`

	// Local says that the provider runs on one's own machine: a key is optional, and its models are whatever was installed.
	Local bool `json:"local,omitempty"`

	// Price is what models cost of which no more is known: nothing, where the provider is one's own machine. It does not hold for the
	// alternatives.
	Price *catalog.Price `json:"price,omitempty"`

	// DefaultModel is the upstream model that stands in for names that the provider does not know. Empty where no model is the obvious
	// choice; names then go upstream as they are.
	DefaultModel string `json:"default_model,omitempty"`

	// Dialect holds the knobs in which the provider differs from the wire's defaults.
	Dialect Settings `json:"dialect,omitempty"`

	// Patterns hold what families of models have in common.
	Patterns []Pattern `json:"patterns,omitempty"`

	// Wires hold what is different where a configuration chooses one of these wires; see For.
	Wires map[string]Section `json:"wires,omitempty"`

	// WireBy names the wire that a configuration means by setting a knob which no other has.
	WireBy map[string]string `json:"wire_by,omitempty"`

	// PricesAsOf is the month of the prices of the models, such as 2026-10. Nothing reads it.
	PricesAsOf string `json:"prices_as_of,omitempty"`

	// Models are those worth offering, the one to prefer first.
	Models []catalog.Model `json:"models,omitempty"`
}

// Section is what a preset says of another wire than its own. Its knobs take the place of the preset's, which are about that one.
type Section struct {
	// Notes tell a reader of the file why a setting is as it is. Nothing reads them.
	Notes []string `json:"notes,omitempty"`

	// BaseURL is where that wire is spoken. Default: where the preset's own is
	BaseURL string `json:"base_url,omitempty"`

	// DefaultModel is the model that stands in for names which the provider does not know. Default: the preset's
	DefaultModel string `json:"default_model,omitempty"`

	// Dialect holds the knobs in which the provider differs from the wire's defaults.
	Dialect Settings `json:"dialect,omitempty"`

	// Patterns hold what families of models have in common.
	Patterns []Pattern `json:"patterns,omitempty"`
}

// Settings are values of some knobs of the dialect by name.
type Settings = map[string]json.RawMessage

// Alternative is another base URL of a provider.
type Alternative struct {
	// What says for whom or for what it is: a region, a plan.
	What    string `json:"what"`
	BaseURL string `json:"base_url"`
}

// Pattern holds the knobs of the models that it matches.
type Pattern struct {
	// Match is compared with the upstream model, and one of its globs is enough: * stands for any characters, slashes included, ? for one;
	// case does not count.
	Match   []string `json:"match"`
	Dialect Settings `json:"dialect"`
}

// Get returns the preset of that name. The caller owns it. A file that cannot be read is a fault of the program and panics; the tests
// read every one.
func Get(name string) (*Preset, bool) {
	data, err := files.ReadFile(path.Join("data", name+".json"))
	if err != nil {
		return nil, false
	}
	preset, err := decode(data)
	if err != nil {
		panic(fmt.Sprintf("presets: %s: %v", name, err))
	}
	return preset, true
}

// Names lists the presets in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir("data")
	if err != nil {
		panic("presets: " + err.Error())
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".json")
	}
	slices.Sort(names) // a file's ending sorts behind a hyphen
	return names
}

// decode reads one file. A member that Preset lacks is an error, so that a misspelt one is not lost.
func decode(data []byte) (*Preset, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	preset := new(Preset)
	if err := decoder.Decode(preset); err != nil {
		return nil, fmt.Errorf("decoding preset: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decoding preset: data after the object")
	}
	return preset, nil
}
