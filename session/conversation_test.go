package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
)

func TestItemsOfAConversationCanBePaged(t *testing.T) {
	f := newFixture(t)
	f.converse("conv", "a", "b")
	f.converse("conv2", "x", "y")
	_, err := f.Extend(t.Context(), alice, "conv", items("c", "d", "e"), nil)
	f.must(err)
	f.wantItems("conv", session.Page{}, "a", "b", "c", "d", "e")
	f.wantItems("conv", session.Page{Descending: true}, "e", "d", "c", "b", "a")
	f.wantItems("conv", session.Page{Limit: 2}, "a", "b")
	f.wantItems("conv", session.Page{Limit: 2, Descending: true}, "e", "d")
	f.wantItems("conv", session.Page{After: "b", Limit: 2}, "c", "d")
	f.wantItems("conv", session.Page{After: "b", Limit: 2, Descending: true}, "a")
	f.wantItems("conv", session.Page{After: "e"})
	f.wantItems("conv2", session.Page{}, "x", "y")
	for _, after := range []string{"gone", "x"} {
		_, err = f.Items(t.Context(), alice, "conv", session.Page{After: after})
		f.want("a page after "+after, err, session.ErrNotFound)
	}
}

func TestOneItemOfAConversation(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.converse("conv", "a", "b", "c")
	f.converse("other", "x")
	got, err := f.ConversationItem(ctx, alice, "conv", "b")
	if err != nil || string(got.Raw) != string(item("b").Raw) || got.ID != "b" {
		t.Errorf("got %s, %v", got.Raw, err)
	}
	_, err = f.ConversationItem(ctx, alice, "conv", "x")
	f.want("reading an item of another conversation", err, session.ErrNotFound)
	f.want("deleting it", f.DeleteItem(ctx, alice, "conv", "x"), session.ErrNotFound)
	f.must(f.DeleteItem(ctx, alice, "conv", "b"))
	f.want("deleting it again", f.DeleteItem(ctx, alice, "conv", "b"), session.ErrNotFound)
	_, err = f.ConversationItem(ctx, alice, "conv", "b")
	f.want("reading it", err, session.ErrNotFound)
	f.wantItems("conv", session.Page{}, "a", "c")
	if byID, err := f.ItemsByID(ctx, alice, []string{"b"}); err != nil || len(byID) > 0 {
		t.Errorf("by its id there is %s, %v", byID, err)
	}
	_, err = f.Extend(ctx, alice, "conv", items("b"), nil)
	f.must(err)
	f.wantItems("conv", session.Page{}, "a", "c", "b")
}

func TestAConversationComesBackAsItWasStored(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.converse("conv", "a")
	c, err := f.Conversation(ctx, alice, "conv")
	if err != nil || c.ID != "conv" || c.Created != f.clock.Now().Unix() || string(c.Metadata) != `{"a":"b"}` || c.Tools != nil {
		t.Errorf("got %+v, %v", c, err)
	}
	f.clock.Advance(time.Hour)
	c, err = f.Extend(ctx, alice, "conv", nil, func(c *session.Conversation) { c.Metadata = []byte(`{}`) })
	if err != nil || string(c.Metadata) != `{}` {
		t.Errorf("got %+v, %v", c, err)
	}
	again, err := f.Conversation(ctx, alice, "conv")
	if err != nil || string(again.Metadata) != `{}` || again.Created != c.Created {
		t.Errorf("got %+v, %v", again, err)
	}
	f.wantItems("conv", session.Page{}, "a")
	f.want("making it again", f.KeepConversation(ctx, alice, &session.Conversation{ID: "conv"}, nil), session.ErrConflict)
	_, err = f.Extend(ctx, alice, "gone", items("x"), nil)
	f.want("adding to one that is not there", err, session.ErrNotFound)
}

