package schema_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/translate/schema"
)

// Schemas of one property, which is to become the same in both profiles, or another in each.
func TestGeminiSchemas(t *testing.T) {
	tests := map[string]struct{ raw, json, openAPI string }{
		"what both read": {
			`{"type":"string","title":"t","description":"d","pattern":"^a","default":"a","minLength":1,"maxLength":9}`,
			`{"type":"string","title":"t","description":"d","pattern":"^a","default":"a","minLength":1,"maxLength":9}`, "",
		},
		"F38 const":             {`{"const":"a"}`, `{"type":"string","enum":["a"]}`, ""},
		"F38 const of a number": {`{"type":"integer","const":1}`, `{"type":"integer","enum":[1]}`, `{"type":"integer","description":"Allowed values: 1"}`},
		"values that are no texts": {
			`{"type":"number","description":"d","enum":[1,2.5]}`, `{"type":"number","description":"d","enum":[1,2.5]}`,
			`{"type":"number","description":"d Allowed values: 1, 2.5"}`,
		},
		"an empty text among the values": {
			`{"enum":["","a"]}`, `{"type":"string","enum":["","a"]}`, `{"type":"string","description":"Allowed values: \"\", \"a\""}`,
		},
		"null among the values": {
			`{"type":"string","enum":["a",null]}`, `{"type":["string","null"],"enum":["a"]}`, `{"type":"string","nullable":true,"enum":["a"]}`,
		},
		"F38 a type or null": {`{"type":["string","null"],"description":"d"}`, `{"type":["string","null"],"description":"d"}`, `{"type":"string","nullable":true,"description":"d"}`},
		"F38 several types": {
			`{"type":["string","array","null"],"description":"d","items":{"type":"string"}}`,
			`{"type":["string","array","null"],"description":"d","items":{"type":"string"}}`,
			`{"anyOf":[{"type":"string","nullable":true,"description":"d"},{"type":"array","nullable":true,"description":"d","items":{"type":"string"}}]}`,
		},
		"F38 alternatives": {
			`{"description":"d","anyOf":[{"type":"string"},{"type":"integer","description":"i"}]}`,
			`{"description":"d","anyOf":[{"type":"string"},{"type":"integer","description":"i"}]}`,
			`{"anyOf":[{"type":"string","description":"d"},{"type":"integer","description":"i"}]}`,
		},
		"F38 one of": {
			`{"oneOf":[{"type":"string"},{"type":"integer"}]}`, `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, "",
		},
		"F38 a value or null": {
			`{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"type":"string","nullable":true}`,
		},
		"F38 alternatives in items": {
			`{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"boolean"}]}}`,
			`{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"boolean"}]}}`, "",
		},
		"F38 parts of a whole": {
			`{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}],"description":"d"}`,
			`{"type":"object","description":"d","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]}`, "",
		},
		"F38 what neither reads": {
			`{"$schema":"x","$id":"x","$comment":"x","type":"array","items":{"type":"string"},"uniqueItems":true,"contains":{},"not":{},"if":{},"then":{},"else":{},"examples":[1],"deprecated":true}`,
			`{"type":"array","items":{"type":"string"}}`, "",
		},
		"F38 bounds that exclude": {
			`{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":9,"multipleOf":3}`, `{"type":"integer","minimum":0,"maximum":9}`, "",
		},
		"F38 bounds in the old form": {`{"type":"integer","minimum":1,"exclusiveMinimum":true}`, `{"type":"integer","minimum":1}`, ""},
		"F38 further properties": {
			`{"type":"object","additionalProperties":{"const":"a"},"patternProperties":{"^x":{}},"propertyNames":{"pattern":"a"}}`,
			`{"type":"object","additionalProperties":{"type":"string","enum":["a"]}}`, `{"type":"object"}`,
		},
		"no further properties": {`{"type":"object","additionalProperties":false}`, `{"type":"object","additionalProperties":false}`, `{"type":"object"}`},
		"properties of these names": {
			`{"type":"object","properties":{"const":{"type":"string"},"$ref":{"type":"string"},"type":{"type":"string"}},"required":["type"]}`,
			`{"type":"object","properties":{"const":{"type":"string"},"$ref":{"type":"string"},"type":{"type":"string"}},"required":["type"]}`, "",
		},
		"F38 required ones that are not there": {
			`{"type":"object","properties":{"a":{"type":"string"}},"required":["b","a"]}`, `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`, "",
		},
		"required ones of nothing":           {`{"type":"object","required":["a"]}`, `{"type":"object"}`, ""},
		"F38 a reference":                    {`{"$ref":"#/$defs/text","description":"mine"}`, `{"type":"string","description":"mine"}`, ""},
		"F38 a reference to an escaped name": {`{"$ref":"#/$defs/a~1b"}`, `{"type":"integer"}`, ""},
		"F38 a reference to nowhere":         {`{"$ref":"https://x/y","description":"d"}`, `{"description":"d"}`, `{"type":"string","description":"d"}`},
		"F38 a tree": {
			`{"$ref":"#/$defs/tree"}`,
			`{"type":"object","properties":{"name":{"type":"string"},"below":{"type":"array","items":{"type":"object"}}}}`, "",
		},
		"formats": {
			`{"type":"array","items":{"type":"string","format":"uri"},"prefixItems":[{"type":"string","format":"date-time"}]}`,
			`{"type":"array","prefixItems":[{"type":"string","format":"date-time"}],"items":{"type":"string","format":"uri"}}`,
			`{"type":"array","items":{"type":"string"}}`,
		},
		"a list of items":        {`{"type":"array","items":[{"type":"string"},{"type":"integer"}]}`, `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]}`, `{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"integer"}]}}`},
		"an array of anything":   {`{"type":"array"}`, `{"type":"array"}`, `{"type":"array","items":{"type":"string"}}`},
		"anything":               {`{}`, `{}`, `{"type":"string"}`},
		"anything, as a boolean": {`true`, `{}`, `{"type":"string"}`},
		"nothing but null":       {`{"type":"null"}`, `{"type":"null"}`, `{"type":"string","nullable":true}`},
		"types in capitals":      {`{"type":"STRING","nullable":true}`, `{"type":["string","null"]}`, `{"type":"string","nullable":true}`},
		"alternatives of what is required": {
			`{"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"required":["a"]}]}`,
			`{"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{}]}`, `{"type":"object","properties":{"a":{"type":"string"}}}`,
		},
	}
	const defs = `"$defs":{"text":{"type":"string","description":"theirs"},"a/b":{"type":"integer"},` +
		`"tree":{"type":"object","properties":{"name":{"type":"string"},"below":{"type":"array","items":{"$ref":"#/$defs/tree"}}}}}`
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.openAPI == "" {
				test.openAPI = test.json
			}
			raw := `{"type":"object","properties":{"p":` + test.raw + `},"required":["p"],` + defs + `}`
			sameParameters(t, raw, schema.GeminiJSON, `{"type":"object","properties":{"p":`+test.json+`},"required":["p"]}`)
			want := `{"type":"object","properties":{"p":` + test.openAPI + `},"required":["p"]}`
			sameParameters(t, raw, schema.GeminiOpenAPI, want)
			readable(t, raw)
		})
	}
}

