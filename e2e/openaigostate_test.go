package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/conversations"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/packages/ssestream"
	"github.com/openai/openai-go/v3/responses"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// goClient is openai-go at a gateway, whose answers are checked on the way.
func goClient(t *testing.T, gateway string) (*openai.Client, *recorder) {
	t.Helper()
	r := record(t, gateway)
	client := openai.NewClient(option.WithBaseURL(r.URL), option.WithAPIKey("client-key"), option.WithMaxRetries(0))
	return &client, r
}

// asking is a request with a text for its input.
func asking(text string) responses.ResponseNewParams {
	return responses.ResponseNewParams{
		Model: model,
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(text)},
	}
}

// answering is a request that goes on from a response with the outputs of its calls.
func answering(r *responses.Response) responses.ResponseNewParams {
	var outputs responses.ResponseInputParam
	for _, item := range r.Output {
		if call, ok := item.AsAny().(responses.ResponseFunctionToolCall); ok {
			output := responses.ResponseInputItemParamOfFunctionCallOutput("Rain.")
			output.OfFunctionCallOutput.CallID = openai.String(call.CallID)
			outputs = append(outputs, output)
		}
	}
	return responses.ResponseNewParams{
		Model:              model,
		PreviousResponseID: openai.String(r.ID),
		Input:              responses.ResponseNewParamsInputUnion{OfInputItemList: outputs},
	}
}

func after(r *responses.Response, params responses.ResponseNewParams) responses.ResponseNewParams {
	params.PreviousResponseID = openai.String(r.ID)
	return params
}

// weatherTools are the tool of the scripts.
func weatherTools() []responses.ToolUnionParam {
	return []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{
		Name: "get_weather", Strict: openai.Bool(true), Description: openai.String("The weather of a city."),
		Parameters: map[string]any{
			"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}, "required": []string{"city"},
			"additionalProperties": false,
		},
	}}}
}

// must is a result that comes without an error.
func must[T any](result T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

// events reads a stream as long as it may go on.
func events(t *testing.T, stream *ssestream.Stream[responses.ResponseStreamEventUnion], goesOn func(responses.ResponseStreamEventUnion) bool) []responses.ResponseStreamEventUnion {
	t.Helper()
	defer stream.Close()
	var all []responses.ResponseStreamEventUnion
	for stream.Next() {
		all = append(all, stream.Current())
		if goesOn != nil && !goesOn(stream.Current()) {
			return all
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// last is the response that a stream has ended with.
func last(t *testing.T, stream *ssestream.Stream[responses.ResponseStreamEventUnion]) *responses.Response {
	t.Helper()
	all := events(t, stream, nil)
	return &all[len(all)-1].Response
}

// refused checks that the client was refused, with a status and a code.
func refused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal *openai.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != status || refusal.Code != code {
		t.Errorf("got %v, want status %d and code %s", err, status, code)
	}
}

// kinds are the types of items, as those who ask for stored ones get them.
func kinds[T any](t *testing.T, page interface {
	Next() bool
	Current() T
	Err() error
}, kind func(T) string,
) []string {
	t.Helper()
	var all []string
	for page.Next() {
		all = append(all, kind(page.Current()))
	}
	if err := page.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

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

func TestOpenAIGoResumesAStream(t *testing.T) {
	hold := make(chan struct{})
	provider := strict(upstreamtest.New(t, upstreamtest.Stream(
		upstreamtest.Text("One, "), upstreamtest.Text("two."), upstreamtest.Finish("stop"), upstreamtest.Usage(100, 10, 0)).Hold(hold)))
	client, _ := goClient(t, gateway(t, provider))
	ctx := t.Context()
	params := asking("Count.")
	params.Background = openai.Bool(true)

	seen := events(t, client.Responses.NewStreaming(ctx, params), func(e responses.ResponseStreamEventUnion) bool {
		return e.Type != "response.output_text.delta"
	})
	id := seen[0].Response.ID
	running := must(client.Responses.Get(ctx, id, responses.ResponseGetParams{}))(t)
	if running.Status != responses.ResponseStatusInProgress {
		t.Errorf("the status is %s", running.Status)
	}
	close(hold)
	seen = append(seen, events(t, client.Responses.GetStreaming(ctx, id, responses.ResponseGetParams{
		StartingAfter: openai.Int(seen[len(seen)-1].SequenceNumber),
	}), nil)...)

	var text strings.Builder
	for i, event := range seen {
		if event.SequenceNumber != int64(i) {
			t.Errorf("event %d has the number %d", i, event.SequenceNumber)
		}
		if delta, ok := event.AsAny().(responses.ResponseTextDeltaEvent); ok {
			text.WriteString(delta.Delta)
		}
	}
	if final := seen[len(seen)-1]; text.String() != "One, two." || final.Response.OutputText() != "One, two." {
		t.Errorf("got %q and %s", text.String(), final.RawJSON())
	}
	again := must(client.Responses.Cancel(ctx, id))(t)
	if again.Status != responses.ResponseStatusCompleted {
		t.Errorf("a response that had ended became %s when it was cancelled", again.Status)
	}
}

func TestOpenAIGoCancels(t *testing.T) {
	provider := strict(upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("On and on")).Hang()))
	client, _ := goClient(t, gateway(t, provider))
	ctx := t.Context()
	params := asking("Never end.")
	params.Background = openai.Bool(true)

	begun := must(client.Responses.New(ctx, params))(t)
	provider.Request(0)
	cancelled := must(client.Responses.Cancel(ctx, begun.ID))(t)
	provider.WaitClosed()

	if begun.Status != responses.ResponseStatusQueued || cancelled.Status != responses.ResponseStatusCancelled {
		t.Errorf("the statuses are %s and %s", begun.Status, cancelled.Status)
	}
	_, err := client.Responses.Cancel(ctx, "resp_unknown")
	refused(t, err, http.StatusNotFound, "not_found")
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

func TestOpenAIGoChainsOnEveryWire(t *testing.T) {
	for _, s := range speeches {
		t.Run(s.name, func(t *testing.T) {
			provider, url := s.start(t, s.asks("First I look.", "c2VhbC1vbmU=", toolCall{"call_1", "get_weather", `{"city":"Ulm"}`}),
				s.says("It is."), s.says("You are welcome."))
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

