package presets

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/catalog"
	"github.com/caddy-codex/responses/internal/glob"
)

// Choose returns the wire to speak where a configuration sets some knobs and names no wire: the preset's own, or the one that a knob implies.
func (p *Preset) Choose(settings Settings) string {
	for knob, wire := range p.WireBy {
		if _, set := settings[knob]; set {
			return wire
		}
	}
	return p.Wire
}

// SpokenWires are the wires that the preset knows the provider to speak, its own first.
func (p *Preset) SpokenWires() []string {
	return append([]string{p.Wire}, slices.Sorted(maps.Keys(p.Wires))...)
}

// Speaks reports whether the preset knows the provider to speak a wire.
func (p *Preset) Speaks(wire string) bool { return slices.Contains(p.SpokenWires(), wire) }

// For is the preset as it is for a wire: itself for its own and for one of which it has nothing to say, else with what it says of that wire.
// The models are the same, but for their knobs, which are about the preset's own wire.
func (p *Preset) For(wire string) *Preset {
	section, ok := p.Wires[wire]
	if !ok || wire == p.Wire {
		return p
	}
	other := *p
	other.Wire, other.Dialect, other.Patterns, other.Wires = wire, section.Dialect, section.Patterns, nil
	other.BaseURL = cmp.Or(section.BaseURL, p.BaseURL)
	other.DefaultModel = cmp.Or(section.DefaultModel, p.DefaultModel)
	if section.BaseURL != "" {
		other.Alternatives = nil // they are hosts of the other base URL
	}
	other.Models = slices.Clone(p.Models)
	for i := range other.Models {
		other.Models[i].Dialect = nil
	}
	return &other
}

// Model finds a listed model by the provider's name for it.
func (p *Preset) Model(id string) (catalog.Model, bool) {
	i := slices.IndexFunc(p.Models, func(m catalog.Model) bool { return m.ID == id })
	if i < 0 {
		return catalog.Model{}, false
	}
	return p.Models[i], true
}

// Layers returns the settings that hold for an upstream model, listed or not, from the general to the particular: the provider's, those
// of each pattern that matches, in the order of the file, and the model's own. A knob of a later layer replaces the same knob of an
// earlier one as a whole, maps and objects included.
func (p *Preset) Layers(id string) []Settings {
	layers := []Settings{p.Dialect}
	for _, pattern := range p.Patterns {
		if pattern.Matches(id) {
			layers = append(layers, pattern.Dialect)
		}
	}
	if model, ok := p.Model(id); ok && model.Dialect != nil {
		layers = append(layers, model.Dialect)
	}
	return layers
}

// Matches reports whether the pattern covers an upstream model.
func (p *Pattern) Matches(id string) bool {
	id = strings.ToLower(id)
	return slices.ContainsFunc(p.Match, func(match string) bool { return glob.Match(strings.ToLower(match), id) })
}
