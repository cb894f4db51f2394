package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate/schema"
)

const generic = "generic"

func TestParametersAreAnObject(t *testing.T) {
	const empty = `{"type":"object","properties":{}}`
	tests := map[string]struct{ raw, want string }{
		"F36 nothing":                       {``, empty},
		"F36 null":                          {`null`, empty},
		"F36 an empty object":               {`{}`, empty},
		"F36 true":                          {`true`, empty},
		"F36 false":                         {`false`, empty},
		"F36 a text":                        {`"object"`, empty},
		"F36 a list":                        {`[]`, empty},
		"another type":                      {`{"type":"string","description":"x"}`, empty},
		"another type behind":               {`{"description":"x","type":"array","items":{}}`, empty},
		"other types":                       {`{"type":["string","null"]}`, empty},
		"an object":                         {`{"type":"object","properties":{"a":{}}}`, `{"type":"object","properties":{"a":{}}}`},
		"an object without properties":      {`{"type":"object"}`, `{"properties":{},"type":"object"}`},
		"properties without a type":         {`{"properties":{"a":{}},"required":["a"]}`, `{"type":"object","properties":{"a":{}},"required":["a"]}`},
		"properties that are null":          {`{"type":"object","properties":null}`, `{"properties":{},"type":"object"}`},
		"properties that are a list":        {`{"properties":[],"type":"object","required":[]}`, `{"properties":{},"type":"object","required":[]}`},
		"a type that is null":               {`{"type":null,"properties":{"a":{}}}`, `{"type":"object","properties":{"a":{}}}`},
		"an object or null":                 {`{"type":["object","null"],"properties":{"a":{"type":"string"}},"required":["a"]}`, `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`},
		"an object or null, type behind":    {`{"properties":{"a":{}},"type":["null","object"]}`, `{"type":"object","properties":{"a":{}}}`},
		"an object or null without more":    {`{"type":["object","null"]}`, `{"type":"object","properties":{}}`},
		"only a description":                {`{"description":"x"}`, `{"type":"object","properties":{},"description":"x"}`},
		"white space, which nobody touches": {"{ \"type\" : \"object\",\n\"properties\" : { } }", "{ \"type\" : \"object\",\n\"properties\" : { } }"},
		"members whose order matters to a cache": {
			`{"required":["b"],"properties":{"b":{},"a":{}},"type":"object","additionalProperties":false}`,
			`{"required":["b"],"properties":{"b":{},"a":{}},"type":"object","additionalProperties":false}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sameParameters(t, test.raw, generic, test.want)
		})
	}
}

func sameParameters(t *testing.T, raw, profile, want string) {
	t.Helper()
	got := string(schema.AppendParameters([]byte("x:"), []byte(raw), profile))
	if got != "x:"+want {
		t.Errorf("got  %s\nwant %s", got[2:], want)
	}
	if !json.Valid([]byte(got[2:])) {
		t.Error("which is not JSON")
	}
}

// OpenAI and those who follow it refuse combinators at the root.
func TestCombinatorsAtTheRootAreMerged(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"F36 one of several objects": {
			`{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"number"}}}]}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number"}}}`,
		},
		"what all of them require": {
			`{"oneOf":[{"properties":{"k":{"const":"a"},"x":{}},"required":["k","x"]},{"properties":{"k":{"const":"b"}},"required":["k"]}]}`,
			`{"type":"object","properties":{"k":{"anyOf":[{"const":"a"},{"const":"b"}]},"x":{}},"required":["k"]}`,
		},
		"several objects at once": {
			`{"allOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b","a"]}]}`,
			`{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"]}`,
		},
		"alternatives of what is required": {
			`{"type":"object","properties":{"a":{},"b":{}},"anyOf":[{"required":["a"]},{"required":["b"]}]}`,
			`{"type":"object","properties":{"a":{},"b":{}}}`,
		},
		"what the root has besides": {
			`{"$schema":"x","description":"d","type":"object","properties":{"a":{}},"required":["a"],"oneOf":[{"properties":{"b":{}}}],"additionalProperties":false}`,
			`{"type":"object","$schema":"x","description":"d","additionalProperties":false,"properties":{"a":{},"b":{}},"required":["a"]}`,
		},
		"combinators in combinators": {
			`{"anyOf":[{"allOf":[{"properties":{"a":{}},"required":["a"]},{"anyOf":[{"properties":{"b":{}}},{"properties":{"c":{}}}]}]},{"properties":{"a":{}},"required":["a"]}]}`,
			`{"type":"object","properties":{"a":{},"b":{},"c":{}},"required":["a"]}`,
		},
		"references": {
			`{"anyOf":[{"$ref":"#/$defs/A"},{"$ref":"#/definitions/B"}],"$defs":{"A":{"properties":{"a":{"$ref":"#/$defs/C"}}},"C":{}},"definitions":{"B":{"properties":{"b":{}}}}}`,
			`{"type":"object","$defs":{"A":{"properties":{"a":{"$ref":"#/$defs/C"}}},"C":{}},"definitions":{"B":{"properties":{"b":{}}}},"properties":{"a":{"$ref":"#/$defs/C"},"b":{}}}`,
		},
		"a reference that is the root": {
			`{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","properties":{"a":{}},"required":["a"]}}}`,
			`{"type":"object","$defs":{"A":{"type":"object","properties":{"a":{}},"required":["a"]}},"properties":{"a":{}},"required":["a"]}`,
		},
		"a reference to itself": {
			`{"anyOf":[{"$ref":"#/$defs/A"}],"$defs":{"A":{"properties":{"a":{}},"anyOf":[{"$ref":"#/$defs/A"}]}}}`,
			`{"type":"object","$defs":{"A":{"properties":{"a":{}},"anyOf":[{"$ref":"#/$defs/A"}]}},"properties":{"a":{}}}`,
		},
		"references to nowhere": {
			`{"anyOf":[{"$ref":"#/$defs/Z"},{"$ref":"https://x/y"},{"$ref":"#anchor"},{"$ref":7},{"properties":{"a":{}}}]}`,
			`{"type":"object","properties":{"a":{}}}`,
		},
		"alternatives that are no objects": {
			`{"anyOf":[{"type":"string"},{"type":"null"},{"properties":{"a":{}},"required":["a"]},true,7]}`,
			`{"type":"object","properties":{"a":{}},"required":["a"]}`,
		},
		"alternatives of nothing": {`{"anyOf":[]}`, `{"type":"object","properties":{}}`},
		"what else may not stand at the root": {
			`{"type":"object","properties":{"a":{}},"not":{"required":["b"]},"enum":[{}]}`,
			`{"type":"object","properties":{"a":{}}}`,
		},
		"properties of these names": {
			`{"type":"object","properties":{"anyOf":{},"not":{},"enum":{},"$ref":{}}}`,
			`{"type":"object","properties":{"anyOf":{},"not":{},"enum":{},"$ref":{}}}`,
		},
		"annotations inside": {
			`{"anyOf":[{"properties":{"a":{"type":"string","encrypted":true}}}]}`,
			`{"type":"object","properties":{"a":{"type":"string"}}}`,
		},
		"a name that is required twice and escaped": {
			`{"allOf":[{"properties":{"a\"b":{}},"required":["a\"b"]},{"required":["a\u0022b"]}]}`,
			`{"type":"object","properties":{"a\"b":{}},"required":["a\"b"]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sameParameters(t, test.raw, generic, test.want)
		})
	}
}

func TestAnnotationsForOpenAIGo(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"on a property":           {`{"type":"object","properties":{"a":{"type":"string","encrypted":true}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		"on the root":             {`{"encrypted":true,"type":"object","properties":{}}`, `{"type":"object","properties":{}}`},
		"in items":                {`{"type":"object","properties":{"a":{"items":{"encrypted":true,"type":"string"}}}}`, `{"type":"object","properties":{"a":{"items":{"type":"string"}}}}`},
		"in a list of items":      {`{"type":"object","properties":{"a":{"items":[{"encrypted":true}]}}}`, `{"type":"object","properties":{"a":{"items":[{}]}}}`},
		"in alternatives":         {`{"type":"object","properties":{"a":{"anyOf":[{"type":"string","encrypted":true},{"type":"null"}]}}}`, `{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}}`},
		"in definitions":          {`{"type":"object","properties":{},"$defs":{"A":{"defer_loading":true}}}`, `{"type":"object","properties":{},"$defs":{"A":{}}}`},
		"properties so called":    {`{"type":"object","properties":{"encrypted":{"type":"boolean"},"defer_loading":{}},"required":["encrypted"]}`, `{"type":"object","properties":{"encrypted":{"type":"boolean"},"defer_loading":{}},"required":["encrypted"]}`},
		"a property so annotated": {`{"type":"object","properties":{"encrypted":{"encrypted":true}}}`, `{"type":"object","properties":{"encrypted":{}}}`},
		"a text that says so":     {`{"type":"object","properties":{"a":{"description":"\"encrypted\": true","default":{"encrypted":true},"enum":["encrypted"]}}}`, `{"type":"object","properties":{"a":{"description":"\"encrypted\": true","default":{"encrypted":true},"enum":["encrypted"]}}}`},
		"a definition so called":  {`{"type":"object","properties":{},"$defs":{"encrypted":{}}}`, `{"type":"object","properties":{},"$defs":{"encrypted":{}}}`},
		"boolean schemas":         {`{"type":"object","properties":{"a":true,"b":{"encrypted":false}},"additionalProperties":false}`, `{"type":"object","properties":{"a":true,"b":{}},"additionalProperties":false}`},
		"where no schema is":      {`{"type":"object","properties":{"a":{"properties":7,"anyOf":"x","encrypted":1}}}`, `{"type":"object","properties":{"a":{"properties":7,"anyOf":"x"}}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sameParameters(t, test.raw, generic, test.want)
			if got := string(schema.Append(nil, []byte(test.raw), generic)); got != test.want {
				t.Errorf("as the schema of an answer: got %s", got)
			}
		})
	}
}

func TestMoonshot(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"an object":                     {`{"type":"object","properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		"the dialect's name":            {`{"$schema":"x","type":"object","properties":{"$schema":{}}}`, `{"type":"object","properties":{"$schema":{}}}`},
		"a type beside alternatives":    {`{"type":"object","properties":{"a":{"type":"string","anyOf":[{"minLength":1},{"type":"null"},{}],"title":"t"}}}`, `{"type":"object","properties":{"a":{"anyOf":[{"minLength":1,"type":"string"},{"type":"null"},{"type":"string"}],"title":"t"}}}`},
		"types beside alternatives":     {`{"type":"object","properties":{"a":{"anyOf":[{"minLength":1}],"type":["string","null"]}}}`, `{"type":"object","properties":{"a":{"anyOf":[{"minLength":1,"type":["string","null"]}]}}}`},
		"alternatives deeper":           {`{"type":"object","properties":{"a":{"items":{"type":"string","anyOf":[{}]}}}}`, `{"type":"object","properties":{"a":{"items":{"anyOf":[{"type":"string"}]}}}}`},
		"a list of items":               {`{"type":"object","properties":{"a":{"type":"array","items":[{"type":"string"},{"$schema":"x"}]}}}`, `{"type":"object","properties":{"a":{"type":"array","prefixItems":[{"type":"string"},{}]}}}`},
		"F36 alternatives at the root":  {`{"type":"object","anyOf":[{"properties":{"a":{}}}]}`, `{"type":"object","properties":{"a":{}}}`},
		"F36 no type at the root":       {`{"properties":{"a":{}}}`, `{"type":"object","properties":{"a":{}}}`},
		"F36 an object or null":         {`{"type":["object","null"],"properties":{"a":{}},"$schema":"x"}`, `{"type":"object","properties":{"a":{}}}`},
		"annotations for OpenAI go too": {`{"type":"object","properties":{"a":{"encrypted":true}}}`, `{"type":"object","properties":{"a":{}}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sameParameters(t, test.raw, schema.Moonshot, test.want)
		})
	}
}

func TestTheSchemaOfAnAnswerStaysAsItIs(t *testing.T) {
	for _, raw := range []string{
		`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`,
		`{ "anyOf" : [ {"type":"string"} ] }`, `{"type":"array","items":{"type":"string"}}`, `true`, `{}`,
	} {
		if got := string(schema.Append(nil, []byte(raw), generic)); got != raw {
			t.Errorf("got %s, want %s", got, raw)
		}
	}
	const raw, want = `{"$schema":"x","anyOf":[{"type":"string"}],"type":"string"}`, `{"anyOf":[{"type":"string"}]}`
	if got := string(schema.Append(nil, []byte(raw), schema.Moonshot)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzParametersAreAnObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"anyOf":[{"$ref":"#/$defs/A"}],"$defs":{"A":{"anyOf":[{"$ref":"#"}]}}}`, `{"type":["object"],"required":[1,"a"]}`,
		`{"allOf":[{"properties":{"a":{"encrypted":1}}}],"properties":7}`, `{"type":"object","properties":{"a":{"type":"x","anyOf":[{},true]}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !json.Valid([]byte(raw)) {
			return
		}
		for _, profile := range []string{generic, schema.Moonshot} {
			var parameters map[string]json.RawMessage
			got := schema.AppendParameters(nil, []byte(raw), profile)
			err := json.Unmarshal(got, &parameters)
			if err != nil || string(parameters["type"]) != `"object"` || !strings.HasPrefix(string(parameters["properties"]), "{") || parameters["anyOf"] != nil {
				t.Errorf("%s: %s became %s: %v", profile, raw, got, err)
			}
		}
	})
}
