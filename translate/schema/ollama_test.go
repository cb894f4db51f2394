package schema_test

import (
	"testing"

	"github.com/caddy-codex/responses/translate/schema"
)

func TestOllamaSeesObjectsForBooleans(t *testing.T) {
	const raw = `{"type":"object","properties":{"a":true,"b":{"anyOf":[true,{"type":"null"}],"properties":{"c":false}},"d":{"items":true,"additionalProperties":false}}}`
	const want = `{"type":"object","properties":{"a":{},"b":{"anyOf":[{},{"type":"null"}],"properties":{"c":{}}},"d":{"items":true,"additionalProperties":false}}}`
	if got := string(schema.AppendParameters(nil, []byte(raw), schema.Ollama)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(schema.AppendParameters(nil, []byte(raw), generic)); got != raw {
		t.Errorf("others get %s", got)
	}
}
