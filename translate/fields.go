package translate

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// shape is what the value of a member may be besides null, which is as good as absent.
type shape struct {
	what  string // for messages
	kinds []byte
}

var (
	aText     = shape{"a text", []byte{jsonscan.String}}
	aNumber   = shape{"a number", []byte{jsonscan.Number}}
	aBool     = shape{"true or false", []byte{jsonscan.True, jsonscan.False}}
	anObject  = shape{"an object", []byte{jsonscan.Object}}
	aList     = shape{"a list", []byte{jsonscan.Array}}
	aToolWord = shape{"a text or an object", []byte{jsonscan.String, jsonscan.Object}}
)

// shapes are those of the members at the top level of a request. What is not named here is not read, or looked at where it is.
var shapes = map[string]shape{
	"stream": aBool, "parallel_tool_calls": aBool,
	"instructions": aText, "prompt_cache_key": aText, "safety_identifier": aText, "user": aText, "service_tier": aText, "truncation": aText,
	"prompt_cache_retention": aText,
	"max_output_tokens":      aNumber, "temperature": aNumber, "top_p": aNumber, "max_tool_calls": aNumber, "top_logprobs": aNumber,
	"reasoning": anObject, "text": anObject, "metadata": anObject, "stream_options": anObject, "prompt_cache_options": anObject,
	"tools": aList, "include": aList, "context_management": aList,
	"tool_choice": aToolWord,
}

// fits reports whether the value that follows is of the shape of its member, and refuses the request where it is not. A request that is
// passed on as it came is for the service to judge, which may know more than what stands here.
func (p *parser) fits(name string, of shape, c *jsonscan.Cursor) bool {
	kind := c.Kind()
	if p.req.bare || len(of.kinds) == 0 || kind == jsonscan.Null || kind == 0 || bytes.IndexByte(of.kinds, kind) >= 0 {
		return true
	}
	p.refusef(name, "%s is not %s", name, of.what)
	return false
}

// count reads a whole number from 0 up to most; a most of 0 is no bound.
func (p *parser) count(name string, most int64, c *jsonscan.Cursor) []byte {
	raw := only(c.Raw(), jsonscan.Number)
	if raw == nil || p.req.bare {
		return raw
	}
	switch n, ok := jsonscan.ParseInt(raw); {
	case bytes.ContainsAny(raw, "-.eE") || !ok:
		p.refusef(name, "%s is a whole number from 0 up, not %s", name, raw)
	case most > 0 && n > most:
		p.refusef(name, "%s is a whole number from 0 to %d, not %s", name, most, raw)
	}
	return raw
}

// word reads one of the words that a member may be.
func (p *parser) word(name string, c *jsonscan.Cursor, words ...string) []byte {
	raw := only(c.Raw(), jsonscan.String)
	if raw == nil || p.req.bare {
		return raw
	}
	if word := jsonscan.New(raw).Text(); !slices.Contains(words, word) {
		p.refusef(name, "%s has the unknown value %q; the values are %s", name, word, enumeration(words))
	}
	return raw
}

// maxTopLogprobs is how many tokens besides the chosen one the API tells of.
const maxTopLogprobs = 20

// The bounds of metadata, in entries and in characters.
const (
	maxMetadata      = 16
	maxMetadataKey   = 64
	maxMetadataValue = 512
)

// metadata reads what the client wants to find again on the response.
func (p *parser) metadata(c *jsonscan.Cursor) []byte {
	raw := c.Raw()
	if f := CheckMetadata(raw); f != nil && p.fault == nil && !p.req.bare {
		p.fault = f
	}
	return raw
}

// CheckMetadata finds what is wrong with metadata, raw. Nil where it is as the API has it.
func CheckMetadata(raw []byte) *fault.Fault {
	refuse := func(param, format string, args ...any) *fault.Fault {
		f := fault.New(fault.Invalid, format, args...)
		f.Param = param
		return f
	}
	entries := 0
	inside := jsonscan.New(raw)
	for key := range inside.Members() {
		entries++
		name := "metadata." + key
		switch kind, value := inside.Kind(), inside.RawString(); {
		case utf8.RuneCountInString(key) > maxMetadataKey:
			return refuse("metadata", "metadata has a key of %d characters; at most %d are allowed", utf8.RuneCountInString(key), maxMetadataKey)
		case kind != jsonscan.String:
			return refuse(name, "%s is not a text", name)
		case utf8.RuneCount(jsonscan.Unescape(nil, value)) > maxMetadataValue:
			return refuse(name, "%s has more than %d characters", name, maxMetadataValue)
		}
	}
	if entries > maxMetadata {
		return refuse("metadata", "metadata has %d entries; at most %d are allowed", entries, maxMetadata)
	}
	return nil
}

// include reads what the client wants to have besides. What nobody here knows is left out, as newer clients may ask for more.
func (p *parser) include(c *jsonscan.Cursor) {
	for i := range c.Elements() {
		if c.Kind() != jsonscan.String && !p.req.bare {
			p.refusef("include", "include[%d] is not a text", i)
		}
		switch c.Text() {
		case "reasoning.encrypted_content":
			p.req.Encrypted = true
		case "message.output_text.logprobs":
			p.req.Logprobs = true
		}
	}
}

// tools reads the tools at the top level.
func (p *parser) tools(c *jsonscan.Cursor) {
	if bad := p.req.Tools.collect(c, topLevel); bad >= 0 {
		p.refusef("tools", "tools[%d] is not an object", bad)
	}
}

// prompt refuses a template, for those are stored at OpenAI, unless the service is to judge.
func (p *parser) prompt(c *jsonscan.Cursor) {
	if p.prompted = c.Kind() != jsonscan.Null; p.prompted && !p.req.bare {
		p.refusef("prompt", "prompt names a template that OpenAI stores, and there are none here; send what it says as instructions and input")
	}
	c.Skip()
}

// CompactByWindow leaves it to the model's window when a conversation is compacted.
const CompactByWindow = -1

// leastCompactAt is the fewest tokens at which a conversation may be compacted.
const leastCompactAt = 1000

// contextManagement reads when the conversation is to be compacted on the way.
func (p *parser) contextManagement(c *jsonscan.Cursor) {
	for i := range c.Elements() {
		if c.Kind() != jsonscan.Object && !p.req.bare {
			p.refusef("context_management", "context_management[%d] is not an object", i)
		}
		typ, at := "", int64(CompactByWindow)
		for key := range c.Members() {
			switch key {
			case "type":
				typ = c.Text()
			case "compact_threshold":
				at = p.compactThreshold(i, c)
			}
		}
		if typ == "compaction" {
			p.req.CompactAt = at
		} else if !p.req.bare {
			p.refusef("context_management", "context_management[%d] has the unknown type %q; the only type is compaction", i, typ)
		}
	}
}

func (p *parser) compactThreshold(i int, c *jsonscan.Cursor) int64 {
	raw := present(c.Raw())
	if raw == nil {
		return CompactByWindow
	}
	at, err := strconv.ParseInt(string(raw), 10, 64)
	if (err != nil || at < leastCompactAt) && !p.req.bare {
		p.refusef("context_management", "context_management[%d].compact_threshold is a whole number from %d up, not %s", i, leastCompactAt, raw)
	}
	return at
}

// enumeration lists words for a message.
func enumeration(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
