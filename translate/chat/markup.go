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
	fenced bool   // the text before it ends inside a code fence
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
	{regexp.MustCompile(`\[TOOL_CALLS\]`), regexp.MustCompile(`\n|$`), readList},
}

// longestOpening bounds how much text is held back for a block that may be about to begin.
const longestOpening = len("<｜｜DSML｜｜function_calls>")

// read takes a fragment of text and returns, in order, text that is none of a block's and calls.
func (r *markupReader) read(text string) (before string, calls []markupCall) {
	r.held += text
	form, start := r.opening()
	if form == nil {
		keep := r.maybeOpening()
		before = r.held[:len(r.held)-keep]
		r.held = r.held[len(r.held)-keep:]
		r.note(before)
		return before, nil
	}
	end := form.closes.FindStringIndex(r.held[start[1]:])
	if end == nil || end[0] == end[1] {
		return r.hold(start[0]), nil
	}
	inside := r.held[start[1] : start[1]+end[0]]
	calls = form.read(inside)
	after := r.held[start[1]+end[1]:]
	if !r.declared(calls) {
		before = r.held[:start[1]+end[1]]
		r.held = after
		r.note(before)
		return before, nil
	}
	before = r.held[:start[0]]
	r.held = after
	r.note(before)
	return before, calls
}

// hold gives out what stands before a block that has not ended.
func (r *markupReader) hold(start int) string {
	before := r.held[:start]
	r.held = r.held[start:]
	r.note(before)
	return before
}

// more reports whether what is held may still give something without more text.
func (r *markupReader) more() bool {
	form, start := r.opening()
	return form != nil && form.closes.FindStringIndex(r.held[start[1]:]) != nil
}

// flush ends the text. A block that only its line's end would close is read; anything else is text.
func (r *markupReader) flush() (text string, calls []markupCall) {
	text = r.held
	r.held = ""
	for i := range blocks {
		start := blocks[i].opens.FindStringIndex(text)
		if start == nil || !blocks[i].closes.MatchString("") || r.fenced {
			continue
		}
		if calls = blocks[i].read(text[start[1]:]); r.declared(calls) {
			return text[:start[0]], calls
		}
	}
	return text, nil
}

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
	return r.fenced != (strings.Count(r.held[:i], "```")%2 == 1)
}

// note keeps count of the code fences that have passed.
func (r *markupReader) note(text string) {
	if strings.Count(text, "```")%2 == 1 {
		r.fenced = !r.fenced
	}
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
