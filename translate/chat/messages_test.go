package chat_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// talk is a request with the given items, and with a tool where one is called.
func talk(items ...string) string {
	return `{"model":"m","stream":true,"input":[` + strings.Join(items, ",") + `],` + oneTool + `}`
}

const (
	user    = `{"role":"user","content":"u"}`
	calledA = `{"type":"function_call","call_id":"call_a","name":"f","arguments":"{\"x\":1}"}`
	calledB = `{"type":"function_call","call_id":"call_b","name":"g","arguments":"{}"}`
	outA    = `{"type":"function_call_output","call_id":"call_a","output":"1"}`
	outB    = `{"type":"function_call_output","call_id":"call_b","output":"2"}`
	answer  = `{"role":"assistant","content":[{"type":"output_text","text":"x"}]}`
	late    = `{"role":"developer","content":"d"}`

	messageA = `"tool_calls":[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]}`
	resultA  = `{"role":"tool","tool_call_id":"call_a","content":"1"}`
)

func pictured(id string, parts ...string) string {
	return `{"type":"function_call_output","call_id":"` + id + `","output":[` + strings.Join(parts, ",") + `]}`
}

func picture(url string) string { return `{"type":"input_image","image_url":"` + url + `"}` }

func TestMessages(t *testing.T) {
	const text = `{"type":"input_text","text":"t"}`
	tests := map[string]struct {
		knobs []string
		items []string
		want  []string
	}{
		"F34 a late system message becomes the user's": {
			nil,
			[]string{late, user, answer, late, user},
			[]string{`{"role":"system","content":"d"}`, `{"role":"user","content":"u"}`, `{"role":"assistant","content":"x"}`, `{"role":"user","content":"<developer>\nd\n</developer>"}`, `{"role":"user","content":"u"}`},
		},
		"F34 a late system message where it is taken": {
			[]string{"late_system", "allow"},
			[]string{late, user, late},
			[]string{`{"role":"system","content":"d"}`, `{"role":"user","content":"u"}`, `{"role":"system","content":"d"}`},
		},
		"F35 the developer's role where it is known": {
			[]string{"system_role", "developer"},
			[]string{late, user},
			[]string{`{"role":"developer","content":"d"}`, `{"role":"user","content":"u"}`},
		},
		"parts are one text": {
			nil, []string{`{"role":"user","content":[` + text + `,` + text + `]}`}, []string{`{"role":"user","content":"t\n\nt"}`},
		},

		"F12 parallel calls": {
			nil,
			[]string{user, answer, calledA, calledB, outB, outA},
			[]string{
				`{"role":"user","content":"u"}`, `{"role":"assistant","content":"x","tool_calls":[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},` +
					`{"id":"call_b","type":"function","function":{"name":"g","arguments":"{}"}}]}`,
				resultA, `{"role":"tool","tool_call_id":"call_b","content":"2"}`,
			},
		},
		"F106 content that is null":            {nil, []string{calledA, outA}, []string{`{"role":"assistant","content":null,` + messageA, resultA}},
		"F106 content that is empty":           {[]string{"assistant_content", "empty"}, []string{calledA, outA}, []string{`{"role":"assistant","content":"",` + messageA, resultA}},
		"F106 content that is not there":       {[]string{"assistant_content", "omit"}, []string{calledA, outA}, []string{`{"role":"assistant",` + messageA, resultA}},
		"F106 content that is there":           {[]string{"assistant_content", "omit"}, []string{answer, calledA, outA}, []string{`{"role":"assistant","content":"x",` + messageA, resultA}},
		"a result with the name of its tool":   {[]string{"tool_message_name", "true"}, []string{calledA, outA}, []string{`{"role":"assistant","content":null,` + messageA, `{"role":"tool","tool_call_id":"call_a","name":"f","content":"1"}`}},
		"a result without content":             {nil, []string{calledA, strings.Replace(outA, `"1"`, `""`, 1)}, []string{`{"role":"assistant","content":null,` + messageA, strings.Replace(resultA, `"1"`, `""`, 1)}},
		"F14 a result without its call":        {nil, []string{outA, user}, []string{`{"role":"user","content":"[output of an earlier tool call]\n\n1"}`, `{"role":"user","content":"u"}`}},
		"F14 a call without its result":        {nil, []string{calledA, user}, []string{`{"role":"assistant","content":null,` + messageA, strings.Replace(resultA, `"1"`, `"aborted"`, 1), `{"role":"user","content":"u"}`}},
		"F53 arguments that are cut off":       {nil, []string{strings.Replace(calledA, `{\"x\":1}`, `{\"x`, 1), outA}, []string{`{"role":"assistant","content":null,` + strings.Replace(messageA, `{\"x\":1}`, `{\"_raw\":\"{\\\"x\"}`, 1), resultA}},
		"numbers in arguments stay as written": {nil, []string{strings.Replace(calledA, `:1}`, `:12345678901234567890.10}`, 1), outA}, []string{`{"role":"assistant","content":null,` + strings.Replace(messageA, `:1}`, `:12345678901234567890.10}`, 1), resultA}},

		"an image": {
			nil,
			[]string{`{"role":"user","content":[` + text + `,` + picture("https://x/y") + `,` + text + `]}`},
			[]string{`{"role":"user","content":[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"https://x/y"}},{"type":"text","text":"t"}]}`},
		},
		"an image as a plain text": {
			[]string{"image_form", "string"},
			[]string{`{"role":"user","content":[` + picture("data:x") + `]}`},
			[]string{`{"role":"user","content":[{"type":"image_url","image_url":"data:x"}]}`},
		},
		"an image with its detail": {
			[]string{"image_detail", "send"},
			[]string{`{"role":"user","content":[{"type":"input_image","image_url":"data:x","detail":"low"},{"type":"input_image","image_url":"data:x","detail":"original"},{"type":"input_image","image_url":"data:x","detail":"cubist"}]}`},
			[]string{`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:x","detail":"low"}},{"type":"image_url","image_url":{"url":"data:x","detail":"high"}},{"type":"image_url","image_url":{"url":"data:x"}}]}`},
		},
		"F76 an image for a model that reads none": {
			[]string{"images", "none"},
			[]string{`{"role":"user","content":[` + text + `,` + picture("data:x") + `]}`},
			[]string{`{"role":"user","content":"t\n\n[image omitted: it cannot be sent to this model]"}`},
		},
		"an image by its address where only data is taken": {
			[]string{"images", "data"},
			[]string{`{"role":"user","content":[` + picture("https://x/y") + `,` + picture("data:x") + `]}`},
			[]string{`{"role":"user","content":[{"type":"text","text":"[image omitted: it cannot be sent to this model]"},{"type":"image_url","image_url":{"url":"data:x"}}]}`},
		},
		"a file": {
			nil,
			[]string{`{"role":"user","content":[` + text + `,{"type":"input_file","filename":"a.pdf","file_data":"data:x"},{"type":"input_file","file_url":"https://x"}]}`},
			[]string{`{"role":"user","content":"t\n\n[file a.pdf omitted: it cannot be sent to this model]\n\n[file omitted: it cannot be sent to this model]"}`},
		},
		"F78 images of results follow behind the last of them": {
			nil,
			[]string{calledA, calledB, pictured("call_a", picture("data:1"), text), pictured("call_b", picture("data:2")), late},
			[]string{
				`{"role":"assistant","content":null,"tool_calls":[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"call_b","type":"function","function":{"name":"g","arguments":"{}"}}]}`,
				`{"role":"tool","tool_call_id":"call_a","content":"t"}`, `{"role":"tool","tool_call_id":"call_b","content":"[image below]"}`,
				`{"role":"user","content":[{"type":"text","text":"[image from the tool f]"},{"type":"image_url","image_url":{"url":"data:1"}},{"type":"text","text":"[image from the tool g]"},{"type":"image_url","image_url":{"url":"data:2"}}]}`,
				`{"role":"user","content":"<developer>\nd\n</developer>"}`,
			},
		},
		"F76 F78 images of results for a model that reads none": {
			[]string{"images", "none"},
			[]string{calledA, pictured("call_a", picture("data:1"), text)},
			[]string{`{"role":"assistant","content":null,` + messageA, `{"role":"tool","tool_call_id":"call_a","content":"[image omitted: it cannot be sent to this model]\n\nt"}`},
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

func TestReasoningGoesBack(t *testing.T) {
	const open = `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"o"}]}`
	own := thought("plain", "up", "reasoning_content", `t\n`)
	foreign := thought("other", "up", "reasoning_content", "t")
	details := thought("plain", "up", "reasoning_details", `{"type":"reasoning.text","text":"t"},{"type":"reasoning.encrypted","data":"e"}`)
	const detailed = `"reasoning_details":[{"type":"reasoning.text","text":"t"},{"type":"reasoning.encrypted","data":"e"}]`
	tests := map[string]struct {
		knobs []string
		items []string
		want  string // the first assistant message, up to its calls
	}{
		"F04 in the field that it came from":    {[]string{"reasoning_out", "reasoning_content"}, []string{own, calledA, outA}, `{"role":"assistant","content":null,"reasoning_content":"t\n",`},
		"F04 in another field":                  {[]string{"reasoning_out", "reasoning"}, []string{own, calledA, outA}, `{"role":"assistant","content":null,"reasoning":"t\n",`},
		"F04 several in a turn":                 {[]string{"reasoning_out", "reasoning_content"}, []string{own, own, calledA, outA}, `{"role":"assistant","content":null,"reasoning_content":"t\nt\n",`},
		"F04 where there is text, too":          {[]string{"reasoning_out", "reasoning_content"}, []string{own, answer, calledA, outA}, `{"role":"assistant","content":"x","reasoning_content":"t\n",`},
		"F04 of another model of the provider":  {[]string{"reasoning_out", "reasoning_content"}, []string{thought("plain", "down", "reasoning_content", "t"), calledA, outA}, `{"role":"assistant","content":null,"reasoning_content":"t",`},
		"F04 in the open":                       {[]string{"reasoning_out", "reasoning_content"}, []string{open, calledA, outA}, `{"role":"assistant","content":null,"reasoning_content":"o",`},
		"F04 as parts of the content":           {[]string{"reasoning_out", "thinking_parts"}, []string{own, answer, calledA, outA}, `{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t\n"}],"closed":true},{"type":"text","text":"x"}],`},
		"F04 as the only part of the content":   {[]string{"reasoning_out", "thinking_parts"}, []string{own, calledA, outA}, `{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t\n"}],"closed":true}],`},
		"F04 in tags":                           {[]string{"reasoning_out", "think_tags"}, []string{own, answer, calledA, outA}, `{"role":"assistant","content":"<think>t\n</think>x",`},
		"not at all":                            {nil, []string{own, calledA, outA}, `{"role":"assistant","content":null,`},
		"F19 another provider's stays away":     {[]string{"reasoning_out", "reasoning_content"}, []string{foreign, calledA, outA}, `{"role":"assistant","content":null,`},
		"F04 the filler where there is none":    {[]string{"reasoning_out", "reasoning_content", "reasoning_required", "always", "reasoning_filler", "."}, []string{calledA, outA}, `{"role":"assistant","content":null,"reasoning_content":".",`},
		"F04 the filler for another provider's": {[]string{"reasoning_out", "reasoning_content", "reasoning_required", "with_tools"}, []string{foreign, calledA, outA}, `{"role":"assistant","content":null,"reasoning_content":"",`},
		"F04 the filler without calls":          {[]string{"reasoning_out", "reasoning_content", "reasoning_required", "with_tools"}, []string{answer}, `{"role":"assistant","content":"x","reasoning_content":""}`},
		"F107 details":                          {[]string{"reasoning_out", "reasoning_details"}, []string{details, calledA, outA}, `{"role":"assistant","content":null,` + detailed + `,`},
		"F107 details of several":               {[]string{"reasoning_out", "reasoning_details"}, []string{details, thought("plain", "up", "reasoning_details", `{"type":"x"}`), calledA, outA}, `{"role":"assistant","content":null,` + strings.TrimSuffix(detailed, "]") + `,{"type":"x"}],`},
		"F107 details of another model":         {[]string{"reasoning_out", "reasoning_details"}, []string{thought("plain", "down", "reasoning_details", `{"type":"x"}`), calledA, outA}, `{"role":"assistant","content":null,`},
		"F107 details where only text is taken": {[]string{"reasoning_out", "reasoning_content"}, []string{details, calledA, outA}, `{"role":"assistant","content":null,`},
		"F107 text where details are taken":     {[]string{"reasoning_out", "reasoning_details"}, []string{own, calledA, outA}, `{"role":"assistant","content":null,"reasoning":"t\n",`},
		"an earlier turn's where it counts":     {[]string{"reasoning_out", "reasoning_content"}, []string{own, calledA, outA, user}, `{"role":"assistant","content":null,"reasoning_content":"t\n",`},
		"an earlier turn's where it does not":   {[]string{"reasoning_out", "reasoning_content", "reasoning_scope", "current_turn"}, []string{own, calledA, outA, user}, `{"role":"assistant","content":null,`},
		"this turn's where only that counts":    {[]string{"reasoning_out", "reasoning_content", "reasoning_scope", "current_turn"}, []string{user, own, calledA, outA}, `{"role":"assistant","content":null,"reasoning_content":"t\n",`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, talk(test.items...))
			p.check(t, body)
			message := gjson.GetBytes(body, `messages.#(role=="assistant")`).Raw
			before, _, _ := strings.Cut(message, `"tool_calls"`)
			if before != test.want {
				t.Errorf("got  %s\nwant %s", before, test.want)
			}
		})
	}
}

func TestReasoningThatLedToNothingIsLeftOut(t *testing.T) {
	p := with(t, "reasoning_out", "reasoning_content")
	sameMessages(t, p.body(t, talk(user, thought("plain", "up", "reasoning_content", "t"), user)), `{"role":"user","content":"u"}`, `{"role":"user","content":"u"}`)
}

func TestF43CallIDsInTheFormOfTheProvider(t *testing.T) {
	long := strings.Repeat("x", 41)
	tests := map[string]struct{ form, id, want string }{
		"as they are":                {"verbatim", "functions.f:0", "functions.f:0"},
		"nine letters stay":          {"alphanumeric9", "V4VBKxSKr", "V4VBKxSKr"},
		"others become nine":         {"alphanumeric9", "call_PTLP8xhu3uwZk4l3nlnrrJha", "[0-9A-Za-z]{9}"},
		"nine with a dash do, too":   {"alphanumeric9", "V4VB-xSKr", "[0-9A-Za-z]{9}"},
		"forty characters stay":      {"max40", long[:40], long[:40]},
		"more than forty are mapped": {"max40", long, "call_[0-9A-Za-z]{24}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "tool_call_id", test.form)
			items := strings.ReplaceAll(talk(user, calledA, outA, user), "call_a", test.id)
			body := p.body(t, items)
			call, result := gjson.GetBytes(body, "messages.1.tool_calls.0.id").String(), gjson.GetBytes(body, "messages.2.tool_call_id").String()
			if call != result || !regexp.MustCompile("^"+test.want+"$").MatchString(call) {
				t.Errorf("the call has %q, the result %q", call, result)
			}
			if again := gjson.GetBytes(p.body(t, strings.ReplaceAll(talk(calledA, outA), "call_a", test.id)), "messages.0.tool_calls.0.id").String(); again != call {
				t.Errorf("elsewhere it has %q, after %q", again, call)
			}
		})
	}
	t.Run("ten thousand stay apart", func(t *testing.T) {
		var items []string
		for i := range 10000 {
			id := fmt.Sprintf("call_%d", i)
			items = append(items, strings.ReplaceAll(calledA, "call_a", id), strings.ReplaceAll(outA, "call_a", id))
		}
		seen := make(map[string]bool)
		for _, id := range gjson.GetBytes(with(t, "tool_call_id", "alphanumeric9").body(t, talk(items...)), "messages.#.tool_call_id").Array() {
			seen[id.String()] = true
		}
		if len(seen) != 10000 {
			t.Errorf("got %d ids", len(seen))
		}
	})
}

// The format of the answer is told in every turn, at a place where it does not change what was there before.
func TestAPromptedFormatKeepsThePrefix(t *testing.T) {
	const schema = `,"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}}}`
	p := with(t, "response_format", "none")
	items := []string{late, user, calledA, outA, answer, user}
	first := sent(p.body(t, strings.TrimSuffix(talk(items[:2]...), "}")+schema), "messages")
	second := sent(p.body(t, strings.TrimSuffix(talk(items...), "}")+schema), "messages")
	if !strings.HasPrefix(second, strings.TrimSuffix(first, "]")+",") || !strings.Contains(first, "JSON schema") {
		t.Errorf("first\n%s\nthen\n%s", first, second)
	}
}
