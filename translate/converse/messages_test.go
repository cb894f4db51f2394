package converse_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/converse"
)

// talk is a request with the given items, and with a tool.
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

	says1   = `{"role":"user","content":[{"text":"u"}]}`
	useA    = `{"toolUse":{"toolUseId":"call_a","name":"f","input":{"x":1}}}`
	useB    = `{"toolUse":{"toolUseId":"call_b","name":"g","input":{}}}`
	resultA = `{"toolResult":{"toolUseId":"call_a","content":[{"text":"1"}]}}`
	resultB = `{"toolResult":{"toolUseId":"call_b","content":[{"text":"2"}]}}`
)

func of(role string, blocks ...string) string {
	return `{"role":"` + role + `","content":[` + strings.Join(blocks, ",") + `]}`
}

func output(id string, parts ...string) string {
	return `{"type":"function_call_output","call_id":"` + id + `","output":[` + strings.Join(parts, ",") + `]}`
}

const (
	picture = `{"type":"input_image","image_url":"data:image/jpg;base64,QUJD"}`
	image   = `{"image":{"format":"jpeg","source":{"bytes":"QUJD"}}}`
	text    = `{"type":"input_text","text":"t"}`
	noImage = `{"text":"[image omitted: it cannot be sent to this model]"}`
)

func file(name, url string) string {
	return `{"type":"input_file","filename":` + quote(name) + `,"file_data":` + quote(url) + `}`
}

func pdfBlock(name string) string {
	return `{"document":{"format":"pdf","name":"` + name + `","source":{"bytes":"QUJD"}}}`
}

const pdf = "data:application/pdf;base64,QUJD"

// thought is a reasoning item with what a provider has signed.
func thought(provider, model, data string) string {
	return wiretest.Sealed(provider, model, "reasoningContent", data)
}

