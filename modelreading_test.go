package codexresponses_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

const hourly = "read_models 1h"

// listing is an upstream that answers prompts, and requests for its models as list does.
func listing(t testing.TB, list http.HandlerFunc) *upstreamtest.Upstream {
	t.Helper()
	return upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			list(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop")))
	}))
}

// rows answers with a list of models.
func rows(all ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"object":"list","data":[`+strings.Join(all, ",")+`]}`)
	}
}

// asked are the requests for models that an upstream got.
func asked(u *upstreamtest.Upstream) []upstreamtest.Request {
	return slices.DeleteFunc(u.Requests(), func(r upstreamtest.Request) bool { return r.Method != http.MethodGet })
}

// awaitReading waits until a provider's list has been read, or could not be.
func awaitReading(gw *gatewaytest.Gateway, provider string) gjson.Result {
	return gw.AwaitLog(func(entry gjson.Result) bool {
		return entry.Get("provider").String() == provider && strings.HasSuffix(entry.Get("msg").String(), "a provider's list of models")
	})
}

// listed is what GET /models says of a model, in both of its halves.
func listed(gw *gatewaytest.Gateway, id string) (data, info gjson.Result) {
	got := gw.Get("/v1/models")
	return got.Get(`data.#(id=="` + id + `")`), got.Get(`models.#(slug=="` + id + `")`)
}

