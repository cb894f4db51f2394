package codexresponses_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
)

// converse makes a conversation, which must be a good one.
func converse(t *testing.T, gw *gatewaytest.Gateway, body string, header ...string) gatewaytest.Response {
	t.Helper()
	got := requireObject(t, "ConversationResource", gw.With(t).Post("/v1/conversations", body, header...))
	if !strings.HasPrefix(id(got), "conv_") || got.Get("created_at").Int() == 0 {
		t.Errorf("got %s", got.Body)
	}
	return got
}

func pathOf(conversation gatewaytest.Response, more ...string) string {
	return "/v1/conversations/" + id(conversation) + strings.Join(more, "")
}

// itemsOf are the items of a conversation in their order, all of which must be good ones.
func itemsOf(t *testing.T, gw *gatewaytest.Gateway, conversation gatewaytest.Response) []gjson.Result {
	t.Helper()
	return requireObject(t, "ConversationItemList", gw.With(t).Get(pathOf(conversation, "/items?order=asc&limit=100"))).Get("data").Array()
}

// wordsOf are what the messages among items say.
func wordsOf(items []gjson.Result) (words []string) {
	for _, item := range items {
		words = append(words, item.Get("role").String()+": "+item.Get("content.0.text").String())
	}
	return words
}

func spoke(role, words string) string { return fmt.Sprintf(`{"role":%q,"content":%q}`, role, words) }

func TestAConversationFromBeginningToEnd(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		gw := start(t, mock(strictChat(t, hello())), store)
		for body, metadata := range map[string]string{
			"": "{}", "{}": "{}", `{"metadata":null,"items":null}`: "{}", `{"metadata":{ "a" : "b" },"items":[]}`: `{"a":"b"}`,
		} {
			if got := converse(t, gw, body).Get("metadata").Raw; got != metadata {
				t.Errorf("the metadata of %s are %s", body, got)
			}
		}
		made := converse(t, gw, `{"items":[`+spoke("user", "Hi.")+`,`+spoke("assistant", "Hello.")+`],"metadata":{"a":"b"}}`)
		requireSame(t, requireObject(t, "ConversationResource", gw.Get(pathOf(made))), made)

		changed := requireObject(t, "ConversationResource", gw.Post(pathOf(made), `{"metadata":{"c":"d"}}`))
		requireSame(t, changed, made, "metadata")
		if got := changed.Get("metadata").Raw; got != `{"c":"d"}` {
			t.Errorf("the metadata are %s", got)
		}
		requireSame(t, gw.Get(pathOf(made)), changed)
		if got := wordsOf(itemsOf(t, gw, made)); !reflect.DeepEqual(got, []string{"user: Hi.", "assistant: Hello."}) {
			t.Errorf("the items are %q", got)
		}

		deleted := requireObject(t, "DeletedConversationResource", gw.Do(http.MethodDelete, pathOf(made), ""))
		if !deleted.Get("deleted").Bool() || id(deleted) != id(made) || deleted.Get("object").String() != "conversation.deleted" {
			t.Errorf("got %s", deleted.Body)
		}
		for _, gone := range []gatewaytest.Response{
			gw.Get(pathOf(made)), gw.Do(http.MethodDelete, pathOf(made), ""), gw.Post(pathOf(made), `{"metadata":{}}`), gw.Get(pathOf(made, "/items")),
			gw.Post(pathOf(made, "/items"), `{"items":[`+spoke("user", "Hi.")+`]}`), gw.Get(pathOf(made, "/items/msg_1")),
			gw.Do(http.MethodDelete, pathOf(made, "/items/msg_1"), ""),
			gw.Post("/v1/responses", `{"model":"m","input":"Hi.","conversation":"`+id(made)+`"}`),
		} {
			requireError(t, gone, http.StatusNotFound, "not_found", "", "Conversation with id '"+id(made)+"' not found.")
		}
	})
}

