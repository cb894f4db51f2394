package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestResponsesBodyHasTheSizeAndShapeOfACodexRequest(t *testing.T) {
	body := responsesBody("mock-50")
	if n := len(body); n < 71_000 || n > 75_000 {
		t.Errorf("body: got %d bytes, want about 73,000", n)
	}
	var request struct {
		Model string
		Input []struct{ Type, Role string }
		Tools []struct {
			Type  string
			Tools []json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	if request.Model != "mock-50" || len(request.Input) != 30 || len(request.Tools) != 15 {
		t.Errorf("got model %q, %d items, %d tools; want mock-50, 30, 15", request.Model, len(request.Input), len(request.Tools))
	}
	got := map[string]int{}
	for _, item := range request.Input {
		got[strings.TrimSpace(item.Type+" "+item.Role)]++
	}
	for _, tool := range request.Tools {
		got["tool: "+tool.Type]++
	}
	want := map[string]int{
		"message developer": 2, "message user": 3, "message assistant": 1, "reasoning": 8, "function_call": 8, "function_call_output": 8,
		"tool: function": 14, "tool: namespace": 1,
	}
	for kind, n := range want {
		if got[kind] != n {
			t.Errorf("%s: got %d, want %d", kind, got[kind], n)
		}
	}
}

func TestChatBodySaysTheSame(t *testing.T) {
	var request struct {
		Messages []struct {
			Role  string
			Calls []json.RawMessage `json:"tool_calls"`
		}
		Tools []json.RawMessage
	}
	body := chatBody("mock-50")
	if err := json.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	if len(request.Tools) != len(tools)+len(agentTools) {
		t.Errorf("tools: got %d, want %d", len(request.Tools), len(tools)+len(agentTools))
	}
	calls := 0
	for _, message := range request.Messages {
		calls += len(message.Calls)
	}
	if calls != shellCalls {
		t.Errorf("tool calls: got %d, want %d", calls, shellCalls)
	}
	if n, whole := len(body), len(responsesBody("mock-50")); n < whole*9/10 || n > whole {
		t.Errorf("body: got %d bytes, want a little less than the %d of the Responses request", n, whole)
	}
}

func TestBodiesAreTheSameEachTime(t *testing.T) {
	for name, body := range map[string]func(string) []byte{"responses": responsesBody, "chat": chatBody} {
		if first, second := body("mock-50"), body("mock-50"); !bytes.Equal(first, second) {
			t.Errorf("%s: two bodies differ", name)
		}
	}
}

func TestAScriptHasTheChunksThatItsModelNames(t *testing.T) {
	for _, c := range []struct {
		model  string
		chunks int
		pause  time.Duration
	}{{"mock-50", 50, 0}, {"mock-2000", 2000, 0}, {"mock-50-5ms", 50, 5 * time.Millisecond}, {idleModel, 1, 0}} {
		if got := modelOf(responsesBody(c.model)); got != c.model {
			t.Errorf("model of the body: got %q, want %q", got, c.model)
		}
		s, err := newScript(chatFormat, c.model)
		if err != nil {
			t.Errorf("%s: %v", c.model, err)
			continue
		}
		if len(s.chunks) != c.chunks || s.pause != c.pause || s.hold != (c.model == idleModel) {
			t.Errorf("%s: got %d chunks, pause %v, hold %v", c.model, len(s.chunks), s.pause, s.hold)
		}
	}
	for _, model := range []string{"", "mock-", "mock-x", "mock-2", "mock-50-x", "gpt-5.5"} {
		if _, err := newScript(chatFormat, model); err == nil {
			t.Errorf("%q: want an error", model)
		}
	}
}

func TestTheMarksOfAFormatAreWhereTheyAreLookedFor(t *testing.T) {
	const n = 50
	for _, f := range formats {
		s, err := newScript(f, "mock-50")
		if err != nil {
			t.Fatal(err)
		}
		if len(s.chunks) != n && len(s.chunks) != n-1 { // the ending is one chunk or two
			t.Errorf("%s: got %d chunks, want %d or one less", f.path, len(s.chunks), n)
		}
		for i, chunk := range s.chunks {
			if got, want := bytes.Contains(chunk, f.reading.whole), i == len(s.chunks)-1; got != want {
				t.Errorf("%s, chunk %d: the mark of a whole reply: got %v, want %v", f.path, i, got, want)
			}
			if got, want := bytes.Contains(chunk, f.reading.text), i >= 1 && i <= n-3; got != want && (want || i == 0) {
				t.Errorf("%s, chunk %d: the mark of text: got %v, want %v", f.path, i, got, want)
			}
		}
	}
}

func TestTheUpstreamAnswersOnEachWire(t *testing.T) {
	server := httptest.NewServer(&upstream{})
	defer server.Close()
	for _, w := range wires {
		asked := plainSide.ask(w, "mock-50")
		response, err := http.Post(server.URL+asked.url.String(), "application/json", bytes.NewReader(asked.body))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != w.contentType {
			t.Errorf("%s: got status %d, %s", w.name, response.StatusCode, got)
		}
		if err := asked.check(reply, replyText(50)); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

func TestTheUpstreamRefusesWhatNoFormatHas(t *testing.T) {
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodGet, "/v1/chat/completions", nil),
		httptest.NewRequest(http.MethodPost, "/chat/completions", bytes.NewReader(chatBody("mock-50"))),
		httptest.NewRequest(http.MethodPost, "/v1beta/models/mock-50:streamGenerateContent", nil), // without alt=sse it is no event stream
		httptest.NewRequest(http.MethodPost, "/model/gpt-5.5/converse-stream", nil),
	} {
		w := httptest.NewRecorder()
		new(upstream).ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s %s: got status %d, want 404", r.Method, r.URL, w.Code)
		}
	}
}

func TestACheckTellsAWholeReplyFromAWrongOne(t *testing.T) {
	for _, f := range formats {
		s, err := newScript(f, "mock-50")
		if err != nil {
			t.Fatal(err)
		}
		reply := bytes.Join(s.chunks, nil)
		if err := f.reading.check(reply, replyText(50)); err != nil {
			t.Errorf("%s: %v", f.path, err)
		}
		if err := f.reading.check(reply, replyText(51)); err == nil {
			t.Errorf("%s: a reply without its last word: want an error", f.path)
		}
	}
}

func TestEachWireHasAProviderOfItsOwn(t *testing.T) {
	names := map[string]bool{}
	for _, w := range wires {
		if names[w.provider()] {
			t.Errorf("two wires have the provider %s", w.provider())
		}
		names[w.provider()] = true
		want := `"model":"` + w.provider() + `/mock-50"`
		if body := gatewaySide.ask(w, "mock-50").body; !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s: the gateway's request lacks %s", w.name, want)
		}
		if site := gatewaySide.site(wires, "127.0.0.1:1"); !strings.Contains(site, "provider "+w.provider()+" {") {
			t.Errorf("%s: the gateway's configuration lacks its provider", w.name)
		}
	}
}

func TestOneWireOrAllCanBeSelected(t *testing.T) {
	if all, err := selectWires(""); err != nil || len(all) != len(wires) || all[0] != chatWire {
		t.Errorf("got %d wires, %v; want all, chat first", len(all), err)
	}
	if one, err := selectWires("gemini"); err != nil || len(one) != 1 || one[0].name != "gemini" {
		t.Errorf("gemini: got %d wires, %v", len(one), err)
	}
	if _, err := selectWires("telegraph"); err == nil || !strings.Contains(err.Error(), "responses-native") {
		t.Errorf("telegraph: got %v, want an error that names the wires", err)
	}
}

func TestTheRowsOfAWireStandTogetherAndChatIsFirst(t *testing.T) {
	r := newReport(&bench{})
	last := wires[len(wires)-1]
	for _, made := range []struct {
		wire    *wire
		measure string
	}{{last, "x"}, {chatWire, "x"}, {last, "y"}, {chatWire, "y"}, {last, "x"}} {
		r.row(made.wire, made.measure, "ms", ratio, 0)
	}
	var labels []string
	for _, row := range r.Rows {
		labels = append(labels, row.Label)
	}
	if got, want := strings.Join(labels, "; "), "x; y; "+last.label("x")+"; "+last.label("y"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
