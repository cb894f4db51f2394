package codexresponses_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestWhatIsNotToBeStoredIsNot(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		gw := start(t, mock(strictChat(t, hello())), store)
		for _, ask := range []func(*testing.T, *gatewaytest.Gateway, string, ...string) gatewaytest.Response{create, createStream} {
			first := ask(t, gw, `"store":false,"input":"Hi."`)
			if stored := first.Get("store"); stored.Raw != "false" {
				t.Errorf("the response says %s", stored.Raw)
			}
			for _, path := range []string{"", "/input_items"} {
				requireError(t, gw.Get("/v1/responses/"+id(first)+path), http.StatusNotFound, "not_found", "", "Response with id '"+id(first)+"' not found.")
			}
			requireError(t, gw.Do(http.MethodDelete, "/v1/responses/"+id(first), ""), http.StatusNotFound, "not_found", "", "not found")
			requireError(t, gw.Post("/v1/responses", `{"model":"m",`+goesOn(first, `"Go on."`)+`}`),
				http.StatusBadRequest, "previous_response_not_found", "previous_response_id", "Previous response with id '"+id(first)+"' not found.")
		}
	})
}

// The AI SDK sends what it has got before as references.
func TestItemsThatInputRefersTo(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := upstreamtest.New(t, thinks(), hello(), hello()).Strict(upstreamtest.RequireReasoning, upstreamtest.Allow("parallel_tool_calls"))
		gw := start(t, mock(upstream, keepsReasoning), store)
		const tools = `"tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],"reasoning":{"effort":"high"}`
		first := create(t, gw, tools+`,"input":[{"role":"user","content":[{"type":"input_text","text":"Go."}]}]`, asAlice)
		var references string
		for _, item := range first.Get("output").Array() {
			references += fmt.Sprintf(`{"type":"item_reference","id":%q},`, item.Get("id").String())
		}
		input := `[{"role":"user","content":[{"type":"input_text","text":"Go."}]},` + references + output("call_1", "done") + `]`
		second := createStream(t, gw, tools+`,"input":`+input, asAlice)
		if got := returned(t, upstream, 1); got != thought {
			t.Errorf("the upstream got the reasoning %q, want %q", got, thought)
		}
		requireSpoken(t, upstream.Request(1), "user: Go.", "assistant: calls f", "tool: done")

		short := fmt.Sprintf(`[{"id":%q},{"role":"user","content":"And?"}]`, second.Get("output.0.id").String())
		third := create(t, gw, `"input":`+short, asAlice)
		requireSpoken(t, upstream.Request(2), "assistant: Hello.", "user: And?")
		fourth := create(t, gw, goesOn(third, `"More."`), asAlice)
		requireSpoken(t, upstream.Request(3), "assistant: Hello.", "user: And?", "assistant: Hello.", "user: More.")
		page := requireObject(t, "ResponseItemList", gw.Get("/v1/responses/"+id(fourth)+"/input_items?order=asc", asAlice))
		if got := page.Get("data.#.id").Array(); len(got) != 4 || got[0].String() != second.Get("output.0.id").String() {
			t.Errorf("the items are %s", page.Body)
		}

		for name, header := range map[string]string{"somebody else's": asBob, "one that is not there": asAlice} {
			missing := first.Get("output.0.id").String()
			if header == asAlice {
				missing = "msg_gone"
			}
			got := gw.Post("/v1/responses", fmt.Sprintf(`{"model":"m","input":[{"type":"item_reference","id":%q}]}`, missing), header)
			t.Log(name)
			requireError(t, got, http.StatusNotFound, "not_found", "input", "Item with id '"+missing+"' not found.")
		}
	})
}

func TestPreviousResponseAndConversationExcludeEachOther(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	first := create(t, gw, `"input":"Hi."`)
	got := gw.Post("/v1/responses", `{"model":"m","conversation":"conv_1",`+goesOn(first, `"Go on."`)+`}`)
	requireError(t, got, http.StatusBadRequest, "invalid_prompt", "previous_response_id", "conversation")
}

// basicAuth is how a user comes, whose password is "secret".
func basicAuth(user string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":secret"))
}

