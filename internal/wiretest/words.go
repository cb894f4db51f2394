package wiretest

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/translate/envelope"
)

// Absent says that a path must not be in a body.
const Absent = "(absent)"

// Sent is what stands at a path of a body, or Absent.
func Sent(body []byte, path string) string {
	value := gjson.GetBytes(body, path)
	if !value.Exists() {
		return Absent
	}
	return value.Raw
}

// Ask is a request that says hi, with the given members more.
func Ask(members ...string) string {
	return `{"model":"m","input":"hi",` + strings.Join(append(members, `"stream":true`), ",") + `}`
}

// Quote writes a text as a JSON string.
func Quote(text string) string { return string(gjson.AppendJSONString(nil, text)) }

// Sealed is a reasoning item as it comes back from the client: with what a model of a provider's had at a field.
func Sealed(provider, model, field, data string) string {
	state := &envelope.Payload{Provider: provider, Model: model, Field: field, Data: []byte(data)}
	return `{"type":"reasoning","summary":[],"encrypted_content":` + Quote(string(Ring.Seal(nil, state))) + `}`
}
