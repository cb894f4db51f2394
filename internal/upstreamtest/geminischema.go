package upstreamtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// Keywords of the schemas that Gemini reads.
const (
	geminiKeywords = "type title description format pattern default enum items properties required anyOf minimum maximum minItems maxItems " +
		"minLength maxLength minProperties maxProperties"
	geminiJSONKeywords    = geminiKeywords + " prefixItems additionalProperties"
	geminiOpenAPIKeywords = geminiKeywords + " nullable example"
)

// GeminiSchemaRefusal returns why Gemini refuses a schema, or "". openAPI says that it is one of the form of parameters, not of
// parametersJsonSchema.
func GeminiSchemaRefusal(schema []byte, openAPI bool) string {
	c := geminiSchema{openAPI: openAPI, keywords: strings.Fields(geminiJSONKeywords)}
	if openAPI {
		c.keywords = strings.Fields(geminiOpenAPIKeywords)
	}
	if err := c.check(gjson.ParseBytes(schema), "parameters"); err != nil {
		return err.Error()
	}
	return ""
}

type geminiSchema struct {
	openAPI  bool
	keywords []string
}

func (c *geminiSchema) check(schema gjson.Result, at string) error {
	if !schema.IsObject() {
		return fmt.Errorf("%s: got %s, expected an object", at, orMissing(schema))
	}
	for _, keyword := range slices.Sorted(maps.Keys(schema.Map())) {
		if !slices.Contains(c.keywords, keyword) {
			return saysf("Invalid JSON payload received. Unknown name %q at '%s': Cannot find field.", keyword, at)
		}
	}
	if err := c.checkWords(schema, at); err != nil {
		return err
	}
	for _, list := range []string{"anyOf", "prefixItems"} {
		for i, inner := range schema.Get(list).Array() {
			if err := c.check(inner, fmt.Sprintf("%s.%s[%d]", at, list, i)); err != nil {
				return err
			}
		}
	}
	for _, one := range []string{"items", "additionalProperties"} {
		if inner := schema.Get(one); inner.IsObject() || one == "items" && inner.Exists() {
			if err := c.check(inner, at+"."+one); err != nil {
				return err
			}
		}
	}
	for name, inner := range schema.Get("properties").Map() {
		if err := c.check(inner, at+".properties["+name+"]"); err != nil {
			return err
		}
	}
	return nil
}

// checkWords checks the keywords that hold no schemas.
func (c *geminiSchema) checkWords(schema gjson.Result, at string) error {
	typ, branches, values := schema.Get("type"), schema.Get("anyOf"), schema.Get("enum")
	properties := schema.Get("properties")
	for i, name := range schema.Get("required").Array() {
		if _, ok := properties.Map()[name.Str]; !ok {
			return saysf("%s.required[%d]: property is not defined", at, i)
		}
	}
	if !c.openAPI {
		return nil
	}
	switch {
	case branches.Exists() && len(schema.Map()) > 1:
		return verbatim(at + ": schema specified other fields alongside any_of. When using any_of, it must be the only field set.")
	case branches.Exists():
		return nil
	case !slices.Contains([]string{"string", "number", "integer", "boolean", "object", "array"}, typ.Str):
		return fmt.Errorf("%s.type: got %s, expected one type", at, orMissing(typ))
	case typ.Str == "array" && !schema.Get("items").Exists():
		return verbatim(at + ".items: missing field.")
	case typ.Str != "object" && properties.Exists():
		return verbatim(at + ".properties: only allowed for OBJECT type")
	case typ.Str != "string" && values.Exists():
		return verbatim(at + ".enum: only allowed for STRING type")
	case typ.Str == "string" && !slices.Contains([]string{"", "enum", "date-time"}, schema.Get("format").String()):
		return verbatim(at + ".format: only 'enum' and 'date-time' are supported for STRING type")
	}
	for i, value := range values.Array() {
		if value.Type != gjson.String || value.Str == "" {
			return saysf("%s.enum[%d]: cannot be empty", at, i)
		}
	}
	return nil
}
