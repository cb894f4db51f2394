package messages_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

const (
	said    = `{"role":"user","content":"u"}`
	calledA = `{"type":"function_call","call_id":"call_a","name":"f","arguments":"{\"x\":1}"}`
	calledB = `{"type":"function_call","call_id":"call_b","name":"g","arguments":"{}"}`
	outA    = `{"type":"function_call_output","call_id":"call_a","output":"1"}`
	outB    = `{"type":"function_call_output","call_id":"call_b","output":"2"}`
	answer  = `{"role":"assistant","content":[{"type":"output_text","text":"x"}]}`
	late    = `{"role":"developer","content":"d"}`

	useA    = `{"type":"tool_use","id":"call_a","name":"f","input":{"x":1}}`
	useB    = `{"type":"tool_use","id":"call_b","name":"g","input":{}}`
	resultA = `{"type":"tool_result","tool_use_id":"call_a","content":"1"}`
	resultB = `{"type":"tool_result","tool_use_id":"call_b","content":"2"}`
	png     = "data:image/png;base64,QUJD"
	pngSent = `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}`
)

func text(words string) string { return `{"type":"text","text":"` + words + `"}` }

func turn(role string, blocks ...string) string {
	return `{"role":"` + role + `","content":[` + strings.Join(blocks, ",") + `]}`
}

func user(blocks ...string) string      { return turn("user", blocks...) }
func assistant(blocks ...string) string { return turn("assistant", blocks...) }

func output(id string, parts ...string) string {
	return `{"type":"function_call_output","call_id":"` + id + `","output":[` + strings.Join(parts, ",") + `]}`
}

func picture(url string) string { return `{"type":"input_image","image_url":"` + url + `"}` }