func TestClientsAreApart(t *testing.T) {
	const hash = "$2a$04$usnhvnOCimQ/Ay/IbkbXa.kdBEXXlljGOGgt0adTJlIv6xSW./CDu" // of "secret"
	for name, test := range map[string]struct {
		lines    string // before the directive
		one, two string
		apart    bool
	}{
		"two keys":                   {"", asAlice, asBob, true},
		"one key":                    {"", asAlice, asAlice, false},
		"one key in another header":  {"", asAlice, "X-Api-Key: key-of-alice", false},
		"two keys in another header": {"", "Api-Key: a", "Api-Key: b", true},
		"a key and none":             {"", asAlice, "X-Nothing: none", true},
		"none at all":                {"", "X-Nothing: none", "X-Other: none", false},
		"two users":                  {"basic_auth {\nalice " + hash + "\nbob " + hash + "\n}", basicAuth("alice"), basicAuth("bob"), true},
		"one user":                   {"basic_auth {\nalice " + hash + "\n}", basicAuth("alice"), basicAuth("alice"), false},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := strictChat(t, hello())
			gw := gatewaytest.Start(t, ":PORT {\n"+test.lines+"\n"+directive(mock(upstream))+"\n}\n")
			first := create(t, gw, `"input":"Hi."`, test.one)
			conversation := requireObject(t, "ConversationResource", gw.Post("/v1/conversations", `{}`, test.one))
			wanted := map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[test.apart]
			for _, path := range []string{"/responses/" + id(first), "/responses/" + id(first) + "/input_items", "/conversations/" + id(conversation)} {
				if got := gw.Get("/v1"+path, test.two); got.Status != wanted {
					t.Errorf("%s gave %d %s, want %d", path, got.Status, got.Body, wanted)
				}
			}
			for _, members := range []string{goesOn(first, `"Go on."`), fmt.Sprintf(`"input":"Go on.","conversation":%q`, id(conversation))} {
				if got := gw.Post("/v1/responses", `{"model":"m",`+members+`}`, test.two); (got.Status == http.StatusOK) == test.apart {
					t.Errorf("%s gave %d %s", members, got.Status, got.Body)
				}
			}
			if test.apart {
				requireError(t, gw.Do(http.MethodDelete, "/v1/responses/"+id(first), "", test.two), http.StatusNotFound, "not_found", "", "not found")
				retrieve(t, gw, id(first), test.one)
			}
		})
	}
}

// What is too large for the store is served nonetheless, and others have their store.
func TestAResponseThatIsTooLargeForTheStore(t *testing.T) {
	upstream := strictChat(t, text("One."), text(strings.Repeat("Long. ", 40_000)), text("Three."))
	gw := start(t, mock(upstream), "store memory {\nmax_size 100KiB\n}")
	first := create(t, gw, `"input":"First."`)
	second := create(t, gw, goesOn(first, `"Second."`))
	if second.Get("store").Bool() {
		t.Error("the large one says that it is stored")
	}
	third := createStream(t, gw, goesOn(first, `"Third."`))
	if !third.Get("store").Bool() {
		t.Errorf("the next one says %s", third.Get("store").Raw)
	}
	requireSame(t, retrieve(t, gw, id(third)), third)
}

func TestAClientKeepsNoMoreThanItMay(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())), "store memory {\nmax_per_client 30KiB\n}")
	large := fmt.Sprintf(`"input":%q`, strings.Repeat("x", 10_000))
	first, other := create(t, gw, large, asAlice), create(t, gw, large, asBob)
	var last gatewaytest.Response
	for range 5 {
		last = create(t, gw, large, asAlice)
	}
	requireError(t, gw.Get("/v1/responses/"+id(first), asAlice), http.StatusNotFound, "not_found", "", "not found")
	retrieve(t, gw, id(last), asAlice)
	retrieve(t, gw, id(other), asBob)
}

