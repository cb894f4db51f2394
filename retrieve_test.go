package codexresponses_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

const detailed = `"instructions":"Be \u006bind.","metadata":{"a":"b"},"temperature":0.5,"user":"u","max_output_tokens":100,` + offersLook + `,"input":"Hi."`

func TestARetrievedResponseIsWhatWasAnswered(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		for name, test := range map[string]struct {
			members string
			reply   upstreamtest.Reply
		}{
			"a plain one":       {`"input":"Hi."`, hello()},
			"one in detail":     {detailed, hello()},
			"one with calls":    {detailed, callsOf("call_1", "call_2")},
			"one that was cut":  {`"input":"Hi."`, upstreamtest.Stream(upstreamtest.Text("Hel"), upstreamtest.Finish("length"))},
			"one with thoughts": {`"input":"Hi.","reasoning":{"effort":"low","summary":"auto"}`, thinks()},
		} {
			t.Run(name, func(t *testing.T) {
				gw := start(t, mock(upstreamtest.New(t, test.reply), keepsReasoning), store)
				for _, ask := range []func(*testing.T, *gatewaytest.Gateway, string, ...string) gatewaytest.Response{create, createStream} {
					made := ask(t, gw, test.members)
					requireSame(t, retrieve(t, gw, id(made)), made)
				}
			})
		}
	})
}

// Codex is not sent its instructions and tools again. Whoever looks at its response later sees them.
func TestAResponseOfCodexIsRetrievedWhole(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := createStream(t, gw, `"store":true,`+detailed, asCodex)
	got := retrieve(t, gw, id(made))
	if made.Get("instructions").String() != "" || got.Get("instructions").String() != "Be kind." || got.Get("tools.#.name").Raw != `["look"]` {
		t.Errorf("got %s of %s", got.Body, made.Body)
	}
}

func TestDeletingAResponse(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		gw := start(t, mock(strictChat(t, hello())), store)
		first := create(t, gw, `"input":"First."`)
		second := create(t, gw, goesOn(first, `"Second."`))
		got := gw.Do(http.MethodDelete, "/v1/responses/"+id(first), "")
		if got.Status != http.StatusOK || string(got.Body) != `{"id":"`+id(first)+`","object":"response","deleted":true}` {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
		for _, again := range []gatewaytest.Response{gw.Get("/v1/responses/" + id(first)), gw.Do(http.MethodDelete, "/v1/responses/"+id(first), "")} {
			requireError(t, again, http.StatusNotFound, "not_found", "", "Response with id '"+id(first)+"' not found.")
		}
		retrieve(t, gw, id(second))
		for _, gone := range []gatewaytest.Response{first, second} {
			requireError(t, gw.Post("/v1/responses", `{"model":"m",`+goesOn(gone, `"Go on."`)+`}`),
				http.StatusBadRequest, "previous_response_not_found", "previous_response_id", "Previous response with id '"+id(gone)+"' not found.")
		}
	})
}

func TestWhatIsStoredIsThereAfterAReload(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, text("One."), text("Two."))
		gw := start(t, mock(upstream), store)
		first := create(t, gw, `"input":"First."`)
		reload(gw, site(mock(upstream), store, "heartbeat 5s"))
		requireSame(t, retrieve(t, gw, id(first)), first)
		create(t, gw, goesOn(first, `"Second."`))
		requireSpoken(t, upstream.Request(1), "user: First.", "assistant: One.", "user: Second.")
	})
}

func TestWhatIsInAFileIsThereAfterARestart(t *testing.T) {
	t.Setenv("SEAL_KEY", "a secret of enough bytes")
	t.Setenv("NEW_SEAL_KEY", "another secret of enough bytes")
	upstream := strictChat(t, text("One."), text("Two."))
	store := "store bolt " + filepath.Join(t.TempDir(), "sessions.db")
	first := create(t, start(t, mock(upstream), store, "seal_key {env.SEAL_KEY}"), `"input":"First."`)

	gw := start(t, mock(upstream), store, "seal_key {env.NEW_SEAL_KEY}")
	requireError(t, gw.Get("/v1/responses/"+id(first)), http.StatusInternalServerError, "server_error", "", "the stored state cannot be read")
	requireError(t, gw.Post("/v1/responses", `{"model":"m",`+goesOn(first, `"Second."`)+`}`),
		http.StatusInternalServerError, "server_error", "", "the stored state cannot be read")

	gw = start(t, mock(upstream), store, "seal_key {env.NEW_SEAL_KEY} {env.SEAL_KEY}")
	requireSame(t, retrieve(t, gw, id(first)), first)
	create(t, gw, goesOn(first, `"Second."`))
	requireSpoken(t, upstream.Request(1), "user: First.", "assistant: One.", "user: Second.")
}

func TestWhatIsNotUsedGoesWithTime(t *testing.T) {
	for _, store := range []string{"memory", "bolt"} {
		t.Run(store, func(t *testing.T) {
			gw := start(t, mock(strictChat(t, hello())), "store "+store+" {\nttl 100ms\n}")
			conversation := gw.Post("/v1/conversations", `{}`)
			made := create(t, gw, `"input":"Hi."`)
			eventually(t, "the response is gone", func() bool { return gw.Get("/v1/responses/"+id(made)).Status == http.StatusNotFound })
			requireError(t, gw.Post("/v1/responses", `{"model":"m",`+goesOn(made, `"Go on."`)+`}`),
				http.StatusBadRequest, "previous_response_not_found", "previous_response_id", "not found")
			requireError(t, gw.Get("/v1/conversations/"+id(conversation)+"/items"), http.StatusNotFound, "not_found", "",
				"Conversation with id '"+id(conversation)+"' not found.")
		})
	}
}

// What is under way when the configuration is replaced is stored as well, with the store of the former one.
func TestAResponseThatOutlivesItsConfigurationIsStored(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		step := make(chan struct{})
		gw := start(t, mock(strictChat(t, hello().Hold(step))), store)
		stream := gw.PostStream("/v1/responses", streamed)
		stream.Until("response.output_text.delta")
		reload(gw, site(mock(strictChat(t, hello())), store))
		close(step)
		final := streamcheck.Final(stream.Require())
		if !final.Get("store").Bool() {
			t.Errorf("the response is %s", final.Raw)
		}
		requireText(t, retrieve(t, gw, final.Get("id").String()), "Hello.")
	})
}
