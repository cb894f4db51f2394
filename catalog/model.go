// Package catalog describes models and renders the descriptions for clients.
//
// A Model is written once, in a preset's data or in the configuration, and serves routing, translation and GET /models in both of
// its shapes: the OpenAI list and Codex's own catalogue.
package catalog

import "encoding/json"

// Model is what is known about one upstream model. Zero values mean unknown.
type Model struct {
	// ID is the provider's name for the model.
	ID string `json:"id"`

	// Name is for people. Default: the ID.
	Name string `json:"name,omitempty"`

	// ContextWindow is the number of tokens that prompt and answer may have together.
	ContextWindow int `json:"context_window,omitempty"`

	// MaxOutputTokens is the most that one answer may have.
	MaxOutputTokens int `json:"max_output_tokens,omitempty"`

	// Modalities of the input: text, image. Default: text.
	Modalities []string `json:"modalities,omitempty"`

	// Efforts are the reasoning efforts worth offering, in the words of the Responses API, lowest first.
	Efforts []string `json:"efforts,omitempty"`

	// DefaultEffort is what the provider takes where the client names none.
	DefaultEffort string `json:"default_effort,omitempty"`

	// Price is what the model costs. Default: nobody knows
	Price *Price `json:"price,omitempty"`

	// Dialect holds the knobs in which this model differs from its provider.
	Dialect map[string]json.RawMessage `json:"dialect,omitempty"`
}

// Vision reports whether the model reads images. A model without stated modalities is taken to read text only.
func (m *Model) Vision() bool {
	for _, modality := range m.Modalities {
		if modality == "image" {
			return true
		}
	}
	return false
}
