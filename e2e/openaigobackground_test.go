package e2e

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

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
	// The client has stream=true in the body of this GET (openai/openai-go#661), where no service looks for it.
	seen = append(seen, events(t, client.Responses.GetStreaming(ctx, id, responses.ResponseGetParams{
		StartingAfter: openai.Int(seen[len(seen)-1].SequenceNumber),
	}, option.WithQuery("stream", "true")), nil)...)

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

// turn is the response that a connection brings next, as its events add up to it.
func turn(ctx context.Context, connection *responses.ResponseConnection) (*responses.Response, error) {
	var sum responses.ResponseAccumulator
	for {
		event, err := connection.Recv(ctx)
		if err == nil {
			err = sum.AddEvent(event)
		}
		switch {
		case err != nil:
			return nil, err
		case event.Type == "error":
			return nil, &responses.ResponseProtocolError{Event: event}
		case sum.Snapshot().TerminalEvent != "":
			return sum.ReconstructedResponse()
		}
	}
}

func TestOpenAIGoTalks(t *testing.T) {
	provider := strict(upstreamtest.New(t, asksForWeather("call_1", "Ulm"), says("It is.")))
	client, _ := goClient(t, gateway(t, provider))
	ctx := t.Context()
	connection := must(client.Responses.Connect(ctx, responses.ResponseConnectionOptions{}))(t)
	defer connection.Close()
	ask := func(params responses.ResponsesClientEventResponseCreateParam) (*responses.Response, error) {
		params.Model, params.Store, params.Tools = model, openai.Bool(false), weatherTools()
		if err := connection.Create(ctx, params); err != nil {
			return nil, err
		}
		return turn(ctx, connection)
	}

	first := must(ask(responses.ResponsesClientEventResponseCreateParam{
		Input: responses.ResponsesClientEventResponseCreateInputUnionParam{OfString: openai.String("Is it raining in Ulm?")},
	}))(t)
	outputs := answering(first).Input.OfInputItemList
	second := must(ask(responses.ResponsesClientEventResponseCreateParam{
		PreviousResponseID: openai.String(first.ID),
		Input:              responses.ResponsesClientEventResponseCreateInputUnionParam{OfResponse: &outputs},
	}))(t)
	_, err := ask(responses.ResponsesClientEventResponseCreateParam{
		PreviousResponseID: openai.String("resp_unknown"),
		Input:              responses.ResponsesClientEventResponseCreateInputUnionParam{OfString: openai.String("Go on.")},
	})

	if second.OutputText() != "It is." {
		t.Errorf("got %s", second.RawJSON())
	}
	equal(t, "messages", chat(t, provider.Request(1)).lines(), []string{
		"user Is it raining in Ulm?", `assistant calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain.",
	})
	var refusal *responses.ResponseProtocolError
	if !errors.As(err, &refusal) {
		t.Fatalf("going on from an unknown response gave %v", err)
	}
	mentions(t, refusal.Event.RawJSON(), `"status":400`, `"code":"previous_response_not_found"`)
}
