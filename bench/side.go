package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const sessionID = "00000000-0000-7000-8000-000000000001"

// turnMetadata is what the Codex CLI says of itself with each request, in a header and in the body.
const turnMetadata = `{"installation_id":"00000000-0000-7000-8000-000000000002","session_id":"` + sessionID + `","thread_id":"` + sessionID +
	`","agent_name":"/root","turn_id":"00000000-0000-7000-8000-000000000003","window_number":0,"request_kind":"turn",` +
	`"history_initialization":"new","thread_source":"user","turn_trigger":"exec","sandbox":"none","sandbox_mode":"danger-full-access",` +
	`"workspaces":{"/home/dev/project":{"latest_git_commit_hash":"931b8fb77db8b3ceff7942ea2c3886a5c2c28696","has_changes":false}}}`

// A side is one of the two things compared: what is asked of it, and how its replies are read.
type side struct {
	name string
	site string // the Caddyfile directives, with %s for the upstream's address
	path string
	body func(model string) []byte

	whole []byte // is in each reply that is complete
	text  []byte // is in each event that has text
	// delta returns the text of one event.
	delta func(event []byte) (string, error)
}

var plainSide = &side{
	name:  "plain",
	site:  "reverse_proxy %s",
	path:  "/v1/chat/completions",
	body:  chatBody,
	whole: []byte("data: [DONE]"),
	text:  []byte(`"content":" `),
	delta: func(event []byte) (string, error) {
		var e struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		err := json.Unmarshal(event, &e)
		if err != nil || len(e.Choices) == 0 {
			return "", err
		}
		return e.Choices[0].Delta.Content, nil
	},
}

var gatewaySide = &side{
	name:  "gateway",
	site:  "codex_responses {\n\t\tprovider mock {\n\t\t\twire chat\n\t\t\tbase_url http://%s/v1\n\t\t}\n\t}",
	path:  "/v1/responses",
	body:  responsesBody,
	whole: []byte(`"response.completed"`),
	text:  []byte(`"response.output_text.delta"`),
	delta: func(event []byte) (string, error) {
		var e struct{ Type, Delta string }
		err := json.Unmarshal(event, &e)
		if err != nil || e.Type != "response.output_text.delta" {
			return "", err
		}
		return e.Delta, nil
	},
}

// header returns the request headers of the Codex CLI. Both sides get them.
func header() http.Header {
	return http.Header{
		"Accept":                {"text/event-stream"},
		"Content-Type":          {"application/json"},
		"Authorization":         {"Bearer bench-key"},
		"Originator":            {"codex_exec"},
		"User-Agent":            {"codex_exec/0.169.0 (Debian 12.0.0; x86_64) dumb (codex_exec; 0.169.0)"},
		"Session-Id":            {sessionID},
		"Thread-Id":             {sessionID},
		"X-Client-Request-Id":   {sessionID},
		"X-Codex-Window-Id":     {sessionID + ":0"},
		"X-Codex-Turn-Metadata": {turnMetadata},
	}
}

// check compares the text of a whole reply with what the upstream said: a fast wrong answer is not worth measuring.
func (s *side) check(reply []byte, want string) error {
	var got strings.Builder
	for line := range bytes.Lines(reply) {
		event, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok || bytes.HasPrefix(event, []byte("[DONE]")) {
			continue
		}
		text, err := s.delta(event)
		if err != nil {
			return fmt.Errorf("reading event %q: %w", event, err)
		}
		got.WriteString(text)
	}
	if got.String() != want {
		return fmt.Errorf("text of the reply: got %d bytes, want %d bytes; it begins %.80q", got.Len(), len(want), got.String())
	}
	return nil
}
