package codexresponses_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// promptly is how soon an upstream must learn that its client is gone.
const promptly = 200 * time.Millisecond

// leave posts a body, goes away when asked to, and reports how long it took until the upstream knew: the best of three, for a busy machine
// adds to the time and never takes from it.
func leave(t *testing.T, gw *gatewaytest.Gateway, upstream *upstreamtest.Upstream, path, body string, ready func(r io.Reader)) {
	t.Helper()
	fastest := time.Hour
	for n := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		left := make(chan time.Time, 1)
		go func() {
			defer close(ended)
			if ready == nil {
				upstream.Request(n)
				left <- time.Now()
				cancel()
			}
		}()
		response, err := gw.Client.Do(request)
		if err == nil {
			defer response.Body.Close()
			if ready == nil {
				t.Fatalf("got %d before it went away", response.StatusCode)
			}
			ready(response.Body)
			left <- time.Now()
			cancel()
		} else if ready != nil {
			t.Fatal(err)
		}
		upstream.WaitClosed()
		fastest = min(fastest, time.Since(<-left))
		<-ended
		if got := recorded(gw, n); got.Get("finish").String() != "client_closed" {
			t.Errorf("the record is %s", got.Raw)
		}
	}
	if fastest > promptly {
		t.Errorf("the upstream knew after %s", fastest)
	}
}

// until reads up to the first sign of a text.
func until(t *testing.T, text string) func(r io.Reader) {
	t.Helper()
	return func(r io.Reader) {
		var seen strings.Builder
		buf := make([]byte, 4096)
		for !strings.Contains(seen.String(), text) {
			n, err := r.Read(buf)
			seen.Write(buf[:n])
			if err != nil {
				t.Fatalf("%v before %q:\n%s", err, text, seen.String())
			}
		}
	}
}

func TestF88AClientThatGoesAway(t *testing.T) {
	never := make(chan struct{})
	for name, test := range map[string]struct {
		reply upstreamtest.Reply
		path  string
		body  string
		ready func(r io.Reader) // nil: before any answer
	}{
		"before the upstream's header":         {hello().HoldHeader(never), "/v1/responses", streamed, nil},
		"before the upstream's first event":    {upstreamtest.Stream().Hang(), "/v1/responses", streamed, nil},
		"behind a comment":                     {upstreamtest.Raw(": wait\n\n").Hang(), "/v1/responses", streamed, nil},
		"while a document is made":             {upstreamtest.Stream(upstreamtest.Text("Hel")).Hang(), "/v1/responses", whole, nil},
		"while a document comes as a document": {upstreamtest.Raw(`{"choices":[`).Hang(), "/v1/responses", whole, nil},
		"before the first word":                {upstreamtest.Stream(upstreamtest.Text("")).Hang(), "/v1/responses", streamed, until(t, "response.created")},
		"in the midst":                         {upstreamtest.Stream(upstreamtest.Text("Hel")).Hang(), "/v1/responses", streamed, until(t, "Hel")},
		"before chat completions begin":        {hello().HoldHeader(never), "/v1/chat/completions", chatty, nil},
		"in the midst of chat completions":     {upstreamtest.Stream(upstreamtest.Text("Hel")).Hang(), "/v1/chat/completions", chatty, until(t, "Hel")},
		"while an error is read":               {upstreamtest.JSON(500, `{"error":`).Hang(), "/v1/responses", streamed, nil},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, test.reply)
			gw := start(t, mock(upstream), "route m mock mock/second")
			leave(t, gw, upstream, test.path, test.body, test.ready)
			for i := range 3 {
				if r := recorded(gw, i); r.Get("attempts.#").Int() != 1 {
					t.Errorf("another target was tried for nobody: %s", r.Raw)
				}
			}
			for _, message := range []string{"exchange failed", "attempt failed"} {
				if strings.Contains(gw.Logs(), message) {
					t.Errorf("it was logged: %s", message)
				}
			}
		})
	}
}

func TestAClientOverHTTP2ThatGoesAway(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hel")).Hang())
	gw := gatewaytest.Start(t, "{\nservers {\nprotocols h1 h2c\n}\n}\n"+site(mock(upstream)))
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	gw.Client.Transport.(*http.Transport).Protocols = protocols
	leave(t, gw, upstream, "/v1/responses", streamed, until(t, "Hel"))
	if got := gw.AccessLog(0).Get("request.proto").String(); got != "HTTP/2.0" {
		t.Errorf("the request was made over %s", got)
	}
}

func TestF97AStreamOutlivesAReload(t *testing.T) {
	step := make(chan struct{})
	upstream := upstreamtest.New(t, hello().Hold(step))
	gw := start(t, mock(upstream), "heartbeat 50ms")
	stream := gw.PostStream("/v1/responses", streamed)
	stream.Until("response.output_text.delta")
	other := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Other."), upstreamtest.Finish("stop")))
	reload(gw, site(mock(other)))
	requireText(t, gw.Post("/v1/responses", whole), "Other.")
	beats(stream, 1)
	close(step)
	events := stream.Require()
	if last := events[len(events)-1]; last.Type != "response.completed" {
		t.Errorf("the last event is %s", last.Data)
	}
}

func TestAnUpstreamConnectionIsUsedAgain(t *testing.T) {
	for name, body := range map[string]string{"for streams": streamed, "for documents": whole} {
		t.Run(name, func(t *testing.T) {
			from := make(chan string, 3)
			upstream := upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
				from <- r.RemoteAddr
				w.Header().Set("Content-Type", "text/event-stream")
				fmt.Fprint(w, frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop")))
				http.NewResponseController(w).Flush() // the end of the body follows on its own
			}))
			gw := start(t, mock(upstream))
			for range 3 {
				if got := gw.Post("/v1/responses", body); got.Status != http.StatusOK {
					t.Fatalf("got %d %s", got.Status, got.Body)
				}
			}
			first := <-from
			for range 2 {
				if next := <-from; next != first {
					t.Errorf("a request came from %s, the first from %s", next, first)
				}
			}
		})
	}
}
