package translate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

// worked is the input of a thread in which the model has done something.
const worked = `{"role":"developer","content":"Be kind."},{"role":"user","content":"first"},` +
	`{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},` +
	`{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"done"},` +
	`{"role":"assistant","content":"one"},{"role":"user","content":"second"}`

// condensed is the stream of a request that is compacted on the way, once the summary has been made, and what it has written.
func condensed(t *testing.T, members ...string) (*translate.Stream, *recorder) {
	t.Helper()
	stream, out := newStream(t, request(append(members, `"input":[`+worked+`]`, `"instructions":"Be brief."`, `"tools":[`+function("f")+`]`)...))
	req := stream.Request()
	req.Condense("Sum it up.")
	if last := history(req)[len(req.History)-1]; last != "user: Sum it up." || req.ToolChoice.Mode != "none" || req.MaxOutputTokens != nil || req.Format.Type != "" {
		t.Errorf("it asks for %q, with %+v", last, req.ToolChoice)
	}
	stream.Reasoning([]byte("I sum up."))
	stream.Text([]byte("All is "))
	stream.Text([]byte("done."))
	stream.Usage(translate.Usage{Input: 100, Cached: 50, Output: 10})
	stream.Complete()
	if !stream.Over() || stream.Ended() || stream.Speaking() || stream.Committed() {
		t.Fatal("the response is not open for an answer")
	}
	return stream, out
}

func TestAnAnswerFollowsTheSummaryThatWasMadeForIt(t *testing.T) {
	stream, out := condensed(t, `"max_output_tokens":50`, `"tool_choice":"required"`, `"text":{"format":{"type":"json_object"}}`)
	req := stream.Request()
	after := history(req)
	sameLines(t, after, "system: Be brief. Be kind.", "user: first", "user: second", `user: [Summary of the conversation before this point]\n\nAll is done.`)
	if string(req.MaxOutputTokens) != "50" || req.ToolChoice.Mode != "required" || req.Format.Type != "json_object" || !req.Condenses() {
		t.Errorf("the request is %+v", req)
	}
	stream.Attempt(translate.Target{Provider: "p"})
	if stream.Over() {
		t.Fatal("the answer is over before it has begun")
	}
	stream.Text([]byte("Well."))
	stream.Usage(translate.Usage{Input: 20, Output: 2})
	stream.Complete()
	final := finalOf(t, out)
	output := final.Get("output").Array()
	if types := final.Get("output.#.type").Raw; types != `["compaction","message"]` {
		t.Fatalf("the output has %s", types)
	}
	if used := final.Get("usage"); used.Get("input_tokens").Int() != 120 || used.Get("output_tokens").Int() != 12 || used.Get("input_tokens_details.cached_tokens").Int() != 50 {
		t.Errorf("it took %s", used.Raw)
	}
	if final.Get("max_output_tokens").Int() != 50 {
		t.Errorf("the response is %s", final.Raw)
	}

	// What the client sends next begins for the provider as this did, whether or not the client has left anything out.
	answer := output[0].Raw + "," + output[1].Raw + `,{"role":"user","content":"third"}`
	for name, items := range map[string]string{"all": worked, "what counts": `{"role":"developer","content":"Be kind."},{"role":"user","content":"first"},{"role":"user","content":"second"}`} {
		next := history(parse(t, request(`"input":[`+items+`,`+answer+`]`, `"instructions":"Be brief."`)))
		if want := append(slices.Clip(after), "assistant: Well.", "user: third"); !slices.Equal(next, want) {
			t.Errorf("%s: the next turn is\n%s", name, strings.Join(next, "\n"))
		}
	}
}

func TestACallFollowsTheSummaryToo(t *testing.T) {
	stream, out := condensed(t)
	stream.Call("c2", "f").Arguments([]byte("{}"))
	stream.Complete()
	if types := finalOf(t, out).Get("output.#.type").Raw; types != `["compaction","function_call"]` {
		t.Errorf("the output has %s", types)
	}
}

func TestASummaryIsToldAlsoWhereNothingFollows(t *testing.T) {
	for name, end := range map[string]func(s *translate.Stream){
		"completed":  func(s *translate.Stream) { s.Complete() },
		"incomplete": func(s *translate.Stream) { s.Incomplete("content_filter") },
	} {
		stream, out := condensed(t)
		end(stream)
		if types := finalOf(t, out).Get("output.#.type").Raw; types != `["compaction"]` {
			t.Errorf("%s: the output has %s", name, types)
		}
	}
	stream, out := condensed(t)
	stream.Fail(fault.New(fault.Unavailable, "gone"))
	if types := finalOf(t, out).Get("output.#.type").Raw; types != `[]` {
		t.Errorf("failed: the output has %s", types)
	}
}

// A client that wants one document gets the response of the attempt that succeeds.
func TestAnotherStreamTellsOfTheSummaryToo(t *testing.T) {
	first, _ := condensed(t)
	first.Text([]byte("We"))
	out := new(recorder)
	second := translate.NewStream(first.Request(), ring, out, counted(), clock)
	second.Text([]byte("Well."))
	second.Usage(translate.Usage{Input: 20, Output: 2})
	second.Complete()
	final := finalOf(t, out)
	if types := final.Get("output.#.type").Raw; types != `["compaction","message"]` || final.Get("usage.input_tokens").Int() != 120 {
		t.Errorf("the response is %s", final.Raw)
	}
}

