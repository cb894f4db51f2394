package chat_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
)

const searching = `{"model":"m","stream":true,"input":"What is new?","tools":[{"type":"web_search","external_web_access":true}]}`

func TestWebSearchInTheWordsOfTheProvider(t *testing.T) {
	cached := strings.Replace(searching, "true}]", "false}]", 1)
	forbidden := strings.Replace(searching, `"input"`, `"tool_choice":"none","input"`, 1)
	tests := map[string]struct{ knob, request, path, want string }{
		"nobody searches":                            {"none", searching, "tools", ""},
		"OpenRouter's tool":                          {"openrouter:web_search", searching, "tools", `[{"type":"openrouter:web_search"}]`},
		"Groq's tool":                                {"browser_search", searching, "tools", `[{"type":"browser_search"}]`},
		"Moonshot's function":                        {"$web_search", searching, "tools", `[{"type":"builtin_function","function":{"name":"$web_search"}}]`},
		"Zhipu's tool":                               {"web_search_object", searching, "tools", `[{"type":"web_search","web_search":{"enable":true,"search_result":true}}]`},
		"Alibaba's switch":                           {"enable_search", searching, "enable_search", "true"},
		"Alibaba's switch is no tool":                {"enable_search", searching, "tools", ""},
		"a search that may not go out to the web":    {"openrouter:web_search", cached, "tools", ""},
		"a switch where no tool may be called":       {"enable_search", forbidden, "enable_search", ""},
		"a search where no tool may be called":       {"browser_search", forbidden, "tools", ""},
		"a search where the client does not want it": {"browser_search", `{"model":"m","input":"hi"}`, "tools", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := with(t, "web_search", test.knob).body(t, test.request)
			if got := gjson.GetBytes(body, test.path).Raw; got != test.want {
				t.Errorf("got %s, want %s\n%s", got, test.want, body)
			}
		})
	}
}

// dialogue is a reply that a test feeds by hand.
type dialogue struct {
	t        *testing.T
	sink     *wiretest.Sink
	out      *translate.Stream
	dec      *chat.Decoder
	provider *provider
}

func answering(t *testing.T, request string, p *provider) *dialogue {
	t.Helper()
	sink := new(wiretest.Sink)
	out := translate.NewStream(parse(t, []byte(request)), wiretest.Ring, sink, wiretest.Counted(), wiretest.Clock)
	out.Attempt(p.Target)
	return &dialogue{t, sink, out, chat.NewDecoder(&p.Target, &p.Dialect, out), p}
}

func (r *dialogue) says(data ...string) {
	r.t.Helper()
	for _, one := range data {
		if err := r.dec.Frame([]byte(one), r.out); err != nil {
			r.t.Fatal(err)
		}
	}
}

// output ends the reply and returns the response's items.
func (r *dialogue) output() gjson.Result {
	r.t.Helper()
	if err := r.dec.End(nil, r.out); err != nil {
		r.t.Fatal(err)
	}
	events := streamcheck.Require(r.t, r.sink.Bytes())
	return gjson.ParseBytes(events[len(events)-1].Data).Get("response.output")
}

