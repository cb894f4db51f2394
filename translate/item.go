package translate

import (
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// item is one input item, with the members that any type of item has.
type item struct {
	typ, role       string
	callID          string
	name, namespace string

	content   []byte // raw: a string or an array of parts
	output    []byte // raw: a string or an array of parts
	arguments []byte // raw: a string, for some types an object
	input     []byte // raw: a string
	encrypted []byte // escaped
	tools     []byte // raw
	author    []byte // escaped
}

// items reads the input and collects the tools that stand among it.
func (p *parser) items() []item {
	c := jsonscan.New(p.input)
	switch c.Kind() {
	case jsonscan.String:
		return []item{{typ: "message", role: "user", content: p.input}}
	case jsonscan.Array:
	case 0, jsonscan.Null:
		return nil
	default:
		p.refuse("input", "input is neither a text nor a list of items")
		return nil
	}
	var items []item
	for i := range c.Elements() {
		if c.Kind() != jsonscan.Object {
			p.refuse("input", "input[%d] is not an object", i)
			continue
		}
		it := readItem(c)
		switch it.typ {
		case "additional_tools":
			p.req.Tools.collect(it.tools, true)
			continue
		case "tool_search_output":
			p.req.Tools.collect(it.tools, true)
		case "item_reference":
			p.refuse("input", "input[%d] refers to a stored item; nothing is stored here, send the item itself", i)
		case "compaction_trigger":
			p.refuse("input", "input[%d] asks for compaction on the server, which is not served here", i)
		}
		items = append(items, it)
	}
	return items
}

// isResult reports whether the item answers a call.
func (it *item) isResult() bool {
	return it.callID != "" && strings.HasSuffix(it.typ, "_output")
}

func readItem(c *jsonscan.Cursor) item {
	var it item
	for key := range c.Members() {
		switch key {
		case "type":
			it.typ = c.Text()
		case "role":
			it.role = c.Text()
		case "call_id":
			it.callID = c.Text()
		case "name":
			it.name = c.Text()
		case "namespace":
			it.namespace = c.Text()
		case "content":
			it.content = c.Raw()
		case "output":
			it.output = c.Raw()
		case "arguments", "action", "operation":
			it.arguments = c.Raw()
		case "input":
			it.input = c.Raw()
		case "encrypted_content":
			it.encrypted = c.RawString()
		case "tools":
			it.tools = c.Raw()
		case "author", "agent_name":
			it.author = c.RawString()
		}
	}
	if it.typ == "" && it.role != "" {
		it.typ = "message"
	}
	return it
}

// Part is a piece of a message's or a tool result's content.
type Part struct {
	Kind PartKind
	Text []byte // escaped: the text of a text part, the URL of an image, the data or URL of a file
	Name []byte // escaped: the name of a file

	Detail []byte // escaped: how closely an image is to be read; nil where absent
}

// PartKind tells parts apart.
type PartKind int

// The kinds of parts.
const (
	TextPart PartKind = iota
	ImagePart
	FilePart
)

// parts reads content: a text, or a list of parts. Parts of unknown types are kept where they hold text.
func parts(raw []byte) []Part {
	c := jsonscan.New(raw)
	switch c.Kind() {
	case jsonscan.String:
		return []Part{{Text: c.RawString()}}
	case jsonscan.Array:
		var all []Part
		for range c.Elements() {
			if part, ok := readPart(c); ok {
				all = append(all, part)
			}
		}
		return all
	default:
		return nil
	}
}

func readPart(c *jsonscan.Cursor) (Part, bool) {
	if c.Kind() == jsonscan.String {
		return Part{Text: c.RawString()}, true
	}
	var part Part
	var text, imageURL, fileID, fileURL, fileData []byte
	for key := range c.Members() {
		switch key {
		case "text", "refusal":
			text = c.RawString()
		case "image_url":
			imageURL = readImageURL(c)
		case "detail":
			part.Detail = c.RawString()
		case "file_id":
			fileID = c.RawString()
		case "file_url":
			fileURL = c.RawString()
		case "file_data":
			fileData = c.RawString()
		case "filename":
			part.Name = c.RawString()
		}
	}
	switch {
	case imageURL != nil:
		part.Kind, part.Text = ImagePart, imageURL
	case text != nil:
		part.Text = text
	case fileData != nil:
		part.Kind, part.Text = FilePart, fileData
	case fileURL != nil:
		part.Kind, part.Text = FilePart, fileURL
	case fileID != nil:
		part.Text = []byte("[file " + string(fileID) + " is stored with another provider]")
	default:
		return Part{}, false
	}
	return part, true
}

// readImageURL takes the Responses form, a string, and the chat form, an object with url.
func readImageURL(c *jsonscan.Cursor) []byte {
	if c.Kind() != jsonscan.Object {
		return c.RawString()
	}
	var url []byte
	for key := range c.Members() {
		if key == "url" {
			url = c.RawString()
		}
	}
	return url
}
