package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// limited is the answer of a provider that wants fewer requests for a while.
func limited(seconds string) upstreamtest.Reply {
	return upstreamtest.Error(http.StatusTooManyRequests, "rate_limit_error", "rate_limit_exceeded", "Too many requests.").WithHeader("Retry-After", seconds)
}

func TestCodexDoesNotNoticeThatAProviderIsLimitedForSeconds(t *testing.T) {
	provider := upstreamtest.New(t, limited("2"), says("Hello."))
	c := way{}.codex(t, gateway(t, provider, "retry within 30s"), oneRetry)

	c.exec(prompt, "-m", model).answers("Hello.").silent()

	if got := len(provider.Requests()); got != 2 {
		t.Errorf("the provider got %d requests, want 2", got)
	}
}

// The gateway waits for nothing here, so it is Codex that has to.
func TestCodexIsToldHowLongEverythingIsOut(t *testing.T) {
	for name, reply := range map[string]upstreamtest.Reply{
		"limited":    limited("2"),
		"overloaded": upstreamtest.Error(http.StatusServiceUnavailable, "server_error", "", "Try later.").WithHeader("Retry-After", "2"),
	} {
		t.Run(name, func(t *testing.T) {
			provider := upstreamtest.New(t, reply, says("Hello."))
			c := way{}.codex(t, gateway(t, provider, "retry within 1ms"), oneRetry)

			begun := time.Now()
			c.exec(prompt, "-m", model).answers("Hello.")

			if took := time.Since(begun); took < 2*time.Second || len(provider.Requests()) != 2 {
				t.Errorf("it asked %d times within %v", len(provider.Requests()), took)
			}
		})
	}
}

func TestCodexFinishesItsTaskAtASecondProvider(t *testing.T) {
	first := strict(upstreamtest.New(t, calls(upstreamtest.Text("I look."), shell(0, "call_1", "cat hello.txt")), limited("3600")))
	second := strict(upstreamtest.New(t, says("It says hello."), says("Hello.")))
	c := way{}.codex(t, start(t, fmt.Sprintf(`
		provider first {
			wire chat
			base_url %s/v1
		}
		provider second {
			wire chat
			base_url %s/v1
		}
		route * first second
		retry within 30s`, first.URL, second.URL)), oneRetry)

	c.exec(prompt, "-m", model).answers("I look.", "It says hello.").commands("'cat hello.txt' prints hello\n").silent()

	equal(t, "messages after the prompt", chat(t, second.Request(0)).since(t, prompt), []string{
		`assistant I look. calls call_1 exec_command {"cmd":"cat hello.txt"}`,
		`tool call_1 hello`,
	})

	c.exec(prompt, "-m", model).answers("Hello.").silent()

	if a, b := len(first.Requests()), len(second.Requests()); a != 2 || b != 2 {
		t.Errorf("the first got %d requests and the second %d, want 2 and 2", a, b)
	}
}
