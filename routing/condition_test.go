package routing

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestConditionsAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"image":             `{"only":"image"}`,
		"tools":             `{"only":"tools"}`,
		"context":           `{"only":"context"}`,
		"context 200k":      `{"only":"context","tokens":200000}`,
		"context 1M":        `{"only":"context","tokens":1000000}`,
		"context 32768":     `{"only":"context","tokens":32768}`,
		"effort high xhigh": `{"only":"effort","efforts":["high","xhigh"]}`,
	} {
		c, err := ParseCondition(strings.Fields(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, _ := json.Marshal(c); string(got) != want {
			t.Errorf("%s: got %s", text, got)
		}
		if again, err := ParseCondition(strings.Fields(c.String())); err != nil || again.String() != c.String() {
			t.Errorf("%s: written as %s", text, c)
		}
	}
}

func TestMistakesInConditionsAreExplained(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "only needs a condition: image, context, tools or effort",
		"images":                `only "images" is unknown; there are image, context, tools and effort`,
		"image please":          `only image: "please" is too much`,
		"image context 20k":     "only image context 20k: each condition needs an only of its own: only image only context 20k",
		"context 20k tools":     "only context 20k tools: each condition needs an only of its own: only context 20k only tools",
		"effort high image":     "only effort high image: each condition needs an only of its own: only effort high only image",
		"images context 20k":    `only "images" is unknown; there are image, context, tools and effort`,
		"effort":                "only effort needs at least one effort, such as high",
		"context much":          `only context: "much" is not a number of tokens, such as 200000 or 200k`,
		"context -5":            `only context: "-5" is not a number of tokens, such as 200000 or 200k`,
		"context 0":             `only context: "0" is not a number of tokens, such as 200000 or 200k`,
		"context 1 2":           `only context: "2" is too much`,
		"context 99999999m":     `only context: "99999999m" is not a number of tokens, such as 200000 or 200k`,
		"context 9999999999999": `only context: "9999999999999" is not a number of tokens, such as 200000 or 200k`,
	} {
		if _, err := ParseCondition(strings.Fields(text)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v", text, err)
		}
	}
	for _, c := range []Condition{{}, {Only: "image", Tokens: 5}, {Only: "tools", Efforts: []string{"high"}}, {Only: "context", Tokens: -1}, {Only: "effort", Efforts: []string{""}}} {
		if c.Validate() == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
