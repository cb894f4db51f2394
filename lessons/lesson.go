// Package lessons reads from a provider's refusal what it does not take, and remembers it.
//
// A Lesson changes knobs of a dialect. Which words teach what is data, in lessons.json. The package sends nothing: whoever makes the
// requests asks Learn, tries again, and keeps the lesson in a Book.
package lessons

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/translate/dialect"
)

// Lesson is what a refusal teaches: how a dialect has to change.
type Lesson struct {
	// When are the values that knobs must have for the lesson to hold: one of them, for a set one that is in it, and behind an
	// exclamation mark any but that. A configuration that has moved on is left alone.
	When map[string][]string `json:"when,omitempty"`

	// Set are knobs and their new values.
	Set dialect.Settings `json:"set,omitempty"`

	// With and Without are words that join lists and leave sets.
	With    map[string][]string `json:"with,omitempty"`
	Without map[string][]string `json:"without,omitempty"`

	// Efforts are the values of a reasoning effort that the provider takes.
	Efforts []string `json:"efforts,omitempty"`
}

// Settings are the knobs that the lesson changes in d; none where it does not hold, or d is that already.
func (l *Lesson) Settings(d *dialect.Dialect) dialect.Settings {
	knobs := values(d)
	if !holds(l.When, knobs) {
		return nil
	}
	changed := make(dialect.Settings)
	for name, value := range l.Set {
		if string(knobs[name]) != string(value) {
			changed[name] = value
		}
	}
	for name, words := range l.With {
		have := list(knobs[name])
		if all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(have, words)))); len(all) > len(have) {
			changed[name] = raw(all)
		}
	}
	for name, words := range l.Without {
		have := list(knobs[name])
		if rest := slices.DeleteFunc(slices.Clone(have), func(w string) bool { return slices.Contains(words, w) }); len(rest) < len(have) {
			changed[name] = raw(rest)
		}
	}
	if mapped, ok := nearest(d, l.Efforts); ok {
		changed["effort_map"] = raw(mapped)
	}
	return changed
}

// Change is what becomes of one knob.
type Change struct {
	Knob     string
	Old, New string // values as JSON
}

// Changes are the settings of the lesson for d with what was there before, in the order of the knobs' names.
func (l *Lesson) Changes(d *dialect.Dialect) []Change {
	var changes []Change
	knobs, settings := values(d), l.Settings(d)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		changes = append(changes, Change{name, string(knobs[name]), string(settings[name])})
	}
	return changes
}

// Same reports whether two lessons teach the same.
func (l *Lesson) Same(other Lesson) bool { return l.id() == other.id() }

// id tells lessons apart.
func (l *Lesson) id() string { return string(raw(l)) }

// holds reports whether the knobs have the values that a lesson asks for.
func holds(when map[string][]string, knobs dialect.Settings) bool {
	for name, wanted := range when {
		value := gjson.ParseBytes(knobs[name])
		has := func(v gjson.Result) bool {
			return slices.Contains(wanted, v.String()) || negated(wanted) && "!"+v.String() != wanted[0]
		}
		if value.IsArray() && !slices.ContainsFunc(value.Array(), has) || !value.IsArray() && !has(value) {
			return false
		}
	}
	return true
}

func negated(wanted []string) bool { return len(wanted) == 1 && strings.HasPrefix(wanted[0], "!") }

// values are the knobs of a dialect by name.
func values(d *dialect.Dialect) dialect.Settings {
	var knobs dialect.Settings
	if err := json.Unmarshal(raw(d), &knobs); err != nil {
		panic("lessons: reading a dialect: " + err.Error())
	}
	return knobs
}

func list(value json.RawMessage) []string {
	var words []string
	for _, word := range gjson.ParseBytes(value).Array() {
		words = append(words, word.String())
	}
	return words
}

// raw writes what always can be written: dialects, words and lists of them.
func raw[T any](value T) json.RawMessage {
	data, err := json.Marshal(value)
	if err != nil {
		panic("lessons: " + err.Error())
	}
	return data
}