func TestMessages(t *testing.T) {
	const words = `{"type":"input_text","text":"t"}`
	const noImage = `[image omitted: it cannot be sent to this model]`
	const pdf = `{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}`
	native := []string{"tool_result_images", "native"}
	allow := []string{"late_system", "allow"}
	tests := map[string]struct {
		knobs []string
		items []string
		want  []string
	}{
		"what leads is no message":                {nil, []string{late, said}, []string{user(text("u"))}},
		"F34 a late system message is the user's": {nil, []string{said, answer, late, said}, []string{user(text("u")), assistant(text("x")), user(text(`<developer>\nd\n</developer>`), text("u"))}},
		"F34 a late system message stands right before the model's turn": {
			allow,
			[]string{said, answer, late, said, answer, said, late},
			[]string{user(text("u")), assistant(text("x")), user(text("u")), turn("system", text("d")), assistant(text("x")), user(text("u")), turn("system", text("d"))},
		},
		"F34 late system messages are one":                   {allow, []string{said, late, late}, []string{user(text("u")), turn("system", text(`d\n\nd`))}},
		"F34 a late system message behind results":           {allow, []string{said, calledA, late, outA}, []string{user(text("u")), assistant(useA), user(resultA), turn("system", text("d"))}},
		"F34 a late system message without the user's words": {allow, []string{said, answer, late}, []string{user(text("u")), assistant(text("x")), user(text(`<developer>\nd\n</developer>`))}},

		"F15 neighbors of one role are one message": {nil, []string{said, said}, []string{user(text("u"), text("u"))}},
		"F15 parallel calls and what comes between": {
			native,
			[]string{said, answer, calledA, calledB, outB, said, output("call_a", words, picture(png))},
			[]string{user(text("u")), assistant(text("x"), useA, useB), user(`{"type":"tool_result","tool_use_id":"call_a","content":[`+text("t")+`,`+pngSent+`]}`, resultB, text("u"))},
		},
		"what the model says last is not the last":   {nil, []string{said, answer}, []string{user(text("u")), assistant(text("x")), user(text("Go on."))}},
		"what the model says first is not the first": {nil, []string{answer, said}, []string{user(text("Go on.")), assistant(text("x")), user(text("u"))}},
		"a model that has said nothing":              {nil, []string{said, `{"role":"assistant","content":" \n"}`, said}, []string{user(text("u"), text("u"))}},
		"system text alone":                          {nil, []string{late}, []string{user(text("Go on."))}},
		"F106 blank texts are left out":              {nil, []string{`{"role":"user","content":[{"type":"input_text","text":" \u0009\n"},` + words + `]}`, late}, []string{user(text("t"), text(`<developer>\nd\n</developer>`))}},
		"F106 a blank result":                        {nil, []string{calledA, strings.Replace(outA, `"1"`, `"\n"`, 1)}, []string{user(text("Go on.")), assistant(useA), user(strings.Replace(resultA, `,"content":"1"`, ``, 1))}},
		"F14 a result without its call":              {nil, []string{outA, said}, []string{user(text("[output of an earlier tool call]"), text("1"), text("u"))}},
		"F14 a call without its result":              {nil, []string{said, calledA, said}, []string{user(text("u")), assistant(useA), user(strings.Replace(resultA, `"1"`, `"aborted"`, 1), text("u"))}},
		"F53 arguments that are cut off":             {nil, []string{said, strings.Replace(calledA, `{\"x\":1}`, `{\"x`, 1), outA}, []string{user(text("u")), assistant(strings.Replace(useA, `{"x":1}`, `{"_raw":"{\"x"}`, 1)), user(resultA)}},
		"numbers in arguments stay as written":       {nil, []string{said, strings.Replace(calledA, `:1}`, `:12345678901234567890.10}`, 1), outA}, []string{user(text("u")), assistant(strings.Replace(useA, `:1}`, `:12345678901234567890.10}`, 1)), user(resultA)}},
		"an id that is not taken": {
			nil,
			[]string{said, strings.Replace(calledA, "call_a", "f:0", 1), strings.Replace(outA, "call_a", "f:0", 1)},
			[]string{user(text("u")), assistant(strings.Replace(useA, "call_a", "toolu_tEUv8i5sUWpS0vzTne0Fcu5j", 1)), user(strings.Replace(resultA, "call_a", "toolu_tEUv8i5sUWpS0vzTne0Fcu5j", 1))},
		},
		"half of a surrogate pair": {nil, []string{`{"role":"user","content":"a\ud83d \ud83d\ude00"}`}, []string{user(text(`a\ufffd \ud83d\ude00`))}},

		"an image":                                         {nil, []string{`{"role":"user","content":[` + words + `,` + picture("https://x/y") + `,` + picture(png) + `]}`}, []string{user(text("t"), `{"type":"image","source":{"type":"url","url":"https://x/y"}}`, pngSent)}},
		"an image of a type under another name":            {nil, []string{`{"role":"user","content":[` + picture("data:image/JPG;base64,QUJD") + `]}`}, []string{user(strings.Replace(pngSent, "image/png", "image/jpeg", 1))}},
		"an image of a type that is not taken":             {nil, []string{`{"role":"user","content":[` + picture("data:image/tiff;base64,QUJD") + `,` + picture("data:image/png,raw") + `,` + picture("data:image/png;base64,") + `]}`}, []string{user(text(noImage), text(noImage), text(noImage))}},
		"F76 an image for a model that reads none":         {[]string{"images", "none"}, []string{`{"role":"user","content":[` + words + `,` + picture(png) + `]}`}, []string{user(text("t"), text(noImage))}},
		"an image by its address where only data is taken": {[]string{"images", "data"}, []string{`{"role":"user","content":[` + picture("https://x/y") + `]}`}, []string{user(text(noImage))}},
		"a file that is not taken":                         {nil, []string{`{"role":"user","content":[` + pdf + `]}`}, []string{user(text("[file a.pdf omitted: it cannot be sent to this model]"))}},
		"a file": {[]string{"files", "url"}, []string{`{"role":"user","content":[` + pdf + `,{"type":"input_file","file_url":"https://x/a.pdf"},{"type":"input_file","file_data":"data:text/csv;base64,QUJD"}]}`}, []string{user(
			`{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QUJD"},"title":"a.pdf"}`,
			`{"type":"document","source":{"type":"url","url":"https://x/a.pdf"}}`, text("[file omitted: it cannot be sent to this model]"),
		)}},
		"F78 images in results": {
			append([]string{"files", "data"}, native...),
			[]string{said, calledA, output("call_a", words, picture(png), pdf)},
			[]string{user(text("u")), assistant(useA), user(`{"type":"tool_result","tool_use_id":"call_a","content":[` + text("t") + `,` + pngSent + `,` +
				`{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QUJD"},"title":"a.pdf"}]}`)},
		},
		"F78 images of results behind the last of them": {
			nil,
			[]string{said, calledA, calledB, output("call_a", picture(png), words), output("call_b", picture(png)), said},
			[]string{
				user(text("u")), assistant(useA, useB),
				user(strings.Replace(resultA, `"1"`, `"t"`, 1), strings.Replace(resultB, `"2"`, `"[image below]"`, 1), text("[image from the tool f]"), pngSent, text("[image from the tool g]"), pngSent, text("u")),
			},
		},
		"F76 F78 images of results for a model that reads none": {
			append([]string{"images", "none"}, native...),
			[]string{said, calledA, output("call_a", picture(png), words)},
			[]string{user(text("u")), assistant(useA), user(`{"type":"tool_result","tool_use_id":"call_a","content":[` + text(noImage) + `,` + text("t") + `]}`)},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, talk(test.items...))
			p.check(t, body)
			sameMessages(t, body, test.want...)
		})
	}
}