func TestItemsAreAddedReadAndDeleted(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		gw := start(t, mock(strictChat(t, hello())), store)
		made := converse(t, gw, `{"items":`+everything+`}`)
		added := requireObject(t, "ConversationItemList", gw.Post(pathOf(made, "/items"), `{"items":[`+spoke("user", "One.")+`,`+spoke("user", "One.")+`]}`))
		if data := added.Get("data").Array(); len(data) != 2 || data[0].Get("id").String() == data[1].Get("id").String() ||
			added.Get("first_id").String() != data[0].Get("id").String() || added.Get("has_more").Bool() {
			t.Errorf("got %s", added.Body)
		}
		all := itemsOf(t, gw, made)
		if len(all) != 15 {
			t.Fatalf("there are %d items", len(all))
		}
		seen := make(map[string]bool)
		for _, item := range all {
			item := item.Get("id").String()
			if seen[item] {
				t.Errorf("%s is there twice", item)
			}
			seen[item] = true
		}
		for _, limit := range []int{1, 4, 15} {
			var got []string
			for after := ""; ; {
				page := requireObject(t, "ConversationItemList", gw.Get(pathOf(made, fmt.Sprintf("/items?limit=%d&after=%s&include[]=x", limit, after))))
				for _, item := range page.Get("data").Array() {
					got = append(got, item.Raw)
				}
				if after = page.Get("last_id").String(); !page.Get("has_more").Bool() {
					break
				}
			}
			slices.Reverse(got)
			for i, item := range all {
				if len(got) != len(all) || got[i] != item.Raw {
					t.Fatalf("in pages of %d from the newest there are %d items: %v", limit, len(got), got)
				}
			}
		}

		gone := all[1].Get("id").String()
		if one := requireObject(t, "ConversationItem", gw.Get(pathOf(made, "/items/"+gone))); string(one.Body) != all[1].Raw {
			t.Errorf("the item is %s, want %s", one.Body, all[1].Raw)
		}
		requireSame(t, requireObject(t, "ConversationResource", gw.Do(http.MethodDelete, pathOf(made, "/items/"+gone), "")), made)
		for _, again := range []gatewaytest.Response{gw.Get(pathOf(made, "/items/"+gone)), gw.Do(http.MethodDelete, pathOf(made, "/items/"+gone), "")} {
			requireError(t, again, http.StatusNotFound, "not_found", "", "Item with id '"+gone+"' not found in conversation '"+id(made)+"'.")
		}
		if left := itemsOf(t, gw, made); len(left) != 14 || left[0].Raw != all[0].Raw || left[1].Raw != all[2].Raw {
			t.Errorf("%d items are left", len(left))
		}
	})
}

