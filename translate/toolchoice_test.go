package translate_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestToolChoiceIsRead(t *testing.T) {
	declared := `"tools":[` + function("a") + `,{"type":"custom","name":"c"},` + namespace("ns", function("n")) + `,` +
		namespace("functions", function("p")) + `,{"type":"tool_search","execution":"client"},{"type":"web_search"}]`
	tests := map[string]struct{ choice, mode, named, allowed string }{
		"auto":                            {choice: `"auto"`, mode: "auto"},
		"none":                            {choice: `"none"`, mode: "none"},
		"required":                        {choice: `"required"`, mode: "required"},
		"a function":                      {choice: `{"type":"function","name":"a"}`, mode: "named", named: "a"},
		"a function in a namespace":       {choice: `{"type":"function","name":"n","namespace":"ns"}`, mode: "named", named: "ns__n"},
		"a plain function by its name":    {choice: `{"type":"function","name":"p"}`, mode: "named", named: "p"},
		"a function as in chat":           {choice: `{"type":"function","function":{"name":"a"}}`, mode: "named", named: "a"},
		"a custom tool":                   {choice: `{"type":"custom","name":"c"}`, mode: "named", named: "c"},
		"the tool search":                 {choice: `{"type":"tool_search"}`, mode: "named", named: "tool_search"},
		"F11 a hosted tool that was left": {choice: `{"type":"web_search"}`, mode: "auto"},
		"a function that is not there":    {choice: `{"type":"function","name":"z"}`, mode: "auto"},
		"a choice of an unknown kind":     {choice: `{"type":"x_future"}`, mode: "auto"},
		"some tools, freely": {
			choice: `{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"a"},{"type":"custom","name":"c"}]}`,
			mode:   "auto", allowed: "a c",
		},
		"some tools, one of which must be called": {
			choice: `{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"a"},{"type":"web_search"}]}`,
			mode:   "required", allowed: "a",
		},
		"only tools that were left out": {
			choice: `{"type":"allowed_tools","mode":"required","tools":[{"type":"web_search"}]}`, mode: "none",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			choice := parse(t, request(`"input":"hi"`, declared, `"tool_choice":`+test.choice)).ToolChoice
			allowed := strings.Join(slices.Sorted(maps.Keys(choice.Allowed)), " ")
			if choice.Mode != test.mode || choice.Named != test.named || allowed != test.allowed {
				t.Errorf("got %q, named %q, allowed %q", choice.Mode, choice.Named, allowed)
			}
		})
	}
}

func TestACallCannotBeRequiredWithoutTools(t *testing.T) {
	for _, choice := range []string{`"required"`, `{"type":"function","name":"a"}`, `{"type":"web_search"}`} {
		if got := parse(t, request(`"input":"hi"`, `"tools":[{"type":"web_search"}]`, `"tool_choice":`+choice)).ToolChoice; got.Mode != "auto" {
			t.Errorf("%s became %q", choice, got.Mode)
		}
	}
}
