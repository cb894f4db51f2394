package e2e

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/replies"
)

// parseWithSDK has openai-node read streams. The result is what sdk/parse.mjs prints, by the streams' names.
func parseWithSDK(t *testing.T, streams []recordedStream) map[string]gjson.Result {
	t.Helper()
	directory := t.TempDir()
	for i := range streams {
		if err := os.WriteFile(filepath.Join(directory, streams[i].name), streams[i].body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output := runScript(t, "parse.mjs", "openai", bytes.NewReader(replies.Request), directory)
	results := make(map[string]gjson.Result)
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, len(output)+1)
	for lines.Scan() {
		result := gjson.Parse(lines.Text())
		results[result.Get("file").Str] = result
	}
	return results
}

func TestOpenAINodeReadsEveryStream(t *testing.T) {
	streams := recordedStreams(t)
	results := parseWithSDK(t, streams)
	for i := range streams {
		s := &streams[i]
		got := results[s.name]
		if !got.Get("response").Exists() {
			t.Errorf("%s: %s\n%s", s.name, got.Get("error").Str, s.body)
			continue
		}
		response := got.Get("response")
		if status, want := response.Get("status").Str, s.response.Get("status").Str; status != want {
			t.Errorf("%s: the status is %s, want %s", s.name, status, want)
		}
		if message, want := response.Get("error.message").Str, s.response.Get("error.message").Str; message != want {
			t.Errorf("%s: the error is %q, want %q", s.name, message, want)
		}
		if text := response.Get("output_text").Str; text != s.text() {
			t.Errorf("%s: the text is %q, want %q", s.name, text, s.text())
		}
		if output, want := replies.Describe(response), replies.Describe(s.response); !slices.Equal(output, want) {
			t.Errorf("%s: the output is %q, want %q", s.name, output, want)
		}
		var streamed []string
		for _, item := range got.Get("streamed").Array() {
			streamed = append(streamed, item.Get("grown").Str)
		}
		if !slices.Equal(streamed, s.streamed) {
			t.Errorf("%s: the deltas are %q, want %q", s.name, streamed, s.streamed)
		}
	}
}
