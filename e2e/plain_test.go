package e2e

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestPlainAnswer(t *testing.T) {
	provider := strict(upstreamtest.New(t, upstreamtest.Stream(
		upstreamtest.Text("Hel"), upstreamtest.Text("lo."), upstreamtest.Finish("stop"), upstreamtest.Usage(100, 5, 60))))
	c := newCodex(t, gateway(t, provider), settings{})

	r := c.exec(prompt, "-m", model).answers("Hello.").silent()
	if got, want := r.events[len(r.events)-1].Usage, (codexUsage{Input: 100, Cached: 60, Output: 5}); got != want {
		t.Errorf("usage: got %+v, want %+v", got, want)
	}

	request := provider.Request(0)
	if request.Path != "/v1/chat/completions" {
		t.Errorf("path: got %s", request.Path)
	}
	body := chat(t, request)
	if body.Model != model || !body.Stream {
		t.Errorf("got model %q and stream %t", body.Model, body.Stream)
	}
	equal(t, "messages after the prompt", body.since(t, prompt), nil)
	body.offers(t, "exec_command", "write_stdin", "view_image")
	if first := body.Messages[0]; first.Role != "system" || first.Content.String() == "" {
		t.Errorf("the first message is of %s: %.80q", first.Role, first.Content)
	}
}

func TestMetadataOfCodexStaysHere(t *testing.T) {
	provider := strict(upstreamtest.New(t, says("Hello.")))
	c := newCodex(t, gateway(t, provider), settings{})

	c.exec(prompt, "-m", model).answers("Hello.")

	request := provider.Request(0)
	for name := range request.Header {
		switch lower := strings.ToLower(name); {
		case lower == "authorization", lower == "originator", lower == "session-id", lower == "thread-id",
			strings.HasPrefix(lower, "x-codex-"), strings.HasPrefix(lower, "x-forwarded-"), strings.HasPrefix(lower, "x-client-"):
			t.Errorf("the provider got the header %s: %s", name, request.Header.Get(name))
		}
	}
	for _, word := range []string{"client_metadata", "installation_id", "client-key"} {
		if strings.Contains(string(request.Body), word) {
			t.Errorf("the provider got %s in the body", word)
		}
	}
}

func TestOutputSchema(t *testing.T) {
	provider := strict(upstreamtest.New(t, says(`{"color":"red"}`)))
	c := newCodex(t, gateway(t, provider), settings{})
	schema := `{"type":"object","properties":{"color":{"type":"string"}},"required":["color"],"additionalProperties":false}`
	file := c.file("schema.json", schema)

	c.exec(prompt, "-m", model, "--output-schema", file).answers(`{"color":"red"}`).silent()

	format := chat(t, provider.Request(0)).ResponseFormat
	if format.Type != "json_schema" || format.JSONSchema.Name == "" || string(format.JSONSchema.Schema) != schema {
		t.Errorf("response_format: got %+v with schema %s", format, format.JSONSchema.Schema)
	}
}

func TestReview(t *testing.T) {
	provider := strict(upstreamtest.New(t, says(
		`{"findings":[],"overall_correctness":"patch is correct","overall_explanation":"It is fine.","overall_confidence_score":0.9}`)))
	c := newCodex(t, gateway(t, provider), settings{})
	c.file("hello.txt", "good bye\n")

	c.exec(prompt, "review", "-m", "gpt-5.5").answers("It is fine.").silent()

	chat(t, provider.Request(0)).offers(t, "exec_command")
}
