package schema

import (
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// The profiles of Gemini. Both read a few keywords and refuse or overlook the rest; references are replaced by what they lead to.
const (
	// GeminiJSON is what parametersJsonSchema and responseJsonSchema read: a subset of JSON Schema, without const.
	GeminiJSON = "gemini_json"

	// GeminiOpenAPI is what parameters and responseSchema read: OpenAPI's Schema object, which refuses any keyword that it does not know.
	GeminiOpenAPI = "gemini_openapi"
)

func isGemini(profile string) bool { return profile == GeminiJSON || profile == GeminiOpenAPI }

// maxInlined bounds what references may make of a schema, in bytes.
const maxInlined = 256 << 10

// fitter fits a schema to a profile of Gemini.
type fitter struct {
	root      []byte
	openAPI   bool
	start     int      // where in the output the schema begins
	following []string // references on the way to where it is
	inlined   int
}

func appendGeminiParameters(dst, raw []byte, profile string) []byte {
	root := readRoot(raw)
	if root.combined || !root.typed || !root.properties {
		raw = AppendParameters(nil, raw, generic)
	}
	return appendGemini(dst, raw, profile)
}

func appendGemini(dst, raw []byte, profile string) []byte {
	if profile == GeminiJSON && plain(jsonscan.New(raw)) {
		return append(dst, raw...)
	}
	f := fitter{root: raw, openAPI: profile == GeminiOpenAPI, start: len(dst)}
	return f.schema(dst, raw)
}

func (f *fitter) schema(dst, raw []byte) []byte {
	var n node
	f.gather(&n, raw)
	return f.write(dst, &n)
}

// node is what a schema says, with what it refers to and what it is composed of taken in.
type node struct {
	types      typeSet
	nullable   bool
	texts      [len(textKeywords)][]byte // raw
	bounds     [len(boundKeywords)][]byte
	values     [][]byte // raw: those of enum and const; nil where any will do
	items      []byte   // raw schema
	prefix     [][]byte // raw schemas of the first items
	properties []property
	required   [][]byte // escaped names
	additional []byte   // raw: schema or boolean
	branches   [][]byte // raw schemas of which one has to hold
	refs       []string // references that were followed for it
}

type property struct {
	name   string
	schema []byte // raw
}

func (n *node) has(name []byte) bool {
	return slices.ContainsFunc(n.properties, func(p property) bool { return p.name == string(name) })
}

// typeSet is a set of types, a bit for each of typeNames.
type typeSet uint8

const (
	stringType typeSet = 1 << iota
	numberType
	integerType
	booleanType
	objectType
	arrayType
)

var typeNames = [...]string{"string", "number", "integer", "boolean", "object", "array"}

// typeOf is the type of a name, escaped. Some write them in capitals, as Google's own documentation does.
func typeOf(name []byte) typeSet {
	for i, known := range typeNames {
		if len(name) == len(known) && strings.EqualFold(string(name), known) {
			return 1 << i
		}
	}
	return 0
}

// one reports whether the set has a single type.
func (ts typeSet) one() bool { return ts != 0 && ts&(ts-1) == 0 }

// textKeywords are annotations and keywords that pass as they are.
var textKeywords = [...]string{"title", "description", "format", "pattern", "default", "example"}

const (
	descriptionText = 1
	formatText      = 2
	exampleText     = 5
)

// boundKeywords limit a value by a number.
var boundKeywords = [...]string{"minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}

// gather takes a schema into a node. What the node says already stays, and what the schema says itself goes before what it refers to.
func (f *fitter) gather(n *node, raw []byte) {
	c := jsonscan.New(raw)
	var refs []string
	var parts [][]byte
	for key := range c.Members() {
		switch key {
		case "type":
			n.readType(c)
		case "nullable":
			n.nullable = c.Bool() || n.nullable
		case "enum":
			n.readValues(c)
		case "const":
			if n.values == nil {
				n.addValue(c.Raw())
			}
		case "items", "prefixItems":
			n.readItems(key, c)
		case "properties":
			n.readProperties(c)
		case "required":
			for range c.Elements() {
				if name := c.RawString(); name != nil {
					n.required = append(n.required, name)
				}
			}
		case "additionalProperties":
			n.additional = c.Raw()
		case "anyOf", "oneOf":
			for range c.Elements() {
				n.branches = append(n.branches, c.Raw())
			}
		case "allOf":
			for range c.Elements() {
				parts = append(parts, c.Raw())
			}
		case "$ref":
			refs = append(refs, c.Text())
		case "exclusiveMinimum":
			n.bound("minimum", c)
		case "exclusiveMaximum":
			n.bound("maximum", c)
		default:
			n.plain(key, c)
		}
	}
	for _, part := range parts {
		f.gather(n, part)
	}
	for _, ref := range refs {
		f.follow(n, ref)
	}
}

// plain takes a keyword that passes as it is, if it is one.
func (n *node) plain(key string, c *jsonscan.Cursor) {
	if slices.Contains(boundKeywords[:], key) {
		n.bound(key, c)
		return
	}
	i := slices.Index(textKeywords[:], key)
	if i < 0 || n.texts[i] != nil {
		return
	}
	if c.Kind() == jsonscan.String || key == "default" || key == "example" {
		n.texts[i] = c.Raw()
	}
}

func (n *node) bound(key string, c *jsonscan.Cursor) {
	i := slices.Index(boundKeywords[:], key)
	if c.Kind() == jsonscan.Number && n.bounds[i] == nil {
		n.bounds[i] = c.Raw()
	}
}

func (n *node) readType(c *jsonscan.Cursor) {
	settled := n.types != 0
	read := func() {
		name := c.RawString()
		switch {
		case settled:
		case strings.EqualFold(string(name), "null"):
			n.nullable = true
		default:
			n.types |= typeOf(name)
		}
	}
	if c.Kind() != jsonscan.Array {
		read()
		return
	}
	for range c.Elements() {
		read()
	}
}

func (n *node) readValues(c *jsonscan.Cursor) {
	known := n.values != nil
	for range c.Elements() {
		if value := c.Raw(); !known {
			n.addValue(value)
		}
	}
}

func (n *node) addValue(raw []byte) {
	if jsonscan.New(raw).Kind() == jsonscan.Null {
		n.nullable = true
		return
	}
	n.values = append(n.values, raw)
}

func (n *node) readItems(key string, c *jsonscan.Cursor) {
	if c.Kind() == jsonscan.Array {
		for range c.Elements() {
			n.prefix = append(n.prefix, c.Raw())
		}
		return
	}
	if raw := c.Raw(); key == "items" && n.items == nil {
		n.items = raw
	}
}

func (n *node) readProperties(c *jsonscan.Cursor) {
	for name := range c.Members() {
		if !n.has([]byte(name)) {
			n.properties = append(n.properties, property{name, c.Raw()})
		}
	}
}

// follow takes in what a reference leads to. Where that would go in circles, or become too much, it is left at its type.
func (f *fitter) follow(n *node, ref string) {
	target := resolve(f.root, ref)
	if target == nil {
		return
	}
	if slices.Contains(f.following, ref) || slices.Contains(n.refs, ref) || f.inlined >= maxMerged {
		n.readType(jsonscan.New(member(target, "type")))
		return
	}
	f.inlined++
	n.refs = append(n.refs, ref)
	f.gather(n, target)
}
