package main

import (
	"bytes"
	"encoding/json"
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
		s, err := newScript(c.model)
		if err != nil {
			t.Errorf("%s: %v", c.model, err)
			continue
		}
		if len(s.chunks) != c.chunks || s.pause != c.pause || s.hold != (c.model == idleModel) {
			t.Errorf("%s: got %d chunks, pause %v, hold %v", c.model, len(s.chunks), s.pause, s.hold)
		}
	}
	for _, model := range []string{"", "mock-", "mock-x", "mock-2", "mock-50-x", "gpt-5.5"} {
		if _, err := newScript(model); err == nil {
			t.Errorf("%q: want an error", model)
		}
	}
}

func TestACheckTellsAWholeReplyFromAWrongOne(t *testing.T) {
	s, err := newScript("mock-50")
	if err != nil {
		t.Fatal(err)
	}
	var reply []byte
	for _, chunk := range s.chunks {
		reply = append(reply, chunk...)
	}
	if err := plainSide.check(reply, replyText(50)); err != nil {
		t.Error(err)
	}
	if err := plainSide.check(reply, replyText(51)); err == nil {
		t.Error("a reply without its last word: want an error")
	}
}
