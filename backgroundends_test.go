package codexresponses_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/memory"
)

func TestABackgroundResponseIsCancelled(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, upstreamtest.Stream(upstreamtest.ToolCall(0, "call_1", "look", "{}"), upstreamtest.ToolCall(1, "call_2", "look", "{")).Hang())
		gw := start(t, mock(upstream), store)
		made := begin(t, gw, offersLook+`,"input":"Hi."`)
		stream := gw.GetStream("/v1/responses/" + id(made) + "?stream=true")
		stream.Until("response.output_item.done")

		cancelled := gw.Post("/v1/responses/"+id(made)+"/cancel", "")
		requireResponse(t, cancelled)
		if cancelled.Status != http.StatusOK || cancelled.Get("status").String() != "cancelled" || cancelled.Get("output.#.call_id").Raw != `["call_1"]` ||
			cancelled.Get("error").Raw != "null" || cancelled.Get("completed_at").Raw != "null" {
			t.Errorf("it has become %d %s", cancelled.Status, cancelled.Body)
		}
		upstream.WaitClosed()
		requireSame(t, retrieve(t, gw, id(made)), cancelled)
		requireSame(t, gw.Post("/v1/responses/"+id(made)+"/cancel", "{}"), cancelled)

		body, err := stream.Rest()
		if err != nil {
			t.Fatal(err)
		}
		seen, err := streamcheck.Parse(body)
		if err != nil || streamcheck.CheckBegun(seen) != nil || seen[len(seen)-1].Terminal() {
			t.Errorf("the stream is %v\n%s", err, body)
		}
		if got := dataOf(replay(t, gw, id(made), 0)); !slices.Equal(got, dataOf(seen[1:])) {
			t.Errorf("later there is\n%s", strings.Join(got, "\n"))
		}
	})
}

func TestCancellingWhatHasEnded(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := createStream(t, gw, `"background":true,"input":"Hi."`)
	requireSame(t, gw.Post("/v1/responses/"+id(made)+"/cancel", ""), made)
	requireError(t, gw.Post("/v1/responses/resp_gone/cancel", ""), http.StatusNotFound, "not_found", "", "Response with id 'resp_gone' not found.")
}

func TestDeletingWhatRuns(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, upstreamtest.Stream(upstreamtest.Text("Hel")).Hang())
		gw := start(t, mock(upstream), store)
		made := begin(t, gw, `"input":"Hi."`)
		stream := gw.GetStream("/v1/responses/" + id(made) + "?stream=true")
		stream.Until("response.output_text.delta")
		if got := gw.Do(http.MethodDelete, "/v1/responses/"+id(made), ""); got.Status != http.StatusOK {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
		upstream.WaitClosed()
		if _, err := stream.Rest(); err != nil {
			t.Error(err)
		}
		gw.AwaitLog(func(entry gjson.Result) bool { return entry.Get("msg").String() == "background response ended" })
		requireError(t, gw.Get("/v1/responses/"+id(made)), http.StatusNotFound, "not_found", "", "not found")
	})
}

func TestABackgroundResponseGoesOnThroughAReload(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		step := make(chan struct{})
		upstream := strictChat(t, hello().Hold(step), upstreamtest.Stream(upstreamtest.Text("Hel")).Hang())
		gw := start(t, mock(upstream), store)
		made := begin(t, gw, `"input":"Hi."`)
		before := gw.GetStream("/v1/responses/" + id(made) + "?stream=true")
		before.Until("response.output_text.delta")
		reload(gw, site(mock(upstream), store, "heartbeat 5s"))
		other := begin(t, gw, `"input":"Hi."`)
		gw.GetStream("/v1/responses/" + id(other) + "?stream=true").Until("response.output_text.delta")
		reload(gw, site(mock(upstream), store, "heartbeat 6s"))

		after := gw.GetStream("/v1/responses/" + id(made) + "?stream=true")
		after.Until("response.output_text.delta")
		close(step)
		if got := streamcheck.Text(after.Require()); got != "Hello." {
			t.Errorf("the text is %q", got)
		}
		before.Require()
		requireText(t, awaitEnd(t, gw, id(made)), "Hello.")

		if got := gw.Post("/v1/responses/"+id(other)+"/cancel", ""); got.Get("status").String() != "cancelled" {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
		upstream.WaitClosed()
	})
}

