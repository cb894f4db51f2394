package translate_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// A call is whole exactly when its arguments are one JSON value, however they are cut and escaped.
func FuzzWhole(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, ` {"a":1} ` + "\n", `{"a":{"b":1}`, `{"a":"n`, `{"a":"}\n`, `{}{}`, `"a"`, `"a`, `[1,{"}":"]"}]`, `{"a":"\"}"}`, `{"a":"\\"}`,
		`7`, `}{`, `{}x`, `{"a":"\u0022}"}`, "{\"a\":\"\x00\"}", `{"a":1}}`, `[}`,
	} {
		f.Add(seed, 1, false)
		f.Add(seed, 3, true)
	}
	f.Fuzz(func(t *testing.T, arguments string, step int, numbers bool) {
		arguments = strings.ToValidUTF8(arguments, "")
		escaped := nested(arguments)
		if numbers { // another way to write the same
			escaped = strings.NewReplacer(`\"`, `\u0022`, `{`, `\u007b`, `}`, `\u007D`, `\\`, `\u005c`).Replace(escaped)
		}
		stream, _ := newStream(t, declared)
		item := stream.Call("call_1", "f")
		step = max(1, min(step, 10))
		for all := pieces(escaped); len(all) > 0; {
			n := min(step, len(all))
			item.Arguments([]byte(strings.Join(all[:n], "")))
			all = all[n:]
		}
		if want := jsonscan.Valid([]byte(arguments)); item.Whole() != want {
			t.Errorf("%q is %v", arguments, item.Whole())
		}
		if item.Has([]byte(escaped)) != true || item.Empty() != (escaped == "") {
			t.Errorf("it does not have %q", escaped)
		}
	})
}
