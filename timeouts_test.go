package codexresponses_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// patience is a provider block's line with short timeouts.
const patience = "timeouts {\nfirst_event 150ms\nidle 150ms\n}\n"

// role is a chunk that says nothing yet.
const role = `{"choices":[{"index":0,"delta":{"role":"assistant"}}]}`

func TestAProviderThatKeepsSilentTimesOut(t *testing.T) {
	never := make(chan struct{})
	for name, reply := range map[string]upstreamtest.Reply{
		"before its head":         upstreamtest.Stream(upstreamtest.Text("late")).HoldHeader(never),
		"before it says anything": upstreamtest.Stream(role, upstreamtest.Text("late")).Hold(never),
		"in the midst":            upstreamtest.Stream(upstreamtest.Text("early"), upstreamtest.Text("late")).Hold(never),
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, reply)
			gw := start(t, mock(upstream, patience))
			got := gw.Post("/v1/responses", whole)
			message := errorOf(t, got).Get("message").String()
			if got.Status != http.StatusGatewayTimeout || !strings.HasPrefix(message, "provider mock sent nothing for ") {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
			upstream.WaitClosed()
		})
	}
}

func TestAStreamWhoseProviderFallsSilentFails(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("early"), upstreamtest.Text("late")).Hold(make(chan struct{})))
	gw := start(t, mock(upstream, patience))
	events := gw.PostStream("/v1/responses", streamed).Require()
	last := events[len(events)-1]
	if last.Type != "response.failed" || !strings.Contains(last.Response().Get("error.message").String(), "sent nothing for") {
		t.Errorf("the last event is %s", last.Data)
	}
}

func TestTheNextTargetServesWhereOneKeepsSilent(t *testing.T) {
	silent := upstreamtest.New(t, upstreamtest.Stream(role, upstreamtest.Text("late")).Hold(make(chan struct{})))
	other := upstreamtest.New(t, hello())
	gw := start(t, provider("silent", silent.URL+"/v1", patience), mock(other), "route m silent mock")
	if got := gw.Post("/v1/responses", whole); got.Status != http.StatusOK {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if cause := recorded(gw, 0).Get("attempts.0.cause").String(); !strings.Contains(cause, "sent nothing for") {
		t.Errorf("the record says %q", cause)
	}
}

func TestCommentsOfAProviderCountAsLife(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for range 8 {
			_, _ = io.WriteString(w, ": keep-alive\n\n")
			_ = http.NewResponseController(w).Flush()
			<-tick.C
		}
		_, _ = io.WriteString(w, "data: "+upstreamtest.Text("after all")+"\n\ndata: "+upstreamtest.Finish("stop")+"\n\ndata: [DONE]\n\n")
	}))
	gw := start(t, mock(upstream, patience))
	if got := gw.Post("/v1/responses", whole); got.Status != http.StatusOK || !strings.Contains(string(got.Body), "after all") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestChatCompletionsTimeOutAsWell(t *testing.T) {
	silent := upstreamtest.New(t, upstreamtest.Stream().Hang())
	gw := start(t, mock(silent, patience), provider("other", upstreamtest.New(t, hello()).URL, patience), "route m mock other")
	if got := gw.Post("/v1/chat/completions", chatty); got.Status != http.StatusOK || !strings.Contains(string(got.Body), "Hel") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	silent.WaitClosed()
	if cause := recorded(gw, 0).Get("attempts.0.cause").String(); !strings.Contains(cause, "sent nothing for") {
		t.Errorf("the record says %q", cause)
	}
}

func TestAChatCompletionWhoseProviderFallsSilentIsCut(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("early"), upstreamtest.Text("late")).Hold(make(chan struct{})))
	gw := start(t, mock(upstream, patience))
	response, err := gw.Client.Post(gw.URL+"/v1/chat/completions", "application/json", strings.NewReader(chatty))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil || !strings.Contains(string(body), "early") {
		t.Errorf("got %q and %v, as if that were all", body, err)
	}
	if r := recorded(gw, 0); r.Get("finish").String() != "failed" || !strings.Contains(r.Get("attempts.0.cause").String(), "sent nothing for") {
		t.Errorf("the record is %s", r.Raw)
	}
}

