package jsonscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// key reads a member's name and its colon.
func (c *Cursor) key() string {
	raw := c.RawString()
	if raw == nil {
		c.fail()
		return ""
	}
	c.space()
	if c.peek() != ':' {
		c.fail()
		return ""
	}
	c.pos++
	c.space()
	return unescape(raw)
}

// RawString reads a string and returns what stands between its quotes, still escaped; nil for any other value.
func (c *Cursor) RawString() []byte {
	if c.peek() != '"' {
		c.Skip()
		return nil
	}
	start := c.pos + 1
	text := c.text
	for i := start; ; {
		i += plain(text[i:])
		switch {
		case i == len(text):
			c.fail()
			return nil
		case text[i] == '"':
			c.pos = i + 1
			return text[start:i:i]
		}
		n := 0 // of a control character, too
		if text[i] == '\\' {
			n = escapeLen(text[i:])
		}
		if n == 0 {
			c.fail()
			return nil
		}
		i += n
	}
}

// plain is how many bytes at the start of text a string may hold as they are: up to a quote, a backslash or a control character. It looks
// at eight bytes at a time.
func plain(text []byte) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	i := 0
	for ; len(text)-i >= 8; i += 8 {
		word := binary.LittleEndian.Uint64(text[i:])
		quote, backslash := word^ones*'"', word^ones*'\\'
		// The high bit of each byte that is less than a space, or zero in one of the others. Borrows may set further bits, but only above
		// the first.
		found := ((word-ones*' ')&^word | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(text); i++ {
		if b := text[i]; b < ' ' || b == '"' || b == '\\' {
			return i
		}
	}
	return i
}

// escapeLen is the length of the escape sequence at the start of text, 0 where it is none.
func escapeLen(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(text); ok {
			return 6
		}
	}
	return 0
}

// hex4 reads \uXXXX.
func hex4(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, b := range text[2:6] {
		switch {
		case b >= '0' && b <= '9':
			r = r<<4 | rune(b-'0')
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			r = r<<4 | rune(b|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// Text reads a string and returns it unescaped; empty for any other value.
func (c *Cursor) Text() string {
	raw := c.RawString()
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	return string(Unescape(nil, raw))
}

// Raw reads any value and returns its text.
func (c *Cursor) Raw() []byte {
	start := c.pos
	c.Skip()
	if c.err != nil {
		return nil
	}
	return c.text[start:c.pos:c.pos]
}

// Bool reads true as true and anything else as false.
func (c *Cursor) Bool() bool {
	is := c.Kind() == True
	c.Skip()
	return is
}

// Int reads a number, also one in a string, and cuts off a fraction. It reports false where there is none.
func (c *Cursor) Int() (int64, bool) {
	var raw []byte
	switch c.Kind() {
	case Number:
		raw = c.Raw()
	case String:
		raw = c.RawString()
	default:
		c.Skip()
		return 0, false
	}
	return ParseInt(raw)
}

// ParseInt reads the digits of a JSON number. Numbers with a fraction or an exponent are cut to their whole part.
func ParseInt(raw []byte) (int64, bool) {
	text := unsafe.String(unsafe.SliceData(raw), len(raw))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != f || f > 1<<62 || f < -(1<<62) {
		return 0, false
	}
	return int64(f), true
}

// Skip reads a value and drops it.
func (c *Cursor) Skip() {
	if c.err != nil {
		return
	}
	switch c.Kind() {
	case Object:
		for c.open('}') {
			if c.skipKey(); !c.next('}') {
				return
			}
		}
	case Array:
		for c.open(']') {
			if c.Skip(); !c.next(']') {
				return
			}
		}
	case String:
		c.RawString()
	case Number:
		c.number()
	case True:
		c.word("true")
	case False:
		c.word("false")
	case Null:
		c.word("null")
	default:
		c.fail()
	}
}

func (c *Cursor) skipKey() {
	if c.peek() != '"' {
		c.fail()
		return
	}
	c.RawString()
	c.space()
	if c.peek() != ':' {
		c.fail()
		return
	}
	c.pos++
	c.space()
	c.Skip()
}

func (c *Cursor) word(want string) {
	if len(c.text)-c.pos < len(want) || string(c.text[c.pos:c.pos+len(want)]) != want {
		c.fail()
		return
	}
	c.pos += len(want)
}

// number follows the grammar of RFC 8259: minus, whole part without leading zeros, fraction, exponent.
func (c *Cursor) number() {
	if c.peek() == '-' {
		c.pos++
	}
	if c.peek() == '0' {
		c.pos++
	} else if !c.digits() {
		return
	}
	if c.peek() == '.' {
		c.pos++
		if !c.digits() {
			return
		}
	}
	if b := c.peek(); b == 'e' || b == 'E' {
		c.pos++
		if b := c.peek(); b == '+' || b == '-' {
			c.pos++
		}
		c.digits()
	}
}

func (c *Cursor) digits() bool {
	start := c.pos
	for b := c.peek(); b >= '0' && b <= '9'; b = c.peek() {
		c.pos++
	}
	if c.pos == start {
		c.fail()
		return false
	}
	return true
}

// unescape returns a key; keys without escapes are not copied.
func unescape(raw []byte) string {
	for _, b := range raw {
		if b == '\\' {
			return string(Unescape(nil, raw))
		}
	}
	return unsafe.String(unsafe.SliceData(raw), len(raw))
}

// Unescape appends to dst what the inside of a JSON string means. Surrogates without their partner become U+FFFD.
func Unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			dst = append(dst, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, n := rune4(raw[i-1:])
			dst = utf8.AppendRune(dst, r)
			i += n - 2
		default:
			dst = append(dst, raw[i])
		}
	}
	return dst
}

// rune4 reads one or, for a surrogate pair, two \uXXXX, and says how many bytes they are.
func rune4(text []byte) (rune, int) {
	r, ok := hex4(text)
	if !ok {
		return utf8.RuneError, 2
	}
	if isHigh(r) {
		if low, ok := hex4(text[6:]); ok && isLow(low) {
			return (r-0xd800)<<10 | (low - 0xdc00) + 0x10000, 12
		}
	}
	if isHigh(r) || isLow(r) {
		return utf8.RuneError, 6
	}
	return r, 6
}

// ASCII is the character that the \uXXXX at the start of an escaped text means, 0 for any beyond ASCII.
func ASCII(raw []byte) byte {
	r, ok := hex4(raw)
	if !ok || r >= utf8.RuneSelf {
		return 0
	}
	return byte(r)
}

func isHigh(r rune) bool { return r >= 0xd800 && r < 0xdc00 }
func isLow(r rune) bool  { return r >= 0xdc00 && r < 0xe000 }
