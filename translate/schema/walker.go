package schema

import (
	"slices"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// walker copies a schema and leaves out or changes what the profile says. It tells keywords from the names of properties.
type walker struct {
	profile string
	skip    []string // keywords of the root that were written already or are not to be
}

// value copies one schema, which may also be a boolean.
func (w *walker) value(dst []byte, c *jsonscan.Cursor) []byte {
	if c.Kind() != jsonscan.Object {
		return append(dst, c.Raw()...)
	}
	raw := c.Raw()
	dst = append(dst, '{')
	dst = w.members(dst, jsonscan.New(raw))
	return append(dst, '}')
}

// inner copies the schema of a property or of a branch.
func (w *walker) inner(dst []byte, c *jsonscan.Cursor) []byte {
	if w.profile == Ollama && c.Kind() != jsonscan.Object {
		c.Skip()
		return append(dst, "{}"...)
	}
	return w.value(dst, c)
}

// members copies the keywords of a schema without its braces.
func (w *walker) members(dst []byte, c *jsonscan.Cursor) []byte {
	skip := w.skip
	w.skip = nil
	var moved []byte
	if w.profile == Moonshot {
		moved = typeBesideAnyOf(c)
	}
	for key := range c.Members() {
		switch {
		case isVendorKeyword(key), slices.Contains(skip, key), key == "type" && moved != nil, key == "$schema" && w.profile == Moonshot:
			continue
		case key == "items" && w.profile == Moonshot && c.Kind() == jsonscan.Array:
			key = "prefixItems"
		}
		dst = separate(dst, '{')
		dst = jsonscan.AppendString(dst, key)
		dst = append(dst, ':')
		dst = w.keyword(dst, key, c, moved)
	}
	return dst
}

// keyword copies the value of a keyword, walking on where it holds schemas.
func (w *walker) keyword(dst []byte, key string, c *jsonscan.Cursor, moved []byte) []byte {
	switch key {
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas":
		if c.Kind() != jsonscan.Object {
			return append(dst, c.Raw()...)
		}
		dst = append(dst, '{')
		for name := range c.Members() {
			dst = separate(dst, '{')
			dst = jsonscan.AppendString(dst, name)
			dst = append(dst, ':')
			dst = w.inner(dst, c)
		}
		return append(dst, '}')
	case "anyOf":
		return w.branches(dst, c, moved)
	case "oneOf", "allOf", "prefixItems":
		return w.branches(dst, c, nil)
	case "items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else":
		if c.Kind() == jsonscan.Array {
			return w.branches(dst, c, nil)
		}
		return w.value(dst, c)
	default:
		return append(dst, c.Raw()...)
	}
}

// branches copies a list of schemas. moved is a type that each of them gets.
func (w *walker) branches(dst []byte, c *jsonscan.Cursor, moved []byte) []byte {
	if c.Kind() != jsonscan.Array {
		return append(dst, c.Raw()...)
	}
	dst = append(dst, '[')
	for range c.Elements() {
		dst = separate(dst, '[')
		start := len(dst)
		dst = w.inner(dst, c)
		if moved != nil && dst[start] == '{' && member(dst[start:], "type") == nil {
			dst = dst[:len(dst)-1]
			dst = separate(dst, '{')
			dst = append(dst, `"type":`...)
			dst = append(dst, moved...)
			dst = append(dst, '}')
		}
	}
	return append(dst, ']')
}

// typeBesideAnyOf returns the type of a schema that has both, without consuming it.
func typeBesideAnyOf(c *jsonscan.Cursor) []byte {
	var typ []byte
	anyOf := false
	peek := *c
	for key := range peek.Members() {
		switch key {
		case "type":
			typ = peek.Raw()
		case "anyOf":
			anyOf = true
		}
	}
	if !anyOf {
		return nil
	}
	return typ
}

func separate(dst []byte, opens byte) []byte {
	if dst[len(dst)-1] == opens {
		return dst
	}
	return append(dst, ',')
}
