// Package schema fits the JSON schemas of tools and answers to what providers read.
//
// Most schemas pass as they are, byte for byte. What is changed is what some provider refuses the whole request for.
package schema

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// generic is the profile without deviations.
const generic = "generic"

// Moonshot is the profile of Moonshot's schema dialect: type may not stand beside anyOf, a list of items is called prefixItems, $schema
// may not stand at all.
const Moonshot = "moonshot"

// emptyObject is the schema of a function without parameters.
const emptyObject = `{"type":"object","properties":{}}`

// AppendParameters appends the parameters of a function: an object schema without combinators at its root, whatever the client declared.
func AppendParameters(dst, raw []byte, profile string) []byte {
	switch {
	case isGemini(profile):
		return appendGeminiParameters(dst, raw, profile)
	case profile == Nova:
		return appendNova(dst, raw)
	}
	root := readRoot(raw)
	switch {
	case !root.object:
		return append(dst, emptyObject...)
	case root.combined:
		return appendMerged(dst, raw, profile)
	case root.typed && root.properties:
		return Append(dst, raw, profile)
	}
	w := walker{profile: profile}
	dst = append(dst, '{')
	if !root.typed {
		dst = append(dst, `"type":"object"`...)
		w.skip = append(w.skip, "type")
	}
	if !root.properties {
		dst = separate(dst, '{')
		dst = append(dst, `"properties":{}`...)
		w.skip = append(w.skip, "properties")
	}
	dst = w.members(dst, jsonscan.New(raw))
	return append(dst, '}')
}

// root is what the top of a parameter schema says.
type root struct {
	object     bool // it can describe an object and is not empty
	typed      bool // its type is object and nothing else
	properties bool // it has properties that are an object
	combined   bool // it has a keyword that may not stand there
}

// combinators are the keywords that OpenAI and others refuse at the root. A reference is as good as one.
var combinators = []string{"anyOf", "oneOf", "allOf", "not", "enum", "$ref"}

func readRoot(raw []byte) root {
	var r root
	other := false
	c := jsonscan.New(raw)
	for key := range c.Members() {
		r.object = true
		switch {
		case key == "type":
			r.typed, other = readType(c)
		case key == "properties":
			r.properties = c.Kind() == jsonscan.Object
		case slices.Contains(combinators, key):
			r.combined = true
		}
	}
	r.object = r.object && !other
	return r
}

// readType reads a type, or a list of types: whether it is object, and whether object is not among them. Null says nothing.
func readType(c *jsonscan.Cursor) (object, other bool) {
	switch c.Kind() {
	case jsonscan.Null:
		c.Skip()
		return false, false
	case jsonscan.Array:
		other = true
		for range c.Elements() {
			other = c.Text() != "object" && other
		}
		return false, other
	default:
		object = c.Text() == "object"
		return object, !object
	}
}

// Append appends a schema without what only OpenAI understands.
func Append(dst, raw []byte, profile string) []byte {
	if isGemini(profile) {
		return appendGemini(dst, raw, profile)
	}
	if (profile == generic || profile == Anthropic) && !hasVendorKeyword(raw) {
		return append(dst, raw...)
	}
	w := walker{profile: profile}
	return w.value(dst, jsonscan.New(raw))
}

// vendorKeywords are annotations for OpenAI's own servers.
var vendorKeywords = [...]string{"encrypted", "defer_loading"}

func isVendorKeyword(key string) bool {
	for _, keyword := range vendorKeywords {
		if key == keyword {
			return true
		}
	}
	return false
}

func hasVendorKeyword(raw []byte) bool {
	for _, keyword := range vendorKeywords {
		if bytes.Contains(raw, []byte(keyword)) {
			return true
		}
	}
	return false
}
