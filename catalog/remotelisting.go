package catalog

// Listing is what a provider's own list says of its models. It does not change; a nil one is empty.
type Listing struct {
	models []Model
	byID   map[string]int
}

// NewListing makes a listing of the models of all pages. Of models with the same ID the first counts.
func NewListing(models []Model) *Listing {
	l := &Listing{byID: make(map[string]int, len(models))}
	for _, m := range models {
		if _, ok := l.byID[m.ID]; !ok {
			l.byID[m.ID] = len(l.models)
			l.models = append(l.models, m)
		}
	}
	return l
}

// Model finds a model by the provider's name for it.
func (l *Listing) Model(id string) (Model, bool) {
	if l == nil {
		return Model{}, false
	}
	i, ok := l.byID[id]
	if !ok {
		return Model{}, false
	}
	return l.models[i], true
}

// Models are the models in the provider's order.
func (l *Listing) Models() []Model {
	if l == nil {
		return nil
	}
	return l.models
}

// Complete fills in what is not known of a model with what its provider says. What is known stays.
func (m *Model) Complete(read *Model) {
	if m.Name == "" {
		m.Name = read.Name
	}
	if m.ContextWindow == 0 {
		m.ContextWindow = read.ContextWindow
	}
	if m.MaxOutputTokens == 0 {
		m.MaxOutputTokens = read.MaxOutputTokens
	}
	if len(m.Modalities) == 0 {
		m.Modalities = read.Modalities
	}
	if m.Price == nil {
		m.Price = read.Price
	}
}
