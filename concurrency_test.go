package codexresponses_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// echo is an upstream that says the prompt again, one word a chunk, and behaves as the model's name says.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	model := gjson.GetBytes(body, "model").String()
	if model == "broken" {
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, upstreamtest.ErrorBody("server_error", "", "Broke."))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for word := range strings.FieldsSeq(gjson.GetBytes(body, "messages.0.content").String()) {
		fmt.Fprintf(w, "data: %s\n\n", upstreamtest.Text(word+" "))
		http.NewResponseController(w).Flush()
	}
	if model == "failing" {
		fmt.Fprintf(w, "data: %s\n\n", upstreamtest.ErrorBody("server_error", "", "Broke."))
		return
	}
	io.WriteString(w, frames(upstreamtest.Finish("stop")))
}

// post sends a prompt and returns the status and the body.
func post(ctx context.Context, gw *gatewaytest.Gateway, path, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	response, err := gw.Client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	return response.StatusCode, all, err
}

// exchanges are kinds of exchanges, each with a check of what it is answered.
var exchanges = map[string]func(ctx context.Context, gw *gatewaytest.Gateway, words string) error{
	"a stream": func(ctx context.Context, gw *gatewaytest.Gateway, words string) error {
		return askForStream(ctx, gw, "fine", words, "response.completed")
	},
	"a stream of the second target": func(ctx context.Context, gw *gatewaytest.Gateway, words string) error {
		return askForStream(ctx, gw, "broken-first", words, "response.completed")
	},
	"a stream that fails": func(ctx context.Context, gw *gatewaytest.Gateway, words string) error {
		return askForStream(ctx, gw, "failing", words, "response.failed")
	},
	"a document": func(ctx context.Context, gw *gatewaytest.Gateway, words string) error {
		_, body, err := post(ctx, gw, "/v1/responses", fmt.Sprintf(`{"model":"fine","input":%q}`, words))
		if err != nil {
			return err
		}
		if got := gjson.GetBytes(body, "output.0.content.0.text").String(); got != words {
			return fmt.Errorf("got %s", body)
		}
		return streamcheck.CheckResponse(body)
	},
	"chat completions": func(ctx context.Context, gw *gatewaytest.Gateway, words string) error {
		_, body, err := post(ctx, gw, "/v1/chat/completions", fmt.Sprintf(`{"model":"fine","messages":[{"role":"user","content":%q}]}`, words))
		if want := strings.Count(words, " ") + 2; err == nil && strings.Count(string(body), "data: ") != want {
			err = fmt.Errorf("got %s", body)
		}
		return err
	},
	"a client that goes away": func(ctx context.Context, gw *gatewaytest.Gateway, words string) error {
		ctx, cancel := context.WithCancel(ctx)
		go cancel() // at any point of it
		if err := askForStream(ctx, gw, "fine", words, "response.completed"); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	},
	"a faulty request": func(ctx context.Context, gw *gatewaytest.Gateway, _ string) error {
		status, body, err := post(ctx, gw, "/v1/responses", "{")
		if err == nil && status != http.StatusBadRequest {
			err = fmt.Errorf("got %d %s", status, body)
		}
		return err
	},
}

func askForStream(ctx context.Context, gw *gatewaytest.Gateway, model, words, last string) error {
	_, body, err := post(ctx, gw, "/v1/responses", fmt.Sprintf(`{"model":%q,"input":%q,"stream":true}`, model, words))
	if err != nil {
		return err
	}
	events, err := streamcheck.Parse(body)
	if err == nil {
		err = streamcheck.CheckEvents(events)
	}
	if err != nil {
		return err
	}
	if got := streamcheck.Text(events); got != words || events[len(events)-1].Type != last {
		return fmt.Errorf("got %s", body)
	}
	return nil
}

func TestManyExchangesAtOnce(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(upstream.Close)
	gw := start(t, provider("mock", upstream.URL), provider("backup", upstream.URL), "heartbeat 1ms",
		"route broken-* mock/broken backup/fine", "route failing mock backup", "route * mock")
	var running sync.WaitGroup
	for i := range 64/len(exchanges) + 1 {
		for name, exchange := range exchanges {
			running.Go(func() {
				words := strings.Repeat(fmt.Sprintf("word%d ", i), 40)
				if err := exchange(t.Context(), gw, words); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	}
	running.Wait()
}

// A connection that is begun for one attempt may still be under way, with the values of its request, when the next attempt begins.
func TestManyExchangesGoToTheirSecondTargetAtOnce(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(upstream.Close)
	const fewIdle = "transport http {\nkeepalive_idle_conns_per_host 1\n}" // so that most requests make a connection
	gw := start(t, provider("mock", upstream.URL, fewIdle), provider("backup", upstream.URL, fewIdle), "route m mock/broken backup/fine")
	var running sync.WaitGroup
	for range 64 {
		running.Go(func() {
			for range 10 {
				if err := askForStream(t.Context(), gw, "m", "Hello. ", "response.completed"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
}
