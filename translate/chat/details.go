package chat

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// details gathers the elements of reasoning_details, which come in pieces: texts that follow each other are one, and the last piece
// may bring the signature.
type details struct {
	list     []detail
	lastText []byte // escaped: what the last chunk added to the visible reasoning
}

type detail struct {
	typ       string
	member    string // text or summary; empty where the element is kept as it came
	text      []byte // escaped
	others    []byte // the other members, each after a comma
	signature []byte // raw
	raw       []byte // an element that is kept as it came
}

// add takes the reasoning_details of one chunk.
func (ds *details) add(raw []byte) {
	ds.lastText = ds.lastText[:0]
	c := jsonscan.New(raw)
	for range c.Elements() {
		element := c.Raw()
		if len(element) == 0 || element[0] != '{' {
			continue
		}
		ds.element(element)
	}
}

func (ds *details) element(raw []byte) {
	one := readDetail(raw)
	ds.lastText = append(ds.lastText, one.text...)
	if one.member == "" {
		if !ds.has(raw) {
			one.raw = bytes.Clone(raw)
			ds.list = append(ds.list, one)
		}
		return
	}
	if n := len(ds.list); n > 0 && ds.list[n-1].continues(&one) {
		last := &ds.list[n-1]
		last.text = append(last.text, one.text...)
		if one.signature != nil {
			last.signature = bytes.Clone(one.signature)
		}
		return
	}
	one.text = bytes.Clone(one.text)
	one.signature = bytes.Clone(one.signature)
	ds.list = append(ds.list, one)
}

// has reports whether an element has been kept as it came. Sent back twice, it is refused.
func (ds *details) has(raw []byte) bool {
	return slices.ContainsFunc(ds.list, func(d detail) bool { return d.raw != nil && bytes.Equal(d.raw, raw) })
}

// continues reports whether another piece belongs to this element.
func (d *detail) continues(other *detail) bool {
	return d.member == other.member && d.typ == other.typ && d.signature == nil
}

func readDetail(raw []byte) detail {
	var d detail
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "type":
			d.typ = c.Text()
		case "text":
			d.member, d.text = "text", c.RawString()
		case "summary":
			d.member, d.text = "summary", c.RawString()
		case "signature":
			if value := c.Raw(); string(value) != "null" {
				d.signature = value
			}
		default:
			d.others = append(d.others, ',')
			d.others = jsonscan.AppendString(d.others, key)
			d.others = append(d.others, ':')
			d.others = append(d.others, c.Raw()...)
		}
	}
	if d.member == "" && d.signature != nil && d.typ == "reasoning.text" {
		d.member = "text" // a last piece that brings the signature alone
	}
	return d
}

// unsigned reports whether a text of Anthropic's has no signature, as when it was cut off. Sent back, it is refused.
func (d *detail) unsigned() bool {
	return d.raw == nil && d.signature == nil && bytes.Contains(d.others, []byte(`"format":"anthropic`))
}

// take returns the elements without brackets and begins anew.
func (ds *details) take() []byte {
	var out []byte
	for i := range ds.list {
		d := &ds.list[i]
		if d.unsigned() {
			continue
		}
		if len(out) > 0 {
			out = append(out, ',')
		}
		if d.raw != nil {
			out = append(out, d.raw...)
			continue
		}
		out = append(out, '{')
		if d.typ != "" {
			out = append(out, `"type":`...)
			out = jsonscan.AppendString(out, d.typ)
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, d.member...)
		out = append(out, `":"`...)
		out = append(out, d.text...)
		out = append(out, '"')
		if d.signature != nil {
			out = append(out, `,"signature":`...)
			out = append(out, d.signature...)
		}
		out = append(out, d.others...)
		out = append(out, '}')
	}
	ds.list = nil
	return out
}
