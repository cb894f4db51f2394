package gemini_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

const (
	skip      = `"thoughtSignature":"skip_thought_signature_validator"`
	callPartA = `{"functionCall":{"id":"call_a","name":"f","args":{"x":1}},` + skip + `}`
	callPartB = `{"functionCall":{"id":"call_b","name":"g","args":{}}}`
	respA     = `{"functionResponse":{"id":"call_a","name":"f","response":{"output":"1"}}}`
	respB     = `{"functionResponse":{"id":"call_b","name":"g","response":{"output":"2"}}}`
)

func said(role string, parts ...string) string {
	return `{"role":"` + role + `","parts":[` + strings.Join(parts, ",") + `]}`
}

func text(t string) string { return `{"text":` + quote(t) + `}` }

func picture(url string) string {
	return `{"type":"input_image","image_url":"` + url + `"}`
}

func pictured(id string, parts ...string) string {
	return `{"type":"function_call_output","call_id":"` + id + `","output":[` + strings.Join(parts, ",") + `]}`
}

func TestHistory(t *testing.T) {
	const (
		png    = "data:image/png;base64,QUJD"
		inline = `{"inlineData":{"mimeType":"image/png","data":"QUJD"}}`
		note   = "[image omitted: it cannot be sent to this model]"
		input  = `{"type":"input_text","text":"t"}`
	)
	tests := map[string]struct {
		knobs []string
		items []string
		want  []string
	}{
		"a talk": {nil, []string{user, answer, user}, []string{said("user", text("u")), said("model", text("Häl\nlo")), said("user", text("u"))}},
		"what one role says in a row": {nil, []string{user, user, answer, answer, user}, []string{
			said("user", text("u"), text("u")), said("model", text("Häl\nlo"), text("Häl\nlo")), said("user", text("u")),
		}},
		"a model that speaks first": {nil, []string{answer, user}, []string{
			said("user", text("[the conversation so far]")), said("model", text("Häl\nlo")), said("user", text("u")),
		}},
		"a late system message": {nil, []string{user, late, answer}, []string{
			said("user", text("u"), text("<developer>\nd\n</developer>")), said("model", text("Häl\nlo")), said("user", text("[go on]")),
		}},
		"F58 a model that spoke last, as where a reply was cut off behind it": {nil, []string{user, calledA, outA, answer}, []string{
			said("user", text("u")), said("model", callPartA), said("user", respA), said("model", text("Häl\nlo")), said("user", text("[go on]")),
		}},
		"half of a surrogate pair": {nil, []string{`{"role":"user","content":"a\ud83d"}`}, []string{said("user", `{"text":"a\ufffd"}`)}},
		"texts that say nothing":   {nil, []string{user, `{"role":"assistant","content":""}`, `{"role":"user","content":[{"type":"input_text","text":""}]}`}, []string{said("user", text("u"))}},
		"F12 calls of one turn": {nil, []string{user, answer, calledA, calledB, outB, outA}, []string{
			said("user", text("u")), said("model", text("Häl\nlo"), callPartA, callPartB), said("user", respA, respB),
		}},
		"calls turn by turn": {nil, []string{user, calledA, outA, calledB, outB}, []string{
			said("user", text("u")), said("model", callPartA), said("user", respA),
			said("model", strings.TrimSuffix(callPartB, "}")+","+skip+"}"), said("user", respB),
		}},
		"F14 a call without its result": {nil, []string{user, calledA, user}, []string{
			said("user", text("u")), said("model", callPartA), said("user", strings.Replace(respA, `"1"`, `"aborted"`, 1), text("u")),
		}},
		"F14 a result without its call": {nil, []string{outA, user}, []string{said("user", text("[output of an earlier tool call]"), text("1"), text("u"))}},
		"F42 a name that is found far off": {nil, []string{user, calledA, late, late, user, outA}, []string{
			said("user", text("u")), said("model", callPartA),
			said("user", respA, text("<developer>\nd\n</developer>"), text("<developer>\nd\n</developer>"), text("u")),
		}},
		"F42 a name that the provider would not take": {nil, []string{
			user, `{"type":"custom_tool_call","call_id":"c","name":"7-zip/list","input":"a"}`, `{"type":"custom_tool_call_output","call_id":"c","output":"b"}`,
		}, []string{
			said("user", text("u")), said("model", `{"functionCall":{"id":"c","name":"_7-zip_list_4c3a508d","args":{"input":"a"}},`+skip+`}`),
			said("user", `{"functionResponse":{"id":"c","name":"_7-zip_list_4c3a508d","response":{"output":"b"}}}`),
		}},
		"no ids where they are not known": {[]string{"tool_call_id", "omit"}, []string{user, calledA, outA}, []string{
			said("user", text("u")), said("model", strings.Replace(callPartA, `"id":"call_a",`, "", 1)), said("user", strings.Replace(respA, `"id":"call_a",`, "", 1)),
		}},
		"a result that is JSON": {nil, []string{user, calledA, strings.Replace(outA, `"1"`, `"{\"a\":1}"`, 1)}, []string{
			said("user", text("u")), said("model", callPartA), said("user", strings.Replace(respA, `"1"`, `"{\"a\":1}"`, 1)),
		}},
		"a result of nothing": {nil, []string{user, calledA, strings.Replace(outA, `"1"`, `""`, 1)}, []string{
			said("user", text("u")), said("model", callPartA), said("user", strings.Replace(respA, `"1"`, `""`, 1)),
		}},

		"an image":             {nil, []string{`{"role":"user","content":[` + input + `,` + picture(png) + `]}`}, []string{said("user", text("t"), inline)}},
		"an image by address":  {nil, []string{`{"role":"user","content":[` + picture("https://x/y.png") + `]}`}, []string{said("user", text(note))}},
		"an image of no type":  {nil, []string{`{"role":"user","content":[` + picture("data:;base64,QUJD") + `]}`}, []string{said("user", text(note))}},
		"an image of no bytes": {nil, []string{`{"role":"user","content":[` + picture("data:image/png;base64,") + `]}`}, []string{said("user", text(note))}},
		"F76 an image of a type that the model does not read": {nil, []string{`{"role":"user","content":[` + picture("data:image/gif;base64,QUJD") + `]}`}, []string{said("user", text(note))}},
		"an image by its other name":                          {nil, []string{`{"role":"user","content":[` + picture("data:image/JPG;base64,QUJD") + `]}`}, []string{said("user", strings.Replace(inline, "png", "jpeg", 1))}},
		"F76 an image for a model that reads none":            {[]string{"images", "none"}, []string{`{"role":"user","content":[` + picture(png) + `]}`}, []string{said("user", text(note))}},
		"an image with its detail": {
			[]string{"image_detail", "send"},
			[]string{`{"role":"user","content":[{"type":"input_image","image_url":"` + png + `","detail":"original"},{"type":"input_image","image_url":"` + png + `","detail":"auto"}]}`},
			[]string{said("user", strings.TrimSuffix(inline, "}")+`,"mediaResolution":{"level":"MEDIA_RESOLUTION_ULTRA_HIGH"}}`, inline)},
		},
		"a file": {nil, []string{`{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QUJD"}]}`}, []string{
			said("user", strings.Replace(inline, "image/png", "application/pdf", 1)),
		}},
		"a file of another type": {nil, []string{`{"role":"user","content":[{"type":"input_file","filename":"a.doc","file_data":"data:application/msword;base64,QUJD"}]}`}, []string{
			said("user", text("[file a.doc omitted: it cannot be sent to this model]")),
		}},
		"a file where none are taken": {[]string{"files", "none"}, []string{`{"role":"user","content":[{"type":"input_file","file_data":"data:application/pdf;base64,QUJD"}]}`}, []string{
			said("user", text("[file omitted: it cannot be sent to this model]")),
		}},
		"F78 images in results": {nil, []string{user, calledA, calledB, pictured("call_a", input, picture(png)), pictured("call_b", picture(png))}, []string{
			said("user", text("u")), said("model", callPartA, callPartB),
			said("user", `{"functionResponse":{"id":"call_a","name":"f","response":{"output":"t"},"parts":[`+inline+`]}}`,
				`{"functionResponse":{"id":"call_b","name":"g","response":{"output":"[image below]"},"parts":[`+inline+`]}}`),
		}},
		"F78 images behind results": {[]string{"tool_result_images", "user_message"}, []string{user, calledA, calledB, pictured("call_a", input, picture(png)), outB, late}, []string{
			said("user", text("u")), said("model", callPartA, callPartB),
			said("user", strings.Replace(respA, `"1"`, `"t"`, 1), respB, text("[image from the tool f]"), inline, text("<developer>\nd\n</developer>")),
		}},
		"F76 F78 images in results that the model does not read": {nil, []string{user, calledA, pictured("call_a", picture("data:image/gif;base64,QUJD"))}, []string{
			said("user", text("u")), said("model", callPartA), said("user", strings.Replace(respA, `"1"`, quote(note), 1)),
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := p.body(t, talk(test.items...))
			if len(test.knobs) == 0 {
				p.check(t, body)
			}
			sameContents(t, body, test.want...)
		})
	}
}

