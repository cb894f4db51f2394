package schema

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// plain reports whether GeminiJSON reads the schema that c stands before as it is, as it does most. It makes nothing, for a request has
// dozens of schemas.
func plain(c *jsonscan.Cursor) bool {
	if c.Kind() != jsonscan.Object {
		return false
	}
	var properties jsonscan.Cursor
	var required []byte
	keywords, typed := 0, false
	for key := range c.Members() {
		keywords++
		var ok bool
		switch key {
		case "type":
			typed = true
			ok = plainType(c)
		case "anyOf":
			typed = true
			ok = plainList(c)
		case "prefixItems":
			ok = plainList(c)
		case "items":
			ok = plain(c)
		case "properties":
			properties = *c
			ok = plainProperties(c)
		case "required":
			required = c.Raw()
			ok = true
		case "additionalProperties":
			ok = c.Kind() == jsonscan.True || c.Kind() == jsonscan.False || plain(c)
		case "enum":
			ok = plainValues(c)
		case "title", "description", "format", "pattern":
			ok = c.Kind() == jsonscan.String
		case "default":
			ok = true
		default:
			ok = c.Kind() == jsonscan.Number && slices.Contains(boundKeywords[:], key)
		}
		if !ok {
			return false
		}
	}
	return (typed || keywords == 0) && plainRequired(required, properties)
}

func plainType(c *jsonscan.Cursor) bool {
	known := func(name []byte) bool { return slices.Contains(typeNames[:], string(name)) }
	if c.Kind() == jsonscan.String {
		return known(c.RawString())
	}
	if c.Kind() != jsonscan.Array {
		return false
	}
	some := false
	for range c.Elements() {
		name := c.RawString()
		if !known(name) && string(name) != "null" {
			return false
		}
		some = true
	}
	return some
}

func plainList(c *jsonscan.Cursor) bool {
	if c.Kind() != jsonscan.Array {
		return false
	}
	some := false
	for range c.Elements() {
		if !plain(c) {
			return false
		}
		some = true
	}
	return some
}

func plainProperties(c *jsonscan.Cursor) bool {
	if c.Kind() != jsonscan.Object {
		return false
	}
	some := false
	for range c.Members() {
		if !plain(c) {
			return false
		}
		some = true
	}
	return some
}

func plainValues(c *jsonscan.Cursor) bool {
	if c.Kind() != jsonscan.Array {
		return false
	}
	some := false
	for range c.Elements() {
		if c.Kind() == jsonscan.Null {
			return false
		}
		some = true
	}
	return some
}

// plainRequired reports whether all that is required is there.
func plainRequired(required []byte, properties jsonscan.Cursor) bool {
	if required == nil {
		return true
	}
	c := jsonscan.New(required)
	if c.Kind() != jsonscan.Array {
		return false
	}
	some := false
	for range c.Elements() {
		name := c.RawString()
		if name == nil || bytes.IndexByte(name, '\\') >= 0 || !hasMember(properties, name) {
			return false
		}
		some = true
	}
	return some
}

func hasMember(object jsonscan.Cursor, name []byte) bool {
	for key := range object.Members() {
		if key == string(name) {
			return true
		}
	}
	return false
}
