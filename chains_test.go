package codexresponses_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

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

func TestAChainIsCountedAndCompacted(t *testing.T) {
	upstream := strictChat(t, text("One."), text("Summary."))
	gw := start(t, mock(upstream), "compaction_prompt `Sum it up.`")
	first := create(t, gw, `"input":"First, with many words."`)
	alone := requireObject(t, "TokenCountsResource", gw.Post("/v1/responses/input_tokens", `{"model":"m","input":"Second."}`))
	chained := requireObject(t, "TokenCountsResource", gw.Post("/v1/responses/input_tokens", `{"model":"m",`+goesOn(first, `"Second."`)+`}`))
	if alone.Get("input_tokens").Int() >= chained.Get("input_tokens").Int() {
		t.Errorf("alone it has %s tokens, in the chain %s", alone.Body, chained.Body)
	}
	got := gw.Post("/v1/responses/compact", `{"model":"m",`+goesOn(first, `"Second."`)+`}`)
	if got.Status != http.StatusOK || got.Get("output.#.type").Raw != `["compaction"]` {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	requireSpoken(t, upstream.Request(1), "user: First, with many words.", "assistant: One.", "user: Second.", "user: Sum it up.")
	requireError(t, gw.Get("/v1/responses/"+id(got)), http.StatusNotFound, "not_found", "", "not found")
}
