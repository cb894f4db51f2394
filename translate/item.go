package translate

import (
	"strings"

	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// item is one input item, with the members that any type of item has.
type item struct {
	typ, role       string
	callID          string
	name, namespace string

	content   []Part // of a message, or a result's output
	arguments []byte // raw: a string, for some types an object
	input     []byte // raw: a string
	encrypted []byte // escaped
	tools     []byte // raw
	author    []byte // escaped

	span  Span              // in the request
	open  bool              // it has content
	id    []byte            // escaped
	state *envelope.Payload // what encrypted opens to; nil where it does not, or nobody has looked
}

// readInput reads the items and collects the tools that stand among them.
func (p *parser) readInput(c *jsonscan.Cursor) {
	switch c.Kind() {
	case jsonscan.String:
		p.input = true
		p.items = append(p.items, item{typ: "message", role: "user", content: readParts(c)})
	case jsonscan.Array:
		p.input = true
		p.items = make([]item, 0, 32) // enough for a short thread
		for i := range c.Elements() {
			p.readItem(c, i)
		}
	case jsonscan.Null:
		c.Skip()
	default:
		p.refusef("input", "input is neither a text nor a list of items")
	}
}

func (p *parser) readItem(c *jsonscan.Cursor, i int) {
	if c.Kind() != jsonscan.Object {
		p.refusef("input", "input[%d] is not an object", i)
		return
	}
	it := readItem(c, p.req.bare)
	switch it.typ {
	case "item_reference", "":
		if id, ok := reference(p.body[it.span.Start:it.span.End]); ok {
			p.req.State.References = append(p.req.State.References, id)
			return
		}
	case "additional_tools":
		p.req.Tools.collect(jsonscan.New(it.tools), fromInput)
		return
	case "tool_search_output":
		p.req.Tools.collect(jsonscan.New(it.tools), fromInput)
	case "configuration_update":
		p.configuration = p.body[it.span.Start:it.span.End]
	case "compaction_trigger":
		p.req.Compacts, p.req.Triggered = true, true
		if !p.req.bare {
			return
		}
	}
	p.items = append(p.items, it)
}

// isResult reports whether the item answers a call.
func (it *item) isResult() bool { return strings.HasSuffix(it.typ, "_output") }

// readItem reads an item. Of a bare one it leaves out what it says.
func readItem(c *jsonscan.Cursor, bare bool) item {
	var it item
	it.span.Start = c.Offset()
	for key := range c.Members() {
		switch key {
		case "id":
			it.id = c.RawString()
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
		case "content", "output", "text":
			switch {
			case c.Kind() == jsonscan.Null:
			case bare:
				it.open = it.open || len(c.Raw()) > len(`""`)
			default:
				it.content = readParts(c)
				it.open = len(it.content) > 0
			}
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
	it.span.End = c.Offset()
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

	Ordinal int // of an image or file: how many of them stand before it in the history
}

// PartKind tells parts apart.
type PartKind int

// The kinds of parts.
const (
	TextPart PartKind = iota
	ImagePart
	FilePart
)

// readParts reads content: a text, or a list of parts. Parts of unknown types are kept where they hold text.
func readParts(c *jsonscan.Cursor) []Part {
	switch c.Kind() {
	case jsonscan.String:
		return appendPart(nil, Part{Text: c.RawString()})
	case jsonscan.Array:
		var all []Part
		for range c.Elements() {
			all = appendPart(all, readPart(c))
		}
		return all
	default:
		c.Skip()
		return nil
	}
}

// appendPart leaves out parts without content. Some providers refuse them.
func appendPart(all []Part, part Part) []Part {
	if len(part.Text) == 0 {
		return all
	}
	return append(all, part)
}

func readPart(c *jsonscan.Cursor) Part {
	if c.Kind() == jsonscan.String {
		return Part{Text: c.RawString()}
	}
	var part Part
	var text, imageURL, fileID, fileURL, fileData []byte
	for key := range c.Members() {
		switch key {
		case "text", "refusal":
			text = c.RawString()
		case "image_url":
			imageURL = part.readImageURL(c)
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
	case len(imageURL) > 0:
		part.Kind, part.Text = ImagePart, imageURL
	case len(text) > 0:
		part.Text = text
	case len(fileData) > 0:
		part.Kind, part.Text = FilePart, fileData
	case len(fileURL) > 0:
		part.Kind, part.Text = FilePart, fileURL
	case len(fileID) > 0:
		part.Text = []byte("[file " + string(fileID) + " is stored with another provider]")
	}
	return part
}

// readImageURL takes the Responses form, a string, and the chat form, an object with url.
func (part *Part) readImageURL(c *jsonscan.Cursor) []byte {
	if c.Kind() != jsonscan.Object {
		return c.RawString()
	}
	var url []byte
	for key := range c.Members() {
		switch key {
		case "url":
			url = c.RawString()
		case "detail":
			part.Detail = c.RawString()
		}
	}
	return url
}
