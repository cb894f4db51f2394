package translate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate/envelope"
)

func message(role, text string) string {
	return fmt.Sprintf(`{"type":"message","id":"msg_1","role":%q,"content":[{"type":"input_text","text":%q}]}`, role, text)
}

func answer(text string) string {
	return fmt.Sprintf(`{"type":"message","role":"assistant","content":[{"type":"output_text","text":%q,"annotations":[]}]}`, text)
}

func called(id, name string) string {
	return fmt.Sprintf(`{"type":"function_call","id":"fc_1","call_id":%q,"name":%q,"arguments":"{\"x\":1}"}`, id, name)
}

func output(id, text string) string {
	return fmt.Sprintf(`{"type":"function_call_output","call_id":%q,"output":%q}`, id, text)
}

func opened(text string) string {
	return fmt.Sprintf(`{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":%q}],"encrypted_content":null}`, text)
}

func sealed(r *envelope.Ring, text string) string {
	state := &envelope.Payload{Provider: "p", Model: "m", Field: "reasoning_content", Data: []byte(text)}
	return fmt.Sprintf(`{"type":"reasoning","summary":[],"encrypted_content":%q}`, r.Seal(nil, state))
}

func TestHistoryIsArranged(t *testing.T) {
	const again = "[output of an earlier tool call]"
	tests := map[string]struct {
		items []string
		want  []string
	}{
		"a plain conversation": {
			items: []string{message("user", "a"), answer("b"), message("user", "c")},
			want:  []string{"user: a", "assistant: b", "user: c"},
		},
		"an easy message": {
			items: []string{`{"role":"user","content":"a"}`, `{"role":"assistant","content":"b"}`, `{"content":"c","role":"user"}`},
			want:  []string{"user: a", "assistant: b", "user: c"},
		},
		"F34 leading system messages are one": {
			items: []string{message("developer", "a"), message("system", "b"), message("user", "c")},
			want:  []string{`system: a b`, "user: c"},
		},
		"F34 a later one keeps its place": {
			items: []string{message("developer", "a"), message("user", "b"), answer("c"), message("developer", "d"), message("user", "e")},
			want:  []string{"system: a", "user: b", "assistant: c", "system: d", "user: e"},
		},
		"several messages of one role": {
			items: []string{message("user", "a"), message("user", "b"), answer("c"), answer("d"), message("user", "e")},
			want:  []string{"user: a", "user: b", "assistant: c d", "user: e"},
		},
		"messages without content": {
			items: []string{message("developer", ""), message("user", ""), `{"role":"user","content":[]}`, `{"role":"assistant","content":null}`, message("user", "a")},
			want:  []string{"user: a"},
		},
		"parts without content": {
			items: []string{`{"role":"user","content":[{"type":"input_text","text":""},{"type":"input_image","image_url":""},{"type":"input_text","text":"a"}]}`},
			want:  []string{"user: a"},
		},
		"a refusal": {
			items: []string{message("user", "a"), `{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}`},
			want:  []string{"user: a", "assistant: no"},
		},

		"F12 parallel calls are one message": {
			items: []string{message("user", "u"), opened("t"), answer("x"), called("a", "f"), called("b", "g"), output("b", "2"), output("a", "1"), answer("y")},
			want:  []string{"user: u", `assistant: (in the open: t) x call a f{"x":1} call b g{"x":1}`, "result a f: 1", "result b g: 2", "assistant: y"},
		},
		"calls one after the other stay apart": {
			items: []string{called("a", "f"), output("a", "1"), called("b", "g"), output("b", "2")},
			want:  []string{`assistant: call a f{"x":1}`, "result a f: 1", `assistant: call b g{"x":1}`, "result b g: 2"},
		},
		"an answer between parallel calls": {
			items: []string{called("a", "f"), called("b", "g"), output("a", "1"), called("c", "h"), output("b", "2"), output("c", "3")},
			want:  []string{`assistant: call a f{"x":1} call b g{"x":1} call c h{"x":1}`, "result a f: 1", "result b g: 2", "result c h: 3"},
		},
		"text between call and result": {
			items: []string{called("a", "f"), answer("x"), output("a", "1"), answer("y")},
			want:  []string{`assistant: x call a f{"x":1}`, "result a f: 1", "assistant: y"},
		},
		"reasoning between the calls of a turn": {
			items: []string{opened("t"), called("a", "f"), opened("s"), called("b", "g"), output("a", "1"), output("b", "2")},
			want:  []string{`assistant: (in the open: t) (in the open: s) call a f{"x":1} call b g{"x":1}`, "result a f: 1", "result b g: 2"},
		},
		"reasoning of the next turn": {
			items: []string{opened("t"), called("a", "f"), output("a", "1"), opened("s"), answer("x")},
			want:  []string{`assistant: (in the open: t) call a f{"x":1}`, "result a f: 1", "assistant: (in the open: s) x"},
		},
		"a notice between call and result waits": {
			items: []string{called("a", "f"), message("developer", "n"), message("user", "u"), output("a", "1"), answer("x")},
			want:  []string{`assistant: call a f{"x":1}`, "result a f: 1", "system: n", "user: u", "assistant: x"},
		},
		"a notice between the results waits": {
			items: []string{called("a", "f"), called("b", "g"), output("a", "1"), message("user", "u"), output("b", "2")},
			want:  []string{`assistant: call a f{"x":1} call b g{"x":1}`, "result a f: 1", "result b g: 2", "user: u"},
		},
		"a notice between the calls waits": {
			items: []string{called("a", "f"), message("developer", "n"), called("b", "g"), output("a", "1"), output("b", "2")},
			want:  []string{`assistant: call a f{"x":1} call b g{"x":1}`, "result a f: 1", "result b g: 2", "system: n"},
		},

		"F14 a call without its result": {
			items: []string{called("a", "f"), called("b", "g"), output("a", "1"), message("user", "u")},
			want:  []string{`assistant: call a f{"x":1} call b g{"x":1}`, "result a f: 1", "result b g: aborted", "user: u"},
		},
		"F14 a call at the end": {
			items: []string{message("user", "u"), called("a", "f")},
			want:  []string{"user: u", `assistant: call a f{"x":1}`, "result a f: aborted"},
		},
		"F14 a result without its call": {
			items: []string{output("z", "1"), message("user", "u")},
			want:  []string{"user: " + again + " 1", "user: u"},
		},
		"F14 a result without an id": {
			items: []string{message("user", "u"), `{"type":"function_call_output","output":"1"}`},
			want:  []string{"user: u", "user: " + again + " 1"},
		},
		"F14 a result that comes twice": {
			items: []string{called("a", "f"), output("a", "1"), output("a", "2"), message("user", "u")},
			want:  []string{`assistant: call a f{"x":1}`, "result a f: 1", "user: u"},
		},
		"a result before its call": {
			items: []string{output("a", "1"), called("a", "f"), message("user", "u")},
			want:  []string{"user: " + again + " 1", `assistant: call a f{"x":1}`, "result a f: aborted", "user: u"},
		},
		"F44 an id that is used again in a later turn": {
			items: []string{called("f:0", "f"), output("f:0", "1"), called("f:0", "f"), output("f:0", "2")},
			want:  []string{`assistant: call f:0 f{"x":1}`, "result f:0 f: 1", `assistant: call f:0_2 f{"x":1}`, "result f:0_2 f: 2"},
		},
		"F44 an id that is used twice in a turn": {
			items: []string{called("a", "f"), called("a", "g"), output("a", "1"), output("a", "2")},
			want:  []string{`assistant: call a f{"x":1} call a_2 g{"x":1}`, "result a f: 1", "result a_2 g: 2"},
		},
		"F44 an id of an interrupted call that is used again": {
			items: []string{called("a", "f"), message("user", "u"), called("a", "g"), output("a", "2")},
			want:  []string{`assistant: call a f{"x":1}`, "result a f: aborted", "user: u", `assistant: call a_2 g{"x":1}`, "result a_2 g: 2"},
		},
		"an id that looks like one that was made": {
			items: []string{called("a", "f"), called("a_2", "f"), called("a", "f"), output("a", "1"), output("a_2", "2"), output("a", "3")},
			want: []string{
				`assistant: call a f{"x":1} call a_2 f{"x":1} call a_3 f{"x":1}`, "result a f: 1", "result a_2 f: 2", "result a_3 f: 3",
			},
		},
		"an empty id": {
			items: []string{called("", "f"), called("", "g"), output("", "1"), output("", "2")},
			want:  []string{`assistant: call call_1 f{"x":1} call call_2 g{"x":1}`, "result call_1 f: 1", "result call_2 g: 2"},
		},

		"a call of a custom tool": {
			items: []string{
				`{"type":"custom_tool_call","call_id":"a","name":"exec","namespace":"functions","input":"say \"hi\"\n"}`,
				`{"type":"custom_tool_call_output","call_id":"a","output":[{"type":"input_text","text":"x"},{"type":"input_text","text":"y"}]}`,
			},
			want: []string{`assistant: call a exec{"input":"say \"hi\"\n"}`, "result a exec: x y"},
		},
		"a call in a namespace that is not declared any more": {
			items: []string{`{"type":"function_call","call_id":"a","name":"add","namespace":"mcp__calc","arguments":"{}"}`, output("a", "3")},
			want:  []string{`assistant: call a mcp__calc__add{}`, "result a mcp__calc__add: 3"},
		},
		"a tool search": {
			items: []string{
				`{"type":"tool_search_call","call_id":"s","execution":"client","arguments":{"query":"add"}}`, found(namespace("mcp__calc", function("add"), function("sub"))),
			},
			want: []string{`assistant: call s tool_search{"query":"add"}`, `result s tool_search: Tools loaded:\n- mcp__calc__add\n- mcp__calc__sub`},
		},
		"a tool search that found nothing": {
			items: []string{`{"type":"tool_search_call","call_id":"s","arguments":{}}`, found()},
			want:  []string{`assistant: call s tool_search{}`, `result s tool_search: No tools found.`},
		},
		"calls of OpenAI's own client tools": {
			items: []string{
				`{"type":"local_shell_call","call_id":"a","action":{"type":"exec","command":["ls"]}}`, output("a", "1"),
				`{"type":"shell_call","call_id":"b","action":{"commands":["ls"]}}`, `{"type":"shell_call_output","call_id":"b","output":"2"}`,
				`{"type":"apply_patch_call","call_id":"c","operation":{"type":"delete_file"}}`, `{"type":"apply_patch_call_output","call_id":"c","status":"failed"}`,
			},
			want: []string{
				`assistant: call a local_shell{"type":"exec","command":["ls"]}`, "result a local_shell: 1",
				`assistant: call b shell{"commands":["ls"]}`, "result b shell: 2",
				`assistant: call c apply_patch{"type":"delete_file"}`, "result c apply_patch:",
			},
		},
		"hosted work leaves no trace": {
			items: []string{message("user", "u"), `{"type":"web_search_call","id":"ws_1","status":"completed","action":{}}`, `{"type":"mcp_list_tools","tools":[]}`, answer("x")},
			want:  []string{"user: u", "assistant: x"},
		},

		"what another agent said": {
			items: []string{`{"type":"agent_message","author":"/root/a","content":[{"type":"input_text","text":"x"}]}`},
			want:  []string{"user: [message from agent /root/a] x"},
		},
		"F30 an unknown item with text": {
			items: []string{`{"type":"x_future","foo":1,"content":"x"}`, `{"type":"x_other","text":"y"}`, `{"type":"x_mine","role":"assistant","content":[{"type":"x","text":"z"}]}`},
			want:  []string{"user: x", "user: y", "assistant: z"},
		},
		"F30 an unknown item without text": {
			items: []string{message("user", "u"), `{"type":"x_future","foo":1}`, called("a", "f"), `{"type":"x_future"}`, output("a", "1")},
			want:  []string{"user: u", `assistant: call a f{"x":1}`, "result a f: 1"},
		},
		"F30 parts of unknown types": {
			items: []string{`{"role":"user","content":[{"type":"x","text":"a"},{"type":"y","foo":1},"b"]}`},
			want:  []string{"user: a b"},
		},
		"compacted history of another provider": {
			items: []string{`{"type":"compaction","encrypted_content":"gAAAA"}`, message("user", "u")},
			want:  []string{"user: u"},
		},

		"images and files": {
			items: []string{`{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"high"},` +
				`{"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}},{"type":"input_file","filename":"a.pdf","file_data":"data:x"},` +
				`{"type":"input_file","file_url":"https://x/b.pdf"},{"type":"input_image","file_id":"file-1"}]}`},
			want: []string{"user: [image data:image/png;base64,AA== high] [image https://x/y.png low] [file a.pdf data:x] [file  https://x/b.pdf] [file file-1 is stored with another provider]"},
		},
		"an image in a result": {
			items: []string{called("a", "f"), `{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"x"},{"type":"input_image","image_url":"data:y"}]}`},
			want:  []string{`assistant: call a f{"x":1}`, "result a f: x [image data:y]"},
		},

		"F04 sealed reasoning comes back": {
			items: []string{message("user", "u"), sealed(ring, "t"), called("a", "f"), output("a", "1")},
			want:  []string{"user: u", `assistant: (reasoning_content of p/m: t) call a f{"x":1}`, "result a f: 1"},
		},
		"F19 another's sealed reasoning is left out": {
			items: []string{message("user", "u"), sealed(newRing("the secret of somebody else"), "t"), `{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"}`, answer("x")},
			want:  []string{"user: u", "assistant: x"},
		},
		"damaged sealed reasoning is left out": {
			items: []string{message("user", "u"), strings.Replace(sealed(ring, "t"), `"encrypted_content":"ccr1.`, `"encrypted_content":"ccr1.0`, 1), answer("x")},
			want:  []string{"user: u", "assistant: x"},
		},
		"a summary is for people": {
			items: []string{message("user", "u"), `{"type":"reasoning","summary":[{"type":"summary_text","text":"s"}],"content":null,"encrypted_content":null}`, answer("x")},
			want:  []string{"user: u", "assistant: x"},
		},
		"reasoning that led to nothing": {
			items: []string{message("user", "u"), opened("t"), message("user", "v")},
			want:  []string{"user: u", "assistant: (in the open: t)", "user: v"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sameLines(t, history(parse(t, input(test.items...))), test.want...)
		})
	}
}

