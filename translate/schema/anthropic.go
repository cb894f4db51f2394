package schema

import (
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Anthropic is the profile of Anthropic's tools: an object at the root without combinators there, and else any JSON Schema. What its
// models answer by, and what strict tools are held to, has to follow narrower rules: see [AppendAnthropicStrict].
const Anthropic = "anthropic"

// maxOptional is how many properties that are not required Anthropic takes in one strict schema.
const maxOptional = 24

// AppendAnthropicStrict appends an object schema that Anthropic enforces. Every object is closed, oneOf becomes anyOf, and constraints that are
// not enforced go into the description, where the model reads them. It reports false, with dst as it was, for a schema that cannot be
// made so without changing what it allows: one that recurs, that has free members, or too many optional ones.
func AppendAnthropicStrict(dst, raw []byte) ([]byte, bool) {
	s := strict{root: raw, done: make(map[string]bool)}
	if root := readRoot(raw); !root.typed || root.combined || s.recurs(raw, []string{"#"}) {
		return dst, false
	}
	out := s.schema(dst, raw)
	if s.refused || s.optional > maxOptional {
		return dst, false
	}
	return out, true
}

// strict fits one schema.
type strict struct {
	root     []byte
	done     map[string]bool // references that are known not to recur
	optional int             // properties so far that are not required
	refused  bool
}

// strictAs says what becomes of a keyword.
type strictAs int

const (
	dropped  strictAs = iota // annotations, which say nothing to the model
	kept                     // as it is
	walked                   // a schema
	listed                   // a list of schemas
	named                    // schemas by name
	told                     // a constraint that goes into the description
	refusing                 // what cannot be left out and is not understood
)

var strictKeywords = map[string]strictAs{
	"type": kept, "required": kept, "enum": kept, "const": kept, "title": kept, "default": kept, "$ref": kept,
	"items": walked, "anyOf": listed, "oneOf": listed, "allOf": listed, "properties": named, "$defs": named, "definitions": named,
	"minimum": told, "maximum": told, "exclusiveMinimum": told, "exclusiveMaximum": told, "multipleOf": told, "minLength": told,
	"maxLength": told, "pattern": told, "maxItems": told, "uniqueItems": told, "minContains": told, "maxContains": told,
	"minProperties": told, "maxProperties": told, "not": told,
	"patternProperties": refusing, "dependentSchemas": refusing, "dependentRequired": refusing, "propertyNames": refusing,
	"prefixItems": refusing, "contains": refusing, "if": refusing, "then": refusing, "else": refusing, "unevaluatedProperties": refusing,
	"unevaluatedItems": refusing, "$dynamicRef": refusing, "$recursiveRef": refusing,
}

// strictFormats are the formats of strings that are enforced.
var strictFormats = []string{"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}

// schema appends one schema.
func (s *strict) schema(dst, raw []byte) []byte {
	c := jsonscan.New(raw)
	if c.Kind() != jsonscan.Object {
		s.refused = true // true or false
		return dst
	}
	var description, constraints []byte
	start := len(dst)
	dst = append(dst, '{')
	choices := 0
	for key := range c.Members() {
		switch key {
		case "anyOf", "oneOf":
			choices++
			s.refused = s.refused || choices > 1 // both would be anyOf
		case "description":
			description = c.RawString()
			continue
		case "additionalProperties":
			s.refused = s.refused || c.Kind() != jsonscan.False
			continue
		}
		as, value := s.keyword(key, c)
		switch as {
		case told:
			constraints = appendConstraint(constraints, key, value)
		case refusing:
			s.refused = true
		case dropped:
		default:
			dst = separate(dst, '{')
			dst = s.write(dst, key, as, value)
		}
	}
	dst = s.close(dst, raw)
	dst = appendTold(dst, start, description, constraints)
	return append(dst, '}')
}

// keyword reads a keyword's value and says what becomes of it.
func (s *strict) keyword(key string, c *jsonscan.Cursor) (strictAs, []byte) {
	as, value := strictKeywords[key], c.Raw()
	switch key {
	case "format":
		if as = told; slices.Contains(strictFormats, jsonscan.New(value).Text()) {
			as = kept
		}
	case "minItems":
		if as = told; string(value) == "0" || string(value) == "1" {
			as = kept
		}
	case "$ref":
		if !strings.HasPrefix(jsonscan.New(value).Text(), "#") {
			as = refusing
		}
	}
	return as, value
}

func (s *strict) write(dst []byte, key string, as strictAs, value []byte) []byte {
	name := key
	if key == "oneOf" {
		name = "anyOf"
	}
	dst = jsonscan.AppendString(dst, name)
	dst = append(dst, ':')
	c := jsonscan.New(value)
	switch as {
	case walked:
		return s.schema(dst, value)
	case listed:
		dst = append(dst, '[')
		for range c.Elements() {
			dst = separate(dst, '[')
			one := c.Raw()
			s.refused = s.refused || key == "allOf" && member(one, "$ref") != nil
			dst = s.schema(dst, one)
		}
		return append(dst, ']')
	case named:
		dst = append(dst, '{')
		for name := range c.Members() {
			dst = separate(dst, '{')
			dst = jsonscan.AppendString(dst, name)
			dst = append(dst, ':')
			dst = s.schema(dst, c.Raw())
		}
		return append(dst, '}')
	default:
		return append(dst, value...)
	}
}

// close forbids further members of an object, and counts the optional ones. One that is open and names none cannot be closed: nothing
// could be put into it.
func (s *strict) close(dst, raw []byte) []byte {
	properties := member(raw, "properties")
	if properties == nil && !isObjectType(member(raw, "type")) {
		return dst
	}
	required := 0
	c := jsonscan.New(member(raw, "required"))
	for range c.Elements() {
		required++
	}
	names := 0
	c = jsonscan.New(properties)
	for range c.Members() {
		names++
	}
	s.optional += max(names-required, 0)
	s.refused = s.refused || names == 0 && member(raw, "additionalProperties") == nil
	dst = separate(dst, '{')
	return append(dst, `"additionalProperties":false`...)
}

// isObjectType tells a type, or a list of types, with object in it.
func isObjectType(raw []byte) bool {
	object, other := readType(jsonscan.New(raw))
	return object || !other && jsonscan.New(raw).Kind() == jsonscan.Array
}

// appendConstraint adds a constraint in words: its keyword and its value.
func appendConstraint(dst []byte, key string, value []byte) []byte {
	if len(dst) > 0 {
		dst = append(dst, ", "...)
	}
	dst = append(dst, key...)
	dst = append(dst, ": "...)
	return jsonscan.AppendNested(dst, jsonscan.AppendCompact(nil, value))
}

// appendTold writes the description with the constraints behind it. start is where the schema begins.
func appendTold(dst []byte, start int, description, constraints []byte) []byte {
	if len(description) == 0 && len(constraints) == 0 {
		return dst
	}
	if len(dst) > start+1 {
		dst = append(dst, ',')
	}
	dst = append(dst, `"description":"`...)
	dst = append(dst, description...)
	if len(constraints) > 0 {
		if len(description) > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, '{')
		dst = append(dst, constraints...)
		dst = append(dst, '}')
	}
	return append(dst, '"')
}

// recurs reports whether a reference in a schema leads to one that it stands in, or to nowhere. following are the references on the way
// there.
func (s *strict) recurs(raw []byte, following []string) bool {
	found := false
	eachReference(jsonscan.New(raw), func(ref string) {
		switch {
		case found || s.done[ref]:
		case slices.Contains(following, ref):
			found = true
		default:
			target := s.resolve(ref)
			found = target == nil || s.recurs(target, append(slices.Clip(following), ref))
			s.done[ref] = true
		}
	})
	return found
}

// eachReference finds the references of a schema, wherever in it.
func eachReference(c *jsonscan.Cursor, visit func(string)) {
	switch c.Kind() {
	case jsonscan.Object:
		for key := range c.Members() {
			if key == "$ref" && c.Kind() == jsonscan.String {
				visit(c.Text())
				continue
			}
			eachReference(c, visit)
		}
	case jsonscan.Array:
		for range c.Elements() {
			eachReference(c, visit)
		}
	default:
		c.Skip()
	}
}

// resolve returns what a reference within the schema leads to, nil for nothing.
func (s *strict) resolve(ref string) []byte {
	path, local := strings.CutPrefix(ref, "#")
	if !local {
		return nil
	}
	target := s.root
	for _, step := range strings.Split(path, "/")[1:] {
		target = member(target, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
	}
	return target
}
