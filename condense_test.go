package codexresponses_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// working is a request in the midst of a task, with a result of so many tokens.
func working(tokens int, members ...string) string {
	const call = `{"role":"user","content":"Say hello."},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}`
	result := `{"type":"function_call_output","call_id":"c1","output":"` + long(tokens) + `"}`
	members = append(members, `"model":"m"`, `"tools":[{"type":"function","name":"f"}]`, `"input":[`+call+","+result+`]`)
	return "{" + strings.Join(members, ",") + "}"
}

const at1000 = `"context_management":[{"type":"compaction","compact_threshold":1000}]`

// sumsUp is the answer to a request for a summary.
func sumsUp() upstreamtest.Reply {
	return upstreamtest.Stream(upstreamtest.Text("All is done."), upstreamtest.Finish("stop"), upstreamtest.Usage(2000, 100, 0))
}

// contents are what the messages say that an upstream got.
func contents(r upstreamtest.Request) string {
	text := gjson.GetBytes(r.Body, "messages.#.content").Raw
	return strings.ReplaceAll(text, long(2000), "…")
}

const summaryOfAll = `"[Summary of the conversation before this point]\n\nAll is done."`

func TestAConversationThatIsTooLongIsCompactedOnTheWay(t *testing.T) {
	upstream := upstreamtest.New(t, sumsUp(), hello(), hello()).Strict()
	gw := start(t, mock(upstream), "compaction_prompt `Sum it up.`")
	events := gw.PostStream("/v1/responses", working(2000, at1000, `"stream":true`, `"max_output_tokens":7`)).Require()
	final := streamcheck.Final(events)
	if types := final.Get("output.#.type").Raw; types != `["compaction","message"]` || streamcheck.Text(events) != "Hello." {
		t.Fatalf("the response is %s", final.Raw)
	}
	if used := final.Get("usage"); used.Get("input_tokens").Int() != 2010 || used.Get("output_tokens").Int() != 102 {
		t.Errorf("it took %s", used.Raw)
	}
	if got, want := contents(upstream.Request(0)), `["Say hello.",null,"…","Sum it up."]`; got != want || sends(upstream.Request(0), "max_tokens") {
		t.Errorf("for the summary the provider got %s", upstream.Request(0).Body)
	}
	if got, want := contents(upstream.Request(1)), `["Say hello.",`+summaryOfAll+`]`; got != want || gjson.GetBytes(upstream.Request(1).Body, "max_tokens").Int() != 7 {
		t.Errorf("for the answer it got %s", upstream.Request(1).Body)
	}
	if r := recorded(gw, 0); r.Get("attempts.#").Int() != 1 || r.Get("input_tokens").Int() != 2010 || r.Get("finish").String() != "completed" {
		t.Errorf("the record is %s", r.Raw)
	}

	// The client sends all of it again, and the summary stands for what was before it.
	next := strings.Replace(working(2000, at1000), "]}", ","+strings.Trim(final.Get("output").Raw, "[]")+`,{"role":"user","content":"Go on."}]}`, 1)
	requireText(t, gw.Post("/v1/responses", next), "Hello.")
	if got, want := contents(upstream.Request(2)), `["Say hello.",`+summaryOfAll+`,"Hello.","Go on."]`; got != want || len(upstream.Requests()) != 3 {
		t.Errorf("next the provider got %s", got)
	}
}

