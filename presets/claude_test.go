package presets

import (
	"encoding/json"
	"testing"
)

// Claude is the same wherever it is: what is learned of a family in one place holds in all.
func TestClaudeIsTheSameEverywhere(t *testing.T) {
	own, _ := Get("anthropic")
	want, err := json.Marshal(own.Patterns)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"azure-anthropic", "bedrock-anthropic", "vertex-anthropic"} {
		other, _ := Get(name)
		got, err := json.Marshal(other.Patterns)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("the patterns of %s are\n%s\nwant\n%s", name, got, want)
		}
		for _, knob := range []string{"effort_map", "thinking_fields", "tool_choice", "late_system", "sampling", "headers"} {
			if string(other.Dialect[knob]) != string(own.Dialect[knob]) {
				t.Errorf("%s of %s is %s, want %s", knob, name, other.Dialect[knob], own.Dialect[knob])
			}
		}
	}
}
