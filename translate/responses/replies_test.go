package responses_test

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	up "github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
)

func replaceAll(events []string, pattern, with string) []string {
	events = slices.Clone(events)
	for i := range events {
		events[i] = regexp.MustCompile(pattern).ReplaceAllString(events[i], with)
	}
	return events
}

// changingIDs gives an item another id in each event.
func changingIDs(events []string) []string {
	events = slices.Clone(events)
	for i := range events {
		events[i] = regexp.MustCompile(`"((?:item_)?id)":"((?:rs|msg|fc|ctc)_)`).ReplaceAllString(events[i], fmt.Sprintf(`"$1":"${2}%d`, i))
	}
	return events
}

func TestRepliesAreTranslated(t *testing.T) {
	for name, test := range translatedReplies {
		for framing, reader := range framings {
			t.Run(name+"/"+framing, func(t *testing.T) {
				test.check(t, with(t, test.knobs...).read(t, asking, reader(bodyOf(test.events...))))
			})
		}
	}
}

// Wherever a reply breaks off, what was done is kept, nothing is taken for whole, and the client is told.
func TestATranslatedReplyMayBreakOffAnywhere(t *testing.T) {
	for name, test := range translatedReplies {
		t.Run(name, func(t *testing.T) {
			frames := up.ResponsesFrames(test.events...)
			for i := range frames {
				body := strings.Join(frames[:i], "")
				o := with(t, test.knobs...).read(t, asking, strings.NewReader(body))
				if lines := o.Lines(); o.Fault == nil && !slices.Equal(lines, test.want) {
					t.Errorf("cut at %d: %q", i, lines)
				}
				reset := errors.New("connection reset")
				o = with(t, test.knobs...).read(t, asking, io.MultiReader(strings.NewReader(body), iotest.ErrReader(reset)))
				if o.Fault != nil && o.Fault.Kind == fault.Truncated && !errors.Is(o.Fault, reset) {
					t.Errorf("cut at %d: %v", i, o.Fault)
				}
			}
		})
	}
}

// The order of the API is the client's, whatever the service's.
func TestASearchIsTold(t *testing.T) {
	o := with(t).read(t, asking, strings.NewReader(bodyOf(translatedReplies["a search and what it found"].events...)))
	items := streamcheck.Items(o.Events)
	if action := items[0].Get("action"); action.Get("query").String() != "q" || action.Get("sources.0.url").String() != "https://a" {
		t.Errorf("the search is %s", items[0])
	}
	if citation := items[1].Get("content.0.annotations.0"); citation.Get("url").String() != "https://a" || citation.Get("end_index").Int() != 5 {
		t.Errorf("the message is %s", items[1])
	}
}

func TestFaultsAreClassified(t *testing.T) {
	tests := map[string]struct {
		code string
		want fault.Kind
	}{
		"a rate limit":            {"rate_limit_exceeded", fault.RateLimited},
		"no credit":               {"insufficient_quota", fault.NoCredit},
		"a prompt too long":       {"context_length_exceeded", fault.ContextLength},
		"no capacity":             {"server_is_overloaded", fault.Overloaded},
		"the service's own fault": {"server_error", fault.Unavailable},
		"a prompt that is wrong":  {"invalid_prompt", fault.Rejected},
		"an image that is wrong":  {"invalid_image", fault.Rejected},
		"a policy":                {"cyber_policy", fault.Rejected},
		"a content filter":        {"content_filter", fault.Filtered},
	}
	for name, test := range tests {
		for _, p := range []*provider{openAI(t), with(t)} {
			for _, event := range []string{
				failed(`{"code":"` + test.code + `","message":"x"}`), event("error", `"code":"`+test.code+`","message":"x","param":null`),
			} {
				t.Run(name+"/"+p.Target.Provider, func(t *testing.T) {
					o := p.read(t, asking, strings.NewReader(bodyOf(event)))
					if o.Fault == nil || o.Fault.Kind != test.want || o.Fault.Provider != p.Target.Provider {
						t.Errorf("got %+v", o.Fault)
					}
				})
			}
		}
	}
}

