package session_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/session"
)

func TestAChainHasAllThatAResponseGoesOnFrom(t *testing.T) {
	f := newFixture(t)
	const length, stride = 100, 32
	ids := numbered("resp_", 0, length)
	previous := ""
	for _, id := range ids {
		f.keep(response(id), previous)
		previous = id
	}
	for depth, id := range ids {
		want := 1 + (depth+stride-1)/stride
		if reads := f.store.readsOf(func() { f.wantChain(id, ids[:depth+1]...) }); reads != want {
			t.Errorf("a chain of %d responses took %d reads, want %d", depth+1, reads, want)
		}
	}
}

func TestChainsBranch(t *testing.T) {
	f := newFixture(t)
	ids := numbered("resp_", 0, 70)
	for i, id := range ids {
		f.keep(response(id), append([]string{""}, ids...)[i])
	}
	for _, at := range []int{0, 1, 31, 32, 33, 63, 64, 69} {
		want := ids[: at+1 : at+1]
		branch := numbered("branch_"+ids[at]+"_", 0, 40)
		for i, id := range branch {
			f.keep(response(id), append([]string{ids[at]}, branch...)[i])
		}
		f.wantChain(branch[39], append(want, branch...)...)
	}
	f.wantChain(ids[69], ids...)
}

func TestAChainWithAGapIsNotFound(t *testing.T) {
	f := newFixture(t)
	ids := numbered("resp_", 0, 70)
	for i, id := range ids {
		f.keep(response(id), append([]string{""}, ids...)[i])
	}
	for _, gone := range []int{68, 64, 40, 32, 31, 1, 0} {
		r, err := f.Response(t.Context(), alice, ids[gone])
		f.must(err)
		f.must(f.Delete(t.Context(), alice, r))
		for _, last := range []int{gone, gone + 1, 69} {
			_, err := f.Chain(t.Context(), alice, ids[last])
			f.want("the chain of "+ids[last]+" without "+ids[gone], err, session.ErrNotFound)
		}
		if gone > 0 {
			f.wantChain(ids[gone-1], ids[:gone]...)
		}
	}
	_, err := f.Response(t.Context(), alice, ids[69])
	f.must(err)
}

func TestAChainThatLeadsBackToItselfEnds(t *testing.T) {
	f := newFixture(t)
	f.keep(response("a"), "")
	f.keep(response("b"), "a")
	f.keep(response("a"), "b") // a service has given an id twice
	_, err := f.Chain(t.Context(), alice, "a")
	f.want("the chain", err, session.ErrNotFound)
	_, err = f.Chain(t.Context(), alice, "b")
	f.want("the chain", err, session.ErrNotFound)
}

func TestAResponseMayGoOnFromWhatWasNeverStored(t *testing.T) {
	f := newFixture(t)
	first := response("a")
	first.Previous = "resp_of_a_connection"
	f.keep(first, "")
	f.keep(response("b"), "a")
	f.wantChain("b", "a", "b")
	if r := f.chain("a").Last(); r.Previous != "resp_of_a_connection" {
		t.Errorf("it goes on from %q", r.Previous)
	}
}

// withTools is a response to a request with tools.
func withTools(id, tools string) *session.Response {
	r := response(id)
	if tools != "" {
		r.Tools = []byte(tools)
	}
	return r
}

func TestToolsAreStoredOnceInAChain(t *testing.T) {
	f := newFixture(t)
	tools := `[{"type":"function","name":"` + strings.Repeat("long", 25_000) + `"}]`
	ids := numbered("resp_", 0, 50)
	for i, id := range ids {
		f.keep(withTools(id, tools), append([]string{""}, ids...)[i])
	}
	if size := f.size(alice); size > 2*len(tools) {
		t.Errorf("%d bytes are stored for tools of %d", size, len(tools))
	}
	for _, id := range ids {
		r, err := f.Whole(t.Context(), alice, id)
		f.must(err)
		if string(r.Tools) != tools {
			t.Fatalf("the tools of %s are %.50s", id, r.Tools)
		}
	}
}

func TestToolsOfAChainAreThoseThatWereNamedLast(t *testing.T) {
	const first, second, none = `[{"name":"first"}]`, `[{"name":"second"}]`, `[]`
	f := newFixture(t)
	previous := ""
	for _, step := range []struct{ id, tools, want string }{
		{"a", "", ""},
		{"b", first, first},
		{"c", "", first},
		{"d", first, first},
		{"e", second, second},
		{"f", "", second},
		{"g", first, first},
		{"h", none, none},
		{"i", "", none},
	} {
		f.keep(withTools(step.id, step.tools), previous)
		previous = step.id
		if got := string(f.chain(step.id).Tools()); got != step.want {
			t.Errorf("the tools of the chain to %s are %q, want %q", step.id, got, step.want)
		}
		r, err := f.Whole(t.Context(), alice, step.id)
		f.must(err)
		if string(r.Tools) != step.tools {
			t.Errorf("those of %s itself are %q, want %q", step.id, r.Tools, step.tools)
		}
	}
}

func TestAResponseComesBackAsItWasStored(t *testing.T) {
	f := newFixture(t)
	want := &session.Response{
		ID: "resp_1", Conversation: "", Background: true, Object: []byte(`{"id":"resp_1","status":"incomplete","output":[]}`), Input: []byte(`[{"a":"\n"}]`),
		Instructions: []byte(`"Be kind."`), Tools: []byte(`[{}]`),
	}
	f.keep(want, "")
	got, err := f.Whole(t.Context(), alice, "resp_1")
	f.must(err)
	if !got.Background || got.Previous != "" || got.Status() != "incomplete" || string(got.Output()) != "[]" ||
		string(got.Object) != string(want.Object) || string(got.Input) != string(want.Input) ||
		string(got.Instructions) != string(want.Instructions) || string(got.Tools) != string(want.Tools) {
		t.Errorf("got %+v", got)
	}
	f.keep(response("resp_2"), "resp_1")
	got, err = f.Response(t.Context(), alice, "resp_2")
	f.must(err)
	if got.Background || got.Previous != "resp_1" || got.Instructions != nil || got.Tools != nil {
		t.Errorf("got %+v", got)
	}
}

func TestItemsAreFoundByTheirIDs(t *testing.T) {
	f := newFixture(t)
	f.keep(response("a"), "")
	f.keep(inStatus("b", "completed", `{"id":"rs_b","type":"reasoning"},{"id":"fc_b","type":"function_call"},{"type":"odd"}`), "")
	f.converse("conv", "msg_c")
	var got map[string][]byte
	reads := f.store.readsOf(func() {
		var err error
		got, err = f.ItemsByID(t.Context(), alice, []string{"fc_b", "msg_a", "msg_c", "rs_b", "gone", "", "fc_b"})
		f.must(err)
	})
	if len(got) != 4 || string(got["fc_b"]) != `{"id":"fc_b","type":"function_call"}` || string(got["rs_b"]) != `{"id":"rs_b","type":"reasoning"}` ||
		string(got["msg_a"]) != `{"id":"msg_a","type":"message","text":"answer a"}` || string(got["msg_c"]) != string(item("msg_c").Raw) {
		t.Errorf("got %s", got)
	}
	if reads != 2 {
		t.Errorf("it took %d reads", reads)
	}
	if none, err := f.ItemsByID(t.Context(), alice, []string{"gone"}); err != nil || len(none) != 0 {
		t.Errorf("got %s and %v", none, err)
	}
}
