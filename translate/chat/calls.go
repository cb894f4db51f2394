package chat

import (
	"bytes"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// callFragment is one element of tool_calls.
type callFragment struct {
	index    int64
	hasIndex bool
	id       string
	name     string
	args     []byte // escaped
}

func readCall(c *jsonscan.Cursor) callFragment {
	var f callFragment
	for key := range c.Members() {
		switch key {
		case "index":
			f.index, f.hasIndex = c.Int()
		case "id":
			f.id = c.Text()
		case "function":
			f.function(c)
		}
	}
	return f
}

func (f *callFragment) function(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "name":
			f.name = c.Text()
		case "arguments":
			switch c.Kind() {
			case jsonscan.String:
				f.args = c.RawString()
			case jsonscan.Object:
				f.args = jsonscan.AppendNested(nil, c.Raw())
			default:
				c.Skip()
			}
		}
	}
}

// call is a call that the upstream is making.
type call struct {
	index int64 // negative where the upstream has not said
	id    string
	name  string
	item  *translate.CallItem // nil until the name is known
	held  []byte              // escaped: arguments that came before the name
	empty bool                // an empty object came; it may be all, or stand in for what follows
}

// calls puts fragments together. Providers leave out the index or the id, change or repeat them, repeat names, use an index twice or send
// a call whole.
type calls struct {
	list []*call
}

func (cs *calls) fragment(f *callFragment, out *translate.Stream) {
	one := cs.find(f)
	if one == nil {
		one = &call{index: -1, id: f.id}
		cs.list = append(cs.list, one)
	}
	if one.index < 0 && f.hasIndex {
		one.index = f.index
	}
	if one.id == "" {
		one.id = f.id
	}
	if one.name == "" {
		one.name = f.name
	}
	args := f.args
	switch {
	case one.name == "":
		one.held = append(one.held, args...)
		return
	case one.item == nil:
		cs.settle()
		one.item = out.Call(one.id, one.name)
		if len(one.held) > 0 {
			args = append(one.held, args...)
			one.held = nil
		}
	}
	one.arguments(args)
}

// arguments passes a fragment on, unless it says nothing, or says again as a whole what has been streamed.
func (one *call) arguments(args []byte) {
	switch {
	case len(args) == 0:
	case one.item.Empty() && saysNothing(args):
		one.empty = one.empty || bytes.IndexByte(args, '{') >= 0
	case args[0] == '{' && !one.item.Empty() && one.item.Whole():
	default:
		one.item.Arguments(args)
	}
}

// saysNothing tells white space, null and an empty object, as which the Stream writes a call without arguments anyway.
func saysNothing(args []byte) bool {
	const longest = 32
	if len(args) > longest {
		return false
	}
	switch string(bytes.TrimSpace(jsonscan.Unescape(nil, args))) {
	case "", "null", "{}":
		return true
	default:
		return false
	}
}

// whole reports whether a call has all its arguments.
func (one *call) whole() bool {
	switch {
	case one.item == nil:
		return false
	case one.item.Empty():
		return one.empty
	default:
		return one.item.Whole()
	}
}

// find returns the call that a fragment belongs to, nil for a new one.
func (cs *calls) find(f *callFragment) *call {
	one := cs.withID(f)
	if one == nil {
		one = cs.at(f)
	}
	switch {
	case one == nil:
		return nil
	case f.name == "":
		if f.id != "" && one.id != "" && f.id != one.id && one.whole() {
			return nil // the index is used again; else every fragment has another id
		}
		return one
	case one.name == "":
		if f.id != "" && one.id != "" && f.id != one.id {
			return nil
		}
		return one
	case f.id != "" && one.id != "" && f.id != one.id, f.name != one.name, f.id == "" && one.followedBy(f):
		return nil
	default:
		return one
	}
}

// followedBy reports whether a fragment with the call's name and without an id begins another call. Else it repeats the name.
func (one *call) followedBy(f *callFragment) bool {
	if len(f.args) == 0 || f.args[0] != '{' || !one.whole() {
		return false
	}
	if one.item.Empty() {
		return !f.hasIndex && !saysNothing(f.args)
	}
	return !one.item.Has(f.args)
}

// withID returns the call that has the fragment's id, and its index where both have one.
func (cs *calls) withID(f *callFragment) *call {
	if f.id == "" {
		return nil
	}
	for _, one := range cs.list {
		if one.id == f.id && (!f.hasIndex || one.index < 0 || one.index == f.index) {
			return one
		}
	}
	return nil
}

// at returns the latest call with the fragment's index, or without an index the latest of all. A fragment that has nothing but an index
// may also belong to a call that began without one.
func (cs *calls) at(f *callFragment) *call {
	bare := f.id == "" && f.name == ""
	for i := len(cs.list) - 1; i >= 0; i-- {
		if one := cs.list[i]; !f.hasIndex || one.index == f.index || bare && one.index < 0 {
			return one
		}
	}
	return nil
}

// settle passes on the empty objects that have turned out to be all there is of a call's arguments.
func (cs *calls) settle() {
	for _, one := range cs.list {
		if one.item != nil && one.empty && one.item.Empty() {
			one.item.Arguments([]byte("{}"))
		}
	}
}

// nameless reports whether there is a call of which nobody can tell which tool is meant.
func (cs *calls) nameless() bool {
	for _, one := range cs.list {
		if one.name == "" && len(one.held) > 0 {
			return true
		}
	}
	return false
}
