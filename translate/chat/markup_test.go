package chat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate"
)

// marks reads a text in fragments and writes what came of it: texts as they are, calls in braces.
func marks(t *testing.T, size int, text string) string {
	t.Helper()
	req, err := translate.Parse([]byte(`{"model":"m","input":"x","tools":[{"type":"function","name":"ls","parameters":{}},{"type":"custom","name":"exec"}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := markupReader{tools: &req.Tools}
	var out strings.Builder
	write := func(pieces []markupPiece) {
		for _, p := range pieces {
			out.WriteString(p.text)
			for _, c := range p.calls {
				fmt.Fprintf(&out, "{%s %s}", c.name, c.args)
			}
		}
	}
	for i := 0; i < len(text); i += size {
		write(r.read(text[i:min(i+size, len(text))]))
	}
	write(r.flush())
	return out.String()
}

func TestF71CallsThatLeakedIntoTheTextAreRecovered(t *testing.T) {
	dsml := func(bar string) string {
		return strings.ReplaceAll("So:\n<|DSML|tool_calls>\n<|DSML|invoke name=\"ls\">\n<|DSML|parameter name=\"path\" string=\"true\">a \"b\"</|DSML|parameter>\n"+
			"<|DSML|parameter name=\"depth\" string=\"false\">2</|DSML|parameter>\n</|DSML|invoke>\n<|DSML|invoke name=\"exec\">\n"+
			"<|DSML|parameter name=\"input\" string=\"true\">line 1\nline 2</|DSML|parameter>\n</|DSML|invoke>\n</|DSML|tool_calls>", "|", bar)
	}
	recovered := "So:\n" + `{ls {"path":"a \"b\"","depth":2}}{exec {"input":"line 1\nline 2"}}`
	tests := map[string]struct{ text, want string }{
		"DSML with narrow bars":             {dsml("|"), recovered},
		"DSML with wide bars":               {dsml("｜"), recovered},
		"DSML with two bars":                {dsml("||"), recovered},
		"Hermes":                            {"<tool_call>\n{\"name\":\"ls\",\"arguments\":{\"path\":\".\"}}\n</tool_call>", `{ls {"path":"."}}`},
		"two of Hermes and text":            {`a<tool_call>{"name":"ls"}</tool_call>b<tool_call>{"name":"ls","arguments":"{\"x\":1}"}</tool_call>c`, `a{ls {}}b{ls {"x":1}}c`},
		"Mistral":                           {`[TOOL_CALLS][{"name":"ls","arguments":{"path":"."}},{"name":"ls","arguments":{}}]`, `{ls {"path":"."}}{ls {}}`},
		"Mistral with text behind":          {"[TOOL_CALLS][{\"name\":\"ls\",\"arguments\":{}}]\nDone.", "{ls {}}Done."},
		"an undeclared tool":                {`<tool_call>{"name":"rm"}</tool_call>`, `<tool_call>{"name":"rm"}</tool_call>`},
		"a declared and an undeclared":      {`[TOOL_CALLS][{"name":"ls"},{"name":"rm"}]`, `[TOOL_CALLS][{"name":"ls"},{"name":"rm"}]`},
		"a block in a code fence":           {"```\n<tool_call>{\"name\":\"ls\"}</tool_call>\n```", "```\n<tool_call>{\"name\":\"ls\"}</tool_call>\n```"},
		"a block behind a code fence":       {"```\nx\n```\n<tool_call>{\"name\":\"ls\"}</tool_call>", "```\nx\n```\n{ls {}}"},
		"half a block":                      {`<tool_call>{"name":"ls"}`, `<tool_call>{"name":"ls"}`},
		"half a DSML block":                 {dsml("|")[:120], dsml("|")[:120]},
		"arguments that are no object":      {`<tool_call>{"name":"ls","arguments":[1]}</tool_call>`, `<tool_call>{"name":"ls","arguments":[1]}</tool_call>`},
		"broken JSON":                       {`<tool_call>{"name":"ls"</tool_call> x`, `<tool_call>{"name":"ls"</tool_call> x`},
		"markup of other kinds":             {"a < b, [x], <div> and `code`", "a < b, [x], <div> and `code`"},
		"an opening that does not open":     {"<tool_cal> [TOOL_CALL]", "<tool_cal> [TOOL_CALL]"},
		"text that ends in half an opening": {"see <tool_c", "see <tool_c"},
		"text with a line's end":            {"one\ntwo\n", "one\ntwo\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 2, 7, 1000} {
				if got := marks(t, size, test.text); got != test.want {
					t.Errorf("in fragments of %d: got %q, want %q", size, got, test.want)
				}
			}
		})
	}
}
