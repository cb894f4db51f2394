package gemini

import (
	"bytes"
	"strconv"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// stateField is where the provider has what is sealed here.
const stateField = "thoughtSignature"

// state is what a reasoning item carries to the next turn.
type state struct {
	call  []byte       // base64: signature of the call behind the item; nil for none
	texts []signedText // signed pieces of the text before the item
	parts []byte       // raw parts, separated by commas, that go back in the item's place: signed thoughts, the work of server-side tools
}

// signedText is a piece of a text that has a signature.
type signedText struct {
	from, to  int // bytes of the text
	signature []byte
}

func (s *state) empty() bool { return s.call == nil && len(s.texts) == 0 && len(s.parts) == 0 }

// append writes the state as a JSON object.
func (s *state) append(dst []byte) []byte {
	dst = append(dst, '{')
	if s.call != nil {
		dst = append(append(append(dst, `"call":"`...), s.call...), '"')
	}
	if len(s.texts) > 0 {
		dst = separate(dst, '{')
		dst = append(dst, `"texts":[`...)
		for i, one := range s.texts {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, `{"from":`...)
			dst = strconv.AppendInt(dst, int64(one.from), 10)
			dst = append(dst, `,"to":`...)
			dst = strconv.AppendInt(dst, int64(one.to), 10)
			dst = append(dst, `,"signature":"`...)
			dst = append(append(dst, one.signature...), `"}`...)
		}
		dst = append(dst, ']')
	}
	if len(s.parts) > 0 {
		dst = separate(dst, '{')
		dst = append(append(append(dst, `"parts":[`...), s.parts...), ']')
	}
	return append(dst, '}')
}

func separate(dst []byte, opening byte) []byte {
	if dst[len(dst)-1] == opening {
		return dst
	}
	return append(dst, ',')
}

// readState reads what append wrote. Anything else is left out.
func readState(raw []byte) state {
	var s state
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "call":
			s.call = signature(c.RawString())
		case "texts":
			for range c.Elements() {
				if one := readSignedText(c); one.signature != nil {
					s.texts = append(s.texts, one)
				}
			}
		case "parts":
			for range c.Elements() {
				if c.Kind() == jsonscan.Object {
					s.addPart(c.Raw())
				}
			}
		}
	}
	if c.Close() != nil {
		return state{}
	}
	return s
}

func (s *state) addPart(raw []byte) {
	if len(s.parts) > 0 {
		s.parts = append(s.parts, ',')
	}
	s.parts = append(s.parts, raw...)
}

func readSignedText(c *jsonscan.Cursor) signedText {
	var one signedText
	for key := range c.Members() {
		switch key {
		case "from":
			n, _ := c.Int()
			one.from = int(n)
		case "to":
			n, _ := c.Int()
			one.to = int(n)
		case "signature":
			one.signature = signature(c.RawString())
		}
	}
	return one
}

// signature is a signature as it can go back: base64, for the provider refuses a request for a signature that is not. Nil for any other
// text. The result is a piece of escaped where that needs no unescaping.
func signature(escaped []byte) []byte {
	if bytes.IndexByte(escaped, '\\') >= 0 { // Google escapes = and / in places
		escaped = jsonscan.Unescape(nil, escaped)
	}
	digits := bytes.TrimRight(escaped, "=")
	if padding := len(escaped) - len(digits); len(digits) == 0 || len(digits)%4 == 1 || padding > 2 || padding > 0 && len(escaped)%4 != 0 {
		return nil
	}
	for _, b := range digits {
		if !(b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '+' || b == '/') {
			return nil
		}
	}
	return escaped
}
