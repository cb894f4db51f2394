package presets

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/caddy-codex/responses/catalog"
)

// efforts are the words of the Responses API, lowest first.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

func TestPatternsMatchModels(t *testing.T) {
	tests := []struct {
		name    string
		match   []string
		model   string
		matches bool
	}{
		{"a pattern without wildcards is the whole name", []string{"gpt-5"}, "gpt-5", true},
		{"a longer name is another model", []string{"gpt-5"}, "gpt-5.1", false},
		{"a star stands for the rest", []string{"gpt-5.1*"}, "gpt-5.1-mini", true},
		{"a star stands for nothing too", []string{"glm-5.3*"}, "glm-5.3", true},
		{"a star passes slashes", []string{"*glm-5p3*"}, "accounts/fireworks/models/glm-5p3-flash", true},
		{"a star in the middle gives way to what follows", []string{"a*b*c"}, "a-b-b-c", true},
		{"what follows a star must come", []string{"*/kimi-*latest"}, "accounts/fireworks/routers/kimi-k3-fast", false},
		{"a question mark stands for one character", []string{"glm-4.?"}, "glm-4.7", true},
		{"a question mark needs its character", []string{"glm-4.7?"}, "glm-4.7", false},
		{"case does not count", []string{"*qwen3*"}, "Qwen/Qwen3-32B", true},
		{"one of several is enough", []string{"o1*", "o3*"}, "o3-mini", true},
		{"no pattern matches nothing", nil, "gpt-5", false},
		{"an empty name is no model of a family", []string{"gpt-*"}, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pattern := Pattern{Match: test.match}
			if got := pattern.Matches(test.model); got != test.matches {
				t.Errorf("%v on %q: %v", test.match, test.model, got)
			}
		})
	}
}

