package streamcheck

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// partEvents maps the events of parts to the list of the item that the parts make up.
var partEvents = map[string]string{
	"response.content_part":           "content",
	"response.reasoning_summary_part": "summary",
}

// part is a part of an item's content or summary.
type part struct {
	kind string
	done gjson.Result // the part as it was done
}

// channel is a kind of text that comes in deltas.
type channel struct {
	name  string // the events are name.delta and name.done
	kind  string // the type of the items that have it
	field string // the field of name.done, and of the part or item, that holds the whole
	list  string // the list of parts that it fills, "" where the item itself holds it
	part  string // the type of those parts
}

var channels = []channel{
	{"response.output_text", "message", "text", "content", "output_text"},
	{"response.refusal", "message", "refusal", "content", "refusal"},
	{"response.reasoning_text", "reasoning", "text", "content", "reasoning_text"},
	{"response.reasoning_summary_text", "reasoning", "text", "summary", "summary_text"},
	{"response.function_call_arguments", "function_call", "arguments", "", ""},
	{"response.custom_tool_call_input", "custom_tool_call", "input", "", ""},
}

// needsPart says whether deltas may only go to a part that was added before. Only reasoning text may come without part events:
// clients can do without them, and not all servers send them.
func (c channel) needsPart() bool { return c.list != "" && c.part != "reasoning_text" }

// text is what has come of one text.
type text struct {
	strings.Builder
	done bool
}

func (it *item) partAdded(list string, e Event) error {
	parts := it.parts[list]
	if n := len(parts); n > 0 && !parts[n-1].done.Exists() {
		return fmt.Errorf("part %s.%d is not done yet", list, n-1)
	}
	if index := e.Get(indexField(list)).Int(); index != int64(len(parts)) {
		return fmt.Errorf("%s is %d, want %d", indexField(list), index, len(parts))
	}
	added := e.Get("part")
	if added.Get("text").String()+added.Get("refusal").String() != "" {
		return errors.New("the part is added with text, which comes as deltas")
	}
	it.parts[list] = append(parts, &part{kind: added.Get("type").String()})
	return nil
}

func (it *item) partDone(list string, e Event) error {
	index := e.Get(indexField(list)).Int()
	if index != int64(len(it.parts[list]))-1 || it.parts[list][index].done.Exists() {
		return fmt.Errorf("part %s.%d is not open", list, index)
	}
	p, done := it.parts[list][index], e.Get("part")
	if kind := done.Get("type").String(); kind != p.kind {
		return fmt.Errorf("part %s.%d is done as %s, added as %s", list, index, kind, p.kind)
	}
	for _, c := range channels {
		if c.list != list || c.part != p.kind {
			continue
		}
		t := it.text(c, index)
		if t == nil || !t.done {
			return fmt.Errorf("%s.done was not sent for part %s.%d", c.name, list, index)
		}
		if whole := done.Get(c.field).String(); whole != t.String() {
			return fmt.Errorf("part %s.%d is done with %q, streamed was %q", list, index, whole, t.String())
		}
	}
	p.done = done
	return nil
}

func (it *item) delta(c channel, e Event) error {
	t, err := it.openText(c, e)
	if err != nil {
		return err
	}
	t.WriteString(e.Get("delta").String())
	return nil
}

func (it *item) textDone(c channel, e Event) error {
	t, err := it.openText(c, e)
	if err != nil {
		return err
	}
	if whole := e.Get(c.field).String(); whole != t.String() {
		return fmt.Errorf("%s is %q, the deltas were %q", c.field, whole, t.String())
	}
	// The newest function_call_arguments.done repeats the name.
	if name := e.Get("name"); name.Exists() && name.String() != it.added.Get("name").String() {
		return fmt.Errorf("name is %q, the item's is %s", name.String(), orAbsent(it.added.Get("name")))
	}
	t.done = true
	return nil
}

// openText returns the text that an event of a channel adds to, or starts it.
func (it *item) openText(c channel, e Event) (*text, error) {
	if it.kind != c.kind {
		return nil, fmt.Errorf("it is a %s", it.kind)
	}
	var index int64
	if c.list != "" {
		index = e.Get(indexField(c.list)).Int()
	}
	if err := it.checkPart(c, index); err != nil {
		return nil, err
	}
	if t := it.text(c, index); t != nil {
		if t.done {
			return nil, fmt.Errorf("%s.done was sent before", c.name)
		}
		return t, nil
	}
	texts := it.texts[c.name]
	if n := len(texts); n > 0 && texts[n-1] != nil && !texts[n-1].done {
		return nil, fmt.Errorf("the text before, with %s %d, is not done", indexField(c.list), n-1)
	}
	for int64(len(texts)) < index {
		texts = append(texts, nil) // a part of another type
	}
	t := new(text)
	it.texts[c.name] = append(texts, t)
	return t, nil
}

// checkPart checks that the part that a text belongs to is open and of its type.
func (it *item) checkPart(c channel, index int64) error {
	if c.list == "" {
		return nil
	}
	parts := it.parts[c.list]
	if len(parts) == 0 && !c.needsPart() {
		if n := int64(len(it.texts[c.name])); index < n-1 || index > n {
			return fmt.Errorf("%s is %d after %d texts", indexField(c.list), index, n)
		}
		return nil
	}
	if index != int64(len(parts))-1 || parts[index].done.Exists() {
		return fmt.Errorf("part %s.%d is not open", c.list, index)
	}
	if kind := parts[index].kind; kind != c.part {
		return fmt.Errorf("part %s.%d is %s", c.list, index, kind)
	}
	return nil
}

// text returns the text of a channel at an index, or nil where none has begun.
func (it *item) text(c channel, index int64) *text {
	if texts := it.texts[c.name]; index >= 0 && index < int64(len(texts)) {
		return texts[index]
	}
	return nil
}

// indexField names the field of events that counts the parts of a list.
func indexField(list string) string { return list + "_index" }
