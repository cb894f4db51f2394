package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/conversations"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestOpenAIGoChainsResponses(t *testing.T) {
	provider := strict(upstreamtest.New(t, asksForWeather("call_1", "Ulm"), says("It is."), says("You are welcome.")))
	client, _ := goClient(t, gateway(t, provider))
	ctx := t.Context()

	params := asking("Is it raining in Ulm?")
	params.Tools, params.Metadata = weatherTools(), map[string]string{"topic": "weather"}
	first := must(client.Responses.New(ctx, params))(t)
	second := last(t, client.Responses.NewStreaming(ctx, answering(first)))
	third := must(client.Responses.New(ctx, after(second, asking("Thanks."))))(t)

	if second.OutputText() != "It is." || third.OutputText() != "You are welcome." {
		t.Errorf("answers: got %q and %q", second.OutputText(), third.OutputText())
	}
	want := []string{"user Is it raining in Ulm?", `assistant calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain.", "assistant It is.", "user Thanks."}
	equal(t, "messages", chat(t, provider.Request(2)).lines(), want)
	retrieved := must(client.Responses.Get(ctx, first.ID, responses.ResponseGetParams{}))(t)
	if retrieved.RawJSON() != first.RawJSON() || retrieved.Metadata["topic"] != "weather" {
		t.Errorf("retrieved was %s\nof %s", retrieved.RawJSON(), first.RawJSON())
	}
	items := client.Responses.InputItems.ListAutoPaging(ctx, third.ID, responses.InputItemListParams{
		Limit: openai.Int(2), Order: responses.InputItemListParamsOrderAsc,
	})
	equal(t, "items", kinds(t, items, func(i responses.ResponseItemUnion) string { return i.Type }),
		[]string{"message", "function_call", "function_call_output", "message", "message"})

	if err := client.Responses.Delete(ctx, second.ID); err != nil {
		t.Fatal(err)
	}
	_, err := client.Responses.Get(ctx, second.ID, responses.ResponseGetParams{})
	refused(t, err, http.StatusNotFound, "not_found")
	_, err = client.Responses.New(ctx, after(second, asking("And now?")))
	refused(t, err, http.StatusBadRequest, "previous_response_not_found")
	stream := client.Responses.NewStreaming(ctx, after(second, asking("And now?")))
	if stream.Next() {
		t.Errorf("a stream began with %s", stream.Current().RawJSON())
	}
	refused(t, stream.Err(), http.StatusBadRequest, "previous_response_not_found")
}

func TestOpenAIGoConverses(t *testing.T) {
	provider := strict(upstreamtest.New(t, asksForWeather("call_1", "Ulm"), says("It is."), says("Bye.")))
	client, _ := goClient(t, gateway(t, provider))
	ctx := t.Context()

	c := must(client.Conversations.New(ctx, conversations.ConversationNewParams{
		Metadata: map[string]string{"topic": "weather"},
		Items:    responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage("Be brief.", responses.EasyInputMessageRoleDeveloper)},
	}))(t)
	in := func(params responses.ResponseNewParams) responses.ResponseNewParams {
		params.PreviousResponseID, params.Tools = param.Opt[string]{}, weatherTools()
		params.Conversation = responses.ResponseNewParamsConversationUnion{OfConversationObject: &responses.ResponseConversationParam{ID: c.ID}}
		return params
	}
	first := must(client.Responses.New(ctx, in(asking("Is it raining in Ulm?"))))(t)
	second := last(t, client.Responses.NewStreaming(ctx, in(answering(first))))
	if second.OutputText() != "It is." || second.Conversation.ID != c.ID {
		t.Errorf("got %s", second.RawJSON())
	}
	list := func(order conversations.ItemListParamsOrder) []string {
		items := client.Conversations.Items.ListAutoPaging(ctx, c.ID, conversations.ItemListParams{Limit: openai.Int(2), Order: order})
		return kinds(t, items, func(i conversations.ConversationItemUnion) string { return i.Type })
	}
	want := []string{"message", "message", "function_call", "function_call_output", "message"}
	equal(t, "items", list(conversations.ItemListParamsOrderAsc), want)
	slices.Reverse(want)
	equal(t, "items", list(conversations.ItemListParamsOrderDesc), want)

	added := must(client.Conversations.Items.New(ctx, c.ID, conversations.ItemNewParams{
		Items: responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage("Bye.", responses.EasyInputMessageRoleUser)},
	}))(t)
	item := must(client.Conversations.Items.Get(ctx, c.ID, added.FirstID, conversations.ItemGetParams{}))(t)
	if item.Type != "message" || item.ID != added.Data[0].ID {
		t.Errorf("the item is %s", item.RawJSON())
	}
	third := must(client.Responses.New(ctx, in(responses.ResponseNewParams{Model: model})))(t)
	if third.OutputText() != "Bye." {
		t.Errorf("got %s", third.RawJSON())
	}
	equal(t, "messages", chat(t, provider.Request(2)).lines(), []string{
		"system Be brief.", "user Is it raining in Ulm?", `assistant calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain.", "assistant It is.", "user Bye.",
	})
	must(client.Conversations.Items.Delete(ctx, c.ID, item.ID))(t)
	_, err := client.Conversations.Items.Get(ctx, c.ID, item.ID, conversations.ItemGetParams{})
	refused(t, err, http.StatusNotFound, "not_found")
	if deleted := must(client.Conversations.Delete(ctx, c.ID))(t); !deleted.Deleted {
		t.Errorf("got %s", deleted.RawJSON())
	}
	_, err = client.Responses.New(ctx, in(asking("Still there?")))
	refused(t, err, http.StatusNotFound, "not_found")
}