func TestConversationsThatAreAskedForWrongly(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())), "max_body 100KiB")
	made := converse(t, gw, `{"items":[{"type":"message","id":"msg_mine","role":"user","content":"Hi."}]}`)
	list := func(n int) string {
		return `{"items":[` + strings.TrimSuffix(strings.Repeat(spoke("user", "Hi.")+",", n), ",") + `]}`
	}
	pairs := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`"key%d":"value"`, i))
		}
		return `{"metadata":{` + strings.Join(all, ",") + `}}`
	}
	for name, test := range map[string]struct{ body, param, message string }{
		"no JSON":                           {`items`, "", "not a JSON object"},
		"a list":                            {`[]`, "", "not a JSON object"},
		"JSON that is cut":                  {`{"items":[`, "", "not a JSON object"},
		"items that are no list":            {`{"items":"Hi."}`, "items", "items is not a list"},
		"an item that is no object":         {`{"items":["Hi."]}`, "items", "items[0] is not an object"},
		"an item without a type":            {`{"items":[` + spoke("user", "Hi.") + `,{"content":"Hi."}]}`, "items", "items[1].type is missing"},
		"a message without content":         {`{"items":[{"role":"user"}]}`, "items", "items[0].content is missing"},
		"a message of nobody":               {`{"items":[{"type":"message","content":"Hi."}]}`, "items", "items[0].role is missing"},
		"an output of no call":              {`{"items":[{"type":"function_call_output","output":"Hi."}]}`, "items", "items[0].call_id is missing"},
		"a trigger":                         {`{"items":[{"type":"compaction_trigger"}]}`, "items", "compaction_trigger"},
		"a reference to nothing":            {`{"items":[{"type":"item_reference","id":"msg_gone"}]}`, "items", "Item with id 'msg_gone' not found."},
		"one item twice":                    {`{"items":[{"id":"msg_a","role":"user","content":"1"},{"id":"msg_a","role":"user","content":"1"}]}`, "items", "Duplicate item found with id msg_a."},
		"too many items":                    {list(21), "items", "at most 20"},
		"metadata that are no object":       {`{"metadata":"a"}`, "metadata", "metadata is not an object"},
		"too many metadata":                 {pairs(17), "metadata", "at most 16"},
		"a number among the metadata":       {`{"metadata":{"a":1}}`, "metadata.a", "metadata.a is not a text"},
		"a long key among the metadata":     {`{"metadata":{"` + strings.Repeat("k", 65) + `":"v"}}`, "metadata", "at most 64"},
		"a long value among the metadata":   {`{"metadata":{"a":"` + strings.Repeat("v", 513) + `"}}`, "metadata.a", "512"},
		"a body that is larger than it may": {`{"items":[` + spoke("user", strings.Repeat("Hi.", 40_000)) + `]}`, "", "larger than the limit"},
	} {
		t.Run(name, func(t *testing.T) {
			gw := gw.With(t)
			status, code := http.StatusBadRequest, "invalid_prompt"
			switch {
			case strings.Contains(test.message, "larger"):
				status, code = http.StatusRequestEntityTooLarge, "request_too_large"
			case strings.Contains(test.message, "not found."):
				status, code = http.StatusNotFound, "not_found"
			}
			for _, path := range []string{"/v1/conversations", pathOf(made, "/items"), pathOf(made)} {
				got := gw.Post(path, test.body)
				requireError(t, got, status, code, test.param, test.message)
			}
		})
	}
	requireError(t, gw.Post(pathOf(made), `{}`), http.StatusBadRequest, "invalid_prompt", "metadata", "metadata is missing")
	requireError(t, gw.Post(pathOf(made, "/items"), `{}`), http.StatusBadRequest, "invalid_prompt", "items", "items is missing")
	requireError(t, gw.Post(pathOf(made, "/items"), `{"items":[{"id":"msg_mine","role":"user","content":"Again."}]}`),
		http.StatusBadRequest, "invalid_prompt", "items", "Duplicate item found with id msg_mine.")
	requireError(t, gw.Post("/v1/responses", `{"model":"m","conversation":"`+id(made)+`","input":[{"id":"msg_mine","role":"user","content":"Again."}]}`),
		http.StatusBadRequest, "invalid_prompt", "input", "Duplicate item found with id msg_mine.")
	converse(t, gw, list(20))
	converse(t, gw, pairs(16))
	if n := len(itemsOf(t, gw, made)); n != 1 {
		t.Errorf("there are %d items", n)
	}
}

func TestConversationsInACoding(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := converse(t, gw, encoded(t, `{"items":[`+spoke("user", "Hi.")+`]}`, "zstd"), "Content-Encoding: zstd")
	if got := wordsOf(itemsOf(t, gw, made)); !reflect.DeepEqual(got, []string{"user: Hi."}) {
		t.Errorf("the items are %q", got)
	}
}

func TestConversationsAreTheirClients(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := converse(t, gw, `{"items":[{"id":"msg_mine","role":"user","content":"Hi."}]}`, asAlice)
	for _, got := range []gatewaytest.Response{
		gw.Get(pathOf(made), asBob), gw.Post(pathOf(made), `{"metadata":{"a":"b"}}`, asBob), gw.Do(http.MethodDelete, pathOf(made), "", asBob),
		gw.Get(pathOf(made, "/items"), asBob), gw.Post(pathOf(made, "/items"), `{"items":[`+spoke("user", "Hi.")+`]}`, asBob),
		gw.Get(pathOf(made, "/items/msg_mine"), asBob), gw.Do(http.MethodDelete, pathOf(made, "/items/msg_mine"), "", asBob),
	} {
		requireError(t, got, http.StatusNotFound, "not_found", "", "Conversation with id '"+id(made)+"' not found.")
	}
	requireError(t, gw.Post("/v1/conversations", `{"items":[{"type":"item_reference","id":"msg_mine"}]}`, asBob),
		http.StatusNotFound, "not_found", "items", "Item with id 'msg_mine' not found.")
	if got := gw.Get(pathOf(made, "/items"), asAlice); got.Get("data.#").Int() != 1 || gw.Get(pathOf(made), asAlice).Get("metadata").Raw != "{}" {
		t.Errorf("alice has %s", got.Body)
	}
}