func TestALimitMayCutTheSummary(t *testing.T) {
	stream, _ := newStream(t, request(`"input":[`+worked+`]`))
	stream.Request().Condense("Sum it up.")
	stream.Text([]byte("All is"))
	stream.Incomplete("max_output_tokens")
	if !stream.Over() || stream.Ended() {
		t.Fatal("the response is not open for an answer")
	}
	sameLines(t, history(stream.Request())[3:], `user: [Summary of the conversation before this point]\n\nAll is`)
}

func TestOfWhatStandsBeforeASummaryOnlyTheUsersWordsStay(t *testing.T) {
	older := summarized(t, "older")
	newer := summarized(t, "newer")
	const foreign = `{"type":"compaction","id":"cmp_1","encrypted_content":"gAAAA"}`
	tests := map[string]struct {
		items []string
		want  []string
	}{
		"work before it": {[]string{worked, newer, `{"role":"user","content":"third"}`}, []string{
			"system: Be kind.", "user: first", "user: second", `user: [Summary of the conversation before this point]\n\nnewer`, "user: third",
		}},
		"an older one before it": {[]string{`{"role":"user","content":"first"}`, older, `{"role":"assistant","content":"one"}`, newer}, []string{
			"user: first", `user: [Summary of the conversation before this point]\n\nnewer`,
		}},
		"work behind it": {[]string{newer, `{"role":"assistant","content":"one"}`, `{"type":"function_call","call_id":"c2","name":"f","arguments":"{}"}`, `{"type":"function_call_output","call_id":"c2","output":"done"}`}, []string{
			`user: [Summary of the conversation before this point]\n\nnewer`, "assistant: one call c2 f{}", "result c2 f: done",
		}},
		"one that nobody can read": {[]string{`{"role":"assistant","content":"one"}`, foreign, `{"role":"user","content":"third"}`}, []string{"assistant: one", "user: third"}},
		"one that nobody can read behind it": {[]string{`{"role":"assistant","content":"one"}`, newer, foreign}, []string{
			`user: [Summary of the conversation before this point]\n\nnewer`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { sameLines(t, history(parse(t, input(test.items...))), test.want...) })
	}
}

// summarized is an item that stands for a conversation.
func summarized(t *testing.T, summary string) string {
	t.Helper()
	stream, out := compacting(t)
	stream.Text([]byte(summary))
	stream.Complete()
	return finalOf(t, out).Get("output.0").Raw
}

func TestWhenToCompact(t *testing.T) {
	tests := map[string]struct {
		value, wrong string
		at           int64
	}{
		"nothing is said":        {"null", "", 0},
		"an empty list":          {"[]", "", 0},
		"at a number of tokens":  {`[{"type":"compaction","compact_threshold":200000}]`, "", 200000},
		"at the least":           {`[{"type":"compaction","compact_threshold":1000}]`, "", 1000},
		"wherever that is":       {`[{"type":"compaction"}]`, "", translate.CompactByWindow},
		"at null":                {`[{"compact_threshold":null,"type":"compaction"}]`, "", translate.CompactByWindow},
		"too early":              {`[{"type":"compaction","compact_threshold":999}]`, "context_management[0].compact_threshold is a whole number from 1000 up, not 999", 0},
		"at half a token":        {`[{"type":"compaction","compact_threshold":1000.5}]`, "not 1000.5", 0},
		"at a number in words":   {`[{"type":"compaction","compact_threshold":"many"}]`, `not "many"`, 0},
		"something else":         {`[{"type":"compaction"},{"type":"clear_tool_uses"}]`, `context_management[1] has the unknown type "clear_tool_uses"; the only type is compaction`, 0},
		"something that is text": {`["compaction"]`, "context_management[0] is not an object", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := request(`"input":"hi"`, `"context_management":`+test.value)
			if test.wrong != "" {
				if f := refused(t, body); f.Param != "context_management" || !strings.Contains(f.Message, test.wrong) {
					t.Errorf("got %q", f.Message)
				}
				return
			}
			if got := parse(t, body).CompactAt; got != test.at {
				t.Errorf("got %d", got)
			}
		})
	}
}

func TestWhatASummaryWouldStandFor(t *testing.T) {
	long := strings.Repeat("x", 4000)
	for name, test := range map[string]struct {
		items       []string
		least, most float64
	}{
		"nothing":          {[]string{`{"role":"user","content":"` + long + `"}`}, 0, 0},
		"half":             {[]string{`{"role":"user","content":"` + long + `"}`, `{"role":"assistant","content":"` + long + `"}`}, 0.4, 0.6},
		"nearly all":       {[]string{`{"role":"user","content":"hi"}`, `{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}`, `{"type":"function_call_output","call_id":"c1","output":"` + long + `"}`}, 0.9, 1},
		"no more than all": {[]string{`{"role":"assistant","content":"` + long + `"}`}, 0.9, 1},
	} {
		if got := parse(t, input(test.items...)).Condensable(); got < test.least || got > test.most {
			t.Errorf("%s: %f", name, got)
		}
	}
}

func TestASummaryOnTheWayHasItsEventsBeforeTheAnswers(t *testing.T) {
	stream, out := condensed(t)
	stream.Text([]byte("Well."))
	stream.Complete()
	types := streamcheck.Types(out.events(t))
	want := []string{"response.created", "response.in_progress", "response.output_item.added", "response.output_item.done", "response.output_item.added"}
	if len(types) < len(want) || !slices.Equal(types[:len(want)], want) {
		t.Errorf("the events are %q", types)
	}
}
