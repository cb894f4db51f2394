package codexresponses_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// requireSame checks that two objects have the same members with the same values, whatever their order, except for some.
func requireSame(t *testing.T, got, want gatewaytest.Response, except ...string) {
	t.Helper()
	var a, b map[string]any
	if err := json.Unmarshal(got.Body, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want.Body, &b); err != nil {
		t.Fatal(err)
	}
	for name := range b {
		if !slices.Contains(except, name) && !reflect.DeepEqual(a[name], b[name]) {
			t.Errorf("%s is %s, want %s", name, got.Get(name).Raw, want.Get(name).Raw)
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			t.Errorf("%s is there too: %s", name, got.Get(name).Raw)
		}
	}
}

// finalOf is the response object at the end of a stream, which must be a good one.
func finalOf(t *testing.T, r gatewaytest.Response) gatewaytest.Response {
	t.Helper()
	if r.Status != http.StatusOK {
		t.Fatalf("got %d %s", r.Status, r.Body)
	}
	return gatewaytest.Response{Status: r.Status, Body: []byte(streamcheck.Final(streamcheck.Require(t, r.Body)).Raw)}
}

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

// pageOf gets a page of input items, which must be as the API has them.
func pageOf(t *testing.T, gw *gatewaytest.Gateway, path string) gatewaytest.Response {
	t.Helper()
	got := requireObject(t, "ResponseItemList", gw.With(t).Get(path))
	items := got.Get("data").Array()
	if len(items) > 0 && (got.Get("first_id").String() != items[0].Get("id").String() || got.Get("last_id").String() != items[len(items)-1].Get("id").String()) {
		t.Errorf("the page says it goes from %s to %s: %s", got.Get("first_id"), got.Get("last_id"), got.Body)
	}
	return got
}

// pages are the ids of all items of a list, read page by page.
func pages(t *testing.T, gw *gatewaytest.Gateway, path string, limit int) (ids []string) {
	t.Helper()
	for after := ""; ; {
		got := pageOf(t, gw, fmt.Sprintf("%s&limit=%d&after=%s", path, limit, after))
		for _, item := range got.Get("data").Array() {
			ids = append(ids, item.Get("id").String())
		}
		if n := int(got.Get("data.#").Int()); n > limit || n < limit && got.Get("has_more").Bool() {
			t.Fatalf("a page of %d has %d items: %s", limit, n, got.Body)
		}
		if !got.Get("has_more").Bool() {
			return ids
		}
		after = got.Get("last_id").String()
	}
}

// everything are items of many forms.
const everything = `[
	{"role":"developer","content":"Be kind."},
	{"role":"user","content":[{"type":"input_text","text":"Who?"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]},
	{"type":"message","role":"user","id":null,"status":null,"content":[{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}]},
	{"role":"assistant","content":"Let me see."},
	{"type":"message","id":"msg_own","role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"Hm."}]},
	{"type":"reasoning","id":"rs_own","summary":[],"encrypted_content":null},
	{"type":"function_call","call_id":"call_0","name":"look","arguments":"{}"},
	{"type":"function_call_output","call_id":"call_0","output":"a hat"},
	{"type":"function_call","call_id":"call_p","name":"look","arguments":"{}","status":null},
	{"type":"function_call_output","call_id":"call_p","output":[{"type":"input_text","text":"a cat"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]},
	{"type":"custom_tool_call","call_id":"call_c","name":"patch","input":"x"},
	{"type":"custom_tool_call_output","call_id":"call_c","output":"done"},
	{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}]}
]`

func TestInputItems(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		gw := start(t, mock(upstreamtest.New(t, callsOf("call_1"), hello())), store)
		first := create(t, gw, offersLook+`,"input":`+everything)
		second := create(t, gw, goesOn(first, `[`+output("call_1", "a cat")+`,{"role":"user","content":"So?"}]`))
		for _, test := range []struct {
			of    gatewaytest.Response
			items int
		}{{first, 13}, {second, 16}} {
			path := "/v1/responses/" + id(test.of) + "/input_items?order="
			up := pages(t, gw, path+"asc", 100)
			if len(up) != test.items {
				t.Fatalf("there are %d items, want %d: %v", len(up), test.items, up)
			}
			for _, limit := range []int{1, 2, 5, len(up)} {
				if got := pages(t, gw, path+"asc", limit); !reflect.DeepEqual(got, up) {
					t.Errorf("in pages of %d they are %v, want %v", limit, got, up)
				}
				down := pages(t, gw, path+"desc", limit)
				for i := range up {
					if len(down) != len(up) || down[i] != up[len(up)-1-i] {
						t.Fatalf("downward in pages of %d they are %v, want the reverse of %v", limit, down, up)
					}
				}
			}
		}
		usual := pageOf(t, gw, "/v1/responses/"+id(second)+"/input_items")
		if got := usual.Get("data.#").Int(); got != 16 || usual.Get("data.0.content.0.text").String() != "So?" || usual.Get("has_more").Bool() {
			t.Errorf("without parameters there is %s", usual.Body)
		}
		if got := pageOf(t, gw, "/v1/responses/"+id(second)+"/input_items?order=asc&limit=14&include[]=x"); got.Get("data.13.type").String() != "function_call" ||
			got.Get("data.13.id").String() != first.Get("output.0.id").String() || !got.Get("has_more").Bool() {
			t.Errorf("the answer of the first is not at its place: %s", got.Body)
		}
	})
}

func TestInputThatIsAText(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := create(t, gw, `"input":"Say \u0022hello\u0022."`)
	got := pageOf(t, gw, "/v1/responses/"+id(made)+"/input_items")
	if item := got.Get("data.0"); got.Get("data.#").Int() != 1 || item.Get("role").String() != "user" || item.Get("content.0.text").String() != `Say "hello".` ||
		!strings.HasPrefix(item.Get("id").String(), "msg_") {
		t.Errorf("got %s", got.Body)
	}
}

func TestListsThatAreAskedForWrongly(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := create(t, gw, `"input":"Hi."`)
	conversation := gw.Post("/v1/conversations", `{"items":[{"role":"user","content":"Hi."}]}`)
	for _, list := range []string{"/v1/responses/" + id(made) + "/input_items", "/v1/conversations/" + id(conversation) + "/items"} {
		for query, param := range map[string]string{
			"limit=0": "limit", "limit=101": "limit", "limit=many": "limit", "limit=-1": "limit", "order=up": "order", "after=msg_gone": "after",
		} {
			requireError(t, gw.Get(list+"?"+query), http.StatusBadRequest, "invalid_prompt", param, param)
		}
	}
	requireError(t, gw.Get("/v1/responses/resp_gone/input_items"), http.StatusNotFound, "not_found", "", "Response with id 'resp_gone' not found.")
	requireError(t, gw.Get("/v1/responses/"+id(made)+"?stream=true"), http.StatusBadRequest, "invalid_prompt", "stream", "background")
	requireError(t, gw.Post("/v1/responses/"+id(made)+"/cancel", ""), http.StatusBadRequest, "invalid_prompt", "", "background")
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

// eventually asks again and again, as a client would, until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if is() {
			return
		}
	}
	t.Fatalf("it has not come about that %s", what)
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
