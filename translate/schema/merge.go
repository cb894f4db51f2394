package schema

import (
	"bytes"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// maxMerged bounds how many schemas are merged into one. References can multiply them.
const maxMerged = 1000

// merger gathers the properties of an object schema from its alternatives and parts.
type merger struct {
	root      []byte
	following []string // references on the way to where it is
	merged    int

	names   []string
	schemas map[string][][]byte // by name: those that differ
}

// appendMerged appends an object schema with the properties that any alternative of the root has, of which those are required that all
// of them require. It allows more than the root did: a model is to know what there is, and the tool judges what it gets.
func appendMerged(dst, raw []byte, profile string) []byte {
	m := merger{root: raw, schemas: make(map[string][][]byte)}
	required := m.object(raw)
	w := walker{profile: profile, skip: append([]string{"type", "properties", "required"}, combinators...)}
	dst = append(dst, `{"type":"object"`...)
	dst = w.members(dst, jsonscan.New(raw))
	dst = append(dst, `,"properties":{`...)
	for _, name := range m.names {
		dst = separate(dst, '{')
		dst = jsonscan.AppendString(dst, name)
		dst = append(dst, ':')
		dst = w.alternatives(dst, m.schemas[name])
	}
	dst = append(dst, '}')
	if len(required) > 0 {
		dst = append(dst, `,"required":[`...)
		for _, name := range required {
			dst = separate(dst, '[')
			dst = jsonscan.AppendString(dst, name)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// alternatives appends a schema, or a choice of several.
func (w *walker) alternatives(dst []byte, schemas [][]byte) []byte {
	if len(schemas) == 1 {
		return w.value(dst, jsonscan.New(schemas[0]))
	}
	dst = append(dst, `{"anyOf":[`...)
	for _, one := range schemas {
		dst = separate(dst, '[')
		dst = w.value(dst, jsonscan.New(one))
	}
	return append(dst, `]}`...)
}

// object takes in an object schema and returns the names that it requires.
func (m *merger) object(raw []byte) (required []string) {
	if m.merged++; m.merged > maxMerged {
		return nil
	}
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "properties":
			for name := range c.Members() {
				m.property(name, c.Raw())
			}
		case "required":
			for range c.Elements() {
				if name := c.Text(); name != "" {
					required = union(required, name)
				}
			}
		case "allOf":
			for range c.Elements() {
				required = union(required, m.object(c.Raw())...)
			}
		case "anyOf", "oneOf":
			required = union(required, m.oneOf(c)...)
		case "$ref":
			required = union(required, m.reference(c.Text())...)
		}
	}
	return required
}

// oneOf takes in alternatives and returns the names that all of them require. Those that are no objects do not count.
func (m *merger) oneOf(c *jsonscan.Cursor) (required []string) {
	first := true
	for range c.Elements() {
		branch := c.Raw()
		if !readRoot(branch).object {
			continue
		}
		names := m.object(branch)
		if first {
			required, first = names, false
			continue
		}
		required = slices.DeleteFunc(required, func(name string) bool { return !slices.Contains(names, name) })
	}
	return required
}

func (m *merger) property(name string, raw []byte) {
	same := func(other []byte) bool { return bytes.Equal(other, raw) }
	switch schemas, known := m.schemas[name]; {
	case !known:
		name = strings.Clone(name)
		m.names = append(m.names, name)
		m.schemas[name] = [][]byte{raw}
	case !slices.ContainsFunc(schemas, same):
		m.schemas[name] = append(schemas, raw)
	}
}

// reference takes in what a reference within the schema leads to, unless it is on the way already.
func (m *merger) reference(ref string) (required []string) {
	if slices.Contains(m.following, ref) {
		return nil
	}
	m.following = append(m.following, ref)
	required = m.object(resolve(m.root, ref))
	m.following = m.following[:len(m.following)-1]
	return required
}

// resolve is the schema that a reference within root leads to, nil where it leads elsewhere or nowhere.
func resolve(root []byte, ref string) []byte {
	path, local := strings.CutPrefix(ref, "#")
	if !local || path != "" && path[0] != '/' {
		return nil
	}
	target := root
	for _, step := range strings.Split(path, "/")[1:] {
		target = member(target, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
	}
	return target
}

// member is the value of an object's member, nil where there is none.
func member(raw []byte, name string) (value []byte) {
	c := jsonscan.New(raw)
	for key := range c.Members() {
		if key == name {
			value = c.Raw()
		}
	}
	return value
}

func union(all []string, more ...string) []string {
	for _, name := range more {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