func TestF11ASearchOfMoonshotsGoesOnByItsOwnArguments(t *testing.T) {
	p := with(t, "web_search", "$web_search", "reasoning_out", "reasoning_content")
	r := answering(t, searching, p)
	r.says(
		`{"choices":[{"index":0,"delta":{"reasoning_content":"I have to"}}]}`,
		`{"choices":[{"index":0,"delta":{"reasoning_content":" look."}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"s1","type":"builtin_function","function":{"name":"$web_search","arguments":""}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"query\":"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"news\"}"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}`, `[DONE]`)
	more, ok := r.dec.Paused()
	if !ok {
		t.Fatal("the reply does not go on")
	}
	target := p.Target
	target.Continuation = more
	body := chat.Encode(nil, parse(t, []byte(searching)), &target, &p.Dialect)
	want := `[{"role":"user","content":"What is new?"},` +
		`{"role":"assistant","content":"","reasoning_content":"I have to look.","tool_calls":[{"id":"s1","type":"builtin_function","function":{"name":"$web_search","arguments":"{\"query\":\"news\"}"}}]},` +
		`{"role":"tool","tool_call_id":"s1","name":"$web_search","content":"{\"query\":\"news\"}"}]`
	if got := gjson.GetBytes(body, "messages").Raw; got != want {
		t.Errorf("it goes on with\n%s\nwant\n%s", got, want)
	}

	r.says(`{"choices":[{"index":0,"delta":{"content":"Much."}}]}`, `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, `[DONE]`)
	if _, ok := r.dec.Paused(); ok {
		t.Fatal("it goes on although the answer is there")
	}
	output := r.output()
	if got := output.Get("#.type").Raw; got != `["reasoning","web_search_call","message"]` {
		t.Errorf("the response has %s", output)
	}
	if query := output.Get("1.action.query").String(); query != "news" {
		t.Errorf("it searched for %q", query)
	}
}

func TestASearchBesideTheClientsCallsDoesNotGoOn(t *testing.T) {
	request := strings.Replace(searching, "true}]", `true},{"type":"function","name":"f","parameters":{"type":"object"}}]`, 1)
	r := answering(t, request, with(t, "web_search", "$web_search"))
	r.says(
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"s1","function":{"name":"$web_search","arguments":"{}"}},{"index":1,"id":"c1","function":{"name":"f","arguments":"{}"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}`, `[DONE]`)
	if _, ok := r.dec.Paused(); ok {
		t.Error("it goes on, and the client's call is lost")
	}
	if got := r.output().Get("#.type").Raw; got != `["web_search_call","function_call"]` {
		t.Errorf("the response has %s", got)
	}
}

func TestSourcesAreCitedAndSearchesShown(t *testing.T) {
	t.Run("OpenRouter's annotations", func(t *testing.T) {
		r := answering(t, searching, with(t, "web_search", "openrouter:web_search"))
		r.says(
			`{"choices":[{"index":0,"delta":{"content":"So it is."}}]}`,
			`{"choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example/x","title":"A","content":"...","start_index":0,"end_index":5}}]}}]}`,
			`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`)
		want := `[{"type":"url_citation","url":"https://a.example/x","title":"A","start_index":0,"end_index":5}]`
		if got := r.output().Get("0.content.0.annotations").Raw; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if !strings.Contains(r.sink.String(), "event: response.output_text.annotation.added\n") {
			t.Error("there is no event of the citation")
		}
	})
	t.Run("Zhipu's pages", func(t *testing.T) {
		r := answering(t, searching, with(t, "web_search", "web_search_object"))
		r.says(
			`{"web_search":[{"title":"A","link":"https://a.example/x","content":"..."},{"title":"B","link":""}],"choices":[{"index":0,"delta":{"content":"So"}}]}`,
			`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`)
		output := r.output()
		if got := output.Get("#.type").Raw + output.Get("0.action.sources").Raw; got != `["web_search_call","message"][{"type":"url","url":"https://a.example/x"}]` {
			t.Errorf("the response has %s", output)
		}
	})
}

func TestSearchesOfMoonshotHaveAnEnd(t *testing.T) {
	const made = `,{"role":"assistant","content":"","tool_calls":[{"id":"s1","type":"builtin_function","function":{"name":"$web_search","arguments":"{}"}}]},{"role":"tool","tool_call_id":"s1","name":"$web_search","content":"{}"}`
	request := strings.Replace(searching, `"stream":true`, `"stream":true,"max_tool_calls":2`, 1)
	for n, want := range []string{"1", "1", ""} {
		p := with(t, "web_search", "$web_search")
		p.Target.Continuation = []byte(strings.Repeat(made, n))
		if got := gjson.GetBytes(p.body(t, request), "tools.#").Raw; got != want {
			t.Errorf("after %d searches there are %q tools, want %q", n, got, want)
		}
	}
}

func TestASearchThatIsAllowedBesideSomeTools(t *testing.T) {
	tools := `"tools":[{"type":"function","name":"f"},{"type":"function","name":"g"},{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}`
	for allowed, want := range map[string]string{`]}`: `["f"]`, `,{"type":"web_search"}]}`: `["f","$web_search"]`} {
		body := with(t, "web_search", "$web_search").body(t, ask(tools+allowed))
		if got := gjson.GetBytes(body, "tools.#.function.name").Raw; got != want {
			t.Errorf("the model may call %s, want %s", got, want)
		}
	}
}
