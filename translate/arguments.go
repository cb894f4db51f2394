package translate

import (
	"bytes"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// arguments are those of a call as an object. Providers that read them refuse anything else, for ever, so what is no object is put
// into one.
func (h *history) arguments(raw []byte) []byte {
	c := jsonscan.New(raw)
	switch c.Kind() {
	case jsonscan.Object:
		return raw
	case jsonscan.String:
		text := jsonscan.Unescape(nil, c.RawString())
		if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 {
			return []byte("{}")
		} else if trimmed[0] == '{' && jsonscan.Valid(trimmed) {
			return trimmed
		}
		h.req.Repairs++
		return append(append([]byte(`{"_raw":`), raw...), '}')
	default:
		return []byte("{}")
	}
}

// InputMember is the one argument of a custom tool on wires that know only JSON functions.
const InputMember = "input"

func wrapInput(raw []byte) []byte {
	if len(raw) == 0 || raw[0] != '"' {
		raw = []byte(`""`)
	}
	out := append([]byte(`{"`+InputMember+`":`), raw...)
	return append(out, '}')
}