// readable holds what becomes of parameters against what Gemini reads.
func readable(t *testing.T, raw string) {
	t.Helper()
	for _, profile := range []string{schema.GeminiJSON, schema.GeminiOpenAPI} {
		got := schema.AppendParameters(nil, []byte(raw), profile)
		if !json.Valid(got) {
			t.Fatalf("%s: %s became %s", profile, raw, got)
		}
		if refusal := upstreamtest.GeminiSchemaRefusal(got, profile == schema.GeminiOpenAPI); refusal != "" {
			t.Errorf("%s: %s\n%s became\n%s", profile, refusal, raw, got)
		}
	}
}

func TestMostSchemasStayAsTheyAreForGemini(t *testing.T) {
	for _, raw := range []string{
		`{"required":["b"],"properties":{"b":{"type":["string","null"],"enum":["x"]},"a":{}},"type":"object","additionalProperties":false}`,
		"{ \"type\" : \"object\",\n\"properties\" : { \"a\": {\"type\":\"integer\",\"minimum\":1} } }",
		`{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"object","additionalProperties":{"type":"number"}}}]},"b":{"type":"array","prefixItems":[{"type":"string","default":null}]}}}`,
	} {
		sameParameters(t, raw, schema.GeminiJSON, raw)
		readable(t, raw)
	}
}

