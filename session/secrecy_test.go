package session_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/session"
)

func TestNobodySeesWhatOthersHave(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.begin("run")
	f.progress("run", 0, 2)
	mine := f.keep(response("resp"), "")
	f.converse("conv", "msg_in_conv")
	before := f.size(alice)

	for what, try := range map[string]func() error{
		"Response":           func() error { _, err := f.Response(ctx, bob, "resp"); return err },
		"Whole":              func() error { _, err := f.Whole(ctx, bob, "resp"); return err },
		"Chain":              func() error { _, err := f.Chain(ctx, bob, "resp"); return err },
		"Conversation":       func() error { _, err := f.Conversation(ctx, bob, "conv"); return err },
		"ConversationItem":   func() error { _, err := f.ConversationItem(ctx, bob, "conv", "msg_in_conv"); return err },
		"Extend":             func() error { _, err := f.Extend(ctx, bob, "conv", items("x"), nil); return err },
		"DeleteItem":         func() error { return f.DeleteItem(ctx, bob, "conv", "msg_in_conv") },
		"DeleteConversation": func() error { return f.DeleteConversation(ctx, bob, "conv") },
		"a page of items": func() error {
			_, err := f.Items(ctx, bob, "conv", session.Page{After: "msg_in_conv"})
			return err
		},
	} {
		f.want(what, try(), session.ErrNotFound)
	}
	for what, try := range map[string]func() error{
		"Delete":   func() error { return f.Delete(ctx, bob, mine) },
		"Cancel":   func() error { return f.Cancel(ctx, bob, "run") },
		"Renew":    func() error { return f.Renew(ctx, bob, "run") },
		"Progress": func() error { return f.Progress(ctx, bob, "run", nil, nil) },
		"Abandon":  func() error { return f.Abandon(ctx, bob, mine, []byte("{}")) },
	} {
		f.want(what, try(), session.ErrConflict)
	}
	if running, err := f.Running(ctx, bob, "run"); err != nil || running {
		t.Errorf("it runs: %v, %v", running, err)
	}
	if events, err := f.Events(ctx, bob, "run", 0); err != nil || len(events) > 0 {
		t.Errorf("the events are %v, %v", events, err)
	}
	if all, err := f.Items(ctx, bob, "conv", session.Page{}); err != nil || len(all) > 0 {
		t.Errorf("the items are %v, %v", all, err)
	}
	if got, err := f.ItemsByID(ctx, bob, []string{"msg_resp", "msg_in_conv"}); err != nil || len(got) > 0 {
		t.Errorf("the items are %s, %v", got, err)
	}
	if keys := f.keys(bob); len(keys) > 0 || f.size(alice) != before {
		t.Errorf("bob has left %v, and alice %d bytes of %d", keys, f.size(alice), before)
	}
}

func TestOwnersAreApart(t *testing.T) {
	owners := []string{
		session.Owner("user", "a"), session.Owner("key", "a"), session.Owner("user", "b"), session.Owner("user", ""), session.Owner("key", ""),
		session.Owner("user", "key"), session.Owner("use", "ra"),
	}
	seen := make(map[string]bool)
	for _, owner := range owners {
		if seen[owner] {
			t.Errorf("%s is twice among %v", owner, owners)
		}
		seen[owner] = true
		if strings.Trim(owner, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%s is no owner for a store", owner)
		}
	}
	if owner := session.Owner("key", "sk-secret"); strings.Contains(owner, "secret") {
		t.Errorf("the owner %s tells the key", owner)
	}
}

func TestWhatIsStoredCannotBeReadWithoutTheKey(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	first := response("resp")
	first.Instructions, first.Tools = []byte(`"question of instructions"`), []byte(`["question of tools"]`)
	f.keep(first, "")
	f.keep(response("next"), "resp")
	f.begin("run")
	f.progress("run", 0, 2)
	f.converse("conv", "msg")

	records, err := f.store.Store.List(ctx, alice, session.Query{})
	f.must(err)
	for _, record := range records {
		for _, word := range []string{"question", "answer", "said", "event"} {
			if bytes.Contains(record.Value, []byte(word)) && !strings.HasPrefix(record.Key, "item/") && !strings.HasPrefix(record.Key, "index/") {
				t.Errorf("%s holds %q in the open", record.Key, word)
			}
		}
	}

	other := f.reopened("another secret of enough bytes")
	for what, try := range map[string]func() error{
		"Response":         func() error { _, err := other.Response(ctx, alice, "resp"); return err },
		"Whole":            func() error { _, err := other.Whole(ctx, alice, "next"); return err },
		"Chain":            func() error { _, err := other.Chain(ctx, alice, "next"); return err },
		"Events":           func() error { _, err := other.Events(ctx, alice, "run", 0); return err },
		"Conversation":     func() error { _, err := other.Conversation(ctx, alice, "conv"); return err },
		"Items":            func() error { _, err := other.Items(ctx, alice, "conv", session.Page{}); return err },
		"ConversationItem": func() error { _, err := other.ConversationItem(ctx, alice, "conv", "msg"); return err },
		"ItemsByID":        func() error { _, err := other.ItemsByID(ctx, alice, []string{"msg_resp"}); return err },
		"Extend":           func() error { _, err := other.Extend(ctx, alice, "conv", items("x"), nil); return err },
	} {
		f.want(what, try(), session.ErrUnreadable)
	}
	if err := other.Available(); err != nil {
		t.Errorf("the store counts as broken: %v", err)
	}

	turned := f.reopened("another secret of enough bytes", "a secret of enough bytes")
	if chain, err := turned.Chain(ctx, alice, "next"); err != nil || len(chain.Responses) != 2 {
		t.Errorf("with the old key behind the new one: %v", err)
	}
}

func TestARecordOpensOnlyWhereItBelongs(t *testing.T) {
	f := newFixture(t)
	f.keep(response("resp"), "")
	f.keep(response("own"), "")
	records, err := f.store.Store.Read(t.Context(), alice, "response/resp")
	f.must(err)
	for owner, key := range map[string]string{alice: "response/own", bob: "response/resp"} {
		moved := session.Change{Key: key, Value: records[0].Value, Expires: records[0].Expires}
		f.must(f.store.Store.Write(t.Context(), owner, session.Batch{Changes: []session.Change{moved}}))
		_, err := f.Response(t.Context(), owner, strings.TrimPrefix(key, "response/"))
		f.want("a record that was moved to "+owner+" "+key, err, session.ErrUnreadable)
	}
}
