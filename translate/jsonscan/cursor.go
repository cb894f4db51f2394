// Package jsonscan reads JSON in one pass, without building values.
//
// A request of Codex is some 70 KB, a reply thousands of small objects, and most of both is carried over as it is. A Cursor visits each
// byte once, checks its syntax and hands out slices of the text; what nobody asks for is skipped.
package jsonscan

import (
	"errors"
	"iter"
)

// ErrSyntax says that a text is not JSON.
var ErrSyntax = errors.New("not valid JSON")

// maxDepth bounds nesting.
const maxDepth = 512

// Cursor stands before one value of a text. Each reading method consumes that value, also where it is of another type than the
// method's, in which case the result is the zero value. After an error every method returns zero values.
type Cursor struct {
	text  []byte
	pos   int
	depth int
	err   error
}

// New stands before the value that text is.
func New(text []byte) *Cursor {
	c := &Cursor{text: text}
	c.space()
	return c
}

// Offset is where in the text the cursor stands.
func (c *Cursor) Offset() int { return c.pos }

// Err returns the first error.
func (c *Cursor) Err() error { return c.err }

// Close reports an error also where something other than white space is left.
func (c *Cursor) Close() error {
	c.space()
	if c.err == nil && c.pos < len(c.text) {
		c.fail()
	}
	return c.err
}

// Valid reports whether text is one JSON value.
func Valid(text []byte) bool {
	c := New(text)
	c.Skip()
	return c.Close() == nil
}

func (c *Cursor) fail() {
	if c.err == nil {
		c.err = ErrSyntax
	}
	c.pos = len(c.text)
}

func (c *Cursor) space() {
	for c.pos < len(c.text) {
		switch c.text[c.pos] {
		case ' ', '\n', '\t', '\r':
			c.pos++
		default:
			return
		}
	}
}

// peek returns the next byte, 0 at the end.
func (c *Cursor) peek() byte {
	if c.pos < len(c.text) {
		return c.text[c.pos]
	}
	return 0
}

// Kinds of values, as Kind returns them.
const (
	Object = '{'
	Array  = '['
	String = '"'
	True   = 't'
	False  = 'f'
	Null   = 'n'
	Number = '0'
)

// Kind tells the type of the value without consuming it, 0 where there is none.
func (c *Cursor) Kind() byte {
	switch b := c.peek(); {
	case b == '-' || b >= '0' && b <= '9':
		return Number
	default:
		return b
	}
}

// Members goes over an object. The body of the loop may consume each member's value; it is skipped otherwise. Keys are unescaped where
// they need it; they are pieces of the text and hold no longer than it does.
func (c *Cursor) Members() iter.Seq[string] {
	return func(yield func(string) bool) {
		if c.Kind() != Object {
			c.Skip()
			return
		}
		for c.open('}') {
			key := c.key()
			if c.err != nil {
				return
			}
			start := c.pos
			more := yield(key)
			if c.pos == start && c.err == nil {
				c.Skip()
			}
			if !c.next('}') {
				return
			}
			if !more {
				c.rest('}')
				return
			}
		}
	}
}

// Elements goes over an array, as Members does over an object.
func (c *Cursor) Elements() iter.Seq[int] {
	return func(yield func(int) bool) {
		if c.Kind() != Array {
			c.Skip()
			return
		}
		for i := 0; c.open(']'); i++ {
			start := c.pos
			more := yield(i)
			if c.pos == start && c.err == nil {
				c.Skip()
			}
			if !c.next(']') {
				return
			}
			if !more {
				c.rest(']')
				return
			}
		}
	}
}

// open stands before the first or the next entry of a container. It is false at the container's end, which it consumes.
func (c *Cursor) open(end byte) bool {
	if c.err != nil {
		return false
	}
	if b := c.peek(); b == end-2 { // '{' and '}', '[' and ']' are two apart
		c.depth++
		if c.depth > maxDepth {
			c.fail()
			return false
		}
		c.pos++
		c.space()
		if c.peek() == end {
			c.pos++
			c.depth--
			return false
		}
		return true
	}
	if c.peek() != ',' {
		c.fail()
		return false
	}
	c.pos++
	c.space()
	return true
}

// next stands behind an entry: before a comma, or behind the container's end, which it consumes and reports as false.
func (c *Cursor) next(end byte) bool {
	c.space()
	switch c.peek() {
	case ',':
		return c.err == nil
	case end:
		c.pos++
		c.depth--
		return false
	default:
		c.fail()
		return false
	}
}

// rest skips the entries that a loop did not want.
func (c *Cursor) rest(end byte) {
	for c.open(end) {
		if end == '}' {
			c.key()
		}
		c.Skip()
		if !c.next(end) {
			return
		}
	}
}
