package codexresponses_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// begin has a response made in the background, and returns what it is at first.
func begin(t *testing.T, gw *gatewaytest.Gateway, members string, header ...string) gatewaytest.Response {
	t.Helper()
	got := create(t, gw, `"background":true,`+members, header...)
	if got.Get("status").String() != "queued" || !got.Get("background").Bool() || !got.Get("store").Bool() {
		t.Fatalf("it begins as %s", got.Body)
	}
	return got
}

// awaitEnd asks for a response until it has ended.
func awaitEnd(t *testing.T, gw *gatewaytest.Gateway, id string, header ...string) gatewaytest.Response {
	t.Helper()
	var got gatewaytest.Response
	eventually(t, "the response has ended", func() bool {
		got = retrieve(t, gw, id, header...)
		status := got.Get("status").String()
		return status != "queued" && status != "in_progress"
	})
	return got
}

// replay gets the stream of a response from behind a number on; from the beginning where that is negative.
func replay(t *testing.T, gw *gatewaytest.Gateway, id string, after int, header ...string) []streamcheck.Event {
	t.Helper()
	path := "/v1/responses/" + id + "?stream=true"
	if after >= 0 {
		path += fmt.Sprintf("&starting_after=%d", after)
	}
	got := gw.With(t).Get(path, header...)
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("got %d %v %s", got.Status, got.Header, got.Body)
	}
	events, err := streamcheck.Parse(got.Body)
	if err != nil {
		t.Fatalf("bad stream: %v\n%s", err, got.Body)
	}
	return events
}

// dataOf are events as text, to compare them.
func dataOf(events []streamcheck.Event) []string {
	var all []string
	for _, event := range events {
		all = append(all, string(event.Data))
	}
	return all
}

func TestABackgroundResponseIsPolled(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		step := make(chan struct{})
		gw := start(t, mock(strictChat(t, hello().Hold(step))), store)
		made := begin(t, gw, detailed)
		eventually(t, "it is in progress", func() bool { return retrieve(t, gw, id(made)).Get("status").String() == "in_progress" })
		running := retrieve(t, gw, id(made))
		if running.Get("output.#").Int() != 0 || running.Get("usage").Raw != "null" || running.Get("tools.#.name").Raw != `["look"]` {
			t.Errorf("while it runs it is %s", running.Body)
		}
		requireError(t, gw.Post("/v1/responses", `{"model":"m",`+goesOn(made, `"Go on."`)+`}`),
			http.StatusBadRequest, "previous_response_not_found", "previous_response_id", "not found")
		close(step)
		ended := awaitEnd(t, gw, id(made))
		requireText(t, ended, "Hello.")
		if ended.Get("status").String() != "completed" || ended.Get("usage.input_tokens").Int() != 10 || ended.Get("instructions").String() != "Be kind." {
			t.Errorf("it has become %s", ended.Body)
		}
		requireSame(t, ended, made, "status", "output", "usage", "completed_at")
		requireSame(t, retrieve(t, gw, id(made)), ended)

		if record := recorded(gw, 0); record.Get("finish").String() != "queued" || record.Get("model").String() != "m" {
			t.Errorf("the access log says %s", record.Raw)
		}
		log := gw.AwaitLog(func(entry gjson.Result) bool { return entry.Get("msg").String() == "background response ended" })
		if record := log.Get("codex_responses"); log.Get("response").String() != id(made) || record.Get("finish").String() != "completed" ||
			record.Get("provider").String() != "mock" || record.Get("output_tokens").Int() != 2 {
			t.Errorf("the log says %s", log.Raw)
		}
	})
}

func TestABackgroundResponseIsStreamedAsItIsMade(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		step := make(chan struct{})
		gw := start(t, mock(strictChat(t, hello().Hold(step))), store)
		stream := gw.PostStream("/v1/responses", `{"model":"m","background":true,"stream":true,"input":"Hi."}`)
		if first := stream.Until("response.output_text.delta"); first.Get("delta").String() != "Hel" {
			t.Errorf("the first piece is %s", first.Data)
		}
		step <- struct{}{}
		if second := stream.Until("response.output_text.delta"); second.Get("delta").String() != "lo." {
			t.Errorf("the second piece is %s", second.Data)
		}
		close(step)
		events := stream.Require()
		final := streamcheck.Final(events)
		if !final.Get("background").Bool() || final.Get("status").String() != "completed" || stream.Header.Get("X-Accel-Buffering") != "no" {
			t.Errorf("it ends with %s", final.Raw)
		}
	})
}

