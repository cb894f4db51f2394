package chat

import (
	"regexp"
	"strings"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// markupReader finds calls that a server failed to parse and let through as text, in the markup that the model was trained on. It is for
// servers that are known to do so: the knob tool_markup switches it on.
//
// Only a block that is whole, well formed and calls nothing but declared tools becomes calls. Anything else stays text, as does a block
// in a code fence, for a model may write about markup.
type markupReader struct {
	tools  *translate.Tools
	held   string // text from where a block may begin
	fenced bool   // what was handed out ends inside a code fence
}

// markupPiece is text that is no block's, then the calls of the block behind it, if there is one.
type markupPiece struct {
	text  string
	calls []markupCall
}

// markupCall is one call of a block.
type markupCall struct {
	name string
	args []byte // JSON
}

// block is a form of markup: where it begins and ends, and how its inside is read.
type block struct {
	opens, closes *regexp.Regexp
	read          func(inside string) []markupCall
}

// blocks are the forms: DeepSeek's (with one or two bars, wide or narrow), that of Hermes and Qwen, and Mistral's.
var blocks = []block{
	{
		regexp.MustCompile(`<[|｜]{1,2}DSML[|｜]{1,2}(?:tool_calls|function_calls)>`),
		regexp.MustCompile(`</[|｜]{1,2}DSML[|｜]{1,2}(?:tool_calls|function_calls)>`),
		readInvocations,
	},
	{regexp.MustCompile(`<tool_call>`), regexp.MustCompile(`</tool_call>`), readTagged},
	{regexp.MustCompile(`\[TOOL_CALLS\]`), regexp.MustCompile(`\n`), readList},
}

// longestOpening bounds how much text is held back for a block that may be about to begin.
const longestOpening = len("<｜｜DSML｜｜function_calls>")

// read takes a fragment of text and returns what is known of it.
func (r *markupReader) read(text string) []markupPiece {
	r.held += text
	var pieces []markupPiece
	for {
		form, start := r.opening()
		if form == nil {
			return append(pieces, markupPiece{text: r.pass(len(r.held) - r.maybeOpening())})
		}
		end := form.closes.FindStringIndex(r.held[start[1]:])
		if end == nil {
			return append(pieces, markupPiece{text: r.pass(start[0])})
		}
		calls := form.read(r.held[start[1] : start[1]+end[0]])
		whole := start[1] + end[1]
		if r.declared(calls) {
			piece := markupPiece{text: r.pass(start[0]), calls: calls}
			r.held = r.held[whole-start[0]:]
			pieces = append(pieces, piece)
		} else {
			pieces = append(pieces, markupPiece{text: r.pass(whole)})
		}
	}
}

// pass hands out the first n bytes of what is held, and keeps count of the code fences in them.
func (r *markupReader) pass(n int) string {
	text := r.held[:n]
	r.held = r.held[n:]
	if strings.Count(text, fence)%2 == 1 {
		r.fenced = !r.fenced
	}
	return text
}

// flush ends the text. A line that nothing but the end closes is a block as well; half a block is text.
func (r *markupReader) flush() []markupPiece {
	if r.held == "" {
		return nil
	}
	pieces := append(r.read("\n"), markupPiece{text: r.pass(len(r.held))})
	for i := len(pieces) - 1; i >= 0; i-- {
		if last := &pieces[i]; len(last.calls) > 0 {
			break // its block has taken the line's end
		} else if last.text != "" {
			last.text = strings.TrimSuffix(last.text, "\n")
			break
		}
	}
	return pieces
}

const fence = "```"

// opening finds the first block that begins outside of a code fence.
func (r *markupReader) opening() (*block, []int) {
	var form *block
	var at []int
	for i := range blocks {
		start := blocks[i].opens.FindStringIndex(r.held)
		if start == nil || at != nil && start[0] >= at[0] || r.fencedAt(start[0]) {
			continue
		}
		form, at = &blocks[i], start
	}
	return form, at
}

func (r *markupReader) fencedAt(i int) bool {
	return r.fenced != (strings.Count(r.held[:i], fence)%2 == 1)
}

// maybeOpening is the length of the end of the held text that may become an opening or a code fence.
func (r *markupReader) maybeOpening() int {
	from := max(0, len(r.held)-longestOpening)
	if i := strings.LastIndexAny(r.held[from:], "<[`"); i >= 0 && !strings.ContainsAny(r.held[from+i:], ">]\n") {
		start := from + i
		for start > 0 && r.held[start-1] == '`' {
			start--
		}
		return len(r.held) - start
	}
	return 0
}

// declared reports whether there are calls and each is of a tool that the client has.
func (r *markupReader) declared(calls []markupCall) bool {
	for _, c := range calls {
		if _, ok := r.tools.Called(c.name); !ok {
			return false
		}
	}
	return len(calls) > 0
}

var (
	invocation = regexp.MustCompile(`(?s)<[|｜]{1,2}DSML[|｜]{1,2}invoke name="([^"]+)">(.*?)</[|｜]{1,2}DSML[|｜]{1,2}invoke>`)
	parameter  = regexp.MustCompile(`(?s)<[|｜]{1,2}DSML[|｜]{1,2}parameter name="([^"]+)"(?: string="(true|false)")?>(.*?)</[|｜]{1,2}DSML[|｜]{1,2}parameter>`)
)

// readInvocations reads DeepSeek's markup: invocations with named parameters, each a text or JSON.
func readInvocations(inside string) []markupCall {
	var calls []markupCall
	for _, one := range invocation.FindAllStringSubmatch(inside, -1) {
		args := []byte{'{'}
		for _, p := range parameter.FindAllStringSubmatch(one[2], -1) {
			if len(args) > 1 {
				args = append(args, ',')
			}
			args = jsonscan.AppendString(args, p[1])
			args = append(args, ':')
			if p[2] == "false" && jsonscan.Valid([]byte(p[3])) {
				args = append(args, p[3]...)
			} else {
				args = jsonscan.AppendString(args, p[3])
			}
		}
		calls = append(calls, markupCall{one[1], append(args, '}')})
	}
	if strings.TrimSpace(invocation.ReplaceAllString(inside, "")) != "" {
		return nil
	}
	return calls
}

// readTagged reads one JSON object with a name and arguments.
func readTagged(inside string) []markupCall {
	text := []byte(strings.TrimSpace(inside))
	if !jsonscan.Valid(text) {
		return nil
	}
	if c, ok := readCallObject(jsonscan.New(text)); ok {
		return []markupCall{c}
	}
	return nil
}

// readList reads a JSON array of such objects.
func readList(inside string) []markupCall {
	text := []byte(strings.TrimSpace(inside))
	if !jsonscan.Valid(text) {
		return nil
	}
	var calls []markupCall
	c := jsonscan.New(text)
	for range c.Elements() {
		one, ok := readCallObject(c)
		if !ok {
			return nil
		}
		calls = append(calls, one)
	}
	return calls
}

func readCallObject(c *jsonscan.Cursor) (markupCall, bool) {
	var one markupCall
	for key := range c.Members() {
		switch key {
		case "name":
			one.name = c.Text()
		case "arguments", "parameters":
			if c.Kind() == jsonscan.String {
				one.args = []byte(c.Text())
			} else {
				one.args = c.Raw()
			}
		}
	}
	if one.args == nil {
		one.args = []byte("{}")
	}
	return one, one.name != "" && jsonscan.New(one.args).Kind() == jsonscan.Object && jsonscan.Valid(one.args)
}
