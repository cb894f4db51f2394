package gemini_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/wiretest"
)

// F16: what a model has said comes back to it part by part, but for thoughts that are not signed and texts that are not, which may stand
// together. Another model gets no signature of it.
func TestF16TheModelsOwnPartsComeBack(t *testing.T) {
	const (
		textA  = `{"text":"Häl\nlo"}`
		textB  = `{"text":"ä","thoughtSignature":"QUJD"}`
		empty  = `{"text":"","thoughtSignature":"REVG"}`
		signed = `{"functionCall":{"id":"1","name":"f","args":{"a":1}},"thoughtSignature":"QUJD"}`
		plain  = `{"functionCall":{"id":"2","name":"g","args":{}}}`
		custom = `{"functionCall":{"id":"3","name":"c","args":{"input":"x\"\ny"}}}`
		spaced = `{"functionCall":{"id":"4","name":"ns__n","args":{}},"thoughtSignature":"REVG"}`
		idea   = `{"text":"u","thought":true,"thoughtSignature":"REVG"}`
		loose  = `{"text":"t","thought":true}`
	)
	tests := map[string]struct{ parts, want []string }{
		"a text":                                {[]string{textA}, nil},
		"a text that ends in a signature":       {[]string{textA, textB}, nil},
		"a text behind which a signature comes": {[]string{textA, empty}, nil},
		"a text that begins with a signature":   {[]string{textB, textA}, nil},
		"a call":                                {[]string{signed}, nil},
		"calls":                                 {[]string{signed, plain, custom}, nil},
		"calls of which two are signed":         {[]string{signed, plain, spaced}, nil},
		"everything": {
			[]string{loose, idea, search, found, textA, textB, empty, signed, plain, custom, spaced},
			[]string{idea, search, found, textA, textB, empty, signed, plain, custom, spaced},
		},
		"texts between calls":          {[]string{signed, textA, spaced, textB}, nil},
		"thoughts between calls":       {[]string{loose, signed, loose, idea, spaced, loose, textB}, []string{signed, idea, spaced, textB}},
		"a signature alone":            {[]string{empty, signed}, nil},
		"a tool of the server, a call": {[]string{search, found, signed}, nil},
		"a call that nobody signed":    {[]string{plain}, []string{strings.TrimSuffix(plain, "}") + "," + skip + "}"}},
	}
	p := with(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := test.want
			if want == nil {
				want = test.parts
			}
			whole := play(t, p, strings.NewReader(bodyOf(parts(test.parts...), finish("STOP"))))
			var frames []string
			for _, part := range test.parts {
				frames = append(frames, parts(part))
			}
			for how, o := range map[string]*wiretest.Outcome{"in one chunk": whole, "in a chunk each": play(t, p, strings.NewReader(bodyOf(append(frames, finish("STOP"))...)))} {
				request := o.NextTurn(t, asking)
				body := p.body(t, request)
				p.check(t, body)
				if got := sent(body, "contents.1.parts"); got != "["+strings.Join(want, ",")+"]" {
					t.Errorf("%s: got\n  %s\nwant\n  [%s]", how, got, strings.Join(want, ","))
				}
				other := model(t, "gemini", "gemini-4-argon")
				body = other.body(t, request)
				other.check(t, body)
				if strings.Contains(string(body), "QUJD") || strings.Contains(string(body), "toolCall") {
					t.Errorf("%s: another model gets %s", how, body)
				}
			}
		})
	}
}

// What a provider gave in one turn it finds again in the next ones at the same place.
func TestTurnsArePrefixesOfTheNext(t *testing.T) {
	p := with(t)
	replies := [][]string{
		{thinks("t"), says("a"), callOf("", "f", `{"a":1}`, "QUJD"), finish("STOP")},
		{parts(aCall("", "f", `{"a":2}`, "REVG"), aCall("", "g", `{}`, "")), finish("STOP")},
		{says("b"), signs("QUJD"), finish("STOP")},
	}
	request := asking
	before := ""
	for i, frames := range replies {
		o := wire.Read(t, p.Provider, request, strings.NewReader(bodyOf(frames...)))
		next := o.NextTurn(t, asking)
		items := gjson.Get(next, "input").Array()[1:]
		if i == 0 {
			items = gjson.Get(next, "input").Array()
		}
		request = extended(request, items)
		body := p.body(t, request)
		p.check(t, body)
		contents := sent(body, "contents")
		if !strings.HasPrefix(contents, before) {
			t.Errorf("turn %d: first\n%s\nthen\n%s", i, before, contents)
		}
		before = strings.TrimSuffix(contents, "]}]")
	}
}

// extended is a request with further items.
func extended(request string, items []gjson.Result) string {
	var raw []string
	if input := gjson.Get(request, "input"); input.IsArray() {
		raw = append(raw, strings.TrimSuffix(strings.TrimPrefix(input.Raw, "["), "]"))
	}
	for _, item := range items {
		raw = append(raw, item.Raw)
	}
	return strings.Replace(request, gjson.Get(request, "input").Raw, "["+strings.Join(raw, ",")+"]", 1)
}

// F44: the ids of calls are the provider's where they can be, and each is one call's alone.
func TestF44IDsComeBack(t *testing.T) {
	p := with(t)
	frames := bodyOf(callOf("f:0", "f", `{}`, "QUJD"), finish("STOP"))
	request := play(t, p, strings.NewReader(frames)).NextTurn(t, asking)
	second := streamcheck.Items(wire.Read(t, p.Provider, request, strings.NewReader(frames)).Events)[1]
	if id := second.Get("call_id").String(); id == "f:0" || !strings.HasPrefix(id, "call_") {
		t.Errorf("the second call has the id %q", id)
	}
	if id := gjson.GetBytes(p.body(t, request), "contents.1.parts.0.functionCall.id").String(); id != "f:0" {
		t.Errorf("the first call went back with the id %q", id)
	}
}
