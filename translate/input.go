package translate

import (
	"bytes"
	"regexp"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// inputReader takes a custom tool's input out of the arguments {"input":"…"} while they arrive, so that clients see it grow.
//
// Both sides are escaped: fragments are the inside of a JSON string that holds JSON, of which the input is again the inside of a
// string. That inner form is what the client gets, after mending what models get wrong in it.
type inputReader struct {
	args    []byte // arguments, unescaped once, not yet read
	state   inputState
	written []byte // escaped: the input so far
}

type inputState int

const (
	beforeInput inputState = iota
	insideInput
	afterInput
)

// inputStart is what stands before the input.
var inputStart = regexp.MustCompile(`^\s*\{\s*"` + InputMember + `"\s*:\s*"`)

// read takes a fragment of the arguments and returns what it adds to the input.
func (r *inputReader) read(raw []byte) []byte {
	if r.state == afterInput {
		return nil
	}
	r.args = jsonscan.Unescape(r.args, raw)
	if r.state == beforeInput {
		start := inputStart.FindIndex(r.args)
		if start == nil {
			return nil
		}
		r.state = insideInput
		r.args = r.args[start[1]:]
	}
	before := len(r.written)
	written, n, closed := appendInner(r.written, r.args)
	r.written = written
	r.args = append(r.args[:0], r.args[n:]...)
	if closed {
		r.state = afterInput
	}
	fragment := r.written[before:]
	if !closed {
		whole, high := jsonscan.SplitSurrogate(fragment)
		r.args = append(bytes.Clone(high), r.args...)
		fragment = whole
	}
	fragment = jsonscan.MendSurrogates(fragment)
	r.written = append(r.written[:before], fragment...)
	return r.written[before:]
}

// appendInner copies the inside of a string up to its closing quote, as far as text goes. Line breaks that the model did not escape
// are escaped, and backslashes that begin no escape are doubled. It returns how much of text was used.
func appendInner(dst, text []byte) (out []byte, used int, closed bool) {
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == '"':
			return dst, i + 1, true
		case b == '\\':
			n := innerEscape(text[i:])
			if n == 0 {
				return dst, i, false // the rest of it is still to come
			}
			if n == 1 {
				dst = append(dst, '\\')
			}
			dst = append(dst, text[i:i+n]...)
			i += n
		case b < 0x20:
			dst = jsonscan.AppendNested(dst, text[i:i+1])
			i++
		default:
			dst = append(dst, b)
			i++
		}
	}
	return dst, len(text), false
}

// innerEscape is the length of the escape at the start of text: 0 where more of it is needed, 1 for a backslash that begins none.
func innerEscape(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	if bytes.IndexByte([]byte(`"\/bfnrt`), text[1]) >= 0 {
		return 2
	}
	if text[1] != 'u' {
		return 1
	}
	for i, b := range text[2:min(len(text), 6)] {
		if hex := b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f'; !hex {
			return 1
		} else if i == 3 {
			return 6
		}
	}
	return 0
}

// finish returns what the input still lacks and the whole input. all are the arguments as they came. Where they are not what was
// asked for, the input is the only text in them, else the arguments themselves.
func (r *inputReader) finish(all []byte) (rest, input []byte) {
	if r.state != beforeInput {
		if r.state == insideInput && len(r.args) > 0 { // half an escape at the very end
			rest = jsonscan.MendSurrogates(jsonscan.AppendNested(nil, r.args))
			r.written = append(r.written, rest...)
		}
		return rest, r.written
	}
	args := jsonscan.Unescape(nil, all)
	input = onlyText(args)
	if input == nil {
		input = all
	}
	return input, input
}

// onlyText finds the input in arguments of another shape: a member called input behind others, the only member, or a bare string.
func onlyText(args []byte) []byte {
	if !jsonscan.Valid(args) {
		return nil
	}
	c := jsonscan.New(args)
	if c.Kind() == jsonscan.String {
		return c.RawString()
	}
	object := c.Kind() == jsonscan.Object
	var named, only []byte
	members := 0
	for key := range c.Members() {
		members++
		only = c.RawString()
		if key == InputMember {
			named = only
		}
	}
	switch {
	case object && members == 0:
		return []byte{} // the model gave nothing
	case named != nil || members != 1:
		return named
	default:
		return only
	}
}
