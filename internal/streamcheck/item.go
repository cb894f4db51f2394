package streamcheck

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// identity has the fields of an item that stay as they were added until it is done.
var identity = []string{"id", "type", "role", "call_id", "name", "namespace"}

// item is an item that has been added and is not done.
type item struct {
	id, kind string
	index    int64
	added    gjson.Result
	parts    map[string][]*part // by list: content, summary
	texts    map[string][]*text // by channel
}

// newItem returns the item that e adds.
func newItem(e Event) (*item, error) {
	added := e.Item()
	it := &item{
		id:    added.Get("id").String(),
		kind:  added.Get("type").String(),
		index: e.Get("output_index").Int(),
		added: added,
		parts: make(map[string][]*part),
		texts: make(map[string][]*text),
	}
	if err := checkID(it.kind, it.id, prefixes[it.kind]); err != nil {
		return nil, err
	}
	for _, field := range []string{"content.0", "summary.0"} {
		if added.Get(field).Exists() {
			return nil, errors.New("the item is added with parts, which are added by events of their own")
		}
	}
	for _, c := range channels {
		if c.kind == it.kind && c.list == "" && added.Get(c.field).String() != "" {
			return nil, fmt.Errorf("the item is added with %s, which come as deltas", c.field)
		}
	}
	return it, nil
}

// event checks an event of the item that is neither its first nor its last.
func (it *item) event(e Event) error {
	for prefix, list := range partEvents {
		switch e.Type {
		case prefix + ".added":
			return it.partAdded(list, e)
		case prefix + ".done":
			return it.partDone(list, e)
		}
	}
	for _, c := range channels {
		switch e.Type {
		case c.name + ".delta":
			return it.delta(c, e)
		case c.name + ".done":
			return it.textDone(c, e)
		}
	}
	return nil
}

// finish checks the item that e says is done against all that was streamed of it.
func (it *item) finish(e Event) error {
	done := e.Item()
	if index := e.Get("output_index").Int(); index != it.index {
		return fmt.Errorf("done with output_index %d, added with %d", index, it.index)
	}
	for _, field := range identity {
		if was, is := it.added.Get(field), done.Get(field); !sameJSON(was, is) {
			return fmt.Errorf("done with %s %s, added with %s", field, orAbsent(is), orAbsent(was))
		}
	}
	if status := done.Get("status").String(); status == "in_progress" || status == "searching" {
		return fmt.Errorf("done with status %q", status)
	}
	for list, parts := range it.parts {
		if err := finishParts(list, parts, done); err != nil {
			return err
		}
	}
	for _, c := range channels {
		if c.kind != it.kind {
			continue
		}
		if err := it.finishChannel(c, done); err != nil {
			return err
		}
	}
	return it.nothingUnstreamed(done)
}

// mayStayOpen reports whether a stream may end with this event although the item was not done. A failed response leaves anything behind.
// An incomplete one leaves a call that was cut off: clients run what is done.
func (it *item) mayStayOpen(terminal string) bool {
	switch terminal {
	case "response.failed":
		return true
	case "response.incomplete":
		return strings.HasSuffix(it.kind, "_call")
	default:
		return false
	}
}

func finishParts(list string, parts []*part, done gjson.Result) error {
	for i, p := range parts {
		if !p.done.Exists() {
			return fmt.Errorf("part %s.%d is not done", list, i)
		}
		if final := done.Get(fmt.Sprintf("%s.%d", list, i)); !sameJSON(p.done, final) {
			return fmt.Errorf("%s.%d is %s, its part was done as %s", list, i, orAbsent(final), p.done.Raw)
		}
	}
	return nil
}

// finishChannel checks that each text of a channel is whole and stands in the finished item.
func (it *item) finishChannel(c channel, done gjson.Result) error {
	if c.list == "" && len(it.texts[c.name]) == 0 {
		return fmt.Errorf("%s.done was not sent", c.name)
	}
	for i, t := range it.texts[c.name] {
		if t == nil {
			continue
		}
		if !t.done {
			return fmt.Errorf("%s.done was not sent", c.name)
		}
		path := c.field
		if c.list != "" {
			path = fmt.Sprintf("%s.%d.%s", c.list, i, c.field)
		}
		if final := done.Get(path); final.String() != t.String() {
			return fmt.Errorf("%s is %s, streamed was %q", path, orAbsent(final), t.String())
		}
	}
	return nil
}

// nothingUnstreamed checks that the finished item holds no part that clients have not seen coming.
func (it *item) nothingUnstreamed(done gjson.Result) error {
	for _, list := range []string{"content", "summary"} {
		streamed := len(it.parts[list])
		for _, c := range channels {
			if c.kind == it.kind && c.list == list {
				streamed = max(streamed, len(it.texts[c.name]))
			}
		}
		if n := len(done.Get(list).Array()); n != streamed {
			return fmt.Errorf("%s has %d parts, %d were streamed", list, n, streamed)
		}
	}
	return nil
}
