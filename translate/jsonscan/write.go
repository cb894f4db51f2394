package jsonscan

import (
	"bytes"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = AppendEscaped(dst, s)
	return append(dst, '"')
}

// AppendEscaped appends s escaped for the inside of a JSON string.
func AppendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			if b < ' ' || b == '"' || b == '\\' {
				dst = appendEscape(dst, b)
			} else {
				dst = append(dst, b)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
	}
}

// AppendNested appends JSON text so that it can stand inside a JSON string, as tool arguments do. It is AppendEscaped for bytes.
func AppendNested(dst, text []byte) []byte {
	for {
		n := plain(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		dst = appendEscape(dst, text[n])
		text = text[n+1:]
	}
}

// AppendCompact appends a JSON value without the white space between its tokens, so that it fits on one line.
func AppendCompact(dst, value []byte) []byte {
	for i := 0; i < len(value); {
		switch value[i] {
		case '"':
			end := stringEnd(value, i+1)
			dst = append(dst, value[i:end]...)
			i = end
		case ' ', '\n', '\r', '\t':
			i++
		default:
			dst = append(dst, value[i])
			i++
		}
	}
	return dst
}

// stringEnd is where the string ends, its quote included, inside of which pos is.
func stringEnd(text []byte, pos int) int {
	for pos < len(text) {
		pos += plain(text[pos:])
		switch {
		case pos == len(text):
		case text[pos] == '"':
			return pos + 1
		case text[pos] == '\\':
			pos += 2
		default:
			pos++
		}
	}
	return len(text)
}

// MendUTF8 replaces bytes that are no UTF-8 by U+FFFD. It returns text itself where there are none.
func MendUTF8(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	return bytes.ToValidUTF8(text, []byte("\uFFFD"))
}

// SplitSurrogate cuts a trailing high surrogate off the inside of a JSON string, for the next fragment may begin with the low one.
func SplitSurrogate(raw []byte) (whole, high []byte) {
	n := len(raw)
	if n < 6 || raw[n-6] != '\\' || raw[n-5] != 'u' {
		return raw, nil
	}
	r, ok := hex4(raw[n-6:])
	if !ok || !isHigh(r) {
		return raw, nil
	}
	backslashes := 0
	for i := n - 6; i >= 0 && raw[i] == '\\'; i-- {
		backslashes++
	}
	if backslashes%2 == 0 { // the backslash is itself escaped
		return raw, nil
	}
	return raw[:n-6], raw[n-6:]
}

// MendSurrogates replaces surrogates without their partner inside a JSON string by U+FFFD. It returns raw itself where there are
// none, which is nearly always.
func MendSurrogates(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`\ud`)) && !bytes.Contains(raw, []byte(`\uD`)) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			out = append(out, raw[i])
			continue
		}
		if raw[i+1] != 'u' {
			out = append(out, raw[i], raw[i+1])
			i++
			continue
		}
		r, n := rune4(raw[i:])
		if r == utf8.RuneError {
			out = append(out, `\ufffd`...)
		} else {
			out = append(out, raw[i:i+n]...)
		}
		i += n - 1
	}
	return out
}
