package lessons

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/glob"
	"github.com/caddy-codex/responses/translate/dialect"
)

//go:embed lessons.json
var lessonsJSON []byte

// textbook is lessons.json. Its patterns are compared with a message in the plain form that plain gives it.
type textbook struct {
	Echoes     []string `json:"echoes"`     // behind these words stands what the client wrote
	Codes      []string `json:"codes"`      // error codes that say param is not known
	Complaints []string `json:"complaints"` // patterns of how the name of something that is not taken is said
	Rules      []rule   `json:"rules"`      // the first that matches and changes something counts

	complaints []*regexp.Regexp
}

// rule says what a refusal teaches.
type rule struct {
	Wires []string `json:"wires,omitempty"` // the only ones
	Names []string `json:"names,omitempty"` // globs over the names complained of, with their paths: tools.0.function.strict
	Texts []string `json:"texts,omitempty"` // patterns over the message

	When    map[string][]string `json:"when,omitempty"`
	Set     dialect.Settings    `json:"set,omitempty"`
	With    map[string][]string `json:"with,omitempty"`
	Without map[string][]string `json:"without,omitempty"`
	Efforts bool                `json:"efforts,omitempty"` // the group list of a text holds the efforts that are taken
	Drop    bool                `json:"drop,omitempty"`    // the member complained of is left out
	Keep    []string            `json:"keep,omitempty"`    // but none of these

	texts []*regexp.Regexp
}

var book = sync.OnceValue(func() *textbook {
	b := new(textbook)
	decoder := json.NewDecoder(strings.NewReader(string(lessonsJSON)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(b); err != nil {
		panic("lessons: reading lessons.json: " + err.Error())
	}
	macros := strings.NewReplacer("NAME", namePattern, "REFUSED", refusedPattern)
	for _, complaint := range b.Complaints {
		b.complaints = append(b.complaints, regexp.MustCompile(macros.Replace(complaint)))
	}
	for i := range b.Rules {
		r := &b.Rules[i]
		for _, text := range r.Texts {
			r.texts = append(r.texts, regexp.MustCompile(text))
		}
	}
	return b
})

// Learn reads from a refusal what the provider does not take, as a change of the dialect that the request was made with. It reports
// false where the refusal says nothing of the kind, or nothing new: known are lessons that have been tried.
func Learn(wire string, f *fault.Fault, d *dialect.Dialect, known func(Lesson) bool) (Lesson, bool) {
	if !teaches(f) {
		return Lesson{}, false
	}
	b := book()
	text := b.plain(f.Message + " " + f.Param)
	names := b.names(text, f)
	for i := range b.Rules {
		r := &b.Rules[i]
		if len(r.Wires) > 0 && !slices.Contains(r.Wires, wire) {
			continue
		}
		if lesson, ok := r.read(text, names); ok && len(lesson.Settings(d)) > 0 && !known(lesson) {
			return lesson, true
		}
	}
	return Lesson{}, false
}

// teaches picks the refusals that are about the form of a request. llama.cpp reports what its templates refuse as errors of its own.
func teaches(f *fault.Fault) bool {
	return f.Quoted && (f.Kind == fault.Rejected || f.Kind == fault.Unavailable && f.Status == 500)
}

// read holds a rule against a refusal.
func (r *rule) read(text string, names []name) (Lesson, bool) {
	lesson := Lesson{When: r.When, Set: r.Set, With: r.With, Without: r.Without}
	for _, n := range names {
		switch {
		case r.Drop && n.droppable(r):
			lesson.With = map[string][]string{"drop_fields": {n.path}}
			return lesson, true
		case !r.Drop && slices.ContainsFunc(r.Names, func(pattern string) bool { return glob.Match(pattern, n.path) }):
			return lesson, true
		}
	}
	for _, pattern := range r.texts {
		match := pattern.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		if r.Efforts {
			lesson.Efforts = listed(match[pattern.SubexpIndex("list")])
		}
		return lesson, true
	}
	return Lesson{}, false
}
