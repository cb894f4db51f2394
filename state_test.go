package codexresponses_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Two clients, by their keys.
const (
	asAlice = "Authorization: Bearer key-of-alice"
	asBob   = "Authorization: Bearer key-of-bob"
)

// inEachStore runs a test with the stores that need no server.
func inEachStore(t *testing.T, test func(t *testing.T, store string)) {
	t.Helper()
	for _, store := range []string{"store memory", "store bolt"} {
		t.Run(store, func(t *testing.T) { test(t, store) })
	}
}

// strictChat is a provider that refuses what strict ones refuse.
func strictChat(t *testing.T, replies ...upstreamtest.Reply) *upstreamtest.Upstream {
	t.Helper()
	return upstreamtest.New(t, replies...).Strict(upstreamtest.Allow("parallel_tool_calls"))
}

// create asks for a response as one document, which must be a good one.
func create(t *testing.T, gw *gatewaytest.Gateway, members string, header ...string) gatewaytest.Response {
	t.Helper()
	got := gw.With(t).Post("/v1/responses", `{"model":"m",`+members+`}`, header...)
	if got.Status != http.StatusOK {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	requireResponse(t, got)
	return got
}

// createStream asks for a response as a stream, and returns its object.
func createStream(t *testing.T, gw *gatewaytest.Gateway, members string, header ...string) gatewaytest.Response {
	t.Helper()
	events := gw.With(t).PostStream("/v1/responses", `{"model":"m","stream":true,`+members+`}`, header...).Require()
	return gatewaytest.Response{Status: http.StatusOK, Body: []byte(streamcheck.Final(events).Raw)}
}

// retrieve gets a stored response, which must be a good one.
func retrieve(t *testing.T, gw *gatewaytest.Gateway, id string, header ...string) gatewaytest.Response {
	t.Helper()
	got := gw.With(t).Get("/v1/responses/"+id, header...)
	if got.Status != http.StatusOK {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	requireResponse(t, got)
	return got
}

func requireResponse(t *testing.T, r gatewaytest.Response) {
	t.Helper()
	if err := streamcheck.CheckResponse(r.Body); err != nil {
		t.Fatalf("bad response: %v\n%s", err, r.Body)
	}
	if r.Header != nil && r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("content type is %q", r.Header.Get("Content-Type"))
	}
}

// requireObject checks an object against its schema.
func requireObject(t *testing.T, schema string, r gatewaytest.Response) gatewaytest.Response {
	t.Helper()
	if err := streamcheck.CheckObject(schema, r.Body); err != nil || r.Status != http.StatusOK || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("no good %s: %d, %v\n%s", schema, r.Status, err, r.Body)
	}
	return r
}

// requireError checks a refusal. param may be empty for null.
func requireError(t *testing.T, r gatewaytest.Response, status int, code, param, message string) {
	t.Helper()
	e := errorOf(t, r)
	if r.Status != status || e.Get("code").String() != code || e.Get("param").String() != param || !strings.Contains(e.Get("message").String(), message) {
		t.Errorf("got %d %s, want %d, %s, %q and %q", r.Status, r.Body, status, code, param, message)
	}
}

func id(r gatewaytest.Response) string { return r.Get("id").String() }

// goesOn are the members of a request that goes on from a response.
func goesOn(from gatewaytest.Response, input string) string {
	return fmt.Sprintf(`"previous_response_id":%q,"input":%s`, id(from), input)
}

