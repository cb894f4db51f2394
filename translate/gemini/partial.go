package gemini

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// wholeCall is a call with all its arguments.
type wholeCall struct {
	id, name  string
	signature []byte
	args      []byte // raw: a JSON object
}

// partialCall puts a call together. Calls come whole, but for services that were told to stream arguments, by a gateway on the way.
type partialCall struct {
	wholeCall
	open bool
	root value
}

// add takes a part with a call. It reports false while more is to come.
func (pc *partialCall) add(p *part) (wholeCall, bool) {
	call := p.call
	if !pc.open && !call.continues && call.partial == nil {
		return wholeCall{call.id, call.name, p.signature, orEmpty(call.args)}, true
	}
	if !pc.open {
		*pc = partialCall{open: true}
	}
	if pc.id == "" {
		pc.id = call.id
	}
	if pc.name == "" {
		pc.name = call.name
	}
	if pc.signature == nil && p.signature != nil {
		pc.signature = bytes.Clone(p.signature)
	}
	if call.args != nil {
		pc.args = bytes.Clone(call.args)
	}
	pc.root.take(call.partial)
	if call.continues {
		return wholeCall{}, false
	}
	whole := pc.wholeCall
	if whole.args == nil {
		whole.args = orEmpty(pc.root.append(nil))
	}
	*pc = partialCall{}
	return whole, true
}

func orEmpty(args []byte) []byte {
	if len(args) == 0 || args[0] != '{' {
		return []byte("{}")
	}
	return args
}

// value is a JSON value that is being made: an object or an array by its members, a text by its pieces, or what stands in raw.
type value struct {
	list    bool
	names   []string
	members map[string]*value
	text    bool
	raw     []byte // of a text what it has so far, escaped
}

// take reads partialArgs: values with their places.
func (v *value) take(raw []byte) {
	c := jsonscan.New(raw)
	for range c.Elements() {
		v.takeOne(c)
	}
}

func (v *value) takeOne(c *jsonscan.Cursor) {
	var path string
	var raw []byte
	for key := range c.Members() {
		switch key {
		case "jsonPath":
			path = c.Text()
		case "stringValue", "numberValue", "boolValue":
			raw = c.Raw()
		case "nullValue":
			raw = []byte("null")
			c.Skip()
		}
	}
	at, ok := v.at(path)
	switch {
	case !ok || raw == nil:
	case raw[0] != '"':
		at.text, at.raw = false, bytes.Clone(raw)
	case at.text:
		at.raw = append(at.raw, raw[1:len(raw)-1]...)
	default:
		at.text, at.raw = true, bytes.Clone(raw[1:len(raw)-1])
	}
}

// maxSteps bounds the length of a path.
const maxSteps = 64

// at is the value at a path such as $.a.b[0].c or $['a'], which is made where it is not there. False for a path of another form.
func (v *value) at(path string) (*value, bool) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok || rest == "" {
		return nil, false
	}
	for range maxSteps {
		if rest == "" {
			return v, true
		}
		var name string
		list := false
		switch {
		case strings.HasPrefix(rest, "['"), strings.HasPrefix(rest, `["`):
			name, rest, ok = strings.Cut(rest[2:], rest[1:2]+"]")
		case rest[0] == '[':
			name, rest, ok = strings.Cut(rest[1:], "]")
			if _, err := strconv.ParseUint(name, 10, 16); err != nil {
				return nil, false
			}
			list = true
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			name, rest = rest[1:end+1], rest[end+1:]
		default:
			return nil, false
		}
		if !ok {
			return nil, false
		}
		v = v.member(name, list)
	}
	return nil, false
}

func (v *value) member(name string, list bool) *value {
	if v.members == nil {
		v.members, v.list = make(map[string]*value), list
	}
	one, known := v.members[name]
	if !known {
		one = &value{}
		v.names = append(v.names, name)
		v.members[name] = one
	}
	return one
}

// append writes the value as JSON. Elements of an array stand in the order in which they came.
func (v *value) append(dst []byte) []byte {
	switch {
	case v.members == nil && v.text:
		return append(append(append(dst, '"'), jsonscan.MendSurrogates(v.raw)...), '"')
	case v.members == nil && v.raw == nil:
		return append(dst, "null"...)
	case v.members == nil:
		return append(dst, v.raw...)
	case v.list:
		dst = append(dst, '[')
		for _, name := range v.names {
			dst = v.members[name].append(separate(dst, '['))
		}
		return append(dst, ']')
	default:
		dst = append(dst, '{')
		for _, name := range v.names {
			dst = jsonscan.AppendString(separate(dst, '{'), name)
			dst = v.members[name].append(append(dst, ':'))
		}
		return append(dst, '}')
	}
}
