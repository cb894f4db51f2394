package streamcheck

import (
	"slices"
	"strings"
)

// object is a JSON object of an OpenAPI document.
type object = map[string]any

// openapi is an OpenAPI document.
type openapi struct {
	root   object
	events map[string]string // the names of the event schemas, by event type
}

// asObject returns a value of the document as an object, or nil.
func asObject(value any) object {
	v, _ := value.(object)
	return v
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}

// schema returns a named schema of the document.
func (doc openapi) schema(name string) object {
	return asObject(asObject(asObject(doc.root["components"])["schemas"])[name])
}

// propertiesOf returns the properties of a named schema: its own, and those of the parts it is made of.
func (doc openapi) propertiesOf(name string) []object {
	var all []object
	schema := doc.schema(name)
	for _, part := range append([]any{schema}, asList(schema["allOf"])...) {
		if properties := asObject(asObject(part)["properties"]); properties != nil {
			all = append(all, properties)
		}
	}
	return all
}

// eventSchemas maps the types of events to the names of their schemas.
func (doc openapi) eventSchemas() map[string]string {
	names := make(map[string]string)
	for _, branch := range asList(doc.schema("ResponseStreamEvent")["anyOf"]) {
		for _, eventType := range doc.typesOf(asObject(branch)) {
			names[eventType.(string)] = refName(asObject(branch))
		}
	}
	return names
}

// narrow rewrites the unions inside a value so that a mistake is reported against the one branch that was meant.
//
// A validator that finds no matching branch can only list why each of them failed, which for an item is twenty-eight reasons. The
// meaning stays: a union with null becomes "null, or else"; one whose branches all require a type of their own becomes a list of
// "if the type is this, then".
func (doc openapi) narrow(value any) {
	for _, element := range asList(value) {
		doc.narrow(element)
	}
	node := asObject(value)
	for _, child := range node {
		doc.narrow(child)
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		branches := asList(node[keyword])
		if len(branches) == 0 || node["if"] != nil || node["allOf"] != nil || node["properties"] != nil {
			continue
		}
		if other, ok := besideNull(branches); ok {
			delete(node, keyword)
			node["if"], node["else"] = object{"type": "null"}, other
			continue
		}
		if choices, types, ok := doc.choices(branches); ok {
			delete(node, keyword)
			node["type"] = "object"
			node["required"] = []any{"type"}
			node["properties"] = object{"type": object{"enum": types}}
			node["allOf"] = choices
		}
	}
}

// besideNull returns the other branch of a union of two with null.
func besideNull(branches []any) (other any, ok bool) {
	if len(branches) != 2 {
		return nil, false
	}
	for i, branch := range branches {
		if null := asObject(branch); len(null) == 1 && null["type"] == "null" {
			return branches[1-i], true
		}
	}
	return nil, false
}

// choices returns the branches of a union as conditions on the type, and all the types. It fails unless each branch requires a
// type that no other has.
func (doc openapi) choices(branches []any) (conditions, types []any, ok bool) {
	seen := make(map[any]bool)
	for _, branch := range branches {
		own := doc.typesOf(asObject(branch))
		if len(own) == 0 {
			return nil, nil, false
		}
		for _, t := range own {
			if seen[t] {
				return nil, nil, false
			}
			seen[t] = true
		}
		types = append(types, own...)
		conditions = append(conditions, object{
			"if":   object{"properties": object{"type": object{"enum": own}}},
			"then": branch,
		})
	}
	return conditions, types, true
}

// typesOf lists the values that an object schema allows for its type, if it requires one.
func (doc openapi) typesOf(schema object) []any {
	if name := refName(schema); name != "" {
		return doc.typesOf(doc.schema(name))
	}
	for _, part := range asList(schema["allOf"]) {
		if types := doc.typesOf(asObject(part)); types != nil {
			return types
		}
	}
	if !slices.Contains(asList(schema["required"]), any("type")) {
		return nil
	}
	return asList(asObject(asObject(schema["properties"])["type"])["enum"])
}

// refName returns the name of the schema that a reference points to.
func refName(reference object) string {
	ref, _ := reference["$ref"].(string)
	return ref[strings.LastIndexByte(ref, '/')+1:]
}
