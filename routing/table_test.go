package routing

import "testing"

func TestTheMostSpecificRouteWins(t *testing.T) {
	table, err := NewTable([]Route{{Pattern: "*"}, {Pattern: "gpt-*"}, {Pattern: "gpt-5*"}, {Pattern: "gpt-?.5"}, {Pattern: "gpt-5.5"}, {Pattern: "*-mini"}})
	if err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]string{
		"gpt-5.5": "gpt-5.5", "gpt-6.5": "gpt-?.5", "gpt-5.1": "gpt-5*", "gpt-4": "gpt-*", "o3-mini": "*-mini", "gpt-5-mini": "gpt-5*", "claude": "*",
	} {
		if route, ok := table.Lookup(model); !ok || route.Pattern != want {
			t.Errorf("%s: got %+v, want %s", model, route, want)
		}
	}
}

func TestWhatNoRouteCoversIsNotFound(t *testing.T) {
	table, _ := NewTable([]Route{{Pattern: "gpt-*"}})
	if route, ok := table.Lookup("claude"); ok {
		t.Errorf("got %+v", route)
	}
}

func TestTwoRoutesWithOnePatternAreRefused(t *testing.T) {
	for _, pattern := range []string{"gpt-5", "gpt-*"} {
		if _, err := NewTable([]Route{{Pattern: pattern}, {Pattern: pattern}}); err == nil {
			t.Errorf("%s: no error", pattern)
		}
	}
}

func TestTargetsKeepTheSlashesOfTheirModel(t *testing.T) {
	for text, want := range map[string]Target{
		"groq": {Provider: "groq"}, "groq/openai/gpt-oss-120b": {Provider: "groq", Model: "openai/gpt-oss-120b"},
	} {
		if got, err := ParseTarget(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "/model", "groq/"} {
		if got, err := ParseTarget(text); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}
