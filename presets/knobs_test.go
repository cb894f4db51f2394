package presets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"
)

// knob is what the dialect says of one of its members. The presets do without that package; their test reads its data.
type knob struct {
	Name    string
	Type    string
	Wires   []string
	Values  []string
	Default json.RawMessage
}

func readKnobs(t *testing.T) map[string]knob {
	t.Helper()
	data, err := os.ReadFile("../translate/dialect/knobs.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []knob
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	knobs := make(map[string]knob)
	for _, k := range list {
		knobs[k.Name] = k
	}
	return knobs
}

func TestEverySettingIsOneThatTheDialectHas(t *testing.T) {
	knobs := readKnobs(t)
	forEach(t, func(t *testing.T, p *Preset) {
		for where, settings := range settingsOf(p) {
			for _, name := range slices.Sorted(maps.Keys(settings)) {
				k, ok := knobs[name]
				if !ok {
					t.Errorf("%s sets %s, which is no knob", where, name)
					continue
				}
				if err := k.takes(settings[name]); err != nil {
					t.Errorf("%s: %s: %v", where, name, err)
				}
				if len(k.Wires) > 0 && !slices.Contains(k.Wires, p.Wire) {
					t.Errorf("%s sets %s, which the wire %s does not read", where, name, p.Wire)
				}
			}
		}
	})
}

func TestAProviderSetsOnlyWhatDiffersFromTheWire(t *testing.T) {
	knobs := readKnobs(t)
	forEach(t, func(t *testing.T, p *Preset) {
		for name, value := range p.Dialect {
			if sameJSON(t, value, knobs[name].Default) {
				t.Errorf("%s is %s anyway", name, value)
			}
		}
	})
}

func TestAPatternHasSomethingToMatchAndToSet(t *testing.T) {
	forEach(t, func(t *testing.T, p *Preset) {
		for i, pattern := range p.Patterns {
			if len(pattern.Match) == 0 || slices.Contains(pattern.Match, "") || len(pattern.Dialect) == 0 {
				t.Errorf("pattern %d matches %v and sets %v", i, pattern.Match, pattern.Dialect)
			}
		}
	})
}

// settingsOf collects every set of knobs in a preset by its place.
func settingsOf(p *Preset) map[string]Settings {
	all := map[string]Settings{"the provider": p.Dialect}
	for i, pattern := range p.Patterns {
		all[fmt.Sprintf("pattern %d %v", i, pattern.Match)] = pattern.Dialect
	}
	for _, model := range p.Models {
		all["model "+model.ID] = model.Dialect
	}
	return all
}

// takes checks a value against the knob's type and values.
func (k knob) takes(value json.RawMessage) error {
	switch k.Type {
	case "enum":
		return k.takesWords(decodeAs[string](value))
	case "set":
		words, err := decodeAs[[]string](value)
		for _, word := range words {
			err = k.takesWords(word, err)
		}
		return err
	case "bool":
		_, err := decodeAs[bool](value)
		return err
	case "string":
		_, err := decodeAs[string](value)
		return err
	case "list":
		_, err := decodeAs[[]string](value)
		return err
	case "int":
		_, err := decodeAs[int](value)
		return err
	case "map":
		if k.Name != "effort_map" {
			_, err := decodeAs[map[string]string](value)
			return err
		}
		return takesEffortMap(value)
	case "json":
		_, err := decodeAs[map[string]json.RawMessage](value)
		return err
	}
	return fmt.Errorf("type %q is new to this test", k.Type)
}

func (k knob) takesWords(word string, err error) error {
	if err == nil && !slices.Contains(k.Values, word) {
		return fmt.Errorf("%q is not among %v", word, k.Values)
	}
	return err
}

// takesEffortMap wants an answer to every effort that a client may name.
func takesEffortMap(value json.RawMessage) error {
	mapped, err := decodeAs[map[string]string](value)
	if err != nil {
		return err
	}
	for _, effort := range efforts {
		if _, ok := mapped[effort]; !ok {
			return fmt.Errorf("nothing is said of %s", effort)
		}
	}
	if len(mapped) != len(efforts) {
		return fmt.Errorf("%s has a word that is no effort", value)
	}
	return nil
}

func decodeAs[T any](value json.RawMessage) (T, error) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	var decoded T
	err := decoder.Decode(&decoded)
	return decoded, err
}

func sameJSON(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	x, errX := decodeAs[any](a)
	y, errY := decodeAs[any](b)
	if errX != nil || errY != nil {
		t.Fatal(errX, errY)
	}
	return reflect.DeepEqual(x, y)
}
