package e2e

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// dotPNG is an image of one pixel.
const dotPNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func dot(t *testing.T) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(dotPNG)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// images returns the URLs of all images that the provider got after the first messages of Codex.
func (r chatRequest) images() []string {
	var urls []string
	for _, message := range r.Messages {
		for _, part := range message.Content {
			if part.Image.URL != "" {
				urls = append(urls, part.Image.URL)
			}
		}
	}
	return urls
}

func TestImageOfTheUser(t *testing.T) {
	provider := strict(upstreamtest.New(t, says("A dot.")))
	c := newCodex(t, gateway(t, provider), settings{})
	file := c.file("dot.png", dot(t))

	c.exec(prompt, "-m", model, "-i", file).answers("A dot.").silent()

	body := chat(t, provider.Request(0))
	equal(t, "images", body.images(), []string{"data:image/png;base64," + dotPNG})
	last := body.Messages[len(body.Messages)-1]
	if text := last.Content.String(); last.Role != "user" || !strings.Contains(text, "dot.png") || !strings.HasSuffix(text, prompt) {
		t.Errorf("the last message is of %s: %q", last.Role, text)
	}
}

func TestImageOfATool(t *testing.T) {
	provider := strict(upstreamtest.New(t, calls(upstreamtest.ToolCall(0, "call_1", "view_image", `{"path":"dot.png"}`)), says("A dot.")))
	c := newCodex(t, gateway(t, provider), settings{})
	c.file("dot.png", dot(t))

	c.exec(prompt, "-m", model).answers("A dot.").silent()

	body := chat(t, provider.Request(1))
	equal(t, "images", body.images(), []string{"data:image/png;base64," + dotPNG})
	after := body.since(t, prompt)
	if len(after) < 2 || after[0] != `assistant calls call_1 view_image {"path":"dot.png"}` || !strings.HasPrefix(after[1], "tool call_1 ") {
		t.Errorf("messages after the prompt: %q", after)
	}
}