func sameMessages(t *testing.T, body []byte, want ...string) {
	t.Helper()
	var got []string
	for _, message := range gjson.GetBytes(body, "messages").Array() {
		got = append(got, message.Raw)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestSystemTextIsInBlocks(t *testing.T) {
	p := with(t, "cache_control", "ephemeral")
	body := p.body(t, `{"model":"m","instructions":"a","input":[`+late+`,{"role":"system","content":" "},`+said+`]}`)
	p.check(t, body)
	same(t, body, map[string]string{"system": `[{"type":"text","text":"a"},{"type":"text","text":"d","cache_control":{"type":"ephemeral"}}]`})
}

// Reasoning goes back to the provider and the model that made it, in the order in which it was made, and nowhere else.
func TestF18Thinking(t *testing.T) {
	const blockA = `{"type":"thinking","thinking":"a","signature":"s1"}`
	const blockB = `{"type":"redacted_thinking","data":"r"}`
	thoughtA, thoughtB := sealed("anthropic", "claude-opus-5-5", "thinking", blockA), sealed("anthropic", "claude-opus-5-5", "thinking", blockB)
	server := sealed("anthropic", "claude-opus-5", "server_blocks", searched)
	const open = `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"o"}]}`
	withTool := func(blocks ...string) []string { return []string{user(text("u")), assistant(blocks...), user(resultA)} }
	tests := map[string]struct {
		items []string
		want  []string
	}{
		"before a call":                  {[]string{said, thoughtA, calledA, outA}, withTool(blockA, useA)},
		"several, among text and calls":  {[]string{said, thoughtA, thoughtB, answer, thoughtA, calledA, outA}, withTool(blockA, blockB, text("x"), blockA, useA)},
		"with nothing behind it":         {[]string{said, thoughtA, said}, []string{user(text("u"), text("u"))}},
		"at the end":                     {[]string{said, answer, thoughtA, said}, []string{user(text("u")), assistant(text("x")), user(text("u"))}},
		"of another model":               {[]string{said, sealed("anthropic", "claude-opus-5", "thinking", blockA), calledA, outA}, withTool(useA)},
		"of another provider":            {[]string{said, sealed("bedrock", "claude-opus-5-5", "thinking", blockA), calledA, outA}, withTool(useA)},
		"of another wire":                {[]string{said, sealed("anthropic", "claude-opus-5-5", "reasoning_content", "a"), calledA, outA}, withTool(useA)},
		"that nobody has signed":         {[]string{said, sealed("anthropic", "claude-opus-5-5", "unsigned_thinking", "a"), open, calledA, outA}, withTool(useA)},
		"a search of another model":      {[]string{said, server, answer, said}, []string{user(text("u")), assistant(searched, text("x")), user(text("u"))}},
		"a search with nothing behind":   {[]string{said, thoughtA, server, said}, []string{user(text("u")), assistant(blockA, searched), user(text("u"))}},
		"a search of another's provider": {[]string{said, sealed("x", "claude-opus-5-5", "server_blocks", searched), answer, said}, []string{user(text("u")), assistant(text("x")), user(text("u"))}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := claude(t)
			body := p.body(t, talk(test.items...))
			p.check(t, body)
			sameMessages(t, []byte(unmarked(body)), test.want...)
		})
	}
}

const searched = `{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},` +
	`{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}`

func TestUnsignedThinkingGoesBackWhereItIsTaken(t *testing.T) {
	const block = `{"type":"thinking","thinking":"a","signature":""}`
	const open = `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"a"}]}`
	for name, thought := range map[string]string{"sealed": sealed("minimax", "MiniMax-M3", "unsigned_thinking", "a"), "in the open": open} {
		p := model(t, "minimax", "MiniMax-M3")
		body := p.body(t, talk(said, thought, calledA, outA))
		p.check(t, body)
		t.Run(name, func(t *testing.T) { sameMessages(t, body, user(text("u")), assistant(block, useA), user(resultA)) })
	}
}

// A model within a budget must have thought before the calls that are being answered, or not think at all.
func TestThinkingDoesNotBeginInTheMidstOfCalls(t *testing.T) {
	const model45 = "claude-haiku-4-5"
	const block = `{"type":"thinking","thinking":"a","signature":"s"}`
	own, foreign := sealed("anthropic", model45, "thinking", block), sealed("anthropic", "claude-opus-5-5", "thinking", block)
	const on, off = `{"type":"enabled","budget_tokens":2048}`, `{"type":"disabled"}`
	tests := map[string]struct {
		items []string
		want  string
		sent  int // blocks of thinking
	}{
		"thinking before the call":                 {[]string{said, own, calledA, outA}, on, 1},
		"thinking before the first of two":         {[]string{said, own, calledA, outA, calledB, outB}, on, 1},
		"text before the thinking":                 {[]string{said, answer, own, calledA, outA}, off, 0},
		"no thinking":                              {[]string{said, calledA, outA}, off, 0},
		"another's thinking":                       {[]string{said, foreign, calledA, outA}, off, 0},
		"another's thinking, then its own":         {[]string{said, foreign, calledA, outA, own, calledB, outB}, off, 0},
		"no thinking in an earlier turn":           {[]string{said, calledA, outA, answer, said}, on, 0},
		"no thinking in an earlier turn with some": {[]string{said, calledA, outA, answer, said, own, calledB, outB}, on, 1},
		"no calls": {[]string{said}, on, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := model(t, "anthropic", model45)
			body := p.body(t, strings.Replace(talk(test.items...), `{`, `{"reasoning":{"effort":"low"},`, 1))
			p.check(t, body)
			same(t, body, map[string]string{"thinking": test.want})
			if n := strings.Count(string(body), block); n != test.sent {
				t.Errorf("%d blocks of thinking are sent, want %d", n, test.sent)
			}
		})
	}
}

func TestThinkingStaysOutWhereItIsSwitchedOff(t *testing.T) {
	thought := sealed("anthropic", "claude-haiku-5-5", "thinking", `{"type":"thinking","thinking":"a","signature":"s"}`)
	p := model(t, "anthropic", "claude-haiku-5-5")
	body := p.body(t, strings.Replace(talk(said, thought, calledA, outA), `{`, `{"reasoning":{"effort":"none"},`, 1))
	p.check(t, body)
	if strings.Contains(string(body), `"thinking":"a"`) {
		t.Errorf("it gets %s", body)
	}
}

func TestThinkingOfEarlierTurnsStaysOutWhereSaid(t *testing.T) {
	thought := sealed("plain", "up", "thinking", `{"type":"thinking","thinking":"a","signature":"s"}`)
	p := with(t, "reasoning_out", "thinking", "reasoning_scope", "current_turn")
	body := p.body(t, talk(said, thought, answer, said, thought, calledA, outA))
	p.check(t, body)
	if n := strings.Count(string(body), `"signature"`); n != 1 {
		t.Errorf("%d blocks of thinking are sent", n)
	}
}