func TestOpenAIGoCompacts(t *testing.T) {
	provider := strict(upstreamtest.New(t, says("Hello, Ann."), says("The user's name is Ann."), says("Ann.")))
	client, _ := goClient(t, gateway(t, provider))
	ctx := t.Context()

	first := must(client.Responses.New(ctx, asking("My name is Ann.")))(t)
	count := must(client.Responses.InputTokens.Count(ctx, responses.InputTokenCountParams{
		Model: openai.String(model), PreviousResponseID: openai.String(first.ID),
		Input: responses.InputTokenCountParamsInputUnion{OfString: openai.String("What is my name?")},
	}))(t)
	if count.InputTokens < 10 {
		t.Errorf("%d tokens were counted", count.InputTokens)
	}
	compacted := must(client.Responses.Compact(ctx, responses.ResponseCompactParams{Model: model, PreviousResponseID: openai.String(first.ID)}))(t)
	var items responses.ResponseInputParam
	for _, item := range compacted.Output {
		var param responses.ResponseInputItemUnionParam
		if err := json.Unmarshal([]byte(item.RawJSON()), &param); err != nil {
			t.Fatal(err)
		}
		items = append(items, param)
	}
	params := asking("")
	params.Input = responses.ResponseNewParamsInputUnion{
		OfInputItemList: append(items, responses.ResponseInputItemParamOfMessage("What is my name?", responses.EasyInputMessageRoleUser)),
	}
	if next := must(client.Responses.New(ctx, params))(t); next.OutputText() != "Ann." {
		t.Errorf("got %s", next.RawJSON())
	}
	mentions(t, chat(t, provider.Request(2)).lines()[0], "The user's name is Ann.")
}

// distinct gives replies of the Responses wire ids of their own, as a service does.
func distinct(replies ...upstreamtest.Reply) []upstreamtest.Reply {
	for i, reply := range replies {
		n := strconv.Itoa(i)
		replies[i] = reply.Replacing("resp_0", "resp_"+n).Replacing(`"msg_`, `"msg_`+n).Replacing(`"rs_`, `"rs_`+n).Replacing(`"fc_`, `"fc_`+n)
	}
	return replies
}

func TestOpenAIGoChainsOnEveryWire(t *testing.T) {
	for _, s := range speeches {
		t.Run(s.name, func(t *testing.T) {
			provider, url := s.start(t, distinct(s.asks("First I look.", "c2VhbC1vbmU=", toolCall{"call_1", "get_weather", `{"city":"Ulm"}`}),
				s.says("It is."), s.says("You are welcome."))...)
			client, _ := goClient(t, url)
			ctx := t.Context()

			params := asking("Is it raining in Ulm?")
			params.Tools = weatherTools()
			first := must(client.Responses.New(ctx, params))(t)
			second := last(t, client.Responses.NewStreaming(ctx, answering(first)))
			third := must(client.Responses.New(ctx, after(second, asking("Thanks."))))(t)

			if third.OutputText() != "You are welcome." {
				t.Errorf("got %s", third.RawJSON())
			}
			requests := took(t, provider, 3)
			holds(t, requests[2], "Is it raining in Ulm?", "get_weather", "Rain.", "It is.", "Thanks.")
			state := "c2VhbC1vbmU="
			if s.unsealed {
				state = "First I look."
			}
			holds(t, requests[1], state)
			for _, request := range requests {
				if strings.Contains(string(request.Body), "resp_") {
					t.Errorf("the provider was told of a response of the gateway: %s", request.Body)
				}
			}
		})
	}
}
