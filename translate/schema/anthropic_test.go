package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate/schema"
)

func TestAnthropicToolsKeepWhatIsNotAtTheRoot(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"a schema passes as it is": {
			`{"type":"object", "properties":{"a":{"oneOf":[{"type":"string","minLength":2},{"$ref":"#/$defs/x"}]}},"$defs":{"x":{}}}`,
			`{"type":"object", "properties":{"a":{"oneOf":[{"type":"string","minLength":2},{"$ref":"#/$defs/x"}]}},"$defs":{"x":{}}}`,
		},
		"combinators at the root are merged": {
			`{"anyOf":[{"properties":{"a":{"type":"string"}}}]}`,
			`{"type":"object","properties":{"a":{"type":"string"}}}`,
		},
		"annotations for OpenAI's servers go": {
			`{"type":"object","properties":{"a":{"type":"string","encrypted":true}}}`,
			`{"type":"object","properties":{"a":{"type":"string"}}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { sameParameters(t, test.raw, schema.Anthropic, test.want) })
	}
}

func TestAnthropicStrict(t *testing.T) {
	const refused = ""
	object := func(property string) string {
		return `{"type":"object","properties":{"a":` + property + `},"required":["a"]}`
	}
	closed := func(property string) string {
		return `{"type":"object","properties":{"a":` + property + `},"required":["a"],"additionalProperties":false}`
	}
	tests := map[string]struct{ raw, want string }{
		"objects are closed":                          {object(object(`{}`)), closed(closed(`{}`))},
		"objects that are closed stay so":             {closed(`{"type":"string"}`), closed(`{"type":"string"}`)},
		"oneOf is anyOf":                              {object(`{"oneOf":[{"type":"string"},{"type":"null"}]}`), closed(`{"anyOf":[{"type":"string"},{"type":"null"}]}`)},
		"constraints are told":                        {object(`{"type":"integer","description":"d","minimum":1,"maximum": 5}`), closed(`{"type":"integer","description":"d {minimum: 1, maximum: 5}"}`)},
		"constraints are told without a description":  {object(`{"type":"string","pattern":"^\"a\\d"}`), closed(`{"type":"string","description":"{pattern: \"^\\\"a\\\\d\"}"}`)},
		"a format that is enforced stays":             {object(`{"type":"string","format":"date-time"}`), closed(`{"type":"string","format":"date-time"}`)},
		"a format that is not is told":                {object(`{"type":"string","format":"color"}`), closed(`{"type":"string","description":"{format: \"color\"}"}`)},
		"a list of at least one stays":                {object(`{"type":"array","items":{"type":"string"},"minItems":1}`), closed(`{"type":"array","items":{"type":"string"},"minItems":1}`)},
		"a list of at least two is told":              {object(`{"type":"array","items":{"type":"string"},"minItems":2}`), closed(`{"type":"array","items":{"type":"string"},"description":"{minItems: 2}"}`)},
		"definitions stay":                            {`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"required":["a"],"$defs":{"x":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"required":["a"],"$defs":{"x":{"type":"string"}},"additionalProperties":false}`},
		"annotations go":                              {object(`{"type":"string","examples":["x"],"$comment":"c"}`), closed(`{"type":"string"}`)},
		"enum, const, default and title stay":         {object(`{"enum":[1,"a"],"const":1,"default":1,"title":"t"}`), closed(`{"enum":[1,"a"],"const":1,"default":1,"title":"t"}`)},
		"an object that may be null is closed":        {object(`{"type":["object","null"],"properties":{"b":{}},"required":["b"]}`), closed(`{"type":["object","null"],"properties":{"b":{}},"required":["b"],"additionalProperties":false}`)},
		"an object that is closed and empty":          {object(`{"type":"object","additionalProperties":false}`), closed(`{"type":"object","additionalProperties":false}`)},
		"an open map cannot be closed":                {object(`{"type":"object","additionalProperties":{"type":"string"}}`), refused},
		"an object of anything cannot be closed":      {object(`{"type":"object"}`), refused},
		"anything at the root":                        {`{}`, refused},
		"a list at the root":                          {`{"type":"array","items":{}}`, refused},
		"alternatives at the root":                    {`{"type":"object","anyOf":[{"properties":{}}]}`, refused},
		"a schema that recurs":                        {`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"object","properties":{"x":{"$ref":"#/$defs/x"}}}}}`, refused},
		"a schema that recurs at the root":            {object(`{"$ref":"#"}`), refused},
		"a schema that recurs by two definitions":     {`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"items":{"$ref":"#/$defs/y"}},"y":{"items":{"$ref":"#/$defs/x"}}}}`, refused},
		"a definition that is used twice":             {`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"},"b":{"$ref":"#/$defs/x"}},"required":["a","b"],"$defs":{"x":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"$ref":"#/$defs/x"},"b":{"$ref":"#/$defs/x"}},"required":["a","b"],"$defs":{"x":{"type":"string"}},"additionalProperties":false}`},
		"a reference to nowhere":                      {object(`{"$ref":"#/$defs/none"}`), refused},
		"a reference to elsewhere":                    {object(`{"$ref":"https://x/y"}`), refused},
		"what is not understood and cannot be undone": {object(`{"type":"object","properties":{"b":{}},"patternProperties":{"^x":{}}}`), refused},
		"alternatives of two kinds":                   {object(`{"anyOf":[{"type":"string"}],"oneOf":[{"type":"string"}]}`), refused},
		"true for a schema":                           {object(`true`), refused},
		"no schema":                                   {`null`, refused},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := schema.AppendAnthropicStrict([]byte("x:"), []byte(test.raw))
			if ok != (test.want != refused) || string(got) != "x:"+test.want {
				t.Errorf("got  %s, %v\nwant %s", got[2:], ok, test.want)
			}
			if ok && !json.Valid(got[2:]) {
				t.Error("which is not JSON")
			}
		})
	}
}

func TestAnthropicStrictHasFewOptionalProperties(t *testing.T) {
	for n, want := range map[int]bool{24: true, 25: false} {
		var properties []string
		for i := range n {
			properties = append(properties, `"`+string(rune('a'+i))+`":{}`)
		}
		raw := `{"type":"object","properties":{` + strings.Join(properties, ",") + `}}`
		if _, ok := schema.AppendAnthropicStrict(nil, []byte(raw)); ok != want {
			t.Errorf("%d optional properties: %v", n, ok)
		}
	}
}
