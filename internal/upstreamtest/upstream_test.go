package upstreamtest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

const path = "/v1/chat/completions"

// post sends a body and returns the response with its stream still open.
func post(t *testing.T, u *Upstream, body string) *http.Response {
	t.Helper()
	return do(t, t.Context(), u, body)
}

func do(t *testing.T, ctx context.Context, u *Upstream, body string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.URL+path+"?a=b", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer k")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// readAll returns the rest of a body, which must end well.
func readAll(t *testing.T, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestRequestsAreRecorded(t *testing.T) {
	u := New(t, JSON(http.StatusOK, "{}"))
	readAll(t, post(t, u, `{"n":1}`))
	got := u.Request(0)
	if got.Method != http.MethodPost || got.Path != path || got.Query.Get("a") != "b" ||
		got.Header.Get("Authorization") != "Bearer k" || string(got.Body) != `{"n":1}` || "http://"+got.Host != u.URL {
		t.Errorf("got %+v", got)
	}
	if n := len(u.Requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestRepliesComeInOrderAndTheLastRepeats(t *testing.T) {
	u := New(t, JSON(http.StatusTooManyRequests, "1").WithHeader("Retry-After", "7"), Error(http.StatusBadGateway, "server_error", "", "2"))
	first := post(t, u, "")
	if first.StatusCode != http.StatusTooManyRequests || first.Header.Get("Retry-After") != "7" || readAll(t, first) != "1" {
		t.Errorf("first reply is %d", first.StatusCode)
	}
	for range 2 {
		again := post(t, u, "")
		const want = `{"error":{"message":"2","type":"server_error","param":null,"code":null}}`
		if body := readAll(t, again); again.StatusCode != http.StatusBadGateway || body != want {
			t.Errorf("got %d %s", again.StatusCode, body)
		}
	}
	u.Script(Func(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	if status := post(t, u, "").StatusCode; status != http.StatusTeapot {
		t.Errorf("status after a new script is %d", status)
	}
}

func TestStreamHasTheFramesOfChatCompletions(t *testing.T) {
	u := New(t,
		Stream(Reasoning("hm"), Text("a"), ToolCall(0, "call_1", "f", ""), ToolArgs(0, "{}"), Finish("tool_calls"), Usage(9, 5, 4)),
		Stream(Text("a")).WithoutDone(),
		Raw(": ping\n\n", "data: {\n\n"))
	response := post(t, u, "")
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type is %q", got)
	}
	frames := strings.Split(strings.TrimSuffix(readAll(t, response), "\n\n"), "\n\n")
	want := []struct{ path, value string }{
		{"choices.0.delta.reasoning_content", "hm"},
		{"choices.0.delta.content", "a"},
		{"choices.0.delta.tool_calls.0.function.name", "f"},
		{"choices.0.delta.tool_calls.0.function.arguments", "{}"},
		{"choices.0.finish_reason", "tool_calls"},
		{"usage.prompt_tokens_details.cached_tokens", "4"},
	}
	if len(frames) != len(want)+1 || frames[len(want)] != "data: [DONE]" {
		t.Fatalf("frames are %q", frames)
	}
	for i, w := range want {
		if got := gjson.Get(strings.TrimPrefix(frames[i], "data: "), w.path).String(); got != w.value {
			t.Errorf("frame %d: %s is %q, want %q", i, w.path, got, w.value)
		}
	}
	if body := readAll(t, post(t, u, "")); strings.Contains(body, "[DONE]") || !strings.Contains(body, `"content":"a"`) {
		t.Errorf("stream without done is %q", body)
	}
	if body := readAll(t, post(t, u, "")); body != ": ping\n\ndata: {\n\n" {
		t.Errorf("raw stream is %q", body)
	}
}

func TestCutBreaksTheConnection(t *testing.T) {
	u := New(t, Stream(Text("a")).Cut(), Stream().Cut())
	body, err := io.ReadAll(post(t, u, "").Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(string(body), `"content":"a"`) {
		t.Errorf("got %q, %v", body, err)
	}
	if body, err := io.ReadAll(post(t, u, "").Body); err == nil || len(body) > 0 {
		t.Errorf("got %q, %v", body, err)
	}
	select {
	case <-u.Closed():
		t.Error("the upstream's own cut counts as the client's going away")
	default:
	}
}

func TestHoldKeepsChunksUntilTheTestLetsThemGo(t *testing.T) {
	header, step := make(chan struct{}, 1), make(chan struct{})
	u := New(t, Stream(Text("a"), Text("b")).HoldHeader(header).Hold(step))
	header <- struct{}{}
	lines := bufio.NewReader(post(t, u, "").Body)
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, `"a"`) {
		t.Fatalf("got %q, %v", line, err)
	}
	step <- struct{}{}
	rest, err := io.ReadAll(lines)
	if err != nil || !strings.Contains(string(rest), `"b"`) || !strings.HasSuffix(string(rest), done) {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestClosedTellsThatTheClientWentAway(t *testing.T) {
	never := make(chan struct{})
	tests := map[string]Reply{
		"while the stream hangs": Stream(Text("a")).Hang(),
		"between two chunks":     Stream(Text("a"), Text("b")).Hold(never),
		"while a handler waits": Func(func(w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}),
		"with a status of its own":  Stream(Text("a")).WithStatus(http.StatusAccepted).Hang(),
		"with nothing but a header": Stream().Hang(),
	}
	for name, reply := range tests {
		t.Run(name, func(t *testing.T) {
			u := New(t, reply)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			do(t, ctx, u, "")
			cancel()
			u.WaitClosed()
		})
	}
	t.Run("before the header", func(t *testing.T) {
		u := New(t, Stream().HoldHeader(never))
		ctx, cancel := context.WithCancel(t.Context())
		go func() { u.Request(0); cancel() }()
		request, _ := http.NewRequestWithContext(ctx, http.MethodPost, u.URL, strings.NewReader("x"))
		if _, err := http.DefaultClient.Do(request); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		u.WaitClosed()
	})
}
