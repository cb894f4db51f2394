package codexresponses_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestResponsesInAConversation(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, callsOf("call_1"), text("A cat."), text("Black."))
		gw := start(t, mock(upstream), store)
		made := converse(t, gw, `{"items":[`+spoke("developer", "Be kind.")+`]}`)
		first := createStream(t, gw, `"conversation":"`+id(made)+`","instructions":"Be brief.",`+offersLook+`,"input":"What is it?"`)
		second := create(t, gw, `"conversation":{"id":"`+id(made)+`"},"input":[`+output("call_1", "fur")+`]`)
		third := createStream(t, gw, `"conversation":"`+id(made)+`","input":[`+spoke("user", "Which color?")+`]`)
		requireSpoken(t, upstream.Request(0), "system: Be brief.\n\nBe kind.", "user: What is it?")
		requireSpoken(t, upstream.Request(1), "system: Be kind.", "user: What is it?", "assistant: calls look", "tool: fur")
		requireSpoken(t, upstream.Request(2), "system: Be kind.", "user: What is it?", "assistant: calls look", "tool: fur", "assistant: A cat.", "user: Which color?")
		for i, made := range []gatewaytest.Response{first, second, third} {
			if got := gjson.GetBytes(upstream.Request(i).Body, "tools.0.function.name").String(); got != "look" {
				t.Errorf("request %d offers %q", i, got)
			}
			requireSame(t, retrieve(t, gw, id(made)), made)
			if made.Get("previous_response_id").Raw != "null" || !made.Get("conversation.id").Exists() || !made.Get("store").Bool() {
				t.Errorf("the response is %s", made.Body)
			}
		}
		var kinds []string
		for _, item := range itemsOf(t, gw, made) {
			kinds = append(kinds, item.Get("type").String())
		}
		if got := strings.Join(kinds, " "); got != "message message function_call function_call_output message message message" {
			t.Errorf("the conversation has %s", got)
		}

		gw.Do(http.MethodDelete, "/v1/responses/"+id(second), "")
		if n := len(itemsOf(t, gw, made)); n != 7 {
			t.Errorf("without the second response %d items are left", n)
		}
		gw.Do(http.MethodDelete, pathOf(made), "")
		requireSame(t, retrieve(t, gw, id(third)), third)
	})
}

// Nothing is added to a conversation by what was not to be stored, or has failed.
func TestWhatAConversationDoesNotTakeUp(t *testing.T) {
	upstream := strictChat(t, text("One."), upstreamtest.Stream(upstreamtest.Text("Tw")).Cut(), upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "", "No."))
	gw := start(t, mock(upstream))
	made := converse(t, gw, `{"items":[`+spoke("user", "Hi.")+`]}`)
	in := `"conversation":"` + id(made) + `",`
	create(t, gw, `"store":false,`+in+`"input":"First."`)
	requireSpoken(t, upstream.Request(0), "user: Hi.", "user: First.")
	events := gw.PostStream("/v1/responses", `{"model":"m","stream":true,`+in+`"input":"Second."}`).Require()
	if final := streamcheck.Final(events); final.Get("status").String() != "failed" || final.Get("store").Bool() {
		t.Errorf("the response is %s", final.Raw)
	}
	if got := gw.Post("/v1/responses", `{"model":"m",`+in+`"input":"Third."}`); got.Status != http.StatusBadRequest {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if got := wordsOf(itemsOf(t, gw, made)); !reflect.DeepEqual(got, []string{"user: Hi."}) {
		t.Errorf("the items are %q", got)
	}
}

func TestManyResponsesAtOnceInAConversation(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		gw := start(t, mock(strictChat(t, hello())), store)
		made := converse(t, gw, `{}`)
		const clients, rounds = 8, 3
		var all sync.WaitGroup
		for client := range clients {
			all.Go(func() {
				for round := range rounds {
					got := gw.Post("/v1/responses", fmt.Sprintf(`{"model":"m","conversation":%q,"input":"Question %d of %d."}`, id(made), round, client))
					if got.Status != http.StatusOK || !got.Get("store").Bool() {
						t.Errorf("got %d %s", got.Status, got.Body)
					}
				}
			})
		}
		all.Wait()
		words := wordsOf(itemsOf(t, gw, made))
		if len(words) != 2*clients*rounds {
			t.Fatalf("there are %d items", len(words))
		}
		for i := 0; i < len(words); i += 2 {
			if !strings.HasPrefix(words[i], "user: Question") || words[i+1] != "assistant: Hello." {
				t.Errorf("at %d there is %q and then %q", i, words[i], words[i+1])
			}
		}
	})
}

func TestItemsOfAConversationCanBeReferredTo(t *testing.T) {
	upstream := strictChat(t, hello())
	gw := start(t, mock(upstream))
	made := converse(t, gw, `{"items":[{"id":"msg_mine","role":"user","content":"Hi."}]}`)
	create(t, gw, `"input":[{"type":"item_reference","id":"msg_mine"},`+spoke("user", "And?")+`]`)
	requireSpoken(t, upstream.Request(0), "user: Hi.", "user: And?")
	other := converse(t, gw, `{"items":[{"type":"item_reference","id":"msg_mine"}]}`)
	create(t, gw, `"conversation":"`+id(other)+`","input":"Well?"`)
	requireSpoken(t, upstream.Request(1), "user: Hi.", "user: Well?")
	gw.Do(http.MethodDelete, pathOf(made), "")
	if got := wordsOf(itemsOf(t, gw, other)); len(got) != 3 || got[0] != "user: Hi." {
		t.Errorf("the items are %q", got)
	}
}