func TestGeminiParametersAtTheRoot(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"F36 nothing":             {``, `{"type":"object"}`},
		"F36 null":                {`null`, `{"type":"object"}`},
		"another type":            {`{"type":"string"}`, `{"type":"object"}`},
		"F36 one of several":      {`{"anyOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}}}]}`, `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`},
		"a reference at the root": {`{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","properties":{"a":{"$ref":"#/$defs/B"}}},"B":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		"an object or null":       {`{"type":["object","null"],"properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sameParameters(t, test.raw, schema.GeminiJSON, test.want)
			sameParameters(t, test.raw, schema.GeminiOpenAPI, test.want)
		})
	}
}

func TestTheSchemaOfAnAnswerForGemini(t *testing.T) {
	const raw = `{"anyOf":[{"const":"a"},{"$ref":"#/$defs/n"}],"$defs":{"n":{"type":"number"}}}`
	const want = `{"anyOf":[{"type":"string","enum":["a"]},{"type":"number"}]}`
	for _, profile := range []string{schema.GeminiJSON, schema.GeminiOpenAPI} {
		if got := string(schema.Append(nil, []byte(raw), profile)); got != want {
			t.Errorf("%s: got %s", profile, got)
		}
	}
}

// References multiply: ten definitions of which each uses the next ten times would be ten thousand millions.
func TestReferencesDoNotMakeASchemaEndless(t *testing.T) {
	var defs []string
	for i := range 10 {
		next := `{"$ref":"#/$defs/` + string(rune('b'+i)) + `"}`
		defs = append(defs, `"`+string(rune('a'+i))+`":{"type":"object","properties":{`+
			strings.Join(slices.Collect(func(yield func(string) bool) {
				for n := range 10 {
					if !yield(`"p` + string(rune('0'+n)) + `":` + next) {
						return
					}
				}
			}), ",")+`}}`)
	}
	raw := `{"type":"object","properties":{"x":{"$ref":"#/$defs/a"}},"$defs":{` + strings.Join(defs, ",") + `,"k":{"type":"string"}}}`
	for _, profile := range []string{schema.GeminiJSON, schema.GeminiOpenAPI} {
		if got := schema.AppendParameters(nil, []byte(raw), profile); len(got) > 1<<20 || !json.Valid(got) {
			t.Errorf("%s: it has %d bytes", profile, len(got))
		}
	}
}

// Whatever a client declares, Gemini can read what becomes of it.
func FuzzGeminiParameters(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"anyOf":[{"$ref":"#/$defs/A"}],"$defs":{"A":{"anyOf":[{"$ref":"#"}]}}}`, `{"properties":{"a":{"type":["string","null","array"],"enum":["",null,1]}}}`,
		`{"properties":{"a":{"allOf":[{"properties":7},{"required":["x"]}],"items":[{}],"prefixItems":{}}}}`, `{"properties":{"a":{"oneOf":[true,null,{"type":"null"}],"minimum":"1","title":7}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if json.Valid([]byte(raw)) {
			readable(t, raw)
		}
	})
}
