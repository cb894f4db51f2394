package schema

import "github.com/caddy-codex/responses/translate/jsonscan"

// Nova is the profile of Amazon's own models, which refuse a tool whose schema has more at its root than type, properties and required.
const Nova = "nova"

// appendNova appends the parameters of a function for Nova. Definitions may not stand at the root, so references are replaced by what they
// lead to.
func appendNova(dst, raw []byte) []byte {
	dst = append(dst, '{')
	properties := false
	c := jsonscan.New(AppendParameters(nil, raw, GeminiJSON))
	for key := range c.Members() {
		switch key {
		case "type", "properties", "required":
			properties = properties || key == "properties"
			dst = separate(dst, '{')
			dst = jsonscan.AppendString(dst, key)
			dst = append(dst, ':')
			dst = append(dst, c.Raw()...)
		}
	}
	if !properties {
		dst = append(separate(dst, '{'), `"properties":{}`...)
	}
	return append(dst, '}')
}