func TestAStreamIsTakenUpBehindAnyEvent(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		step := make(chan struct{})
		pieces := []string{"One, ", "two, ", "three, ", "four."}
		var chunks []string
		for _, piece := range pieces {
			chunks = append(chunks, upstreamtest.Text(piece))
		}
		gw := start(t, mock(strictChat(t, upstreamtest.Stream(append(chunks, upstreamtest.Finish("stop"))...).Hold(step))), store)
		stream := gw.PostStream("/v1/responses", `{"model":"m","background":true,"stream":true,"input":"Count."}`)
		stream.Until("response.output_text.delta")
		step <- struct{}{}
		last := stream.Until("response.output_text.delta")
		seen := stream.Seen()
		stream.Close()
		resume := fmt.Sprintf("/v1/responses/%s?stream=true&starting_after=%s", seen[0].Response().Get("id"), last.Get("sequence_number"))
		again := gw.GetStream(resume) // which has its head although there is nothing new
		step <- struct{}{}
		if piece := again.Until("response.output_text.delta"); piece.Get("delta").String() != "three, " {
			t.Errorf("the next piece is %s", piece.Data)
		}
		close(step)
		rest, err := again.Rest()
		if err != nil {
			t.Fatal(err)
		}
		missing, err := streamcheck.Parse(rest)
		if err != nil {
			t.Fatal(err)
		}
		all := append(seen, missing...)
		if err := streamcheck.CheckEvents(all); err != nil {
			t.Fatalf("both together are no good stream: %v\n%s", err, strings.Join(dataOf(all), "\n"))
		}
		if got := streamcheck.Text(all); got != strings.Join(pieces, "") {
			t.Errorf("the text is %q", got)
		}
		response := streamcheck.Final(all).Get("id").String()
		for after := -1; after < len(all)+2; after++ {
			want := dataOf(all[min(after+1, len(all)):])
			if got := dataOf(replay(t, gw, response, after)); !slices.Equal(got, want) {
				t.Errorf("behind %d there is\n%s\nwant\n%s", after, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		for _, wrong := range []string{"-1", "x", "1.5"} {
			got := gw.Get("/v1/responses/" + response + "?stream=true&starting_after=" + wrong)
			requireError(t, got, http.StatusBadRequest, "invalid_prompt", "starting_after", "starting_after")
		}
	})
}

func TestManyFollowOneResponse(t *testing.T) {
	step := make(chan struct{})
	gw := start(t, mock(strictChat(t, hello().Hold(step))))
	made := begin(t, gw, `"input":"Hi."`)
	var streams []*gatewaytest.Stream
	for range 5 {
		stream := gw.GetStream("/v1/responses/" + id(made) + "?stream=true")
		stream.Until("response.output_text.delta")
		streams = append(streams, stream)
	}
	close(step)
	want := dataOf(streams[0].Require())
	for _, stream := range streams {
		if got := dataOf(stream.Require()); !slices.Equal(got, want) {
			t.Errorf("one follower got\n%s\nanother\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestInTheBackgroundButNotStored(t *testing.T) {
	upstream := strictChat(t, hello())
	gw := start(t, mock(upstream))
	for _, stream := range []string{"", `"stream":true,`} {
		got := gw.Post("/v1/responses", `{"model":"m","background":true,"store":false,`+stream+`"input":"Hi."}`)
		requireError(t, got, http.StatusBadRequest, "invalid_prompt", "background", "store")
	}
	if n := len(upstream.Requests()); n > 0 {
		t.Errorf("the upstream got %d requests", n)
	}
}

func TestWhatRunsIsSeenByItsClientOnly(t *testing.T) {
	step := make(chan struct{})
	gw := start(t, mock(strictChat(t, hello().Hold(step))))
	made := begin(t, gw, `"input":"Hi."`, asAlice)
	gw.GetStream("/v1/responses/"+id(made)+"?stream=true", asAlice).Until("response.output_text.delta")
	for _, got := range []gatewaytest.Response{
		gw.Get("/v1/responses/"+id(made), asBob), gw.Get("/v1/responses/"+id(made)+"?stream=true", asBob),
		gw.Post("/v1/responses/"+id(made)+"/cancel", "", asBob), gw.Do(http.MethodDelete, "/v1/responses/"+id(made), "", asBob),
	} {
		requireError(t, got, http.StatusNotFound, "not_found", "", "Response with id '"+id(made)+"' not found.")
	}
	close(step)
	requireText(t, awaitEnd(t, gw, id(made), asAlice), "Hello.")
}

func TestABackgroundResponseInAConversation(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, text("One."), text("Two."))
		gw := start(t, mock(upstream), store)
		conversation := gw.Post("/v1/conversations", `{}`)
		in := `"conversation":{"id":"` + id(conversation) + `"},`
		made := begin(t, gw, in+`"input":"First."`)
		final := finalOf(t, gw.Get("/v1/responses/"+id(made)+"?stream=true")) // whoever follows it is told of its end
		if final.Get("conversation.id").String() != id(conversation) {
			t.Errorf("the response is %s", final.Body)
		}
		create(t, gw, in+`"input":"Second."`)
		requireSpoken(t, upstream.Request(1), "user: First.", "assistant: One.", "user: Second.")
	})
}

// What Caddy knows of the client's request is there for the provider's headers although the request is long over.
func TestPlaceholdersOfARequestThatIsOver(t *testing.T) {
	step := make(chan struct{})
	upstream := strictChat(t, hello().HoldHeader(step), text("Two."))
	other := upstreamtest.New(t, upstreamtest.Error(http.StatusServiceUnavailable, "server_error", "", "Busy.").HoldHeader(step))
	gw := start(t, provider("first", other.URL+"/v1"), mock(upstream, "header_up X-Who {header.X-Who}", "header_up X-Path {path}"), "route m first mock")
	made := begin(t, gw, `"input":"Hi."`, "X-Who: alice")
	gw.AccessLog(0)
	close(step)
	requireText(t, awaitEnd(t, gw, id(made)), "Hello.")
	if h := upstream.Request(0).Header; h.Get("X-Who") != "alice" || h.Get("X-Path") != "/v1/responses" {
		t.Errorf("the upstream got %v", h)
	}
}