func TestModelsOfAnUnknownProviderAreReadFromItself(t *testing.T) {
	upstream := listing(t, rows(`{"id":"org/large","name":"Large","context_length":200000,"top_provider":{"max_completion_tokens":32000},"architecture":{"input_modalities":["text","image"]}}`,
		`{"id":"tiny-1","max_model_len":4096}`, `{"id":"other"}`))
	other := upstreamtest.New(t, hello())
	gw := start(t, provider("first", other.URL+"/v1"), mock(upstream, hourly, "model small tiny-1"))
	before := gw.Get("/v1/models")
	if ids := texts(before.Get("data.#.id")); !slices.Equal(ids, []string{"small"}) {
		t.Errorf("at first there are %q", ids)
	}
	awaitReading(gw, "mock")
	after := gw.Get("/v1/models", "If-None-Match: "+before.Header.Get("ETag"))
	if ids := texts(after.Get("data.#.id")); after.Status != http.StatusOK || !slices.Equal(ids, []string{"small", "org/large", "tiny-1", "other"}) {
		t.Errorf("then there are %q, with the status %d", ids, after.Status)
	}
	if data, info := listed(gw, "org/large"); data.Get("context_window").Int() != 200000 || data.Get("max_output_tokens").Int() != 32000 ||
		info.Get("context_window").Int() != 200000 || info.Get("display_name").String() != "Large" || info.Get("input_modalities.1").String() != "image" {
		t.Errorf("org/large is %s, %s", data.Raw, info.Raw)
	}
	if data, info := listed(gw, "small"); data.Get("context_window").Int() != 4096 || info.Get("context_window").Int() != 4096 {
		t.Errorf("small is %s", data.Raw)
	}
	requireText(t, gw.Post("/v1/responses", strings.Replace(whole, `"m"`, `"org/large"`, 1)), "Hello.")
	if got := gw.Post("/v1/responses", whole); got.Get("error.code").String() != "model_not_found" {
		t.Errorf("a model that nobody has: got %d %s", got.Status, got.Body)
	}
	if n := len(asked(upstream)); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestAPresetIsCompletedByItsProvider(t *testing.T) {
	t.Setenv("KIMI", "key")
	upstream := listing(t, rows(`{"id":"kimi-k3","context_length":5,"max_output_tokens":77}`, `{"id":"kimi-new","context_length":1000}`))
	gw := start(t, "provider kimi {\nbase_url "+upstream.URL+"/v1\nkey {env.KIMI}\n"+hourly+"\n}")
	was, _ := listed(gw, "kimi-k3")
	awaitReading(gw, "kimi")
	if now, _ := listed(gw, "kimi-k3"); now.Get("context_window").Int() != was.Get("context_window").Int() {
		t.Errorf("kimi-k3 was %s, and is %s", was.Raw, now.Raw)
	}
	if data, _ := listed(gw, "kimi-new"); data.Exists() {
		t.Errorf("what the preset does not name is listed: %s", data.Raw)
	}
	for model, want := range map[string]string{"kimi-new": "kimi-new", "gpt-5.5": "kimi-k3"} {
		gw.Post("/v1/responses", strings.Replace(whole, `"m"`, `"`+model+`"`, 1))
		requests := upstream.Requests()
		if got := gjson.GetBytes(requests[len(requests)-1].Body, "model").String(); got != want {
			t.Errorf("%s went out as %s, want %s", model, got, want)
		}
	}
}

func TestAModelThatReadsNoImagesGetsNone(t *testing.T) {
	const body = `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}]}`
	upstream := listing(t, rows(`{"id":"blind","architecture":{"input_modalities":["text"]}}`, `{"id":"seeing","architecture":{"input_modalities":["text","image"]}}`, `{"id":"silent"}`))
	gw := start(t, mock(upstream, hourly))
	requireText(t, gw.Post("/v1/responses", strings.Replace(body, `"m"`, `"blind"`, 1)), "Hello.")
	awaitReading(gw, "mock")
	for model, images := range map[string]bool{"blind": false, "seeing": true, "silent": true, "unlisted": true} {
		requireText(t, gw.Post("/v1/responses", strings.Replace(body, `"m"`, `"`+model+`"`, 1)), "Hello.")
		requests := upstream.Requests()
		if last := requests[len(requests)-1]; strings.Contains(string(last.Body), "image_url") != images {
			t.Errorf("%s got %s", model, last.Body)
		}
	}
}

func TestAListThatNeverComesDelaysNothing(t *testing.T) {
	upstream := listing(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	gw := start(t, mock(upstream, hourly))
	for range 3 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
		if got := gw.Get("/v1/models"); got.Status != http.StatusOK {
			t.Errorf("got %d", got.Status)
		}
	}
	if n := len(asked(upstream)); n > 1 {
		t.Errorf("the provider was asked %d times at once", n)
	}
	reload(gw, site(mock(upstream, "read_models off")))
	upstream.WaitClosed()
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
}

func TestAReadingThatAReloadEndsIsMadeUpFor(t *testing.T) {
	came := make(chan bool)
	upstream := listing(t, func(w http.ResponseWriter, r *http.Request) {
		if <-came {
			<-r.Context().Done()
			return
		}
		rows(`{"id":"late"}`)(w, r)
	})
	gw := start(t, mock(upstream, hourly))
	gw.Get("/v1/models")
	came <- true
	reload(gw, site(mock(upstream, hourly)))
	upstream.WaitClosed()
	for done := false; !done; {
		gw.Get("/v1/models")
		select {
		case came <- false:
			done = true
		default:
		}
	}
	awaitReading(gw, "mock")
	if data, _ := listed(gw, "late"); !data.Exists() {
		t.Error("the list has not been read")
	}
}

func TestAListThatCannotBeReadIsNoFailure(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			io.WriteString(w, "secret of the answer")
		}
	}
	for name, list := range map[string]http.HandlerFunc{
		"no such path": status(404), "a refused key": status(401), "an error": status(500), "a redirect": status(302), "no content": status(204),
		"a page":      func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, page) },
		"no list":     func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"error":"no"}`) },
		"half a list": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"data":[{"id":"x"`) },
		"a reset":     func(w http.ResponseWriter, _ *http.Request) { reset(w) },
		"a huge list": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"data":["`+strings.Repeat("x", 9<<20)+`"]}`)
		},
		"another kind": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "\x1f\x8b\x08")
		},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := listing(t, list)
			gw := start(t, mock(upstream, hourly))
			requireText(t, gw.Post("/v1/responses", whole), "Hello.")
			entry := awaitReading(gw, "mock")
			if entry.Get("level").String() != "debug" || entry.Get("cause").String() == "" || strings.Contains(entry.Raw, "secret of") {
				t.Errorf("it is logged as %s", entry.Raw)
			}
			requireText(t, gw.Post("/v1/responses", whole), "Hello.")
			if got := gw.Get("/v1/models"); got.Status != http.StatusOK || got.Get("data.#").Int() != 0 {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
			if n := len(asked(upstream)); n != 1 && name != "a reset" { // which makes the transport ask again where its connection has served before
				t.Errorf("the provider was asked %d times", n)
			}
		})
	}
}

func TestModelsAreReadOnceForAllConfigurations(t *testing.T) {
	upstream := listing(t, rows(`{"id":"x","context_length":1000}`))
	gw := start(t, mock(upstream, hourly))
	gw.Get("/v1/models")
	awaitReading(gw, "mock")
	reload(gw, site(mock(upstream, "read_models 2h"), provider("twin", upstream.URL+"/v1", hourly)))
	for _, id := range []string{"x", "twin/x"} {
		if data, _ := listed(gw, id); data.Get("context_window").Int() != 1000 {
			t.Errorf("%s is %s", id, data.Raw)
		}
	}
	requireText(t, gw.Post("/v1/responses", strings.Replace(whole, `"m"`, `"x"`, 1)), "Hello.")
	if n := len(asked(upstream)); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
	reload(gw, site(mock(upstream, "read_models off")))
	if data, _ := listed(gw, "x"); data.Exists() {
		t.Errorf("where nothing is to be read there is %s", data.Raw)
	}
}

func TestProvidersThatAreNotAsked(t *testing.T) {
	t.Setenv("NO_KEY", "")
	for name, test := range map[string]struct {
		block func(u *upstreamtest.Upstream) string
		also  string
	}{
		"by the configuration": {block: func(u *upstreamtest.Upstream) string { return mock(u, "read_models off") }},
		"for the lack of a key": {
			block: func(u *upstreamtest.Upstream) string { return mock(u, hourly, "key {env.NO_KEY}") }, also: "forward_client_key",
		},
		"for another wire": {block: func(u *upstreamtest.Upstream) string {
			return strings.Replace(mock(u, hourly), "wire chat", "wire converse", 1)
		}},
		"for a path with the model": {block: func(u *upstreamtest.Upstream) string {
			return mock(u, hourly, "set path /deployments/{model}/chat/completions")
		}},
		"for an identity that signs":  {block: func(u *upstreamtest.Upstream) string { return mock(u, hourly, "set identity gcp") }},
		"for a socket in their place": {block: func(u *upstreamtest.Upstream) string { return mock(u, hourly, "to unix//run/nobody.sock") }},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := listing(t, rows(`{"id":"x"}`))
			gw := start(t, test.block(upstream), test.also)
			gw.Get("/v1/models")
			gw.Post("/v1/responses", whole, "Authorization: Bearer "+clientSecret)
			gw.Get("/v1/models")
			reload(gw, site(mock(upstreamtest.New(t, hello())))) // which ends what is still being read
			if n := len(asked(upstream)); n > 0 {
				t.Errorf("the provider was asked %d times", n)
			}
		})
	}
}

func TestListsOfEachWire(t *testing.T) {
	t.Setenv("PROVIDER_KEY", providerSecret)
	gemini := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("pageToken") == "" {
			io.WriteString(w, `{"models":[{"name":"models/a"}],"nextPageToken":"t"}`)
			return
		}
		io.WriteString(w, `{"models":[{"name":"models/b","inputTokenLimit":1000}]}`)
	}
	anthropic := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after_id") == "" {
			io.WriteString(w, `{"data":[{"id":"a"}],"has_more":true,"last_id":"a"}`)
			return
		}
		io.WriteString(w, `{"data":[{"id":"b","max_input_tokens":1000}],"has_more":false}`)
	}
	for name, test := range map[string]struct {
		list         http.HandlerFunc
		wire, path   string
		base, lines  string
		header, want string
		queries      []string
	}{
		"chat":      {rows(`{"id":"b","context_length":1000}`), "chat", "/v1/models", "/v1", "", "Authorization", "Bearer " + providerSecret, []string{""}},
		"responses": {rows(`{"id":"b","context_length":1000}`), "responses", "/v1/models", "/v1", "set auth api-key", "Api-Key", providerSecret, []string{"api-version=1"}},
		"messages":  {anthropic, "messages", "/v1/models", "/v1", "set auth x-api-key", "X-Api-Key", providerSecret, []string{"limit=1000", "limit=1000&after_id=a"}},
		"gemini":    {gemini, "gemini", "/v1beta/models", "/v1beta", "set auth x-goog-api-key", "X-Goog-Api-Key", providerSecret, []string{"pageSize=1000", "pageSize=1000&pageToken=t"}},
		"its own header": {
			rows(`{"id":"b","context_length":1000}`), "chat", "/v1/models", "/v1", "set auth none\nheader_up Authorization \"Token {env.PROVIDER_KEY}\"",
			"Authorization", "Token " + providerSecret,
			[]string{""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := listing(t, test.list)
			base := upstream.URL + test.base
			if name == "responses" {
				base += "?api-version=1"
			}
			block := strings.Replace(provider("mock", base, hourly, "key {env.PROVIDER_KEY}", test.lines), "wire chat", "wire "+test.wire, 1)
			gw := start(t, block)
			gw.Get("/v1/models", "Authorization: Bearer "+clientSecret, "Cookie: a="+cookieSecret)
			awaitReading(gw, "mock")
			if data, _ := listed(gw, "b"); data.Get("context_window").Int() != 1000 {
				t.Errorf("b is %s", data.Raw)
			}
			for i, r := range asked(upstream) {
				if r.Path != test.path || r.Query.Encode() != inOrder(test.queries[i]) || r.Header.Get(test.header) != test.want || "http://"+r.Host != upstream.URL {
					t.Errorf("request %d is %s?%s for %s with %v", i, r.Path, r.Query.Encode(), r.Host, r.Header)
				}
				for field := range r.Header {
					if strings.HasPrefix(field, "X-Forwarded") || field == "Via" || field == "Cookie" {
						t.Errorf("it has the field %s", field)
					}
				}
			}
			if n := len(asked(upstream)); n != len(test.queries) {
				t.Errorf("the provider was asked %d times", n)
			}
			requireNone(t, "the logs", gw.Logs())
		})
	}
}

// inOrder writes a query in the order that recorded ones have.
func inOrder(query string) string {
	values, _ := url.ParseQuery(query)
	return values.Encode()
}

func TestKeysAreNotLoggedWhenAListCannotBeRead(t *testing.T) {
	t.Setenv("PROVIDER_KEY", providerSecret)
	for name, reply := range blabs() {
		t.Run(name, func(t *testing.T) {
			gw := start(t, mock(upstreamtest.New(t, reply), hourly, "key {env.PROVIDER_KEY}"))
			gw.Get("/v1/models")
			awaitReading(gw, "mock")
			requireNone(t, "the logs", gw.Logs())
			requireNone(t, "the models", string(gw.Get("/v1/models").Body))
		})
	}
	t.Run("a key that no header can hold", func(t *testing.T) {
		t.Setenv("PROVIDER_KEY", providerSecret+"\n"+routeSecret)
		gw := start(t, mock(listing(t, rows()), hourly, "key {env.PROVIDER_KEY}"))
		gw.Get("/v1/models")
		awaitReading(gw, "mock")
		requireNone(t, "the logs", gw.Logs())
	})
}
