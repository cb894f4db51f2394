package presets

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPresetsAreThoseThatTheDocumentationNames(t *testing.T) {
	want := []string{
		"anthropic", "azure", "azure-anthropic", "bedrock", "bedrock-anthropic", "bedrock-converse", "cerebras", "deepseek", "fireworks",
		"gemini", "glm", "groq", "kimi", "llamacpp", "lmstudio", "minimax", "mistral", "ollama", "openai", "openrouter", "qwen", "sglang",
		"together", "vertex", "vertex-anthropic", "vllm", "xai",
	}
	if got := Names(); !slices.Equal(got, want) {
		t.Errorf("names are %v, want %v", got, want)
	}
}

func TestGetKnowsOnlyNamesOfFiles(t *testing.T) {
	for _, name := range []string{"", "nobody", "deepseek.json", "../presets", "DeepSeek"} {
		if _, ok := Get(name); ok {
			t.Errorf("there is a preset %q", name)
		}
	}
}

func TestGetReturnsACopyOfItsOwn(t *testing.T) {
	first, _ := Get("deepseek")
	first.Dialect["images"] = []byte(`"none"`)
	first.Models[0].ID = "changed"
	second, _ := Get("deepseek")
	if _, changed := second.Dialect["images"]; changed || second.Models[0].ID == "changed" {
		t.Error("a change to one copy shows in another")
	}
}

func TestDecodeRefusesWhatItWouldLose(t *testing.T) {
	tests := map[string]string{
		"a misspelt member":            `{"name":"x","base-url":"http://x"}`,
		"a misspelt member of a model": `{"name":"x","models":[{"id":"m","window":1}]}`,
		"something after the object":   `{"name":"x"} {}`,
		"a file cut short":             `{"name":"x"`,
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			if preset, err := decode([]byte(data)); err == nil {
				t.Errorf("decoded to %+v", preset)
			}
		})
	}
}

// forEach runs a test on every preset, on all its wires.
func forEach(t *testing.T, test func(t *testing.T, p *Preset)) {
	t.Helper()
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			preset, ok := Get(name)
			if !ok {
				t.Fatal("its name does not lead to it")
			}
			test(t, preset)
			for wire := range preset.Wires {
				t.Run(wire, func(t *testing.T) { test(t, preset.For(wire)) })
			}
		})
	}
}

// wires are those that there are.
var wires = []string{"chat", "responses", "messages", "gemini", "converse", "ollama"}

var (
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	envForm  = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

	placeholder = regexp.MustCompile(`\{env\.[A-Z][A-Z0-9_]*\}`)
)

func TestEveryPresetSaysWhereItsProviderIs(t *testing.T) {
	names := Names()
	forEach(t, func(t *testing.T, p *Preset) {
		if !slices.Contains(names, p.Name) || !nameForm.MatchString(p.Name) {
			t.Errorf("name %q is not that of its file", p.Name)
		}
		if p.Title == "" || !slices.Contains(wires, p.Wire) {
			t.Errorf("title %q, wire %q", p.Title, p.Wire)
		}
		if p.KeyEnv != "" && !envForm.MatchString(p.KeyEnv) || p.KeyEnv == "" && !p.Local && p.Dialect["identity"] == nil {
			t.Errorf("key variable %q, local %v", p.KeyEnv, p.Local)
		}
		addresses := []string{p.BaseURL}
		for _, alternative := range p.Alternatives {
			if alternative.What == "" {
				t.Errorf("nobody learns what %s is for", alternative.BaseURL)
			}
			addresses = append(addresses, alternative.BaseURL)
		}
		for i, address := range addresses {
			checkBaseURL(t, address, p.Local && i == 0)
			if slices.Contains(addresses[:i], address) {
				t.Errorf("%s is there twice", address)
			}
		}
		if docs, err := url.Parse(p.Docs); err != nil || docs.Scheme != "https" {
			t.Errorf("documentation is at %q", p.Docs)
		}
	})
}

func TestEveryPresetSaysHowElseItsProviderIsSpokenTo(t *testing.T) {
	for _, name := range Names() {
		preset, _ := Get(name)
		for wire, section := range preset.Wires {
			if wire == preset.Wire || !slices.Contains(wires, wire) {
				t.Errorf("%s has a section for the wire %q", name, wire)
			}
			if section.BaseURL == preset.BaseURL || section.DefaultModel != "" && section.DefaultModel == preset.DefaultModel {
				t.Errorf("%s says again for %s what holds anyway", name, wire)
			}
			if len(section.Dialect)+len(section.Patterns) == 0 && section.BaseURL == "" {
				t.Errorf("%s has nothing to say of %s", name, wire)
			}
		}
	}
}

func checkBaseURL(t *testing.T, address string, local bool) {
	t.Helper()
	base, err := url.Parse(placeholder.ReplaceAllString(address, "x"))
	if err != nil {
		t.Errorf("base URL: %v", err)
		return
	}
	scheme := "https"
	if local {
		scheme = "http"
	}
	if base.Scheme != scheme || base.Host == "" || base.User != nil || base.RawQuery != "" || strings.HasSuffix(address, "/") {
		t.Errorf("base URL %q", address)
	}
	if local && (base.Hostname() != "localhost" || base.Port() == "") {
		t.Errorf("local base URL %q", address)
	}
}