func sameContents(t *testing.T, body []byte, want ...string) {
	t.Helper()
	var got []string
	for _, content := range gjson.GetBytes(body, "contents").Array() {
		got = append(got, content.Raw)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestNothingButInstructionsIsAConversation(t *testing.T) {
	p := with(t)
	body := p.body(t, `{"model":"m","instructions":"i"}`)
	p.check(t, body)
	sameContents(t, body, said("user", text("[the conversation so far]")))
}

// F16: a signature goes back in the part that it came in.
func TestF16SignaturesGoBack(t *testing.T) {
	own := func(data string) string { return sealed("gemini", "gemini-3.8-flash", data) }
	const signedA = `{"functionCall":{"id":"call_a","name":"f","args":{"x":1}},"thoughtSignature":"QUJD"}`
	tests := map[string]struct {
		items []string
		want  string // the parts of the model
	}{
		"of a call":                         {[]string{own(`{"call":"QUJD"}`), calledA, calledB, outA, outB}, signedA + "," + callPartB},
		"of a call behind a text":           {[]string{answer, own(`{"call":"QUJD"}`), calledA, outA}, text("Häl\nlo") + "," + signedA},
		"of two calls":                      {[]string{own(`{"call":"QUJD"}`), calledA, own(`{"call":"REVG"}`), calledB, outA, outB}, signedA + "," + strings.TrimSuffix(callPartB, "}") + `,"thoughtSignature":"REVG"}`},
		"of the second call alone":          {[]string{calledA, own(`{"call":"REVG"}`), calledB, outA, outB}, callPartA + "," + strings.TrimSuffix(callPartB, "}") + `,"thoughtSignature":"REVG"}`},
		"of no call that is there":          {[]string{own(`{"call":"QUJD"}`), own(`{}`), calledA, outA}, callPartA},
		"of a whole text":                   {[]string{answer, own(`{"texts":[{"from":0,"to":7,"signature":"QUJD"}]}`)}, `{"text":"Häl\nlo","thoughtSignature":"QUJD"}`},
		"of the end of a text":              {[]string{answer, own(`{"texts":[{"from":4,"to":7,"signature":"QUJD"}]}`)}, text("Häl") + `,{"text":"\nlo","thoughtSignature":"QUJD"}`},
		"of an empty part behind a text":    {[]string{answer, own(`{"texts":[{"from":7,"to":7,"signature":"QUJD"}]}`)}, text("Häl\nlo") + `,{"text":"","thoughtSignature":"QUJD"}`},
		"of two pieces of a text":           {[]string{answer, own(`{"texts":[{"from":0,"to":1,"signature":"QUJD"},{"from":4,"to":5,"signature":"REVG"}]}`)}, `{"text":"H","thoughtSignature":"QUJD"},` + text("äl") + `,{"text":"\n","thoughtSignature":"REVG"},` + text("lo")},
		"of a piece within a character":     {[]string{answer, own(`{"texts":[{"from":2,"to":7,"signature":"QUJD"}]}`)}, text("Häl\nlo") + `,{"text":"","thoughtSignature":"QUJD"}`},
		"of a piece that is not there":      {[]string{answer, own(`{"texts":[{"from":4,"to":99,"signature":"QUJD"}]}`)}, text("Häl\nlo") + `,{"text":"","thoughtSignature":"QUJD"}`},
		"of a text that is not there":       {[]string{own(`{"texts":[{"from":0,"to":1,"signature":"QUJD"}]}`), calledA, outA}, `{"text":"","thoughtSignature":"QUJD"},` + callPartA},
		"of a text and a call":              {[]string{answer, own(`{"texts":[{"from":0,"to":7,"signature":"QUJD"}]}`), own(`{"call":"QUJD"}`), calledA, outA}, `{"text":"Häl\nlo","thoughtSignature":"QUJD"},` + signedA},
		"of a thought":                      {[]string{own(`{"parts":[{"text":"t","thought":true,"thoughtSignature":"REVG"}],"call":"QUJD"}`), calledA, outA}, `{"text":"t","thought":true,"thoughtSignature":"REVG"},` + signedA},
		"of a server's tool":                {[]string{own(`{"parts":[{"toolCall":{"id":"1"},"thoughtSignature":"REVG"},{"toolResponse":{"id":"1"}}]}`), answer}, `{"toolCall":{"id":"1"},"thoughtSignature":"REVG"},{"toolResponse":{"id":"1"}},` + text("Häl\nlo")},
		"that are not base64":               {[]string{own(`{"call":"Q JD"}`), calledA, outA}, callPartA},
		"that are cut off":                  {[]string{own(`{"call":"QUJD","texts":[`), calledA, outA}, callPartA},
		"F19 of another provider":           {[]string{sealed("vertex", "gemini-3.8-flash", `{"call":"QUJD"}`), calledA, outA}, callPartA},
		"F19 of another model":              {[]string{sealed("gemini", "gemini-4-argon", `{"call":"QUJD","parts":[{"text":"t"}],"texts":[{"signature":"QUJD"}]}`), answer, calledA, outA}, text("Häl\nlo") + "," + callPartA},
		"F19 of another wire":               {[]string{sealedAs("gemini", "gemini-3.8-flash", "reasoning", `{"call":"QUJD"}`), calledA, outA}, callPartA},
		"F19 reasoning that came in plain":  {[]string{`{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"o"}]}`, calledA, outA}, callPartA},
		"reasoning that led to nothing yet": {[]string{own(`{}`), answer}, text("Häl\nlo")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t)
			body := p.body(t, talk(append([]string{user}, test.items...)...))
			p.check(t, body)
			if got := sent(body, "contents.1.parts"); got != "["+test.want+"]" {
				t.Errorf("got\n  %s\nwant\n  [%s]", got, test.want)
			}
		})
	}
	t.Run("not where the model does not ask for any", func(t *testing.T) {
		p := model(t, "gemini", "gemini-2.5-pro")
		body := p.body(t, talk(user, calledA, outA))
		p.check(t, body)
		if strings.Contains(string(body), "thoughtSignature") {
			t.Errorf("got %s", body)
		}
	})
}
