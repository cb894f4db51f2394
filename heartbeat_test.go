package codexresponses_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// beats reads events until n of response.in_progress have come.
func beats(stream *gatewaytest.Stream, n int) {
	for range n {
		stream.Until("response.in_progress")
	}
}

func TestF07ASilentUpstreamIsCoveredByHeartbeats(t *testing.T) {
	step := make(chan struct{})
	for name, reply := range map[string]upstreamtest.Reply{
		"before its header":           hello().HoldHeader(step),
		"after its header":            upstreamtest.Func(headerThen(step)),
		"behind comments":             upstreamtest.Raw(": wait\n\n", frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop"))).Hold(step),
		"behind an empty first event": upstreamtest.Stream(upstreamtest.Text(""), upstreamtest.Text("Hello.")).Hold(step),
		"after blank lines":           upstreamtest.Raw("\n\n\n\n", frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop"))).Hold(step),
		"behind an informational answer": upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
			headerThen(step)(w, r)
		}),
		"that sends one document": upstreamtest.JSON(200,
			`{"choices":[{"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}]}`).HoldHeader(step),
		"in the midst of a document": upstreamtest.Raw(`{"choices":[{"message":{"role":"assistant",`, `"content":"Hello."},"finish_reason":"stop"}]}`).Hold(step),
	} {
		t.Run(name, func(t *testing.T) {
			gw := start(t, mock(upstreamtest.New(t, reply)), "heartbeat 50ms")
			begin := time.Now()
			stream := gw.PostStream("/v1/responses", streamed)
			stream.Until("response.created")
			if took := time.Since(begin); name == "before its header" && took < 50*time.Millisecond {
				t.Errorf("the stream began after %s", took)
			}
			beats(stream, 4) // one goes with response.created
			if name == "that sends one document" || name == "before its header" {
				if stream.Header.Get("Content-Type") != "text/event-stream" || stream.Header.Get("X-Request-Id") == "" {
					t.Errorf("header is %v", stream.Header)
				}
			}
			step <- struct{}{}
			if name == "behind an empty first event" {
				stream.Until("response.output_text.delta")
			}
			events := stream.Require()
			if got := streamcheck.Text(events); got != "Hello." {
				t.Errorf("the text is %q", got)
			}
		})
	}
}

// frames is an event stream of JSON chunks as one piece.
func frames(chunks ...string) string {
	var all string
	for _, chunk := range chunks {
		all += "data: " + chunk + "\n\n"
	}
	return all + "data: [DONE]\n\n"
}

// headerThen sends the header of a stream at once, and the stream after a step.
func headerThen(step <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		select {
		case <-step:
		case <-r.Context().Done():
		}
		io.WriteString(w, frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop")))
	}
}

func TestAnErrorThatComesSlowlyIsCoveredByHeartbeats(t *testing.T) {
	step := make(chan struct{})
	slow := upstreamtest.Raw(`{"error":{"message":"Some`, `thing broke."}}`).WithStatus(http.StatusInternalServerError).Hold(step)
	stream := start(t, mock(upstreamtest.New(t, slow)), "heartbeat 50ms").PostStream("/v1/responses", streamed)
	beats(stream, 3)
	step <- struct{}{}
	events := stream.Require()
	if got := events[len(events)-1].Response().Get("error.message").String(); !strings.Contains(got, "Something broke.") {
		t.Errorf("the message is %q", got)
	}
}

func TestF86AStreamThatStallsIsCoveredByHeartbeats(t *testing.T) {
	step := make(chan struct{})
	reply := upstreamtest.Stream(
		upstreamtest.Reasoning("Hm."), upstreamtest.Text("Hel"), upstreamtest.ToolCall(0, "c", "f", `{"a":`), upstreamtest.ToolArgs(0, `1}`),
		upstreamtest.Finish("tool_calls")).Hold(step)
	gw := start(t, mock(upstreamtest.New(t, reply)), "heartbeat 50ms")
	stream := gw.PostStream("/v1/responses", streamed)
	for _, event := range []string{"response.reasoning_text.delta", "response.output_text.delta", "response.function_call_arguments.delta", "response.function_call_arguments.delta"} {
		stream.Until(event)
		beats(stream, 2)
		step <- struct{}{}
	}
	stream.Require()
}

func TestNothingFollowsTheTerminalEvent(t *testing.T) {
	for name, last := range map[string]string{
		"response.completed":  frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop")),
		"response.incomplete": frames(upstreamtest.Text("Hello."), upstreamtest.Finish("length")),
		"response.failed":     frames(upstreamtest.Text("Hello."), upstreamtest.ErrorBody("server_error", "", "Broke.")),
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				io.WriteString(w, last)
				http.NewResponseController(w).Flush()
				<-r.Context().Done() // the upstream does not end its body
			}))
			gw := start(t, mock(upstream), "heartbeat 20ms")
			stream := gw.PostStream("/v1/responses", streamed)
			stream.Until(name)
			ended := time.Now()
			if event, err := stream.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("%s follows, %v", event.Data, err)
			}
			if took := time.Since(ended); took > 300*time.Millisecond {
				t.Errorf("the body ended %s after its last event", took)
			}
			stream.Require()
		})
	}
}

func TestHeartbeatsOnlyCoverSilence(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())), "heartbeat 1h")
	events := gw.PostStream("/v1/responses", streamed).Require()
	if got := streamcheck.Types(events); got[0] != "response.created" || got[1] != "response.in_progress" ||
		slices.Contains(got[2:], "response.in_progress") {
		t.Errorf("the events are %q", got)
	}
}

func TestAHeartbeatBeginsNoDocument(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) {
		<-time.After(20 * time.Millisecond) // in which heartbeats would come
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop")))
	}))), "heartbeat 1ms")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if got := gw.Post("/v1/chat/completions", chatty); got.Status != http.StatusOK || !strings.HasPrefix(string(got.Body), "data: {") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestHeartbeatsBesideAFastStream(t *testing.T) {
	var chunks []string
	for i := range 2000 {
		chunks = append(chunks, upstreamtest.Text(fmt.Sprintf("%d ", i)))
	}
	gw := start(t, mock(upstreamtest.New(t, upstreamtest.Stream(append(chunks, upstreamtest.Finish("stop"))...))), "heartbeat 1ms")
	gw.PostStream("/v1/responses", streamed).Require()
}

func TestF86CompressionInFrontDoesNotHoldEventsBack(t *testing.T) {
	step := make(chan struct{})
	upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("early"), upstreamtest.Text("late"), upstreamtest.Finish("stop")).Hold(step))
	gw := gatewaytest.Start(t, ":PORT {\nencode zstd gzip\n"+directive(mock(upstream))+"\n}\n")
	stream := gw.PostStream("/v1/responses", streamed, "Accept-Encoding: gzip, zstd")
	stream.Until("response.output_text.delta") // while the upstream is held
	if coding := stream.Header.Get("Content-Encoding"); coding != "" {
		t.Errorf("the stream is in %s", coding)
	}
	close(step)
	stream.Require()
}
