package messages

import (
	"unicode"
	"unicode/utf8"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// blank reports whether an escaped text holds nothing but white space. The API refuses blocks of such text.
func blank(raw []byte) bool {
	var buffer [utf8.UTFMax]byte
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		if r == '\\' {
			if n = 2; len(raw) > 1 && raw[1] == 'u' {
				n = 6
			}
			n = min(n, len(raw))
			r, _ = utf8.DecodeRune(jsonscan.Unescape(buffer[:0], raw[:n]))
		}
		if !unicode.IsSpace(r) && !isSeparator(r) {
			return false
		}
		raw = raw[n:]
	}
	return true
}

// isSeparator tells the separators of records and fields, which the API counts as white space.
func isSeparator(r rune) bool { return r >= 0x1c && r <= 0x1f }
