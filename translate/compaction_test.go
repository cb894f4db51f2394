package translate_test

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

const triggered = `"input":[{"role":"user","content":"hi"},{"type":"compaction_trigger"}]`

// compacting is the stream of a request for compaction, and what it has written.
func compacting(t *testing.T) (*translate.Stream, *recorder) {
	t.Helper()
	stream, out := newStream(t, request(triggered))
	if !stream.Request().Compacts {
		t.Fatal("the trigger is lost")
	}
	stream.Request().Compact("Sum it up.")
	return stream, out
}

// finalOf is the response at the end of a stream that keeps the rules.
func finalOf(t *testing.T, out *recorder) gjson.Result {
	t.Helper()
	events := out.events(t)
	if err := streamcheck.CheckEvents(events); err != nil {
		t.Fatal(err)
	}
	return streamcheck.Final(events)
}

func TestASummaryIsSealedIntoOneItem(t *testing.T) {
	stream, out := compacting(t)
	stream.Reasoning([]byte("Let me see."))
	stream.Text([]byte("All "))
	stream.Call("call_1", "f").Arguments([]byte("{}"))
	stream.Search().Done(translate.SearchAction{})
	stream.Text([]byte("is \\ud83d"))
	stream.Text([]byte("\\ude00."))
	stream.Complete()
	output := finalOf(t, out).Get("output").Array()
	if len(output) != 1 || output[0].Get("type").String() != "compaction" || output[0].Get("id").String() == "" {
		t.Fatalf("the output is %v", output)
	}
	state, ok := ring.Open(output[0].Get("encrypted_content").String())
	if !ok || state.Field != translate.CompactionField || string(state.Data) != `All is \ud83d\ude00.` {
		t.Errorf("it holds %+v", state)
	}

	next := parse(t, request(`"input":[{"role":"user","content":"hi"},`+output[0].Raw+`,{"role":"user","content":"go on"}]`))
	if got := string(next.History[1].Parts[0].Text); len(next.History) != 3 || got != `[Summary of the conversation before this point]\n\nAll is \ud83d\ude00.` {
		t.Errorf("it comes back as %q", got)
	}
}

func TestASummaryThatALimitCutsIsASummary(t *testing.T) {
	stream, out := compacting(t)
	stream.Text([]byte("All is"))
	stream.Incomplete("max_output_tokens")
	final := finalOf(t, out)
	if final.Get("status").String() != "completed" || final.Get("output.#").Int() != 1 {
		t.Errorf("got %s", final.Raw)
	}
}

func TestNothingIsNoSummary(t *testing.T) {
	stream, _ := compacting(t)
	stream.Reasoning([]byte("Hm."))
	stream.Text([]byte(" \\n"))
	if stream.Speaking() {
		t.Error("it counts as an answer")
	}
}

func TestACompactionOfAnotherServiceIsLeftOut(t *testing.T) {
	req := parse(t, request(`"input":[{"type":"compaction","id":"cmp_1","encrypted_content":"gAAAA"},{"role":"user","content":"go on"}]`))
	if len(req.History) != 1 || req.Repairs != 1 {
		t.Errorf("%d messages, %d repairs", len(req.History), req.Repairs)
	}
}
