package translate

import (
	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// needed are the members without which an item of a type says nothing.
var needed = map[string][]string{
	"message":                 {"role", "content"},
	"function_call":           {"call_id", "name", "arguments"},
	"function_call_output":    {"call_id", "output"},
	"custom_tool_call":        {"call_id", "name", "input"},
	"custom_tool_call_output": {"call_id", "output"},
}

// CheckItems finds what is wrong with a list of items that is to be kept, raw: more than most of them, one of which nothing is known but
// that it is none, or two with the same id. Nil where all is well.
func CheckItems(list []byte, most int) *fault.Fault {
	c := jsonscan.New(list)
	if c.Kind() != jsonscan.Array {
		return itemsFault("items is not a list")
	}
	count, ids := 0, make(map[string]bool)
	for i := range c.Elements() {
		count++
		id, f := checkItem(c, i)
		if f != nil {
			return f
		}
		if id != "" && ids[id] {
			return DuplicateFault("items", id)
		}
		ids[id] = true
	}
	if count > most {
		return itemsFault("items has %d items; at most %d are allowed at once", count, most)
	}
	return nil
}

// checkItem also returns the item's id, empty for none.
func checkItem(c *jsonscan.Cursor, place int) (id string, f *fault.Fault) {
	if c.Kind() != jsonscan.Object {
		return "", itemsFault("items[%d] is not an object", place)
	}
	raw := c.Raw()
	if id, ok := reference(raw); ok {
		return id, nil
	}
	typ, has := "", make(map[string]bool)
	inside := jsonscan.New(raw)
	for key := range inside.Members() {
		has[key] = inside.Kind() != jsonscan.Null
		switch key {
		case "id":
			id = inside.Text()
		case "type":
			typ = inside.Text()
		}
	}
	switch {
	case typ == "" && has["role"]:
		typ = "message"
	case typ == "":
		return "", itemsFault("items[%d].type is missing", place)
	case typ == "compaction_trigger", typ == "configuration_update":
		return "", itemsFault("items[%d] is a %s, which says something of one request and is not kept", place, typ)
	}
	for _, member := range needed[typ] {
		if !has[member] {
			return "", itemsFault("items[%d].%s is missing", place, member)
		}
	}
	return id, nil
}

func itemsFault(format string, args ...any) *fault.Fault {
	f := fault.New(fault.Invalid, format, args...)
	f.Param = "items"
	return f
}

// DuplicateFault refuses an item that is there already, in OpenAI's words.
func DuplicateFault(param, id string) *fault.Fault {
	f := fault.New(fault.Invalid, "Duplicate item found with id %s. Remove duplicate items from your input and try again.", id)
	f.Param = param
	return f
}