func TestLayersGoFromTheProviderToTheModel(t *testing.T) {
	setting := func(value string) Settings { return Settings{"images": json.RawMessage(`"` + value + `"`)} }
	preset := Preset{
		Dialect: setting("provider"),
		Patterns: []Pattern{
			{Match: []string{"a*"}, Dialect: setting("first")},
			{Match: []string{"*"}, Dialect: setting("second")},
			{Match: []string{"b*"}, Dialect: setting("other")},
		},
		Models: []catalog.Model{{ID: "a-1", Dialect: setting("model")}, {ID: "a-2"}},
	}
	tests := map[string][]string{
		"a-1": {"provider", "first", "second", "model"},
		"a-2": {"provider", "first", "second"},
		"new": {"provider", "second"},
	}
	for model, want := range tests {
		var got []string
		for _, layer := range preset.Layers(model) {
			var value string
			if err := json.Unmarshal(layer["images"], &value); err != nil {
				t.Fatal(err)
			}
			got = append(got, value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the layers %v, want %v", model, got, want)
		}
	}
}

func TestAPresetIsAnotherOnAnotherWire(t *testing.T) {
	setting := func(value string) Settings { return Settings{"images": json.RawMessage(`"` + value + `"`)} }
	preset := &Preset{
		Wire: "chat", BaseURL: "https://a", DefaultModel: "a", Alternatives: []Alternative{{"China", "https://b"}},
		Dialect: setting("own"), Patterns: []Pattern{{Match: []string{"*"}, Dialect: setting("own pattern")}},
		Wires: map[string]Section{
			"responses": {Dialect: setting("other"), Patterns: []Pattern{{Match: []string{"b"}, Dialect: setting("other pattern")}}},
			"messages":  {BaseURL: "https://c", DefaultModel: "b"},
		},
		Models: []catalog.Model{{ID: "a", ContextWindow: 7, Dialect: setting("own model")}},
	}
	tests := map[string]struct {
		wire, baseURL, model string
		alternatives         int
		layers               []string // of the models a and b
	}{
		"its own":         {"chat", "https://a", "a", 1, []string{"own", "own pattern", "own model", "own", "own pattern"}},
		"one it knows":    {"responses", "https://a", "a", 1, []string{"other", "other", "other pattern"}},
		"one elsewhere":   {"messages", "https://c", "b", 0, nil},
		"one that is new": {"chat", "https://a", "a", 1, []string{"own", "own pattern", "own model", "own", "own pattern"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wire := test.wire
			if name == "one that is new" {
				wire = "gemini"
			}
			got := preset.For(wire)
			if got.Wire != test.wire || got.BaseURL != test.baseURL || got.DefaultModel != test.model || len(got.Alternatives) != test.alternatives {
				t.Errorf("got %+v", got)
			}
			if model, ok := got.Model("a"); !ok || model.ContextWindow != 7 {
				t.Errorf("the model is %+v", model)
			}
			var layers []string
			for _, layer := range append(got.Layers("a"), got.Layers("b")...) {
				if raw, ok := layer["images"]; ok {
					layers = append(layers, string(raw[1:len(raw)-1]))
				}
			}
			if !slices.Equal(layers, test.layers) {
				t.Errorf("the layers are %v, want %v", layers, test.layers)
			}
		})
	}
	if preset.Models[0].Dialect == nil {
		t.Error("the preset itself has changed")
	}
}

func TestEveryListedModelIsWhole(t *testing.T) {
	forEach(t, func(t *testing.T, p *Preset) {
		seen := make(map[string]bool)
		for _, model := range p.Models {
			if model.ID == "" || seen[model.ID] {
				t.Errorf("model %q is unnamed or there twice", model.ID)
			}
			seen[model.ID] = true
			if model.Name == "" {
				t.Errorf("%s has no name for people", model.ID)
			}
			if !p.Local && (model.ContextWindow <= 0 || model.MaxOutputTokens < 0 || model.MaxOutputTokens > model.ContextWindow) {
				t.Errorf("%s has room for %d tokens, %d of them an answer", model.ID, model.ContextWindow, model.MaxOutputTokens)
			}
			if !slices.Equal(model.Modalities, []string{"text"}) && !slices.Equal(model.Modalities, []string{"text", "image"}) {
				t.Errorf("%s has the modalities %v", model.ID, model.Modalities)
			}
			checkEfforts(t, p, &model)
		}
		if p.DefaultModel != "" && !seen[p.DefaultModel] {
			t.Errorf("default model %q is not listed", p.DefaultModel)
		}
	})
}

// checkEfforts holds a model's efforts against the dialect that its requests will have.
func checkEfforts(t *testing.T, p *Preset, model *catalog.Model) {
	t.Helper()
	last := -1
	for _, effort := range model.Efforts {
		rank := slices.Index(efforts, effort)
		if rank <= last {
			t.Errorf("%s has the efforts %v, which are not words of the API in their order", model.ID, model.Efforts)
		}
		last = rank
	}
	if model.DefaultEffort != "" && !slices.Contains(model.Efforts, model.DefaultEffort) {
		t.Errorf("%s takes %s by default, which is not among %v", model.ID, model.DefaultEffort, model.Efforts)
	}
	param, mapped := effortOf(t, p, model.ID)
	if param == "none" {
		if own, _ := Get(p.Name); p.Wire == own.Wire && len(model.Efforts) > 0 {
			t.Errorf("%s offers efforts that no parameter carries", model.ID)
		}
		return // another wire may carry none
	}
	for _, effort := range model.Efforts {
		if _, ok := mapped[effort]; !ok {
			t.Errorf("%s offers %s, which the effort map lacks", model.ID, effort)
		}
	}
}

// effortOf resolves the two knobs of effort for a model.
func effortOf(t *testing.T, p *Preset, model string) (param string, mapped map[string]string) {
	t.Helper()
	param = "none"
	for _, layer := range p.Layers(model) {
		if raw, ok := layer["effort_param"]; ok {
			if err := json.Unmarshal(raw, &param); err != nil {
				t.Fatal(err)
			}
		}
		if raw, ok := layer["effort_map"]; ok {
			mapped = nil
			if err := json.Unmarshal(raw, &mapped); err != nil {
				t.Fatal(err)
			}
		}
	}
	return param, mapped
}
