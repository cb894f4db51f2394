// Package schema fits the JSON schemas of tools and answers to what providers read.
//
// Most schemas pass as they are, byte for byte. What is changed is what some provider refuses the whole request for.
package schema

import (
	"bytes"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Moonshot is the profile of Moonshot's schema dialect: type may not stand beside anyOf, $schema may not stand at all.
const Moonshot = "moonshot"

// emptyObject is the schema of a function without parameters.
const emptyObject = `{"type":"object","properties":{}}`

// AppendParameters appends the parameters of a function: an object schema, whatever the client declared.
func AppendParameters(dst, raw []byte, profile string) []byte {
	root := readRoot(raw)
	if !root.object {
		return append(dst, emptyObject...)
	}
	if root.typed && root.properties {
		return Append(dst, raw, profile)
	}
	dst = append(dst, '{')
	if !root.typed {
		dst = append(dst, `"type":"object"`...)
	}
	if !root.properties {
		dst = separate(dst, '{')
		dst = append(dst, `"properties":{}`...)
	}
	w := walker{profile: profile, skipProperties: !root.properties}
	dst = w.members(dst, jsonscan.New(raw), root.typed)
	return append(dst, '}')
}

// root is what the top of a parameter schema says.
type root struct {
	object     bool // it can describe an object and is not empty
	typed      bool // it says so
	properties bool
}

func readRoot(raw []byte) root {
	var r root
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "type":
			r.typed = true
			r.object = c.Text() == "object"
		case "properties":
			r.properties = c.Kind() == jsonscan.Object
			r.object = r.object || !r.typed
		default:
			r.object = r.object || !r.typed
		}
	}
	return r
}

// Append appends a schema without what only OpenAI understands.
func Append(dst, raw []byte, profile string) []byte {
	if profile == "generic" && !hasVendorKeyword(raw) {
		return append(dst, raw...)
	}
	w := walker{profile: profile}
	return w.value(dst, jsonscan.New(raw))
}

// vendorKeywords are annotations for OpenAI's own servers.
var vendorKeywords = [...]string{"encrypted", "defer_loading"}

func isVendorKeyword(key string) bool {
	for _, keyword := range vendorKeywords {
		if key == keyword {
			return true
		}
	}
	return false
}

func hasVendorKeyword(raw []byte) bool {
	for _, keyword := range vendorKeywords {
		if bytes.Contains(raw, []byte(keyword)) {
			return true
		}
	}
	return false
}
