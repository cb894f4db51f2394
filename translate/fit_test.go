package translate_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate"
)

func TestTheOldestMakesWay(t *testing.T) {
	long := strings.Repeat("x", 400)
	user := func(text string) string { return `{"role":"user","content":"` + text + `"}` }
	said := func(text string) string { return `{"role":"assistant","content":"` + text + `"}` }
	call := func(id string) string {
		return `{"type":"function_call","call_id":"` + id + `","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"` + id + `","output":"` + long + `"}`
	}
	const lead = `{"role":"developer","content":"Be kind."}`
	thread := []string{lead, user("first " + long), said("one " + long), user("second " + long), said("two " + long), user("third")}
	tests := map[string]struct {
		items    []string
		has, may int64
		left     int
		want     string // how the messages that stay begin
	}{
		"what fits stays":                     {thread, 100, 100, 0, "system first one second two third"},
		"a little too much":                   {thread, 101, 100, 1, "system one second two third"},
		"a fifth too much":                    {thread, 100, 80, 1, "system one second two third"},
		"nearly half too much":                {thread, 100, 55, 2, "system second two third"},
		"all too much":                        {thread, 100, 1, 4, "system third"},
		"nothing may stay":                    {thread, 100, 0, 4, "system third"},
		"nothing that could go":               {[]string{lead, user("only " + long)}, 100, 1, 0, "system only"},
		"calls since the last message":        {[]string{user("old " + long), user("now"), call("c1"), call("c2")}, 100, 1, 1, "now call result call result"},
		"a call goes with its result":         {[]string{user("old"), call("c1"), call("c2"), user("now")}, 100, 80, 3, "call result now"},
		"no user at all":                      {[]string{said("one " + long), said("two " + long)}, 100, 1, 0, "one"},
		"a developer's words in between":      {[]string{user("first " + long), `{"role":"developer","content":"odd"}`, user("second")}, 100, 1, 2, "second"},
		"an image weighs what images usually": {[]string{`{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,` + strings.Repeat("A", 40000) + `"}]}`, user("big " + strings.Repeat("y", 4000)), user("now")}, 100, 60, 1, "big now"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req := parse(t, input(test.items...))
			before := history(req)
			fitted, left := req.Fit(test.has, test.may)
			var words []string
			for i := range fitted.History {
				words = append(words, beginning(&fitted.History[i]))
			}
			if got := strings.Join(words, " "); got != test.want || left != test.left {
				t.Errorf("%d had to go, and %q stay; want %d, %q", left, got, test.left, test.want)
			}
			sameLines(t, history(req), before...)
		})
	}
}

// beginning is the first word of a message.
func beginning(m *translate.Message) string {
	switch {
	case m.Role == translate.System:
		return "system"
	case m.Role == translate.Result:
		return "result"
	case len(m.Calls) > 0:
		return "call"
	case m.Parts[0].Kind != translate.TextPart:
		return "image"
	}
	word, _, _ := strings.Cut(string(m.Parts[0].Text), " ")
	return word
}

func TestThoughtsGoWithTheirTurn(t *testing.T) {
	req := parse(t, input(
		`{"role":"user","content":"first"}`, `{"type":"reasoning","content":[{"type":"reasoning_text","text":"`+strings.Repeat("t", 4000)+`"}],"summary":[]}`,
		`{"role":"assistant","content":"one"}`, `{"role":"user","content":"second"}`))
	fitted, _ := req.Fit(1000, 500)
	sameLines(t, history(fitted), "user: second")
}
