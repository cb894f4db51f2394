package schema

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// write appends a node, with what stands below it.
func (f *fitter) write(dst []byte, n *node) []byte {
	f.following = append(f.following, n.refs...)
	defer func() { f.following = f.following[:len(f.following)-len(n.refs)] }()
	if len(dst)-f.start > maxInlined {
		f.inlined = maxMerged
	}
	n.infer()
	if f.openAPI {
		return f.writeOpenAPI(dst, n)
	}
	dst = append(dst, '{')
	dst = n.appendTypes(dst)
	n.texts[exampleText] = nil
	dst = n.appendTexts(dst)
	dst = n.appendValues(dst)
	dst = f.appendItems(dst, n)
	dst = f.appendProperties(dst, n)
	if n.additional != nil {
		dst = keyword(dst, "additionalProperties")
		if jsonscan.New(n.additional).Kind() == jsonscan.Object {
			dst = f.schema(dst, n.additional)
		} else {
			dst = append(dst, n.additional...)
		}
	}
	if len(n.branches) > 0 {
		dst = keyword(dst, "anyOf")
		dst = append(dst, '[')
		for _, branch := range n.branches {
			dst = f.schema(separate(dst, '['), branch)
		}
		dst = append(dst, ']')
	}
	dst = n.appendBounds(dst)
	return append(dst, '}')
}

// infer finds the type of a schema that does not say it.
func (n *node) infer() {
	odd := func(raw []byte) bool { return raw[0] != '"' }
	switch {
	case n.types != 0:
	case len(n.properties) > 0:
		n.types = objectType
	case n.items != nil || len(n.prefix) > 0:
		n.types = arrayType
	case len(n.values) > 0 && !slices.ContainsFunc(n.values, odd):
		n.types = stringType
	}
}

// keyword appends the name of a member and its colon.
func keyword(dst []byte, name string) []byte {
	dst = separate(dst, '{')
	dst = append(append(append(dst, '"'), name...), '"')
	return append(dst, ':')
}

// appendTypes appends the types of a node, null among them where it will do.
func (n *node) appendTypes(dst []byte) []byte {
	return n.types.append(dst, n.nullable && (n.types != 0 || len(n.branches) == 0 && len(n.values) == 0))
}

// append appends one type as a text, several as a list, and nothing for none.
func (ts typeSet) append(dst []byte, null bool) []byte {
	switch {
	case ts == 0 && !null:
		return dst
	case ts == 0:
		return append(keyword(dst, "type"), `"null"`...)
	}
	dst = keyword(dst, "type")
	list := null || !ts.one()
	if list {
		dst = append(dst, '[')
	}
	for i, name := range typeNames {
		if ts&(1<<i) != 0 {
			if list {
				dst = separate(dst, '[')
			}
			dst = append(append(append(dst, '"'), name...), '"')
		}
	}
	if null {
		dst = append(dst, `,"null"`...)
	}
	if list {
		dst = append(dst, ']')
	}
	return dst
}

// appendTexts appends the keywords that pass as they are.
func (n *node) appendTexts(dst []byte) []byte {
	for i, value := range n.texts {
		if value != nil {
			dst = append(keyword(dst, textKeywords[i]), value...)
		}
	}
	return dst
}

func (n *node) appendBounds(dst []byte) []byte {
	for i, value := range n.bounds {
		if value != nil {
			dst = append(keyword(dst, boundKeywords[i]), value...)
		}
	}
	return dst
}

func (n *node) appendValues(dst []byte) []byte {
	if len(n.values) == 0 {
		return dst
	}
	dst = append(keyword(dst, "enum"), '[')
	for _, value := range n.values {
		dst = append(separate(dst, '['), value...)
	}
	return append(dst, ']')
}

// appendItems appends what an array holds, which OpenAPI wants to know.
func (f *fitter) appendItems(dst []byte, n *node) []byte {
	if f.openAPI {
		dst = keyword(dst, "items")
		if n.items != nil {
			return f.schema(dst, n.items)
		}
		return f.alternatives(dst, &node{branches: n.prefix})
	}
	if len(n.prefix) > 0 {
		dst = append(keyword(dst, "prefixItems"), '[')
		for _, one := range n.prefix {
			dst = f.schema(separate(dst, '['), one)
		}
		dst = append(dst, ']')
	}
	if jsonscan.New(n.items).Kind() == jsonscan.Object {
		dst = f.schema(keyword(dst, "items"), n.items)
	}
	return dst
}

// appendProperties appends the properties and which of them are required. A required one that is not there has the request refused.
func (f *fitter) appendProperties(dst []byte, n *node) []byte {
	if len(n.properties) == 0 {
		return dst
	}
	dst = append(keyword(dst, "properties"), '{')
	for _, p := range n.properties {
		dst = separate(dst, '{')
		dst = jsonscan.AppendString(dst, p.name)
		dst = f.schema(append(dst, ':'), p.schema)
	}
	dst = append(dst, '}')
	first := true
	for i, name := range n.required {
		same := func(other []byte) bool { return bytes.Equal(other, name) }
		if !n.has(jsonscan.Unescape(nil, name)) || slices.ContainsFunc(n.required[:i], same) {
			continue
		}
		if first {
			dst = append(keyword(dst, "required"), '[')
			first = false
		}
		dst = append(append(append(separate(dst, '['), '"'), name...), '"')
	}
	if !first {
		dst = append(dst, ']')
	}
	return dst
}
