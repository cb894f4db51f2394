package gemini_test

import (
	"strings"
	"testing"
)

// Offsets are bytes of the answer; clients get characters of the message.
func TestCitations(t *testing.T) {
	support := func(segment, indices string) string {
		return `{"candidates":[{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a","title":"A \"1\""}},{"web":{"uri":"https://b","title":"B"}}],` +
			`"groundingSupports":[{"segment":{` + segment + `},"groundingChunkIndices":[` + indices + `]}]}}]}`
	}
	tests := map[string]struct {
		frames []string
		want   string // start, end and URL of each
	}{
		"at the start":                         {[]string{says("Hällo. Wörld."), support(`"endIndex":7,"text":"Hällo."`, "0")}, "0-6 https://a"},
		"behind other characters":              {[]string{says("Hä"), says("llo. Wörld."), support(`"startIndex":8,"endIndex":15,"text":"Wörld."`, "1")}, "7-13 https://b"},
		"of two sources":                       {[]string{says("Hällo."), support(`"endIndex":7`, "0,1")}, "0-6 https://a, 0-6 https://b"},
		"said twice":                           {[]string{says("Hällo."), support(`"endIndex":7`, "0"), support(`"endIndex":7`, "0")}, "0-6 https://a"},
		"by the offsets of another part":       {[]string{says("Hällo. "), says("Wörld."), support(`"partIndex":1,"startIndex":0,"endIndex":7,"text":"Wörld."`, "0")}, "7-13 https://a"},
		"of a text that is not there":          {[]string{says("Hällo."), support(`"endIndex":7,"text":"other"`, "0")}, ""},
		"within a character":                   {[]string{says("Hällo."), support(`"startIndex":2,"endIndex":7`, "0")}, ""},
		"beyond the end":                       {[]string{says("Hällo."), support(`"startIndex":2,"endIndex":70`, "0")}, ""},
		"of a source that is not there":        {[]string{says("Hällo."), support(`"endIndex":7`, "9")}, ""},
		"before there is any text":             {[]string{support(`"endIndex":7,"text":"Hällo."`, "0"), says("Hällo.")}, ""},
		"of the message behind an earlier one": {[]string{says("Hällo."), thinks("t"), says("Wörld."), support(`"startIndex":7,"endIndex":14,"text":"Wörld."`, "0")}, "0-6 https://a"},
	}
	p := with(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := play(t, p, strings.NewReader(bodyOf(append(test.frames, finish("STOP"))...)))
			var got []string
			for _, event := range o.Events {
				if event.Type == "response.output_text.annotation.added" {
					a := event.Get("annotation")
					got = append(got, a.Get("start_index").Raw+"-"+a.Get("end_index").Raw+" "+a.Get("url").String())
				}
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
	t.Run("not where the client wants no search", func(t *testing.T) {
		request := strings.Replace(asking, `,{"type":"web_search"}`, "", 1)
		o := wire.Read(t, p.Provider, request, strings.NewReader(bodyOf(says("Häl\nlo"), `{"candidates":[{"finishReason":"STOP",`+ground+`}]}`)))
		for _, event := range o.Events {
			if strings.Contains(string(event.Data), "https://a") || strings.Contains(string(event.Data), "web_search_call") {
				t.Errorf("got %s", event.Data)
			}
		}
	})
}
