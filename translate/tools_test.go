package translate_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate"
)

// tools writes each tool of a request as kind, wire name and the client's names.
func tools(req *translate.Request) []string {
	lines := make([]string, len(req.Tools.List))
	for i, tool := range req.Tools.List {
		kind := []string{"function", "custom", "search"}[tool.Kind]
		lines[i] = fmt.Sprintf("%s %s = %s|%s", kind, tool.WireName, tool.Namespace, tool.Name)
	}
	return lines
}

func function(name string) string { return `{"type":"function","name":"` + name + `"}` }

func namespace(name string, members ...string) string {
	return `{"type":"namespace","name":"` + name + `","tools":[` + strings.Join(members, ",") + `]}`
}

func additional(members ...string) string {
	return `{"type":"additional_tools","id":"at_1","role":"developer","tools":[` + strings.Join(members, ",") + `]}`
}

func found(members ...string) string {
	return `{"type":"tool_search_output","call_id":"s","tools":[` + strings.Join(members, ",") + `]}`
}

func TestToolsComeFromEverywhere(t *testing.T) {
	const search = `{"type":"tool_search","execution":"client","description":"d","parameters":{"type":"object"}}`
	const custom = `{"type":"custom","name":"exec","format":{"type":"grammar","syntax":"lark","definition":"start: x"}}`
	tests := map[string]struct {
		top, items string
		want       []string
	}{
		"the top level":                           {top: function("a") + "," + custom, want: []string{"function a = |a", "custom exec = |exec"}},
		"a namespace":                             {top: namespace("mcp__calc", function("add")), want: []string{"function mcp__calc__add = mcp__calc|add"}},
		"F01 additional tools alone":              {items: additional(namespace("functions", custom, function("wait"))), want: []string{"custom exec = functions|exec", "function wait = functions|wait"}},
		"F96 tools that a search found":           {top: search, items: found(namespace("mcp__calc", function("add"))), want: []string{"search tool_search = |tool_search", "function mcp__calc__add = mcp__calc|add"}},
		"a search that OpenAI's servers do":       {top: `{"type":"tool_search"},` + function("a"), want: []string{"function a = |a"}},
		"nested namespaces":                       {top: namespace("a", function("x"), namespace("b", function("y"))), want: []string{"function a__x = a|x", "function a__b__y = a__b|y"}},
		"the form of Chat Completions":            {top: `{"type":"function","function":{"name":"a","description":"d","parameters":{},"strict":true}}`, want: []string{"function a = |a"}},
		"F11 hosted tools are left out":           {top: `{"type":"web_search"},` + function("a") + `,{"type":"image_generation"}`, want: []string{"function a = |a"}},
		"the same tool twice":                     {top: function("a") + "," + function("a"), want: []string{"function a = |a"}},
		"the same tool from two sources":          {top: function("a"), items: additional(function("a"), function("b")), want: []string{"function a = |a", "function b = |b"}},
		"tools without a name":                    {top: `{"type":"function"},{"type":"custom","name":""}`},
		"the top level first, then by the input":  {top: function("c"), items: additional(function("b")) + "," + found(function("a")), want: []string{"function c = |c", "function b = |b", "function a = |a"}},
		"one name in two namespaces":              {top: namespace("x", function("a")) + "," + namespace("y", function("a")), want: []string{"function x__a = x|a", "function y__a = y|a"}},
		"one name in and outside of a namespace":  {top: namespace("x", function("a")) + "," + function("a"), want: []string{"function x__a = x|a", "function a = |a"}},
		"a name that is another's with namespace": {top: namespace("x", function("a")) + "," + function("x__a"), want: []string{"function x__a_614968d9 = x|a", "function x__a = |x__a"}},
		"names that join to the same":             {top: namespace("x", function("a__b")) + "," + namespace("x__a", function("b")), want: []string{"function x__a__b_f0bf7609 = x|a__b", "function x__a__b = x__a|b"}},
		"plain functions in both of their places": {top: namespace("functions", function("a")) + "," + function("a"), want: []string{"function functions__a_4eaac11a = functions|a", "function a = |a"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			items := strings.TrimPrefix(test.items+`,{"role":"user","content":"hi"}`, ",")
			req := parse(t, request(`"tools":[`+test.top+`]`, `"input":[`+items+`]`))
			sameLines(t, tools(req), test.want...)
			for i := range req.Tools.List {
				tool, ok := req.Tools.Called(req.Tools.List[i].WireName)
				if !ok || tool != &req.Tools.List[i] {
					t.Errorf("%s leads to %v, %v", req.Tools.List[i].WireName, tool, ok)
				}
			}
		})
	}
}

func TestDroppedToolsAreNamed(t *testing.T) {
	req := parse(t, request(`"input":"hi"`, `"tools":[{"type":"web_search"},`+function("a")+`,{"type":"mcp"},{"type":"tool_search","execution":"server"}]`))
	sameLines(t, req.Tools.Dropped, "mcp", "tool_search")
	if req.Tools.Search == nil {
		t.Error("web_search is lost")
	}
}

