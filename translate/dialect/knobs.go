package dialect

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed knobs.json
var knobsJSON []byte

// Knob describes one member of a Dialect.
type Knob struct {
	Name    string          `json:"name"`
	Type    string          `json:"type"`            // enum, set, list, bool, int, string, map or json
	Wires   []string        `json:"wires,omitempty"` // those that read it; none for all
	Values  []string        `json:"values,omitempty"`
	Default json.RawMessage `json:"default"`
	Doc     string          `json:"doc"`
}

// Knobs lists all knobs in the order of knobs.json.
var Knobs = sync.OnceValue(func() []Knob {
	var knobs []Knob
	if err := json.Unmarshal(knobsJSON, &knobs); err != nil {
		panic("dialect: reading knobs.json: " + err.Error())
	}
	return knobs
})

// Default is the dialect with every knob at its default.
func Default() Dialect {
	settings := make(Settings)
	for _, knob := range Knobs() {
		settings[knob.Name] = knob.Default
	}
	var d Dialect
	if err := d.Apply(settings); err != nil {
		panic("dialect: defaults in knobs.json: " + err.Error())
	}
	return d
}

// Apply sets the knobs that settings name. It fails on a knob or a value that does not exist, and says what does.
func (d *Dialect) Apply(settings Settings) error {
	for name, value := range settings {
		knob, err := find(name)
		if err != nil {
			return err
		}
		if err := knob.check(value); err != nil {
			return err
		}
	}
	// A map or a list that is set replaces what was there; decoding alone would merge into a map.
	if _, ok := settings["effort_map"]; ok {
		d.EffortMap = nil
	}
	if _, ok := settings["headers"]; ok {
		d.Headers = nil
	}
	data, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("encoding knobs: %w", err)
	}
	return json.Unmarshal(data, d)
}

// Parse reads the words that a configuration gives for a knob: one word for an enum, bool or string, several for a set, key=value
// words for a map, one word of JSON for an object.
func Parse(name string, words []string) (json.RawMessage, error) {
	knob, err := find(name)
	if err != nil {
		return nil, err
	}
	var value json.RawMessage
	switch knob.Type {
	case "set", "list":
		value, err = json.Marshal(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" }))
	case "map":
		value, err = parseMap(knob, words)
	default:
		if len(words) != 1 {
			return nil, fmt.Errorf("knob %s takes one value%s, got %d", name, knob.choices(), len(words))
		}
		value, err = parseWord(knob, words[0])
	}
	if err != nil {
		return nil, err
	}
	return value, knob.check(value)
}

func parseWord(knob Knob, word string) (json.RawMessage, error) {
	switch knob.Type {
	case "bool":
		on, err := strconv.ParseBool(word)
		if err != nil {
			return nil, fmt.Errorf("knob %s is true or false, not %q", knob.Name, word)
		}
		return strconv.AppendBool(nil, on), nil
	case "int":
		if _, err := strconv.Atoi(word); err != nil {
			return nil, fmt.Errorf("knob %s is a whole number, not %q", knob.Name, word)
		}
		return json.RawMessage(word), nil
	case "json":
		if !json.Valid([]byte(word)) {
			return nil, fmt.Errorf("knob %s takes a JSON object, got %q", knob.Name, word)
		}
		return json.RawMessage(word), nil
	default:
		return json.Marshal(word)
	}
}

func parseMap(knob Knob, words []string) (json.RawMessage, error) {
	entries := make(map[string]string, len(words))
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return nil, fmt.Errorf("knob %s takes words of the form name=value, got %q", knob.Name, word)
		}
		entries[key] = value
	}
	return json.Marshal(entries)
}

func find(name string) (Knob, error) {
	knobs := Knobs()
	i := slices.IndexFunc(knobs, func(k Knob) bool { return k.Name == name })
	if i < 0 {
		names := make([]string, len(knobs))
		for i, k := range knobs {
			names[i] = k.Name
		}
		slices.Sort(names)
		return Knob{}, fmt.Errorf("no knob is called %q; the knobs are %s", name, strings.Join(names, ", "))
	}
	return knobs[i], nil
}

// choices says for messages which values there are, where they can be listed.
func (k Knob) choices() string {
	if len(k.Values) == 0 {
		return ""
	}
	return " of " + strings.Join(k.Values, ", ")
}

// check holds a value against the knob's type and allowed values.
func (k Knob) check(value json.RawMessage) error {
	switch k.Type {
	case "enum":
		var word string
		if err := json.Unmarshal(value, &word); err != nil || !slices.Contains(k.Values, word) {
			return fmt.Errorf("knob %s is one of %s, not %s", k.Name, strings.Join(k.Values, ", "), value)
		}
	case "set":
		var words []string
		if err := json.Unmarshal(value, &words); err != nil {
			return fmt.Errorf("knob %s is a list of %s, not %s", k.Name, strings.Join(k.Values, ", "), value)
		}
		for _, word := range words {
			if !slices.Contains(k.Values, word) {
				return fmt.Errorf("knob %s is any of %s, not %q", k.Name, strings.Join(k.Values, ", "), word)
			}
		}
	case "list":
		var words []string
		if err := json.Unmarshal(value, &words); err != nil {
			return fmt.Errorf("knob %s is a list of names, not %s", k.Name, value)
		}
	case "int":
		var n int
		if err := json.Unmarshal(value, &n); err != nil || n < 0 {
			return fmt.Errorf("knob %s is a whole number from 0 up, not %s", k.Name, value)
		}
	case "bool":
		if !bytes.Equal(value, []byte("true")) && !bytes.Equal(value, []byte("false")) {
			return fmt.Errorf("knob %s is true or false, not %s", k.Name, value)
		}
	case "string":
		var word string
		if err := json.Unmarshal(value, &word); err != nil {
			return fmt.Errorf("knob %s is a text, not %s", k.Name, value)
		}
	case "map":
		var entries map[string]string
		if err := json.Unmarshal(value, &entries); err != nil {
			return fmt.Errorf("knob %s maps names to texts, got %s", k.Name, value)
		}
	case "json":
		var members Members
		if err := json.Unmarshal(value, &members); err != nil {
			return fmt.Errorf("knob %s takes a JSON object, got %s", k.Name, value)
		}
	}
	return nil
}