// What the client names by URL is fetched before a provider is asked.
func TestFetchingAnImageIsNotTheProvidersSilence(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-time.After(400 * time.Millisecond)
		_, _ = w.Write(pixel)
	}))
	t.Cleanup(site.Close)
	upstream := upstreamtest.New(t, hello())
	gw := start(t, "fetch any", mock(upstream, "set images data\n"+patience))
	requireText(t, gw.Post("/v1/responses", showing(site.URL+"/dot.png")), "Hello.")
}

func TestAPausedReplyWhoseProviderFallsSilentSaysSo(t *testing.T) {
	silent := upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	upstream := upstreamtest.New(t, pausing("One, "), silent)
	config := strings.TrimSuffix(claude(upstream), "}") + patience + "}"
	events := start(t, config).PostStream("/v1/responses", searched).Require()
	last := events[len(events)-1]
	if last.Type != "response.failed" || !strings.Contains(last.Response().Get("error.message").String(), "sent nothing for") {
		t.Errorf("the last event is %s", last.Data)
	}
}

func TestAReplyThatPausesHasTheTimeOfAFirstEventToGoOn(t *testing.T) {
	ready := make(chan struct{})
	slow := upstreamtest.Messages("end_turn", upstreamtest.MessagesText("two.")).HoldHeader(ready)
	upstream := upstreamtest.New(t, pausing("One, "), slow)
	timer := time.AfterFunc(500*time.Millisecond, func() { close(ready) })
	defer timer.Stop()
	config := strings.TrimSuffix(claude(upstream), "}") + "timeouts {\nfirst_event 10s\nidle 150ms\n}\n}"
	events := start(t, config).PostStream("/v1/responses", searched).Require()
	if last := events[len(events)-1]; last.Type != "response.completed" {
		t.Errorf("the last event is %s", last.Data)
	}
}

// drip is a reply that says something again and again and does not end. Of a text it says a piece each time, else it sends comments.
func drip(text string) upstreamtest.Reply {
	return upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			line := ": keep-alive"
			if text != "" {
				line = "data: " + upstreamtest.Text(text)
			}
			_, _ = io.WriteString(w, line+"\n\n")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	})
}

// brevity is a provider block's line with a short time for an attempt.
const brevity = "timeouts {\ntotal 300ms\n}\n"

func TestAStreamThatTakesTooLongInAllFails(t *testing.T) {
	upstream := upstreamtest.New(t, drip("More. "))
	gw := start(t, mock(upstream, brevity))
	events := gw.PostStream("/v1/responses", streamed).Require()
	last := events[len(events)-1]
	message := last.Response().Get("error.message").String()
	if last.Type != "response.failed" || !strings.Contains(message, "provider mock took longer than 300ms") {
		t.Errorf("the last event is %s", last.Data)
	}
	if cause := recorded(gw, 0).Get("attempts.0.cause").String(); !strings.Contains(cause, "took longer than 300ms") {
		t.Errorf("the record says %q", cause)
	}
	upstream.WaitClosed()
}

func TestTheNextTargetServesWhereOneTakesTooLongInAll(t *testing.T) {
	slow := upstreamtest.New(t, drip(""))
	other := upstreamtest.New(t, hello())
	gw := start(t, provider("slow", slow.URL+"/v1", brevity), mock(other), "route m slow mock")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if cause := recorded(gw, 0).Get("attempts.0.cause").String(); !strings.Contains(cause, "took longer than 300ms") {
		t.Errorf("the record says %q", cause)
	}
	slow.WaitClosed()
}

func TestTheNextTargetServesWhereOneDoesNotConnectInTime(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and does not shake hands
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	other := upstreamtest.New(t, hello())
	gw := start(t, provider("silent", "https://"+silent.Addr().String(), "timeouts {\nconnect 100ms\n}"), mock(other), "route m silent mock")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	if cause := recorded(gw, 0).Get("attempts.0.cause").String(); !strings.Contains(cause, "could not be reached") {
		t.Errorf("the record says %q", cause)
	}
}