// F04: what a provider has thought comes back to it in the form that it knows.
func TestF04ReasoningComesBack(t *testing.T) {
	tests := map[string]struct {
		knob  string
		items []up.ResponsesItem
		want  string // the items of the next request's input behind the question, by type and what they say
	}{
		"sealed":            {"encrypted_content", []up.ResponsesItem{up.ResponsesReasoning("rs_a", "t", "sealed"), callF}, `reasoning rs_a sealed t, function_call f, function_call_output ok`},
		"sealed in silence": {"encrypted_content", []up.ResponsesItem{up.ResponsesReasoning("rs_a", "", "sealed"), callF}, `reasoning rs_a sealed , function_call f, function_call_output ok`},
		"sealed, twice": {
			"encrypted_content",
			[]up.ResponsesItem{up.ResponsesReasoning("rs_a", "t", "one"), callF, up.ResponsesReasoning("rs_b", "", "two"), hello},
			`reasoning rs_a one t, function_call f, reasoning rs_b two , message Hello, function_call_output ok`,
		},
		"in the open":          {"reasoning_text", []up.ResponsesItem{up.ResponsesThought("rs_a", "Let \"me\""), callF}, `reasoning Let "me", function_call f, function_call_output ok`},
		"in the open, twice":   {"reasoning_text", []up.ResponsesItem{up.ResponsesThought("rs_a", "a"), hello, up.ResponsesThought("rs_b", "b"), callF}, `reasoning a, message Hello, reasoning b, function_call f, function_call_output ok`},
		"as a summary":         {"summary_text", []up.ResponsesItem{up.ResponsesReasoning("rs_a", "t", ""), callF}, `reasoning t, function_call f, function_call_output ok`},
		"which is not wanted":  {"none", []up.ResponsesItem{up.ResponsesThought("rs_a", "t"), callF}, `function_call f, function_call_output ok`},
		"sealed, not wanted":   {"reasoning_text", []up.ResponsesItem{up.ResponsesReasoning("rs_a", "", "sealed"), callF}, `function_call f, function_call_output ok`},
		"behind calls, sealed": {"encrypted_content", []up.ResponsesItem{callF, up.ResponsesReasoning("rs_a", "t", "sealed"), hello}, `function_call f, reasoning rs_a sealed t, message Hello, function_call_output ok`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, "reasoning_out", test.knob)
			o := p.read(t, asking, strings.NewReader(bodyOf(up.ResponsesEvents(test.items...)...)))
			var got []string
			for _, item := range gjson.GetBytes(p.body(t, o.NextTurn(t, asking)), "input").Array()[1:] {
				words := []string{item.Get("type").String()}
				if sealed := item.Get("encrypted_content"); sealed.Exists() {
					words = append(words, item.Get("id").String(), sealed.String(), item.Get("summary.0.text").String())
				} else {
					words = append(words, item.Get("content.0.text").String()+item.Get("summary.0.text").String()+item.Get("name").String()+item.Get("output").String())
					if item.Get("content").Type == gjson.String {
						words[1] = item.Get("content").String()
					}
				}
				got = append(got, strings.Join(words, " "))
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), test.want)
			}
		})
	}
}

// The ids of calls are the provider's where they can be, and each is one call's alone.
func TestF44IDsComeBack(t *testing.T) {
	p := with(t)
	body := bodyOf(up.ResponsesEvents(up.ResponsesCall("x", "f:0", "f", "{}"))...)
	first := p.read(t, asking, strings.NewReader(body))
	request := first.NextTurn(t, asking)
	second := p.read(t, request, strings.NewReader(body))
	if id := streamcheck.Items(second.Events)[0].Get("call_id").String(); !strings.HasPrefix(id, "call_") {
		t.Errorf("the second call has the id %q", id)
	}
	if id := sent(p.body(t, request), "input.1.call_id"); id != `"f:0"` {
		t.Errorf("the first call went back with the id %s", id)
	}
}

// A model that has run its tools may have nothing more to say; one that was asked may not.
func TestSilenceIsAnAnswerToResultsAlone(t *testing.T) {
	for _, p := range []*provider{openAI(t), with(t)} {
		for request, want := range map[string]string{asking: "ended its reply without an answer", thread(user, callF1, outputF1): ""} {
			got := ""
			if o := p.read(t, request, strings.NewReader(bodyOf(up.ResponsesEvents()...))); o.Fault != nil {
				got = o.Fault.Message
			}
			if got != want {
				t.Errorf("%s: got %q, want %q", request, got, want)
			}
		}
	}
}

func TestAResetInTheMidstOfAReplyIsATime(t *testing.T) {
	limited := gjson.Get(wiretest.Limited(), "error").Raw
	for _, p := range []*provider{openAI(t), with(t)} {
		for _, frame := range []string{failed(limited), wiretest.Limited(), "[" + wiretest.Limited() + "]"} {
			wiretest.KnowsTheReset(t, p.read(t, asking, strings.NewReader(bodyOf(frame))))
		}
	}
}
