package messages_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/messages"
)

func TestSearchesSayWhatTheyHaveFound(t *testing.T) {
	p := with(t, searching...)
	o := p.read(t, asking, strings.NewReader(bodyOf(whole("end_turn",
		looksUp("srvtoolu_1", `who "is"`), finds("srvtoolu_1", "https://a.org/x", "https://b.org"),
		says("It is "), cites("Ada", "https://a.org/x", "A"), says(", "), cites("née Éva", "https://b.org", "B"), says("."),
	)...)))
	items := streamcheck.Items(o.Events)
	for path, want := range map[string]string{
		"0.action": `{"type":"search","query":"who \"is\"","queries":["who \"is\""],"sources":[{"type":"url","url":"https://a.org/x"},{"type":"url","url":"https://b.org"}]}`,
		"2.content.0.annotations": `[{"type":"url_citation","url":"https://a.org/x","title":"A","start_index":6,"end_index":9},` +
			`{"type":"url_citation","url":"https://b.org","title":"B","start_index":11,"end_index":18}]`,
		"2.content.0.text": `"It is Ada, née Éva."`,
	} {
		index, rest, _ := strings.Cut(path, ".")
		if got := items[index[0]-'0'].Get(rest).Raw; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

// A document cited from is no page, so there is nothing to show of it.
func TestCitationsWithoutAnAddressAreLeftOut(t *testing.T) {
	o := plain().read(t, asking, strings.NewReader(bodyOf(changed(whole("end_turn", cites("a", "https://a.org", "A")), `"url":"https://a.org",`, ``)...)))
	if got := streamcheck.Items(o.Events)[0].Get("content.0.annotations").Raw; got != "[]" {
		t.Errorf("annotations are %s", got)
	}
}

// A pause goes on with the model's turn so far as it came: thinking, searches and all.
func TestAPausedReplyGoesOn(t *testing.T) {
	p := claude(t)
	req := parse(t, asking)
	sink := new(wiretest.Sink)
	stream := translate.NewStream(req, wiretest.Ring, sink, wiretest.Counted(), wiretest.Clock)
	stream.Attempt(p.Target)
	dec := messages.NewDecoder(&p.Target, &p.Dialect, stream)
	play := func(events []string) {
		t.Helper()
		for _, event := range events {
			if err := dec.Frame([]byte(event), stream); err != nil {
				t.Fatal(err)
			}
		}
	}
	play(whole("pause_turn", thinks("t", "s"), redacts("r"), says("a", "\""), says(" "),
		looksUp("srvtoolu_1", "q"), finds("srvtoolu_1", "https://a.org"), cites("b", "https://a.org", "A"), looksUp("srvtoolu_2", "r")))
	continuation, ok := dec.Paused()
	if !ok || dec.Done() {
		t.Fatalf("paused is %v, done is %v", ok, dec.Done())
	}
	const first = `{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"r"},{"type":"text","text":"a\""},` +
		`{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},` +
		`{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://a.org","title":"T","encrypted_content":"sealed","page_age":null}]},` +
		`{"type":"text","text":"b","citations":[{"type":"web_search_result_location","url":"https://a.org","title":"A","encrypted_index":"index","cited_text":"cited"}]},` +
		`{"type":"server_tool_use","id":"srvtoolu_2","name":"web_search","input":{"query":"r"}}`
	if string(continuation) != first {
		t.Errorf("the continuation is\n%s\nwant\n%s", continuation, first)
	}
	p.Target.Continuation = continuation
	body := messages.Encode(nil, req, &p.Target, &p.Dialect)
	p.check(t, body)
	sameMessages(t, []byte(unmarked(body)), user(text("hi")), assistant(first))

	play(whole("pause_turn", finds("srvtoolu_2")))
	if continuation, ok = dec.Paused(); !ok || string(continuation) != first+`,{"type":"web_search_tool_result","tool_use_id":"srvtoolu_2","content":[]}` {
		t.Errorf("the second continuation is %s", continuation)
	}
	play(whole("end_turn", says("c")))
	if _, ok := dec.Paused(); ok || !dec.Done() {
		t.Error("the reply has not ended")
	}
	if err := dec.End(nil, stream); err != nil {
		t.Fatal(err)
	}
	events := streamcheck.Require(t, sink.Bytes())
	var types []string
	for _, item := range streamcheck.Items(events) {
		types = append(types, item.Get("type").String()+" "+item.Get("content.0.text").String()+item.Get("action.query").String())
	}
	const want = `reasoning t, reasoning , message a" , web_search_call q, reasoning , message b, web_search_call r, reasoning , message c`
	if got := strings.Join(types, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if usage := streamcheck.Final(events).Get("usage"); usage.Get("input_tokens").Int() != 45 || usage.Get("output_tokens").Int() != 15 ||
		usage.Get("input_tokens_details.cached_tokens").Int() != 12 || usage.Get("output_tokens_details.reasoning_tokens").Int() != 9 {
		t.Errorf("usage is %s", usage.Raw)
	}
}

func TestAPauseWithNothingSaidAsksAgain(t *testing.T) {
	p := with(t, searching...)
	req := parse(t, asking)
	stream := translate.NewStream(req, wiretest.Ring, new(wiretest.Sink), wiretest.Counted(), wiretest.Clock)
	dec := messages.NewDecoder(&p.Target, &p.Dialect, stream)
	for _, event := range whole("pause_turn") {
		if err := dec.Frame([]byte(event), stream); err != nil {
			t.Fatal(err)
		}
	}
	continuation, ok := dec.Paused()
	if !ok || continuation == nil || len(continuation) > 0 {
		t.Fatalf("got %q, %v", continuation, ok)
	}
	first := messages.Encode(nil, req, &p.Target, &p.Dialect)
	p.Target.Continuation = continuation
	if again := messages.Encode(nil, req, &p.Target, &p.Dialect); string(again) != string(first) {
		t.Errorf("got %s", again)
	}
}

func TestOnlyAReplyWithSearchesPauses(t *testing.T) {
	p := plain()
	req := parse(t, asking)
	stream := translate.NewStream(req, wiretest.Ring, new(wiretest.Sink), wiretest.Counted(), wiretest.Clock)
	dec := messages.NewDecoder(&p.Target, &p.Dialect, stream)
	for _, event := range whole("pause_turn", says("a")) {
		if err := dec.Frame([]byte(event), stream); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := dec.Paused(); ok {
		t.Error("it pauses")
	}
}

// The client counts the searches of the whole response, the API those of one request.
func TestSearchesBeforeAPauseCount(t *testing.T) {
	const request = `{"model":"m","input":"hi","tools":[{"type":"web_search"}],"max_tool_calls":3}`
	const made = `{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"\"type\":\"server_tool_use\""}}`
	for n, want := range []string{"3", "2", "1", "1"} {
		p := with(t, searching...)
		p.Target.Continuation = []byte(strings.TrimPrefix(strings.Repeat(","+made, n), ","))
		if got := sent(p.body(t, request), "tools.0.max_uses"); got != want {
			t.Errorf("after %d searches %s are left, want %s", n, got, want)
		}
	}
}
