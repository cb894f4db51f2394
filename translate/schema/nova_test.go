package schema_test

import (
	"testing"

	"github.com/caddy-codex/responses/translate/schema"
)

func TestNovaSeesThreeMembersAtTheRoot(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"nothing": {``, `{"type":"object","properties":{}}`},
		"members that it refuses": {
			`{"$schema":"x","title":"t","type":"object","properties":{"a":{"type":"string","description":"d"}},"required":["a"],"additionalProperties":false}`,
			`{"type":"object","properties":{"a":{"type":"string","description":"d"}},"required":["a"]}`,
		},
		"what definitions say": {
			`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"integer"}}}`,
			`{"type":"object","properties":{"a":{"type":"integer"}}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(schema.AppendParameters([]byte("x"), []byte(test.raw), schema.Nova)); got != "x"+test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