func TestInstructionsComeFirst(t *testing.T) {
	req := parse(t, request(`"input":[`+message("developer", "b")+`,`+message("user", "c")+`]`, `"instructions":"a"`))
	sameLines(t, history(req), `system: a b`, "user: c")
	req = parse(t, request(`"instructions":"a"`))
	sameLines(t, history(req), "system: a")
}

func TestRepairsAreCounted(t *testing.T) {
	tests := map[string]struct {
		items []string
		want  int
	}{
		"nothing to mend":                 {[]string{message("user", "u"), called("a", "f"), output("a", "1"), answer("x")}, 0},
		"a call without its result":       {[]string{called("a", "f"), message("user", "u")}, 1},
		"a result without its call":       {[]string{output("a", "1")}, 1},
		"a result that comes twice":       {[]string{called("a", "f"), output("a", "1"), output("a", "1")}, 1},
		"an unknown item":                 {[]string{message("user", "u"), `{"type":"x_future"}`}, 1},
		"hosted work is not unknown":      {[]string{message("user", "u"), `{"type":"web_search_call"}`}, 0},
		"arguments that are no JSON":      {[]string{strings.Replace(called("a", "f"), `{\"x\":1}`, `{\"x`, 1), output("a", "1")}, 1},
		"empty arguments are nothing odd": {[]string{strings.Replace(called("a", "f"), `{\"x\":1}`, ``, 1), output("a", "1")}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := parse(t, input(test.items...)).Repairs; got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestArgumentsBecomeAnObject(t *testing.T) {
	tests := map[string]struct{ arguments, want string }{
		"an object":                       {`"{\"a\": 1}"`, `{"a": 1}`},
		"an object with white space":      {`" {\"a\":1}\n"`, `{"a":1}`},
		"numbers stay as they are":        {`"{\"a\":12345678901234567890,\"b\":1.0}"`, `{"a":12345678901234567890,"b":1.0}`},
		"escapes within escapes":          {`"{\"a\":\"\\u00e9\\n\\\"\"}"`, `{"a":"\u00e9\n\""}`},
		"an object that is no text":       {`{"a":1}`, `{"a":1}`},
		"F56 nothing":                     {`""`, `{}`},
		"F56 white space":                 {`" \n"`, `{}`},
		"F56 null":                        {`null`, `{}`},
		"F53 a text that is cut off":      {`"{\"cmd\":\"ls"`, `{"_raw":"{\"cmd\":\"ls"}`},
		"F53 a text that is no JSON":      {`"ls -l"`, `{"_raw":"ls -l"}`},
		"an array":                        {`"[1]"`, `{"_raw":"[1]"}`},
		"two objects":                     {`"{}{}"`, `{"_raw":"{}{}"}`},
		"a surrogate without its partner": {`"{\"a\":\"\\ud83d\"}"`, `{"a":"\ud83d"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req := parse(t, input(`{"type":"function_call","call_id":"a","name":"f","arguments":`+test.arguments+`}`, output("a", "1")))
			if got := string(req.History[0].Calls[0].Arguments); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// A provider's prompt cache is good for as much of a request as is the same as before.
func TestHistoryGrowsAtItsEndOnly(t *testing.T) {
	items := []string{
		message("developer", "d"), message("user", "u"), opened("t"), answer("x"), called("a", "f"), called("b", "g"), output("b", "2"),
		output("a", "1"), message("developer", "n"), called("a", "f"), output("a", "3"), output("z", "4"), answer("y"), message("user", "v"),
	}
	turns := []int{2, 8, 11, 14} // where Codex would ask
	var before []string
	for _, n := range turns {
		now := history(parse(t, input(items[:n]...)))
		if len(now) < len(before) {
			t.Fatalf("%d items gave %d messages, fewer than before", n, len(now))
		}
		sameLines(t, now[:len(before)], before...)
		before = now
	}
}
