package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// run is what `codex exec --json` reported.
type run struct {
	t      *testing.T
	exit   int
	events []event
	stderr string
}

// event is one line of the report.
type event struct {
	Type    string     `json:"type"`
	Item    item       `json:"item"`
	Message string     `json:"message"` // of type error
	Error   codexError `json:"error"`   // of type turn.failed
	Usage   codexUsage `json:"usage"`   // of type turn.completed
}

// item is a thing that Codex did or showed. What is set depends on the type.
type item struct {
	Type      string      `json:"type"`
	Status    string      `json:"status"`
	Text      string      `json:"text"`              // agent_message, reasoning
	Command   string      `json:"command"`           // command_execution
	Output    string      `json:"aggregated_output"` // command_execution
	ExitCode  *int        `json:"exit_code"`         // command_execution
	Changes   []change    `json:"changes"`           // file_change
	Server    string      `json:"server"`            // mcp_tool_call
	Tool      string      `json:"tool"`              // mcp_tool_call
	Result    *toolResult `json:"result"`            // mcp_tool_call
	Error     *codexError `json:"error"`             // mcp_tool_call
	Message   string      `json:"message"`           // error
	Query     string      `json:"query"`             // web_search
	Arguments struct {
		A, B float64
	} `json:"arguments"` // mcp_tool_call
}

type change struct {
	Path string `json:"path"`
	Kind string `json:"kind"`
}

type toolResult struct {
	Content []struct {
		Text string `json:"text"`
	} `json:"content"`
}

type codexError struct {
	Message string `json:"message"`
}

type codexUsage struct {
	Input     int `json:"input_tokens"`
	Cached    int `json:"cached_input_tokens"`
	Output    int `json:"output_tokens"`
	Reasoning int `json:"reasoning_output_tokens"`
}

func newRun(t *testing.T, exit int, stdout []byte, stderr string) *run {
	t.Helper()
	r := &run{t: t, exit: exit, stderr: stderr}
	for line := range bytes.Lines(stdout) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("codex printed %q: %v", line, err)
		}
		r.events = append(r.events, e)
	}
	return r
}

// completed returns the items of one type that came to an end.
func (r *run) completed(kind string) []item {
	var items []item
	for _, e := range r.events {
		if e.Type == "item.completed" && e.Item.Type == kind {
			items = append(items, e.Item)
		}
	}
	return items
}

// answers checks that the turn succeeded and that these are the messages of the model, in order.
func (r *run) answers(want ...string) *run {
	r.t.Helper()
	if r.exit != 0 {
		r.t.Errorf("codex exited with %d", r.exit)
	}
	var got []string
	for _, message := range r.completed("agent_message") {
		got = append(got, message.Text)
	}
	equal(r.t, "messages of the model", got, want)
	return r
}

// silent checks that Codex reported no error, but for notices about a model or a session that the gateway has no part in.
func (r *run) silent() *run {
	r.t.Helper()
	for _, message := range r.errors() {
		r.t.Errorf("codex reported: %s", message)
	}
	return r
}

// fails checks that the turn failed, and returns the message.
func (r *run) fails() string {
	r.t.Helper()
	last := r.events[len(r.events)-1]
	if r.exit == 0 || last.Type != "turn.failed" {
		r.t.Fatalf("codex exited with %d after %q, want a failed turn", r.exit, last.Type)
	}
	return last.Error.Message
}

// retries returns the messages with which Codex began again.
func (r *run) retries() []string {
	var messages []string
	for _, e := range r.events {
		if e.Type == "error" && strings.HasPrefix(e.Message, "Reconnecting...") {
			messages = append(messages, e.Message)
		}
	}
	return messages
}

// errors returns all errors that Codex reported.
func (r *run) errors() []string {
	var messages []string
	for _, e := range r.events {
		switch {
		case e.Type == "error":
			messages = append(messages, e.Message)
		case e.Type == "turn.failed":
			messages = append(messages, e.Error.Message)
		case e.Item.Type == "error" && !isNotice(e.Item.Message):
			messages = append(messages, e.Item.Message)
		}
	}
	return messages
}

// isNotice reports whether Codex would say this of any provider: a model that it does not know by itself, a resumed session.
func isNotice(message string) bool {
	return strings.HasPrefix(message, "Model metadata for ") || strings.HasPrefix(message, "This session was recorded with model ")
}