func TestAChainOfTexts(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, text("One."), text("Two."), text("Three."), text("Other."))
		gw := start(t, mock(upstream), store)
		first := create(t, gw, `"instructions":"Be kind.","input":"First."`)
		second := createStream(t, gw, `"instructions":"Be brief.",`+goesOn(first, `"Second."`))
		third := create(t, gw, goesOn(second, `[{"role":"user","content":[{"type":"input_text","text":"Third."}]}]`))
		other := createStream(t, gw, goesOn(first, `"Another second."`))

		requireSpoken(t, upstream.Request(0), "system: Be kind.", "user: First.")
		requireSpoken(t, upstream.Request(1), "system: Be brief.", "user: First.", "assistant: One.", "user: Second.")
		requireSpoken(t, upstream.Request(2), "user: First.", "assistant: One.", "user: Second.", "assistant: Two.", "user: Third.")
		requireSpoken(t, upstream.Request(3), "user: First.", "assistant: One.", "user: Another second.")
		for _, step := range []struct {
			got          gatewaytest.Response
			previous     string
			instructions string
		}{{first, "", "Be kind."}, {second, id(first), "Be brief."}, {third, id(second), ""}, {other, id(first), ""}} {
			if step.got.Get("previous_response_id").String() != step.previous || step.got.Get("instructions").String() != step.instructions ||
				!step.got.Get("store").Bool() || step.got.Get("background").Bool() {
				t.Errorf("the response is %s", step.got.Body)
			}
		}
	})
}

func TestAChainWithoutInput(t *testing.T) {
	upstream := strictChat(t, text("One."), text("Two."))
	gw := start(t, mock(upstream))
	first := create(t, gw, `"input":"First."`)
	create(t, gw, fmt.Sprintf(`"previous_response_id":%q,"instructions":"Go on."`, id(first)))
	requireSpoken(t, upstream.Request(1), "system: Go on.", "user: First.", "assistant: One.")
}

// callsOf is a reply that calls functions, by their ids.
func callsOf(ids ...string) upstreamtest.Reply {
	var chunks []string
	for i, id := range ids {
		chunks = append(chunks, upstreamtest.ToolCall(i, id, "look", `{"at":"`+id+`"}`))
	}
	return upstreamtest.Stream(append(chunks, upstreamtest.Finish("tool_calls"), upstreamtest.Usage(10, 2, 4))...)
}

func output(callID, text string) string {
	return fmt.Sprintf(`{"type":"function_call_output","call_id":%q,"output":%q}`, callID, text)
}

const offersLook = `"tools":[` + lookTool + `]`

func TestAChainWithCalls(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, callsOf("call_1"), callsOf("call_2", "call_3"), text("Done."))
		gw := start(t, mock(upstream), store)
		first := createStream(t, gw, offersLook+`,"input":"Look."`)
		second := create(t, gw, offersLook+`,`+goesOn(first, `[`+output("call_1", "a cat")+`]`))
		third := create(t, gw, offersLook+`,`+goesOn(second, `[`+output("call_3", "a hat")+`,`+output("call_2", "a rat")+`,{"role":"user","content":"So?"}]`))
		requireText(t, third, "Done.")
		if requests := upstream.Requests(); len(requests) != 3 || requests[2].Refusal != "" {
			t.Fatalf("the upstream got %d requests: %s", len(requests), requests[len(requests)-1].Refusal)
		}
		messages := gjson.GetBytes(upstream.Request(2).Body, "messages")
		if got := messages.Get("#.tool_call_id").Raw; got != `["call_1","call_2","call_3"]` && got != `["call_1","call_3","call_2"]` {
			t.Errorf("the outputs are those of %s", got)
		}
		if got := messages.Get(`@reverse.0.content`).String(); got != "So?" {
			t.Errorf("it ends with %s", messages.Raw)
		}
	})
}

func TestACallWithoutOutputAndAnOutputWithoutCall(t *testing.T) {
	upstream := strictChat(t, callsOf("call_1", "call_2"))
	gw := start(t, mock(upstream))
	first := create(t, gw, offersLook+`,"input":"Look."`)
	for name, test := range map[string]struct{ input, message string }{
		"no output at all":       {`"Never mind."`, "No tool output found for function call call_1."},
		"one of two outputs":     {`[` + output("call_1", "a") + `]`, "No tool output found for function call call_2."},
		"an output of something": {`[` + output("call_9", "a") + `]`, "No tool call found for function call output with call_id call_9."},
		"an output too much": {
			`[` + output("call_1", "a") + `,` + output("call_2", "a") + `,` + output("call_9", "a") + `]`,
			"No tool call found for function call output with call_id call_9.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, stream := range []string{"", `"stream":true,`} {
				got := gw.With(t).Post("/v1/responses", `{"model":"m",`+stream+goesOn(first, test.input)+`}`)
				requireError(t, got, http.StatusBadRequest, "invalid_prompt", "input", test.message)
			}
		})
	}
	if n := len(upstream.Requests()); n != 1 {
		t.Errorf("the upstream got %d requests", n)
	}
}