func TestABackgroundResponseThatFails(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		for name, test := range map[string]struct {
			reply       upstreamtest.Reply
			code, words string
			text        string
		}{
			"at once": {upstreamtest.Error(http.StatusInternalServerError, "server_error", "", "Out of order."), "server_error", "Out of order.", ""},
			"for what was asked": {
				upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "context_length_exceeded", "Too long."), "context_length_exceeded", "Too long.", "",
			},
			"in the midst": {upstreamtest.Stream(upstreamtest.Text("Hel")).Cut(), "server_error", "mock", "Hel"},
		} {
			t.Run(name, func(t *testing.T) {
				gw := start(t, mock(upstreamtest.New(t, test.reply)), store)
				made := begin(t, gw, `"input":"Hi."`)
				failed := awaitEnd(t, gw, id(made))
				if e := failed.Get("error"); failed.Get("status").String() != "failed" || e.Get("code").String() != test.code || !strings.Contains(e.Get("message").String(), test.words) {
					t.Errorf("it has become %s", failed.Body)
				}
				events := replay(t, gw, id(made), -1)
				if err := streamcheck.CheckEvents(events); err != nil || events[len(events)-1].Type != "response.failed" || streamcheck.Text(events) != test.text {
					t.Errorf("the stream is %v\n%s", err, strings.Join(dataOf(events), "\n"))
				}
				requireSame(t, gatewaytest.Response{Body: []byte(streamcheck.Final(events).Raw)}, failed)
			})
		}
	})
}

func TestABackgroundResponseOfAModelThatIsNotThere(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())), "route n mock")
	got := gw.Post("/v1/responses", `{"model":"gone","background":true,"input":"Hi."}`)
	requireError(t, got, http.StatusNotFound, "model_not_found", "", "gone")
}

// A runner whose process is gone says nothing any more. Whoever looks next finds out.
func TestAResponseWhoseRunnerIsGoneHasFailed(t *testing.T) {
	upstream := strictChat(t, upstreamtest.Stream(upstreamtest.Text("Hel")).Hang())
	gw := start(t, mock(upstream), "store memory")
	made := begin(t, gw, `"input":"Hi."`, asAlice)
	stream := gw.GetStream("/v1/responses/"+id(made)+"?stream=true", asAlice)
	stream.Until("response.output_text.delta")

	store, err := new(memory.Memory).Open() // the gateway's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	foreign := session.Change{Key: session.Lease + id(made), Value: []byte("of a process that is gone"), Expires: time.Now().Add(time.Hour)}
	if err := store.Write(t.Context(), session.Owner("key", "key-of-alice"), session.Batch{Changes: []session.Change{foreign}}); err != nil {
		t.Fatal(err)
	}
	failed := retrieve(t, gw, id(made), asAlice)
	if failed.Get("status").String() != "failed" || !strings.Contains(failed.Get("error.message").String(), "stopped") {
		t.Errorf("it has become %s", failed.Body)
	}
	events := stream.Require()
	if last := events[len(events)-1]; last.Type != "response.failed" {
		t.Errorf("the stream ends with %s", last.Data)
	}
	for after := -1; after < len(events)+1; after++ {
		if got, want := dataOf(replay(t, gw, id(made), after, asAlice)), dataOf(events[min(after+1, len(events)):]); !slices.Equal(got, want) {
			t.Errorf("behind %d there is\n%s\nwant\n%s", after, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestABackgroundResponseThatIsTooLargeForTheStoreHasFailed(t *testing.T) {
	gw := start(t, mock(strictChat(t, text(strings.Repeat("Long. ", 40_000)))), "store memory {\nmax_size 100KiB\n}")
	made := begin(t, gw, `"input":"Hi."`)
	failed := awaitEnd(t, gw, id(made))
	if e := failed.Get("error.message").String(); failed.Get("status").String() != "failed" || e != "the response is too large to be stored" {
		t.Errorf("it has become %s", failed.Body)
	}
	events := replay(t, gw, id(made), -1)
	if last := events[len(events)-1]; last.Type != "response.failed" {
		t.Errorf("the stream ends with %s", last.Data)
	}
}