func TestAnItemThatIsThereIsNotAddedAgain(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.converse("conv", "a", "b")
	for _, more := range [][]string{{"b", "c"}, {"c", "d", "d"}, {"a"}} {
		taken, err := f.Taken(ctx, alice, "conv", items(more...))
		if err != nil || taken != more[0] {
			t.Errorf("of %v there is %q, %v", more, taken, err)
		}
		_, err = f.Extend(ctx, alice, "conv", items(more...), nil)
		f.must(err)
	}
	f.wantItems("conv", session.Page{}, "a", "b", "c", "d")
	if taken, err := f.Taken(ctx, alice, "conv", items("e", "f")); err != nil || taken != "" {
		t.Errorf("there is %q, %v", taken, err)
	}
}

func TestManyAtOnceAddToAConversationAndNothingIsLost(t *testing.T) {
	f := newFixture(t)
	f.converse("conv")
	const writers, rounds = 40, 10
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for r := range rounds {
				pair := items(fmt.Sprintf("%02d_%02d_a", w, r), fmt.Sprintf("%02d_%02d_b", w, r))
				if _, err := f.Extend(t.Context(), alice, "conv", pair, nil); err != nil {
					t.Errorf("writer %d, round %d: %v", w, r, err)
				}
			}
		})
	}
	all.Wait()
	got, err := f.Items(t.Context(), alice, "conv", session.Page{})
	f.must(err)
	if len(got) != writers*rounds*2 {
		t.Fatalf("%d items are there, want %d", len(got), writers*rounds*2)
	}
	next := make(map[string]int) // by writer
	for i := 0; i < len(got); i += 2 {
		writer, _, _ := strings.Cut(got[i].ID, "_")
		want := fmt.Sprintf("%s_%02d_", writer, next[writer])
		if got[i].ID != want+"a" || got[i+1].ID != want+"b" {
			t.Fatalf("at %d there are %s and %s, want the two of %s", i, got[i].ID, got[i+1].ID, want)
		}
		next[writer]++
	}
}

func TestDeletingAConversationLeavesNothing(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.converse("conv", "a", "b")
	f.converse("conv2", "c")
	f.must(f.DeleteConversation(ctx, alice, "conv"))
	f.want("deleting it again", f.DeleteConversation(ctx, alice, "conv"), session.ErrNotFound)
	_, err := f.Conversation(ctx, alice, "conv")
	f.want("reading it", err, session.ErrNotFound)
	f.wantItems("conv2", session.Page{}, "c")
	f.must(f.DeleteConversation(ctx, alice, "conv2"))
	if keys := f.keys(alice); len(keys) > 0 {
		t.Errorf("there is still %v", keys)
	}
}

func TestDeletingAConversationThatGrows(t *testing.T) {
	for range 50 {
		f := newFixture(t)
		f.converse("conv", "a")
		var all sync.WaitGroup
		for w := range 4 {
			all.Go(func() {
				for r := range 5 {
					_, err := f.Extend(t.Context(), alice, "conv", items(fmt.Sprintf("%d_%d", w, r)), nil)
					if err != nil && !errors.Is(err, session.ErrNotFound) {
						t.Error(err)
					}
				}
			})
		}
		all.Go(func() { f.must(f.DeleteConversation(t.Context(), alice, "conv")) })
		all.Wait()
		if keys := f.keys(alice); len(keys) > 0 {
			t.Fatalf("there is still %v", keys)
		}
	}
}

