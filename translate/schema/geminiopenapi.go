package schema

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// writeOpenAPI appends a node for the profile in which a schema has one type, and alternatives stand alone.
func (f *fitter) writeOpenAPI(dst []byte, n *node) []byte {
	if len(n.branches) > 0 && len(n.properties) == 0 && n.items == nil {
		return f.alternatives(dst, n)
	}
	if n.types == 0 {
		n.types = stringType
	}
	if !n.types.one() {
		return f.choiceOfTypes(dst, n)
	}
	n.describeValues()
	dst = append(dst, '{')
	dst = n.types.append(dst, false)
	if n.nullable {
		dst = append(keyword(dst, "nullable"), "true"...)
	}
	if !slices.Contains(openAPIFormats[:], string(n.texts[formatText])) {
		n.texts[formatText] = nil
	}
	dst = n.appendTexts(dst)
	dst = n.appendValues(dst)
	if n.types == arrayType {
		dst = f.appendItems(dst, n)
	}
	if n.types == objectType {
		dst = f.appendProperties(dst, n)
	}
	dst = n.appendBounds(dst)
	return append(dst, '}')
}

// openAPIFormats are the formats that do not have the request refused, as they stand in JSON.
var openAPIFormats = [...]string{`"date-time"`, `"enum"`, `"float"`, `"double"`, `"int32"`, `"int64"`}

// alternatives appends the branches of a node. What the node says itself goes into each of them, for nothing may stand beside anyOf.
func (f *fitter) alternatives(dst []byte, n *node) []byte {
	var branches []*node
	for _, raw := range n.branches {
		branch := new(node)
		f.gather(branch, raw)
		branch.infer()
		if branch.nullable && branch.types == 0 && len(branch.branches) == 0 {
			n.nullable = true // the branch is null alone
			continue
		}
		if branch.types == 0 && len(branch.branches) == 0 {
			branch.types = n.types
		}
		if branch.texts[descriptionText] == nil {
			branch.texts[descriptionText] = n.texts[descriptionText]
		}
		branches = append(branches, branch)
	}
	for _, branch := range branches {
		branch.nullable = branch.nullable || n.nullable
	}
	if len(branches) == 0 {
		n.branches = nil
		return f.writeOpenAPI(dst, n)
	}
	return f.anyOf(dst, branches)
}

// choiceOfTypes appends a node of several types as alternatives of one type each.
func (f *fitter) choiceOfTypes(dst []byte, n *node) []byte {
	var branches []*node
	for i := range typeNames {
		branch := &node{types: n.types & (1 << i), nullable: n.nullable}
		branch.texts[descriptionText] = n.texts[descriptionText]
		switch branch.types {
		case 0:
			continue
		case arrayType:
			branch.items, branch.prefix = n.items, n.prefix
		case objectType:
			branch.properties, branch.required = n.properties, n.required
		case stringType:
			branch.values = n.values
		default: // has nothing of its own
		}
		branches = append(branches, branch)
	}
	return f.anyOf(dst, branches)
}

func (f *fitter) anyOf(dst []byte, branches []*node) []byte {
	if len(branches) == 1 {
		return f.write(dst, branches[0])
	}
	dst = append(dst, `{"anyOf":[`...)
	for _, branch := range branches {
		dst = f.write(separate(dst, '['), branch)
	}
	return append(dst, `]}`...)
}

// describeValues says in words what enum cannot: there are only texts in it, and no empty one.
func (n *node) describeValues() {
	odd := func(raw []byte) bool { return raw[0] != '"' || len(raw) == len(`""`) }
	if len(n.values) == 0 || n.types == stringType && !slices.ContainsFunc(n.values, odd) {
		return
	}
	var words []byte
	if described := jsonscan.New(n.texts[descriptionText]).RawString(); len(described) > 0 {
		words = append(append(words, described...), ' ')
	}
	words = append(words, "Allowed values: "...)
	words = jsonscan.AppendNested(words, bytes.Join(n.values, []byte(", ")))
	n.texts[descriptionText] = append(append([]byte{'"'}, words...), '"')
	n.values = nil
}