func TestStateThatIsOff(t *testing.T) {
	upstream := strictChat(t, hello())
	gw := start(t, mock(upstream), "store off")
	for _, ask := range []func(*testing.T, *gatewaytest.Gateway, string, ...string) gatewaytest.Response{create, createStream} {
		got := ask(t, gw, `"input":"Hi.","store":true`)
		if got.Get("store").Raw != "false" {
			t.Errorf("the response says store %s", got.Get("store").Raw)
		}
		requireError(t, gw.Get("/v1/responses/"+id(got)), http.StatusNotFound, "not_found", "", "Response with id '"+id(got)+"' not found.")
	}
	const advice = "nothing is stored here; send the whole history in input"
	for param, members := range map[string]string{
		"previous_response_id": `"input":"Hi.","previous_response_id":"resp_1"`,
		"conversation":         `"input":"Hi.","conversation":{"id":"conv_1"}`,
		"background":           `"input":"Hi.","background":true`,
		"input":                `"input":[{"type":"item_reference","id":"msg_1"}]`,
	} {
		for _, stream := range []string{"", `"stream":true,`} {
			requireError(t, gw.Post("/v1/responses", `{"model":"m",`+stream+members+`}`), http.StatusBadRequest, "invalid_prompt", param, advice)
		}
	}
	requireError(t, gw.Post("/v1/conversations", `{}`), http.StatusBadRequest, "invalid_prompt", "", "nothing is stored")
	requireError(t, gw.Post("/v1/conversations/conv_1", `{"metadata":{}}`), http.StatusBadRequest, "invalid_prompt", "", "nothing is stored")
	for _, path := range []string{"", "/items", "/items/msg_1"} {
		requireError(t, gw.Get("/v1/conversations/conv_1"+path), http.StatusNotFound, "not_found", "", "Conversation with id 'conv_1' not found.")
	}
	for _, path := range []string{"", "/input_items", "?stream=true"} {
		requireError(t, gw.Get("/v1/responses/resp_1"+path), http.StatusNotFound, "not_found", "", "Response with id 'resp_1' not found.")
	}
	requireError(t, gw.Post("/v1/responses/resp_1/cancel", ""), http.StatusNotFound, "not_found", "", "Response with id 'resp_1' not found.")
	if n := len(upstream.Requests()); n != 2 {
		t.Errorf("the upstream got %d requests", n)
	}
}

// Whoever has not asked for it to be stored is served although it cannot be.
func TestAStoreThatCannotBeReached(t *testing.T) {
	upstream := strictChat(t, hello())
	gw := start(t, mock(upstream), "store redis "+strings.TrimPrefix(refusing(t), "http://"))
	for range 2 {
		got := create(t, gw, `"input":"Hi."`)
		if got.Get("store").Raw != "false" {
			t.Errorf("the response says store %s", got.Get("store").Raw)
		}
		requireText(t, createStream(t, gw, `"store":false,"input":"Hi."`), "Hello.")
	}
	asked := len(upstream.Requests())
	for name, got := range map[string]gatewaytest.Response{
		"to store":          gw.Post("/v1/responses", `{"model":"m","input":"Hi.","store":true}`),
		"to run on":         gw.Post("/v1/responses", `{"model":"m","input":"Hi.","background":true}`),
		"to go on":          gw.Post("/v1/responses", `{"model":"m","input":"Hi.","previous_response_id":"resp_1"}`),
		"to converse":       gw.Post("/v1/responses", `{"model":"m","input":"Hi.","conversation":"conv_1"}`),
		"to retrieve":       gw.Get("/v1/responses/resp_1"),
		"to delete":         gw.Do(http.MethodDelete, "/v1/responses/resp_1", ""),
		"for items":         gw.Get("/v1/responses/resp_1/input_items"),
		"to begin":          gw.Post("/v1/conversations", `{"metadata":{"a":"b"}}`),
		"for conversations": gw.Get("/v1/conversations/conv_1/items"),
	} {
		e := errorOf(t, got)
		if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") != "1" || e.Get("code").String() != "server_error" ||
			!strings.Contains(e.Get("message").String(), "stored state cannot be reached") {
			t.Errorf("who asks %s gets %d %v %s", name, got.Status, got.Header, got.Body)
		}
	}
	if n := len(upstream.Requests()); n != asked {
		t.Errorf("the upstream was asked %d times in vain", n-asked)
	}
}