func TestToolsAreRemembered(t *testing.T) {
	const find = `{"type":"function","name":"find","description":"Finds.","parameters":{"type":"object","properties":{}},"strict":false}`
	inEachStore(t, func(t *testing.T, store string) {
		upstream := strictChat(t, text("Well."))
		gw := start(t, mock(upstream), store)
		last := gatewaytest.Response{}
		for i, step := range []struct{ tools, want string }{
			{offersLook + `,`, `["look"]`},
			{"", `["look"]`},
			{`"tools":null,`, `["look"]`},
			{`"tools":[` + find + `],`, `["find"]`},
			{"", `["find"]`},
			{`"tools":[],`, `[]`},
			{"", `[]`},
		} {
			if i == 0 {
				last = create(t, gw, step.tools+`"input":"Go."`)
			} else {
				last = createStream(t, gw, step.tools+goesOn(last, `"Go on."`))
			}
			offered := gjson.GetBytes(upstream.Request(i).Body, "tools.#.function.name").Raw
			if offered == "" {
				offered = "[]"
			}
			if echoed := last.Get("tools.#.name").Raw; offered != step.want || echoed != step.want {
				t.Errorf("step %d: the upstream was offered %s, and the response says %s; want %s", i, offered, echoed, step.want)
			}
			if kept := retrieve(t, gw, id(last)).Get("tools").Raw; kept != last.Get("tools").Raw {
				t.Errorf("step %d: later it says %s", i, kept)
			}
		}
	})
}

func TestReasoningGoesBackFromAChain(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := upstreamtest.New(t, thinks(), hello()).Strict(upstreamtest.RequireReasoning, upstreamtest.Allow("parallel_tool_calls"))
		gw := start(t, mock(upstream, keepsReasoning), store)
		first := createStream(t, gw, `"tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],"reasoning":{"effort":"high"},"input":"Go."`)
		requireText(t, create(t, gw, goesOn(first, `[`+output("call_1", "done")+`]`)), "Hello.")
		if got := returned(t, upstream, 1); got != thought {
			t.Errorf("the upstream got %q, want %q", got, thought)
		}
	})
}

func TestImagesStayInAChain(t *testing.T) {
	const picture = "data:image/png;base64,iVBORw0KGgo="
	upstream := strictChat(t, text("A cat."), text("Black."))
	gw := start(t, mock(upstream))
	first := create(t, gw, `"input":[{"role":"user","content":[{"type":"input_text","text":"Who?"},{"type":"input_image","image_url":"`+picture+`"}]}]`)
	create(t, gw, goesOn(first, `"Which color?"`))
	if got := gjson.GetBytes(upstream.Request(1).Body, "messages.0.content.1.image_url.url").String(); got != picture {
		t.Errorf("the upstream got %s", upstream.Request(1).Body)
	}
}

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

// A response that is not stored can go on from one that is.
func TestTheLastOfAChainNeedNotBeStored(t *testing.T) {
	upstream := strictChat(t, text("One."), text("Two."))
	gw := start(t, mock(upstream))
	first := create(t, gw, `"input":"First."`)
	second := create(t, gw, `"store":false,`+goesOn(first, `"Second."`))
	if second.Get("store").Bool() || second.Get("previous_response_id").String() != id(first) {
		t.Errorf("the response is %s", second.Body)
	}
	requireSpoken(t, upstream.Request(1), "user: First.", "assistant: One.", "user: Second.")
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