func TestConversationsThatAreNotCompactedOnTheWay(t *testing.T) {
	for name, request := range map[string]string{
		"the client does not ask for it": working(2000),
		"it is short":                    working(500, at1000),
		"it is shorter than the client says, and nobody knows the window": working(2000, `"context_management":[{"type":"compaction"}]`),
		"nearly all of it is the user's":                                  `{"model":"m",` + at1000 + `,"input":[{"role":"user","content":"` + long(2000) + `"},{"role":"assistant","content":"Yes."},{"role":"user","content":"Say hello."}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			got := start(t, mock(upstream)).Post("/v1/responses", request)
			requireText(t, got, "Hello.")
			if got.Get("output.#.type").Raw != `["message"]` || len(upstream.Requests()) != 1 {
				t.Errorf("got %s", got.Body)
			}
		})
	}
}

func TestTheWindowMayDecideWhenAConversationIsCompacted(t *testing.T) {
	for name, when := range map[string]string{
		"where the client leaves it to that":      `"context_management":[{"type":"compaction"}]`,
		"where the client thinks of a larger one": `"context_management":[{"type":"compaction","compact_threshold":200000}]`,
	} {
		t.Run(name, func(t *testing.T) {
			upstream := listing(t, rows(`{"id":"m","context_length":2048}`))
			gw := start(t, mock(upstream, hourly))
			gw.Get("/v1/models")
			awaitReading(gw, "mock")
			got := gw.Post("/v1/responses", working(2000, when))
			if got.Get("output.#.type").Raw != `["compaction","message"]` {
				t.Errorf("got %s", got.Body)
			}
		})
	}
}

// Replies may come whole, and on any wire.
func TestASummaryOnTheWayOnEachWire(t *testing.T) {
	document := func(text string) upstreamtest.Reply {
		return upstreamtest.JSON(http.StatusOK, `{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"`+text+`"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`)
	}
	message := func(text string) upstreamtest.Reply {
		return upstreamtest.ResponsesStream(upstreamtest.ResponsesMessage("msg_0", text))
	}
	tests := map[string]struct {
		replies  []upstreamtest.Reply
		provider func(u *upstreamtest.Upstream) string
	}{
		"chat, whole": {[]upstreamtest.Reply{document("All is done."), document("Hello.")}, func(u *upstreamtest.Upstream) string { return mock(u) }},
		"messages":    {[]upstreamtest.Reply{upstreamtest.Messages("end_turn", upstreamtest.MessagesText("All is done.")), upstreamtest.Messages("end_turn", upstreamtest.MessagesText("Hello."))}, claude},
		"responses": {[]upstreamtest.Reply{message("All is done."), message("Hello.")}, func(u *upstreamtest.Upstream) string {
			return "provider mock {\nwire responses\nbase_url " + u.URL + "/v1\n}"
		}},
		"ollama": {[]upstreamtest.Reply{upstreamtest.Ollama(upstreamtest.OllamaText("All is done."), upstreamtest.OllamaDone("stop", 9, 5)), upstreamtest.Ollama(upstreamtest.OllamaText("Hello."), upstreamtest.OllamaDone("stop", 9, 5))}, func(u *upstreamtest.Upstream) string {
			return "provider mock {\nwire ollama\nbase_url " + u.URL + "\n}"
		}},
	}
	for name, test := range tests {
		for _, stream := range []string{`"stream":true`, `"stream":false`} {
			t.Run(name+"/"+stream, func(t *testing.T) {
				upstream := upstreamtest.New(t, test.replies...)
				gw := start(t, test.provider(upstream))
				request := working(2000, at1000, stream)
				var final gjson.Result
				if stream == `"stream":true` {
					final = streamcheck.Final(gw.PostStream("/v1/responses", request).Require())
				} else {
					got := gw.Post("/v1/responses", request)
					if err := streamcheck.CheckResponse(got.Body); err != nil {
						t.Error(err)
					}
					final = gjson.ParseBytes(got.Body)
				}
				if final.Get("output.#.type").Raw != `["compaction","message"]` || final.Get("output.1.content.0.text").String() != "Hello." {
					t.Errorf("got %s", final.Raw)
				}
				if body := string(upstream.Request(1).Body); strings.Contains(body, long(2000)) || !strings.Contains(body, "All is done.") {
					t.Errorf("for the answer the provider got %s", body)
				}
			})
		}
	}
}

func TestWhereASummaryOrItsAnswerFailsTheNextTargetGoesOn(t *testing.T) {
	broken := func() upstreamtest.Reply { return upstreamtest.Stream(upstreamtest.Text("Hal")).Cut() }
	down := upstreamtest.Error(http.StatusServiceUnavailable, "server_error", "", "down")
	tests := map[string]struct {
		one, two []upstreamtest.Reply
		asked    int // requests that the second target gets
		want     string
	}{
		"the summary breaks off":     {[]upstreamtest.Reply{broken()}, []upstreamtest.Reply{sumsUp(), hello()}, 2, `["compaction","message"]`},
		"the summary is not there":   {[]upstreamtest.Reply{upstreamtest.Stream(upstreamtest.Finish("stop"))}, []upstreamtest.Reply{sumsUp(), hello()}, 2, `["compaction","message"]`},
		"the answer is refused":      {[]upstreamtest.Reply{sumsUp(), down}, []upstreamtest.Reply{hello()}, 1, `["compaction","message"]`},
		"the answer does not come":   {[]upstreamtest.Reply{sumsUp(), upstreamtest.Stream(upstreamtest.Finish("stop"))}, []upstreamtest.Reply{hello()}, 1, `["compaction","message"]`},
		"the answer is too long yet": {[]upstreamtest.Reply{sumsUp(), tooLong()}, []upstreamtest.Reply{hello()}, 0, ""},
	}
	for name, test := range tests {
		for _, stream := range []string{`"stream":true`, `"stream":false`} {
			t.Run(name+"/"+stream, func(t *testing.T) {
				one, two := upstreamtest.New(t, test.one...), upstreamtest.New(t, test.two...)
				gw := start(t, provider("one", one.URL+"/v1"), provider("two", two.URL+"/v1"), "route m one two")
				got := gw.Post("/v1/responses", working(2000, at1000, stream))
				if n := len(two.Requests()); n != test.asked {
					t.Errorf("the second target got %d requests: %s", n, got.Body)
				}
				if test.want == "" {
					return
				}
				final := gjson.ParseBytes(got.Body)
				if stream == `"stream":true` {
					events, err := streamcheck.Parse(got.Body)
					if err == nil {
						err = streamcheck.CheckEvents(events)
					}
					if err != nil {
						t.Fatalf("%v\n%s", err, got.Body)
					}
					final = streamcheck.Final(events)
				}
				if final.Get("output.#.type").Raw != test.want {
					t.Errorf("got %s", final.Raw)
				}
			})
		}
	}
}

// The service that takes requests as they are compacts by itself.
func TestWhenToCompactIsPassedOn(t *testing.T) {
	upstream := upstreamtest.New(t, answers["responses"])
	start(t, openAI(upstream)).Post("/v1/responses", working(2000, at1000))
	if r := upstream.Request(0); gjson.GetBytes(r.Body, "context_management.0.compact_threshold").Int() != 1000 || len(upstream.Requests()) != 1 {
		t.Errorf("the service got %s", r.Body)
	}
}

// What is stored keeps all that was said; what goes to the provider is what counts of it.
func TestACompactedConversationGoesOnFromWhatIsStored(t *testing.T) {
	upstream := upstreamtest.New(t, sumsUp(), hello(), hello())
	gw := start(t, mock(upstream))
	first := gw.Post("/v1/responses", working(2000, at1000))
	requireText(t, first, "Hello.")
	id := first.Get("id").String()
	second := gw.Post("/v1/responses", `{"model":"m",`+at1000+`,"previous_response_id":"`+id+`","input":"Go on."}`)
	requireText(t, second, "Hello.")
	if got, want := contents(upstream.Request(2)), `["Say hello.",`+summaryOfAll+`,"Hello.","Go on."]`; got != want || len(upstream.Requests()) != 3 {
		t.Errorf("the provider got %d requests, the last %s", len(upstream.Requests()), got)
	}
}
