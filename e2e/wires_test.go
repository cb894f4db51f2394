package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// speech is how a provider of one wire speaks.
type speech struct {
	name   string
	block  string // the provider's in the directive, with %s for its URL
	model  string // one of its models that thinks
	strict func(*upstreamtest.Upstream) *upstreamtest.Upstream

	// says is an answer that ends the turn.
	says func(text string) upstreamtest.Reply
	// asks is a reply that asks for tools, after a thought that is sealed by what the provider wants back with it. Both may be empty.
	asks func(thought, seal string, calls ...toolCall) upstreamtest.Reply
	// unsealed says that the thought itself comes back.
	unsealed bool
	// custom says that custom tools are called as such.
	custom bool

	over way
}

// provider is the provider's name in the directive.
func (s *speech) provider() string { return strings.Fields(s.block)[1] }

type toolCall struct{ id, name, args string }

func (s *speech) start(t *testing.T, replies ...upstreamtest.Reply) (*upstreamtest.Upstream, string) {
	t.Helper()
	provider := s.strict(upstreamtest.New(t, replies...))
	return provider, startSite(t, s.over.site, fmt.Sprintf(s.block, provider.URL))
}

// took checks that the provider refused nothing of what came.
func took(t *testing.T, provider *upstreamtest.Upstream, count int) []upstreamtest.Request {
	t.Helper()
	requests := provider.Requests()
	for i, request := range requests {
		if request.Refusal != "" {
			t.Fatalf("the provider refused request %d: %s\n%s", i, request.Refusal, request.Body)
		}
	}
	if len(requests) != count {
		t.Fatalf("the provider got %d requests, want %d", len(requests), count)
	}
	return requests
}

// holds checks that texts are in a request.
func holds(t *testing.T, request upstreamtest.Request, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !bytes.Contains(request.Body, []byte(text)) {
			t.Errorf("the provider did not get %q:\n%s", text, request.Body)
		}
	}
}

func TestEveryWire(t *testing.T) {
	for _, s := range speeches {
		t.Run(s.name, s.scenarios)
	}
}

func (s *speech) scenarios(t *testing.T) {
	t.Run("a plain answer", s.plain)
	t.Run("calls with reasoning", s.reasoning)
	t.Run("parallel calls", s.parallel)
	t.Run("a patch", s.patch)
	t.Run("images of the user and of a tool", s.images)
}

func (s *speech) plain(t *testing.T) {
	provider, url := s.start(t, s.says("All is well."))
	newCodex(t, url, s.over.client).exec(prompt, "-m", model).answers("All is well.").silent()
	holds(t, took(t, provider, 1)[0], prompt)
}

func (s *speech) reasoning(t *testing.T) {
	provider, url := s.start(t,
		s.asks("First I look.", "c2VhbC1vbmU=", toolCall{"call_1", "exec_command", `{"cmd":"cat hello.txt"}`}),
		s.asks("Then again.", "c2VhbC10d28=", toolCall{"call_2", "exec_command", `{"cmd":"echo two"}`}),
		s.says("Done."))
	r := newCodex(t, url, s.over.client).exec(prompt, "-m", model).answers("Done.").silent()
	r.commands("'cat hello.txt' prints hello\n", "'echo two' prints two\n")

	var shown []string
	for _, reasoning := range r.completed("reasoning") {
		shown = append(shown, reasoning.Text)
	}
	equal(t, "reasoning that codex showed", shown, []string{"First I look.", "Then again."})
	requests := took(t, provider, 3)
	if s.unsealed {
		holds(t, requests[1], "First I look.")
		holds(t, requests[2], "First I look.", "Then again.")
		return
	}
	holds(t, requests[1], "c2VhbC1vbmU=")
	holds(t, requests[2], "c2VhbC1vbmU=", "c2VhbC10d28=")
}

func (s *speech) parallel(t *testing.T) {
	provider, url := s.start(t,
		s.asks("", "", toolCall{"call_a", "exec_command", `{"cmd":"echo one"}`}, toolCall{"call_b", "exec_command", `{"cmd":"echo two"}`}),
		s.says("Done."))
	r := newCodex(t, url, s.over.client).exec(prompt, "-m", model).answers("Done.").silent()
	if ran := r.completed("command_execution"); len(ran) != 2 {
		t.Errorf("%d commands ran, want 2", len(ran))
	}
	took(t, provider, 2)
}

func (s *speech) patch(t *testing.T) {
	patch := "*** Begin Patch\n*** Add File: new.txt\n+one\n*** Update File: hello.txt\n@@\n-hello\n+good \"bye\"\n*** End Patch\n"
	args := fmt.Sprintf(`{"input":%q}`, patch)
	if s.custom {
		args = patch
	}
	provider, url := s.start(t, s.asks("", "", toolCall{"call_1", "apply_patch", args}), s.says("Done."))
	c := newCodex(t, url, s.over.client)
	c.exec(prompt, "-m", "gpt-5.5").answers("Done.").silent()
	equal(t, "files", []string{c.read("new.txt"), c.read("hello.txt")}, []string{"one\n", "good \"bye\"\n"})
	holds(t, took(t, provider, 2)[1], "*** Add File: new.txt")
}

func (s *speech) images(t *testing.T) {
	provider, url := s.start(t, s.asks("", "", toolCall{"call_1", "view_image", `{"path":"dot.png"}`}), s.says("Two dots."))
	c := newCodex(t, url, s.over.client)
	file := c.file("dot.png", dot(t))
	c.exec(prompt, "-m", model, "-i", file).answers("Two dots.").silent()
	for i, request := range took(t, provider, 2) {
		if n := strings.Count(string(request.Body), dotPNG); n != i+1 {
			t.Errorf("request %d holds %d images, want %d: %s", i, n, i+1, request.Body)
		}
	}
}