func TestALaterAdditionalToolReplacesAnEarlierOne(t *testing.T) {
	describe := func(text string) string { return `{"type":"function","name":"a","description":"` + text + `"}` }
	user := `{"role":"user","content":"hi"}`
	for name, test := range map[string]struct{ body, want string }{
		"two additional ones": {input(additional(describe("old")), additional(describe("new")), user), "new"},
		"a found one":         {input(additional(describe("old")), found(describe("new")), user), "new"},
		"one of the top level": {
			request(`"tools":[`+describe("top")+`]`, `"input":[`+additional(describe("new"))+`,`+user+`]`), "top",
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := parse(t, test.body).Tools.List
			if len(list) != 1 || string(list[0].Description) != test.want {
				t.Errorf("got %d tools, the first %q; want %q", len(list), list[0].Description, test.want)
			}
		})
	}
}

func TestToolsKeepWhatTheyWereDeclaredWith(t *testing.T) {
	list := parse(t, request(`"input":"hi"`, `"tools":[`+
		`{"parameters":{"type":"object"},"strict":false,"description":"say \"a\"","name":"f","type":"function"},`+
		`{"type":"custom","name":"c","format":{"type":"grammar","syntax":"regex","definition":"a\\d"}},`+
		`{"type":"custom","name":"d","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}},`+
		`{"type":"custom","name":"e","format":{"type":"text"}},`+
		`{"type":"function","name":"g","parameters":null,"strict":null}]`)).Tools.List
	f, c, d, e, g := list[0], list[1], list[2], list[3], list[4]
	if string(f.Description) != `say \"a\"` || string(f.Parameters) != `{"type":"object"}` || string(f.Strict) != "false" {
		t.Errorf("f is %q %q %q", f.Description, f.Parameters, f.Strict)
	}
	if string(c.Syntax) != "regex" || string(c.Grammar) != `a\\d` || string(d.Syntax) != "lark" || string(d.Grammar) != "x" {
		t.Errorf("c is %q %q, d is %q %q", c.Syntax, c.Grammar, d.Syntax, d.Grammar)
	}
	if e.Grammar != nil || g.Parameters != nil || g.Strict != nil {
		t.Errorf("e has the grammar %q, g is %q %q", e.Grammar, g.Parameters, g.Strict)
	}
}

var wireName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)

func TestWireNames(t *testing.T) {
	long := strings.Repeat("x", 80)
	tests := map[string]struct{ namespace, name, want string }{
		"a plain name":                       {"", "exec_command", "exec_command"},
		"a namespace":                        {"mcp__calc", "add", "mcp__calc__add"},
		"the namespace of plain tools":       {"functions", "exec", "exec"},
		"a hyphen":                           {"", "say-hi", "say-hi"},
		"64 characters":                      {"", long[:64], long[:64]},
		"F40 65 characters":                  {"", long[:65], long[:55] + "_997ee4d9"},
		"F40 a tool of Codex Desktop":        {"mcp__codex_apps__codex_document_control", "_execute_document_command", ""},
		"F42 a digit first":                  {"", "7-zip/list", ""},
		"a hyphen first":                     {"", "-x", ""},
		"a dot":                              {"", "a.b", ""},
		"letters of other scripts":           {"", "größe", ""},
		"nothing but others":                 {"", "日本語", ""},
		"a space":                            {"mcp__my server", "do it", ""},
		"a name with the separator in it":    {"ns", "a__b", ""},
		"a name that begins with the joint":  {"ns", "_a", ""},
		"a namespace that ends with a joint": {"ns_", "a", ""},
	}
	seen := make(map[string]string)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := translate.WireName(test.namespace, test.name)
			if !wireName.MatchString(got) || test.want != "" && got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if other, taken := seen[got]; taken {
				t.Errorf("%q is also the name of %s", got, other)
			}
			seen[got] = name
		})
	}
}

// The three names of F40 differ only behind the 64th character of their joined form, or in what cannot stay.
func TestF40LongNamesStayApartAndComeBack(t *testing.T) {
	const ns = "mcp__codex_apps__codex_document_control_and_more"
	names := []string{"_execute_document_command", "_execute_document_commands", "_execute.document_command"}
	members := make([]string, len(names))
	for i, name := range names {
		members[i] = function(name)
	}
	forward := parse(t, request(`"input":"hi"`, `"tools":[`+namespace(ns, members...)+`]`))
	slices.Reverse(members)
	backward := parse(t, request(`"input":"hi"`, `"tools":[`+namespace(ns, members...)+`]`))
	for i, name := range names {
		wire := forward.Tools.List[i].WireName
		if !wireName.MatchString(wire) {
			t.Errorf("%q is no legal name", wire)
		}
		if tool, ok := backward.Tools.Called(wire); !ok || tool.Name != name || tool.Namespace != ns {
			t.Errorf("%s: in another order %q leads to %+v", name, wire, tool)
		}
	}
}

// Whatever else is declared, and in whatever order, a name on the wire leads back to the tool it was made of.
func TestWireNamesDoNotDependOnTheOrder(t *testing.T) {
	all := []string{
		namespace("x", function("a__b")), namespace("x__a", function("b")), function("x__a__b"), namespace("functions", function("x__a__b")),
		namespace("x", function("_a")), namespace("x_", function("a")), function("x___a"),
	}
	want := tools(parse(t, request(`"input":"hi"`, `"tools":[`+strings.Join(all, ",")+`]`)))
	slices.Sort(want)
	for i := range all {
		turned := append(slices.Clone(all[i:]), all[:i]...)
		got := tools(parse(t, request(`"input":"hi"`, `"tools":[`+strings.Join(turned, ",")+`]`)))
		slices.Sort(got)
		sameLines(t, got, want...)
	}
}
