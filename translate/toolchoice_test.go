package translate_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
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
			choice: `{"type":"allowed_tools","mode":"required","tools":[{"type":"file_search"}]}`, mode: "none",
		},
		"only the provider's search": {
			choice: `{"type":"allowed_tools","mode":"required","tools":[{"type":"web_search_preview"}]}`, mode: "auto",
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

func TestTheProvidersSearchHasToBeAllowedToo(t *testing.T) {
	const declared = `"tools":[{"type":"function","name":"a"},{"type":"web_search"}]`
	for name, test := range map[string]struct {
		choice   string
		searches bool
	}{
		"no choice":           {`"auto"`, true},
		"among those allowed": {`{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"a"},{"type":"web_search"}]}`, true},
		"alone":               {`{"type":"allowed_tools","mode":"auto","tools":[{"type":"web_search"}]}`, true},
		"not among them":      {`{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"a"}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parse(t, request(`"input":"hi"`, declared, `"tool_choice":`+test.choice)).Tools.Search != nil; got != test.searches {
				t.Errorf("the provider may search: %v", got)
			}
		})
	}
}

// Upstreams call what they have called before, whatever they are told.
func TestCallsThatTheClientHasRuledOutAreNotMade(t *testing.T) {
	const declared = `"tools":[{"type":"function","name":"a"},{"type":"custom","name":"b"}]`
	only := `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"custom","name":"b"}]}`
	tests := map[string]struct {
		members []string
		every   bool
		calls   string
		want    string
	}{
		"all tools, at once":                   {nil, false, "a b a", "a b a"},
		"a tool that is not allowed":           {[]string{only}, false, "a b a", "b"},
		"a tool that is not there":             {[]string{only}, false, "z b", "b"},
		"none":                                 {[]string{`"tool_choice":"none"`}, false, "a b", ""},
		"one at a time":                        {[]string{`"parallel_tool_calls":false`}, false, "a b a", "a"},
		"one at a time, and only some":         {[]string{`"parallel_tool_calls":false`, only}, false, "a b b", "b"},
		"several at once":                      {[]string{`"parallel_tool_calls":true`}, false, "a b", "a b"},
		"one at a time, to who can do without": {[]string{`"parallel_tool_calls":false`}, true, "a b", "a b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			events := speak(t, request(append(test.members, `"input":"hi"`, declared)...), func(s *translate.Stream) {
				s.EveryCall = test.every
				text(s, "I look.")
				for _, tool := range strings.Fields(test.calls) {
					call := s.Call("", tool)
					call.Arguments([]byte(`{\"input\":`))
					call.Arguments([]byte(`\"x\"}`))
				}
				s.Complete()
			})
			var called []string
			for _, item := range streamcheck.Items(events)[1:] {
				called = append(called, item.Get("name").String())
			}
			if got := strings.Join(called, " "); got != test.want {
				t.Errorf("called are %q, want %q", got, test.want)
			}
		})
	}
}
