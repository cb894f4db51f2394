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
	index int64
	id    string
	name  string
	item  *translate.CallItem // nil until the name is known
	args  []byte              // escaped: what came before the name
}

// calls puts fragments together. Providers leave out the index or the id, repeat names, use an index twice or send a call whole.
type calls struct {
	list []*call
}

func (cs *calls) fragment(f *callFragment, out *translate.Stream) {
	one := cs.find(f)
	if one == nil {
		one = &call{index: f.index, id: f.id}
		if !f.hasIndex {
			one.index = -1
		}
		cs.list = append(cs.list, one)
	}
	if one.id == "" {
		one.id = f.id
	}
	if one.name == "" && f.name != "" {
		one.name = f.name
	}
	one.args = append(one.args, f.args...)
	cs.pass(one, f, out)
}

// pass opens the call once its name is known, and passes its arguments on.
func (cs *calls) pass(one *call, f *callFragment, out *translate.Stream) {
	if one.name == "" {
		return
	}
	if one.item == nil {
		one.item = out.Call(one.id, one.name)
	} else if repeats(one, f) {
		one.args = nil
	}
	if len(one.args) > 0 {
		one.item.Arguments(one.args)
		one.args = nil
	}
}

// repeats reports whether a fragment says again what was there: the call's arguments as a whole after they were streamed.
func repeats(one *call, f *callFragment) bool {
	return bytes.HasPrefix(f.args, []byte("{")) && !one.item.Empty() && one.item.Whole()
}

// find returns the call that a fragment belongs to, nil for a new one.
func (cs *calls) find(f *callFragment) *call {
	if f.id != "" {
		for _, one := range cs.list {
			if one.id == f.id && (!f.hasIndex || one.index == f.index || one.index < 0) {
				return one
			}
		}
	}
	one := cs.at(f)
	switch {
	case one == nil:
		return nil
	case f.id != "" && one.id != "" && f.id != one.id:
		return nil // the index is used again for another call
	case f.name != "" && one.name != "" && one.item != nil && one.item.Whole():
		return nil // a second whole call that has neither an id nor an index of its own
	case f.name != "" && one.name != "" && f.name != one.name:
		return nil
	default:
		return one
	}
}

// at returns the latest call with the fragment's index, or without an index the latest of all.
func (cs *calls) at(f *callFragment) *call {
	for i := len(cs.list) - 1; i >= 0; i-- {
		if !f.hasIndex || cs.list[i].index == f.index {
			return cs.list[i]
		}
	}
	return nil
}