func TestMessages(t *testing.T) {
	const signed = `{"reasoningText":{"text":"t","signature":"s"}}`
	mine := thought("plain", "up", signed)
	replayed := `{"reasoningContent":` + signed + `}`
	thinking := []string{"reasoning_out", "thinking"}
	native := []string{"tool_result_images", "native", "files", "data"}
	tests := map[string]struct {
		knobs []string
		items []string
		want  []string
	}{
		"F34 a late system message becomes the user's": {
			nil,
			[]string{late, user, answer, late, user},
			[]string{says1, of("assistant", `{"text":"x"}`), of("user", `{"text":"<developer>\nd\n</developer>"}`, `{"text":"u"}`)},
		},
		"what one says in turn is one message":          {nil, []string{user, user, answer, answer, user}, []string{of("user", `{"text":"u"}`, `{"text":"u"}`), of("assistant", `{"text":"x"}`, `{"text":"x"}`), says1}},
		"the user speaks first":                         {nil, []string{answer, user}, []string{of("user", `{"text":"[The conversation begins.]"}`), of("assistant", `{"text":"x"}`), says1}},
		"the user speaks last":                          {nil, []string{user, answer}, []string{says1, of("assistant", `{"text":"x"}`), of("user", `{"text":"[Go on.]"}`)}},
		"the user speaks, even where there is a system": {nil, []string{late}, []string{of("user", `{"text":"[Go on.]"}`)}},
		"blank texts are left out": {
			nil,
			[]string{user, strings.Replace(answer, `"x"`, `" \n\t"`, 1), strings.Replace(user, `"u"`, `"\u2003\r\n"`, 1), strings.Replace(user, `"u"`, `"\u0000"`, 1)},
			[]string{says1},
		},

		"half of a surrogate pair": {nil, []string{strings.Replace(user, `"u"`, `"u\ud83d"`, 1)}, []string{of("user", `{"text":"u\ufffd"}`)}},

		"F12 parallel calls": {nil, []string{user, answer, calledA, calledB, outB, outA}, []string{says1, of("assistant", `{"text":"x"}`, useA, useB), of("user", resultA, resultB)}},
		"results and what the user says next": {
			nil,
			[]string{user, calledA, outA, late, user},
			[]string{says1, of("assistant", useA), of("user", resultA, `{"text":"<developer>\nd\n</developer>"}`, `{"text":"u"}`)},
		},
		"a result without content": {nil, []string{user, calledA, strings.Replace(outA, `"1"`, `""`, 1)}, []string{says1, of("assistant", useA), of("user", strings.Replace(resultA, `"1"`, `"[no output]"`, 1))}},
		"F44 ids that the service does not take": {
			nil,
			[]string{user, strings.Replace(calledA, "call_a", "f:0 é", 1), strings.Replace(outA, "call_a", "f:0 é", 1)},
			[]string{says1, of("assistant", strings.Replace(useA, "call_a", "call_8IaWnLiyIHa1uPqAZthguHGa", 1)), of("user", strings.Replace(resultA, "call_a", "call_8IaWnLiyIHa1uPqAZthguHGa", 1))},
		},
		"F44 ids that Mistral takes": {
			[]string{"tool_call_id", "alphanumeric9"},
			[]string{user, calledA, strings.Replace(calledB, "call_b", "abcdefGH9", 1), outA, strings.Replace(outB, "call_b", "abcdefGH9", 1)},
			[]string{
				says1, of("assistant", strings.Replace(useA, "call_a", "yvCj00OtI", 1), strings.Replace(useB, "call_b", "abcdefGH9", 1)),
				of("user", strings.Replace(resultA, "call_a", "yvCj00OtI", 1), strings.Replace(resultB, "call_b", "abcdefGH9", 1)),
			},
		},

		"an image":                            {nil, []string{`{"role":"user","content":[` + text + `,` + picture + `]}`}, []string{of("user", `{"text":"t"}`, image)}},
		"an image where there are none":       {[]string{"images", "none"}, []string{`{"role":"user","content":[` + picture + `]}`}, []string{of("user", noImage)}},
		"an image behind a URL":               {nil, []string{`{"role":"user","content":[{"type":"input_image","image_url":"https://x/y.png"}]}`}, []string{of("user", noImage)}},
		"an image of a kind that is not read": {nil, []string{`{"role":"user","content":[{"type":"input_image","image_url":"data:image/tiff;base64,QUJD"}]}`}, []string{of("user", noImage)}},
		"an image of the assistant":           {nil, []string{user, `{"role":"assistant","content":[` + picture + `]}`, user}, []string{says1, of("assistant", noImage), says1}},
		"F39 images of results come behind all of them": {
			nil,
			[]string{user, calledA, calledB, output("call_a", text, picture), output("call_b", picture), user},
			[]string{
				says1, of("assistant", useA, useB), of("user", strings.Replace(resultA, `"1"`, `"t"`, 1), strings.Replace(resultB, `"2"`, `"[image below]"`, 1),
					`{"text":"[image from the tool f]"}`, image, `{"text":"[image from the tool g]"}`, image, `{"text":"u"}`),
			},
		},
		"F39 images in results": {
			native,
			[]string{user, calledA, output("call_a", text, picture, file("a.pdf", pdf))},
			[]string{says1, of("assistant", useA), of("user", `{"toolResult":{"toolUseId":"call_a","content":[{"text":"t"},`+image+`,`+pdfBlock("a")+`]}}`)},
		},
		"a file where there are none": {nil, []string{`{"role":"user","content":[` + file("a.pdf", pdf) + `]}`}, []string{of("user", `{"text":"[file a.pdf omitted: it cannot be sent to this model]"}`)}},
		"a file and its text":         {native, []string{`{"role":"user","content":[` + file("a.pdf", pdf) + `,` + text + `]}`}, []string{of("user", pdfBlock("a"), `{"text":"t"}`)}},
		"a file alone":                {native, []string{`{"role":"user","content":[` + file("a.pdf", pdf) + `]}`}, []string{of("user", pdfBlock("a"), `{"text":"[The file is attached.]"}`)}},
		"files and their names": {
			native,
			[]string{`{"role":"user","content":[` + text + `,` + file("John's  report_1.v2.pdf", pdf) + `,` + file("報告.pdf", pdf) + `,` + file("", pdf) + `,` + file("document.pdf", pdf) + `]}`},
			[]string{of("user", `{"text":"t"}`, pdfBlock("John s report 1 v2"), pdfBlock("document"), pdfBlock("document 2"), pdfBlock("document 3"))},
		},

		"F04 reasoning that is signed": {thinking, []string{user, mine, calledA, outA}, []string{says1, of("assistant", replayed, useA), of("user", resultA)}},
		"F04 reasoning in its order": {
			thinking, []string{user, mine, answer, mine, calledA, outA}, []string{says1, of("assistant", replayed, `{"text":"x"}`, replayed, useA), of("user", resultA)},
		},
		"F04 reasoning of another model":    {thinking, []string{user, thought("plain", "down", signed), calledA, outA}, []string{says1, of("assistant", useA), of("user", resultA)}},
		"F04 reasoning of another provider": {thinking, []string{user, thought("other", "up", signed), calledA, outA}, []string{says1, of("assistant", useA), of("user", resultA)}},
		"F04 reasoning that is not wanted":  {nil, []string{user, mine, calledA, outA}, []string{says1, of("assistant", useA), of("user", resultA)}},
		"F04 reasoning in the open":         {thinking, []string{user, `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}`, answer, user}, []string{says1, of("assistant", `{"text":"x"}`), says1}},
		"reasoning that led to nothing":     {thinking, []string{user, mine, user}, []string{of("user", `{"text":"u"}`, `{"text":"u"}`)}},
		"reasoning at the end":              {thinking, []string{user, answer, mine, user}, []string{says1, of("assistant", `{"text":"x"}`), says1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, talk(test.items...))
			p.check(t, body)
			if got, want := sent(body, "messages"), "["+strings.Join(test.want, ",")+"]"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// The service wants tools to be declared where the history has calls, whether the client still does so or not.
func TestCallsOfToolsThatAreGone(t *testing.T) {
	gone := strings.Replace(talk(user, calledA, calledB, outA, outB), oneTool, `"store":false`, 1)
	for name, request := range map[string]string{"not declared": gone, "not to be called": strings.Replace(talk(user, calledA, calledB, outA, outB), `"stream":true`, `"tool_choice":"none"`, 1)} {
		t.Run(name, func(t *testing.T) {
			body := plain().body(t, request)
			plain().check(t, body)
			const spec = `{"toolSpec":{"name":"f","description":"Not available at the moment: do not call it.","inputSchema":{"json":{"type":"object","properties":{}}}}}`
			if got, want := sent(body, "toolConfig"), `{"tools":[`+spec+`,`+strings.Replace(spec, `"f"`, `"g"`, 1)+`]}`; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// An image that the gateway has fetched, or left out, is no more what the client sent.
func TestImagesAreSentAsTheTargetGetsThem(t *testing.T) {
	const url = `{"role":"user","content":[{"type":"input_image","image_url":"https://x/y.png"},{"type":"input_image","image_url":"https://x/z.png"}]}`
	p := plain()
	req := parse(t, []byte(talk(url)))
	p.Target.Media = translate.Media{{DataURL: []byte("data:image/png;base64,QUJD")}, {Omitted: true}}
	body := converse.Encode(nil, req, &p.Target, &p.Dialect)
	p.check(t, body)
	if got, want := sent(body, "messages"), "["+of("user", strings.Replace(image, "jpeg", "png", 1), noImage)+"]"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestTheLastTwoTurnsAreMarked(t *testing.T) {
	p := claude(t)
	body := p.body(t, talk(late, user, answer, user, calledA, outA, answer, user))
	p.check(t, body)
	const mark = `{"cachePoint":{"type":"default"}}`
	want := "[" + strings.Join([]string{says1, of("assistant", `{"text":"x"}`), says1, of("assistant", useA), of("user", resultA, mark), of("assistant", `{"text":"x"}`), of("user", `{"text":"u"}`, mark)}, ",") + "]"
	if got := sent(body, "messages"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
