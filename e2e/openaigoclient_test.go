package e2e

import (
	"errors"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"
	"github.com/openai/openai-go/v3/responses"
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