// Half of a conversation is worse than none.
func TestAConversationIsKeptAndGoesAsAWhole(t *testing.T) {
	for name, use := range map[string]func(f *fixture, i int){
		"by those who add to it": func(f *fixture, i int) {
			_, err := f.Extend(f.Context(), alice, "conv", items(fmt.Sprintf("item_%03d", i)), nil)
			f.must(err)
		},
		"by those who look at it": func(f *fixture, _ int) {
			_, err := f.Conversation(f.Context(), alice, "conv")
			f.must(err)
		},
		"by responses": func(f *fixture, i int) {
			r := response(fmt.Sprintf("resp_%03d", i))
			r.Conversation = "conv"
			f.must(f.Keep(f.Context(), alice, &session.Outcome{Response: r, Items: items(fmt.Sprintf("item_%03d", i))}))
		},
	} {
		t.Run("used "+name, func(t *testing.T) {
			f := newFixture(t)
			f.converse("conv", "a", "b", "c")
			for i := range 30 {
				f.clock.Advance(day)
				use(f, i)
			}
			got, err := f.Items(t.Context(), alice, "conv", session.Page{Limit: 3})
			f.must(err)
			if len(got) != 3 || got[0].ID != "a" || got[2].ID != "c" {
				t.Fatalf("of the beginning there is %v", got)
			}
			if byID, err := f.ItemsByID(t.Context(), alice, []string{"a"}); err != nil || byID["a"] == nil {
				t.Errorf("the first is not found by its id: %v", err)
			}
			if _, err := f.ConversationItem(t.Context(), alice, "conv", "a"); err != nil {
				t.Errorf("the first is not found in it: %v", err)
			}
			before := len(under(f.keys(alice), "entry/"))
			for hours := 0; ; hours++ { // until it is gone
				_, err := f.Items(t.Context(), alice, "conv", session.Page{})
				f.must(err)
				keys := f.keys(alice)
				there := slices.Contains(keys, "conversation/conv")
				if n := len(under(keys, "entry/")); there && n != before {
					t.Fatalf("after %d hours there are %d items of %d", hours, n, before)
				}
				if !there {
					break
				}
				f.clock.Advance(time.Hour)
			}
			f.clock.Advance(time.Hour)
			if keys := under(f.keys(alice), "entry/"); len(keys) > 0 {
				t.Errorf("of a conversation that is gone there is %v", keys)
			}
		})
	}
}

func TestAResponseBringsItsItemsIntoItsConversation(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.converse("conv", "a")
	said := func(id, tools string, ids ...string) *session.Outcome {
		r := withTools(id, tools)
		r.Conversation = "conv"
		return &session.Outcome{Response: r, Items: items(ids...)}
	}
	for _, o := range []struct {
		outcome *session.Outcome
		tools   string
	}{
		{said("resp_1", "", "b", "msg_resp_1"), ""},
		{said("resp_2", `[{"name":"f"}]`, "c", "msg_resp_2"), `[{"name":"f"}]`},
		{said("resp_3", "", "d", "msg_resp_3"), `[{"name":"f"}]`},
		{said("resp_4", "[]", "msg_resp_4"), `[]`},
	} {
		f.must(f.Keep(ctx, alice, o.outcome))
		c, err := f.Conversation(ctx, alice, "conv")
		f.must(err)
		if string(c.Tools) != o.tools {
			t.Errorf("after %s its tools are %q, want %q", o.outcome.Response.ID, c.Tools, o.tools)
		}
	}
	f.wantItems("conv", session.Page{}, "a", "b", "msg_resp_1", "c", "msg_resp_2", "d", "msg_resp_3", "msg_resp_4")

	r, err := f.Response(ctx, alice, "resp_1")
	if err != nil || r.Conversation != "conv" {
		t.Fatalf("got %+v, %v", r, err)
	}
	f.must(f.Delete(ctx, alice, r))
	f.wantItems("conv", session.Page{Limit: 3}, "a", "b", "msg_resp_1")
	if byID, err := f.ItemsByID(ctx, alice, []string{"msg_resp_1"}); err != nil || byID["msg_resp_1"] == nil {
		t.Errorf("what the conversation still has is not found by its id: %v", err)
	}
}

func TestAResponseOutlivesItsConversation(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.converse("conv", "a")
	f.begin("run")
	f.must(f.DeleteConversation(ctx, alice, "conv"))
	end := ending("run")
	end.Response.Conversation, end.Items = "conv", items("b")
	f.must(f.Keep(ctx, alice, end))
	f.wantStatus("run", "completed")
	if keys := f.keys(alice); len(under(keys, "entry/")) > 0 || len(under(keys, "conversation/")) > 0 {
		t.Errorf("the conversation is back: %v", keys)
	}
	f.want("the end of a run that has ended", f.Keep(ctx, alice, end), session.ErrNotRunning)
}
