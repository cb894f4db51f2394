package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"

	"github.com/caddy-codex/responses/internal/replies"
)

// goResult is what openai-go made of a stream.
type goResult struct {
	final    responses.Response
	terminal string
	streamed []string
}

// follow takes the next event.
func (r *goResult) follow(event responses.ResponseStreamEventUnion) {
	switch e := event.AsAny().(type) {
	case responses.ResponseOutputItemAddedEvent:
		r.streamed = append(r.streamed, "")
	case responses.ResponseTextDeltaEvent:
		r.streamed[e.OutputIndex] += e.Delta
	case responses.ResponseReasoningSummaryTextDeltaEvent:
		r.streamed[e.OutputIndex] += e.Delta
	case responses.ResponseFunctionCallArgumentsDeltaEvent:
		r.streamed[e.OutputIndex] += e.Delta
	case responses.ResponseCustomToolCallInputDeltaEvent:
		r.streamed[e.OutputIndex] += e.Delta
	case responses.ResponseCompletedEvent:
		r.final, r.terminal = e.Response, event.Type
	case responses.ResponseIncompleteEvent:
		r.final, r.terminal = e.Response, event.Type
	case responses.ResponseFailedEvent:
		r.final, r.terminal = e.Response, event.Type
	}
}

// output writes the items of the final response as replies.Describe does, from what the types have.
func (r *goResult) output() []string {
	lines := []string{}
	for _, item := range r.final.Output {
		line := item.Type + ": "
		switch item := item.AsAny().(type) {
		case responses.ResponseOutputMessage:
			for _, part := range item.Content {
				line += part.Text
			}
		case responses.ResponseReasoningItem:
			for _, part := range item.Summary {
				line += part.Text
			}
		case responses.ResponseFunctionToolCall:
			if item.Namespace != "" {
				line += item.Namespace + "."
			}
			line += item.Name + " " + item.Arguments
		case responses.ResponseCustomToolCall:
			line += item.Name + " " + item.Input
		case responses.ResponseToolSearchCall:
			line += item.JSON.Arguments.Raw()
		default:
			line += fmt.Sprintf("%T", item)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestOpenAIGoReadsEveryStream(t *testing.T) {
	streams := recordedStreams(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(r.Header.Get("X-Stream"))
		if err != nil || r.URL.Path != "/v1/responses" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(streams[i].body)
	}))
	defer server.Close()
	client := openai.NewClient(option.WithBaseURL(server.URL+"/v1"), option.WithAPIKey("client-key"), option.WithMaxRetries(0))
	var params responses.ResponseNewParams
	if err := json.Unmarshal(replies.Request, &params); err != nil {
		t.Fatal(err)
	}
	for i := range streams {
		s := &streams[i]
		stream := client.Responses.NewStreaming(t.Context(), params, option.WithHeader("X-Stream", strconv.Itoa(i)))
		var got goResult
		for stream.Next() {
			got.follow(stream.Current())
		}
		if err := stream.Err(); err != nil {
			t.Errorf("%s: %v\n%s", s.name, err, s.body)
			continue
		}
		status := s.response.Get("status").Str
		if got.terminal != "response."+status || string(got.final.Status) != status {
			t.Errorf("%s: the end is %s, the status %s, want %s", s.name, got.terminal, got.final.Status, status)
		}
		if message := s.response.Get("error.message").Str; got.final.Error.Message != message {
			t.Errorf("%s: the error is %q, want %q", s.name, got.final.Error.Message, message)
		}
		if text := got.final.OutputText(); text != s.text() {
			t.Errorf("%s: the text is %q, want %q", s.name, text, s.text())
		}
		if output, want := got.output(), replies.Describe(s.response); !slices.Equal(output, want) {
			t.Errorf("%s: the output is %q, want %q", s.name, output, want)
		}
		if !slices.Equal(got.streamed, s.streamed) {
			t.Errorf("%s: the deltas are %q, want %q", s.name, got.streamed, s.streamed)
		}
		if got.final.Usage.InputTokens != s.response.Get("usage.input_tokens").Int() || got.final.Usage.OutputTokens != s.response.Get("usage.output_tokens").Int() {
			t.Errorf("%s: the usage is %s", s.name, got.final.Usage.RawJSON())
		}
	}
}
