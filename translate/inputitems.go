package translate

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Identified is an item as it is told to those who ask for stored ones: with an id, and in the long form.
type Identified struct {
	ID  string
	Raw []byte
}

// Identify makes the items of an input tellable. An item without an id gets one that follows from seed and its place, so that it is the same
// each time.
func Identify(part []byte, seed string) []Identified {
	c := jsonscan.New(part)
	if c.Kind() == jsonscan.String {
		item := append(append([]byte(`{"role":"user","content":`), part...), '}')
		return []Identified{identify(item, seed, 0)}
	}
	var all []Identified
	for i := range c.Elements() {
		if c.Kind() == jsonscan.Object {
			all = append(all, identify(c.Raw(), seed, i))
		}
	}
	return all
}

// Renamed is the item with an id that follows from seed and its place.
func (it Identified) Renamed(seed string, place int) Identified {
	var typ string
	var at Span
	c := jsonscan.New(it.Raw)
	for key := range c.Members() {
		switch start := c.Offset(); key {
		case "type":
			typ = c.Text()
		case "id":
			c.Skip()
			at = Span{start, c.Offset()}
		}
	}
	renamed := Identified{ID: derivedID(typ, seed+"\x00again", place)}
	splicer := jsonscan.NewSplicer(nil, it.Raw)
	splicer.Replace(at.Start, at.End, jsonscan.AppendString(nil, renamed.ID))
	renamed.Raw = splicer.Bytes()
	return renamed
}

// itemPrefixes begin the ids of items, by type.
var itemPrefixes = map[string]string{
	"message": "msg_", "reasoning": "rs_", "function_call": "fc_", "function_call_output": "fco_", "custom_tool_call": "ctc_",
	"custom_tool_call_output": "cto_", "compaction": "cmp_", "web_search_call": "ws_",
}

func identify(item []byte, seed string, place int) Identified {
	var id, typ, role string
	var status bool
	c := jsonscan.New(item)
	for key := range c.Members() {
		switch key {
		case "id":
			id = c.Text()
		case "type":
			typ = c.Text()
		case "role":
			role = c.Text()
		case "status":
			status = c.Kind() == jsonscan.String
		}
	}
	if typ == "" {
		typ = "message"
	}
	if id == "" {
		id = derivedID(typ, seed, place)
	}
	dst := append([]byte(`{"id":`), jsonscan.AppendString(nil, id)...)
	dst = append(append(dst, `,"type":`...), jsonscan.AppendString(nil, typ)...)
	if !status && typ != "reasoning" && typ != "compaction" {
		dst = append(dst, `,"status":"completed"`...)
	}
	c = jsonscan.New(item)
	for key := range c.Members() {
		kind, raw := c.Kind(), c.Raw()
		switch key {
		case "id", "type":
			continue
		case "status":
			if !status {
				continue
			}
		case "phase", "encrypted_content": // which may be absent but not null
			if kind == jsonscan.Null {
				continue
			}
		case "content", "output":
			switch {
			case kind == jsonscan.Null:
				continue
			case kind == jsonscan.Array:
				raw = longParts(raw)
			case kind == jsonscan.String && key == "content":
				raw = longContent(role, raw)
			}
		}
		dst = append(append(jsonscan.AppendString(append(dst, ','), key), ':'), raw...)
	}
	return Identified{ID: id, Raw: append(dst, '}')}
}

// usualMembersOf are what parts of content have in their long form, by their type, and what is meant where a client leaves them out.
var usualMembersOf = map[string][]struct{ name, value string }{
	"input_image": {{"detail", `"auto"`}},
	"output_text": {{"annotations", "[]"}, {"logprobs", "[]"}},
}

// longParts are parts of content in their long form.
func longParts(list []byte) []byte {
	splicer := jsonscan.NewSplicer(nil, list)
	c := jsonscan.New(list)
	for range c.Elements() {
		var typ string
		has := make(map[string]bool)
		for key := range c.Members() {
			has[key] = true
			if key == "type" {
				typ = c.Text()
			}
		}
		for _, member := range usualMembersOf[typ] {
			if end := c.Offset() - 1; !has[member.name] {
				splicer.Replace(end, end, []byte(`,"`+member.name+`":`+member.value))
			}
		}
	}
	return splicer.Bytes()
}

// longContent is the list that stands for a text.
func longContent(role string, text []byte) []byte {
	if role == "assistant" {
		return append(append([]byte(`[{"type":"output_text","text":`), text...), `,"annotations":[],"logprobs":[]}]`...)
	}
	return append(append([]byte(`[{"type":"input_text","text":`), text...), `}]`...)
}

// derivedID has the form of those that RandomIDs makes.
func derivedID(typ, seed string, place int) string {
	prefix, ok := itemPrefixes[typ]
	if !ok {
		prefix = "item_"
	}
	sum := sha256.Sum256([]byte(seed + "\x00" + strconv.Itoa(place)))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:26]
}
